//! Which lines are one record.
//!
//! A program that writes several lines at once gives a head to the first only: stack traces of Go, Java and Python, klog's
//! `key=<` … ` >`, and all that is indented (journald indents itself what follows the first line). A record is a head and
//! such lines. Each function is pure and looks at nothing behind the record, so that what is joined does not depend
//! on where a file was cut.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::marker::marker;
use super::{format, peel};

/// How many lines a record may have.
pub const LINES_MAX: usize = 200;

/// How many bytes the lines of a record may have together, line feeds not counted.
pub const BYTES_MAX: usize = 64 * 1024;

/// Whether the line, seen alone, belongs to one before it: what its program wrote is indented, or is within a trace.
#[must_use]
pub fn continues(line: &str) -> bool {
    may_continue(line) && is_continuation(&peel(line).text)
}

/// Whether what a line wraps may be a continuation, for little: it is if it is indented, so that there is a tab or a second blank
/// somewhere, or by how it begins or ends. A line that is not plain, or whose text is escaped, may be anything.
fn may_continue(line: &str) -> bool {
    let bytes = line.as_bytes();
    let is_plain = bytes.is_ascii() && !line.starts_with(['{', ' ']);
    let ends_frame = line.trim_end_matches('\r').ends_with(')');
    !is_plain
        || ends_frame
        || memchr::memchr2(b'\t', 0x1b, bytes).is_some()
        || may_be_indented(bytes)
        || MARKS.iter().any(|mark| mark.find(bytes).is_some())
}

/// Whether there are two blanks one after the other that klog did not put between a time and a thread.
fn may_be_indented(line: &[u8]) -> bool {
    let Some(at) = BLANKS.find(line) else { return false };
    let (head, rest) = line.split_at(at);
    let is_head = head.last_chunk().is_some_and(is_klog_head);
    !is_head || BLANKS.find(rest.trim_ascii_start()).is_some()
}

static BLANKS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("  "));

/// `I1122 03:41:19.405968`, which nothing but blanks may stand before in an indented line.
fn is_klog_head(head: &[u8; 21]) -> bool {
    let [level, rest @ ..] = head;
    let fits = |(byte, form): (&u8, &u8)| if *form == b'9' { byte.is_ascii_digit() } else { byte == form };
    matches!(level, b'I' | b'W' | b'E' | b'F') && rest.iter().zip(b"9999 99:99:99.999999").all(fits)
}

/// What stands somewhere in each line that belongs to another one and is not the end of a frame.
static MARKS: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
    let starts = ["goroutine ", "created by ", ESCAPED].into_iter().chain(STARTS);
    starts.map(Finder::new).collect()
});

/// How docker's JSON begins, in which a tab is written as two letters; within another wrapper too.
const ESCAPED: &str = "{\"log\":";

/// How lines begin that say more of what was said before.
const STARTS: [&str; 3] = ["Caused by: ", "Trace[", TRACEBACK];

/// As [`continues`], of what the program wrote on a line.
#[must_use]
pub fn is_continuation(text: &str) -> bool {
    is_indented(text)
        || is_goroutine(text)
        || is_frame(text)
        || STARTS.iter().any(|start| text.starts_with(start))
}

/// What Python writes over a trace; the line that names the exception ends it.
const TRACEBACK: &str = "Traceback (most recent call last):";

fn is_indented(text: &str) -> bool {
    text.starts_with([' ', '\t']) && !text.trim().is_empty()
}

/// `goroutine 7 [running]:`. Source: Go, `runtime/traceback.go` (`goroutineheader`).
fn is_goroutine(text: &str) -> bool {
    let number = text.strip_prefix("goroutine ").and_then(|rest| rest.split_once(" ["));
    number.is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// `sync.(*Cond).Wait(0xc0, {0x1, ...})` or `created by a/b.C`: a function on a stack of Go, whose arguments are numbers.
/// Source: Go, `runtime/traceback.go` (`traceback2`, `printcreatedby1`).
fn is_frame(text: &str) -> bool {
    if let Some(function) = text.strip_prefix("created by ") {
        let name = function.split_once(" in goroutine ").map_or(function, |(name, _)| name);
        return name.contains('.') && !name.contains(' ');
    }
    let Some((name, arguments)) = text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) else {
        return false;
    };
    let is_name = (name.contains('.') || name == "panic") && !name.contains([' ', '\t', '"', '=']);
    let of_number =
        |b: u8| b.is_ascii_hexdigit() || matches!(b, b'x' | b'?' | b'{' | b'}' | b',' | b' ' | b'.');
    is_name && arguments.bytes().all(of_number)
}

/// The first line of Go's own last words, which have no head.
fn is_panic(text: &str) -> bool {
    text.starts_with("panic: ") || text.starts_with("fatal error: ")
}

/// What the lines so far promise about the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Record,
    /// klog's `key=<`, up to ` >`.
    Block,
    /// Go's stacks, up to a line that a format knows.
    Stacks,
    /// Python's trace, up to the first line that is not indented.
    Traceback,
}

impl Within {
    fn after(self, text: &str) -> Self {
        if is_panic(text) || is_goroutine(text) {
            Self::Stacks
        } else if text.trim_end().ends_with(TRACEBACK) {
            Self::Traceback
        } else if text.ends_with("=<") {
            Self::Block
        } else if self == Self::Block && text.starts_with(" >") {
            Self::Record
        } else {
            self
        }
    }
}

/// Takes the lines of a record one after the other.
pub struct Joiner {
    is_wrapped: bool,
    program: Option<String>,
    within: Within,
    n_lines: usize,
    n_bytes: usize,
    ended: bool,
}

impl Joiner {
    /// A record that begins with this line.
    #[must_use]
    pub fn new(head: &str) -> Self {
        let peeled = peel(head);
        Self {
            is_wrapped: peeled.n_wrappers > 0,
            within: Within::Record.after(&peeled.text),
            program: peeled.program.map(std::borrow::Cow::into_owned),
            n_lines: 1,
            n_bytes: head.len(),
            ended: false,
        }
    }

    /// Whether the next line is of the record too. After the first that is not, none is.
    pub fn takes(&mut self, line: &str) -> bool {
        let n_bytes = self.n_bytes.saturating_add(line.len());
        self.ended = self.ended || self.n_lines >= LINES_MAX || n_bytes > BYTES_MAX || !self.fits(line);
        if !self.ended {
            self.n_lines += 1;
            self.n_bytes = n_bytes;
        }
        !self.ended
    }

    fn fits(&mut self, line: &str) -> bool {
        let peeled = peel(line);
        if self.is_wrapped != (peeled.n_wrappers > 0) {
            // journald writes its head once and indents the other lines; all other wrappers stand on each line.
            return self.is_wrapped && self.program.is_some() && peeled.text.starts_with([' ', '\t']);
        }
        if self.program.as_deref() != peeled.program.as_deref() {
            return false;
        }
        let text = peeled.text.as_ref();
        let fits = match self.within {
            Within::Block if text.is_empty() || text.starts_with([' ', '\t']) => true,
            Within::Stacks => !is_panic(text) && marker(text).is_none() && format::parse(text).is_none(),
            Within::Traceback if !is_indented(text) => {
                self.within = Within::Record;
                return !text.is_empty() && format::parse(text).is_none();
            }
            _ => is_continuation(text),
        };
        self.within = self.within.after(text);
        fits
    }
}

/// What the lines of a record say as one text: what the program wrote on the first, then what it wrote on each
/// other, without the white space around it, with one space between two.
#[must_use]
pub fn text_of(lines: &[&str]) -> String {
    joined(lines, |head| super::peel(head).text.into_owned())
}

/// As [`text_of`], but of the first line only the message, as [`read`](super::read) gives it.
#[must_use]
pub fn message_of(lines: &[&str]) -> String {
    joined(lines, |head| super::read(head).message.into_owned())
}

fn joined(lines: &[&str], of_head: impl Fn(&str) -> String) -> String {
    let Some((head, rest)) = lines.split_first() else { return String::new() };
    let mut out = of_head(head);
    out.truncate(out.trim_end().len());
    for line in rest {
        let text = peel(line).text;
        let text = text.trim();
        if !text.is_empty() {
            out.push(' ');
            out.push_str(text);
        }
    }
    out
}

#[cfg(test)]
pub(in crate::log) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How many of the lines are of the record that the first of them begins: at least 1, 0 when there are none.
    pub(in crate::log) fn extent(lines: &[&str]) -> usize {
        let Some((head, rest)) = lines.split_first() else { return 0 };
        let mut joiner = Joiner::new(head);
        1 + rest.iter().take_while(|line| joiner.takes(line)).count()
    }

    const KLOG: &str = "E1122 03:41:19.405968       1 lease.go:361] lost";

    /// The record that the first line begins, and how its lines are joined.
    fn check(lines: &[&str], n: usize, message: &str) {
        assert_eq!(extent(lines), n, "{lines:?}");
        assert_eq!(message_of(&lines[..n]), message, "{lines:?}");
    }

    #[test]
    fn indented_lines_belong_to_the_line_before_them() {
        check(&[KLOG, "\tat x", "  - y  ", "next"], 3, "lost at x - y");
        check(&[KLOG, "", "\tx"], 1, "lost");
        check(&[KLOG, KLOG], 1, "lost");
        check(&["plain", "\tx", "plain"], 2, "plain x");
    }

    #[test]
    fn traces_of_go_end_where_a_format_begins() {
        check(
            &[
                "panic: nil map",
                "",
                "goroutine 1 [running]:",
                "main.main()",
                "\t/src/x.go:7 +0x1b",
                "exit status 2",
                KLOG,
            ],
            6,
            "panic: nil map goroutine 1 [running]: main.main() /src/x.go:7 +0x1b exit status 2",
        );
        check(
            &[KLOG, "goroutine 7 [chan receive]:", "main.run(0x1)", KLOG],
            3,
            "lost goroutine 7 [chan receive]: main.run(0x1)",
        );
        check(&[KLOG, "Trace[17]: [1.2s] [1.2s] END", "plain"], 2, "lost Trace[17]: [1.2s] [1.2s] END");
    }

    #[test]
    fn an_indent_may_be_escaped_within_two_wrappers() {
        assert!(continues(
            r#"2026-11-22T03:41:20.5Z stdout F {"log":"\tat a.b\n","stream":"stdout","time":"2026-11-22T03:41:22Z"}"#
        ));
    }

    #[test]
    fn frames_of_go_are_told_from_sentences() {
        for frame in [
            "sync.(*Cond).Wait(0xc000143d80)",
            "a.io/b/util/wait.JitterUntil(0x100000000?, {0x1a3185c5000, 0x0, ...}, 0xcc?)",
            "a.io/b/util/wait.Until(...)",
            "created by a.io/b/util/wait.(*Group).Start in goroutine 7",
            "panic({0x1b8, 0xc0})",
            "main.main()",
        ] {
            assert!(continues(frame), "{frame}");
        }
        for text in
            ["created by a person", "see a.b (page)", "retry (7)", "x.y(key)", "took 7 (of 8.5)", ")", "("]
        {
            assert!(!continues(text), "{text}");
        }
    }

    #[test]
    fn traces_of_java_and_python_are_joined() {
        check(
            &["java.lang.X: y", "\tat a.B(C.java:7)", "Caused by: z", "\t... 7 more", "q"],
            4,
            "java.lang.X: y at a.B(C.java:7) Caused by: z ... 7 more",
        );
        check(
            &["INFO: failed", TRACEBACK, "  File \"x.py\", line 7", "ValueError: no", "next"],
            4,
            "failed Traceback (most recent call last): File \"x.py\", line 7 ValueError: no",
        );
    }

    #[test]
    fn blocks_of_klog_end_with_a_bracket() {
        let head = "E1122 03:41:19.405968       1 x.go:9] \"Unhandled Error\" err=<";
        let lines = [head, "\tone", "\ttwo", " > pod=\"a\"", "plain"];
        assert_eq!(extent(&lines), 4);
        assert_eq!(text_of(&lines[..4]), format!("{head} one two > pod=\"a\""));
    }

    #[test]
    fn wrappers_that_stand_on_each_line_are_taken_off() {
        let cri = |text: &str| format!("2026-11-22T03:41:20.5Z stderr F {text}");
        let lines = [cri(KLOG), cri("\tat x"), cri("plain")];
        check(&lines.iter().map(String::as_str).collect::<Vec<_>>(), 2, "lost at x");
        let bare = [lines[0].as_str(), "\tnot of this log"];
        assert_eq!(extent(&bare), 1);
    }

    #[test]
    fn journald_indents_what_follows_the_first_line() {
        let indent = " ".repeat(32);
        let second = format!("{indent}line two");
        let third = format!("{indent}  line three");
        let lines = [
            "May 08 04:44:43 cp-1 rke2[888]: line one",
            &second,
            "\t",
            &third,
            "May 08 04:44:44 cp-1 dockerd[77]: x",
        ];
        check(&lines, 4, "line one line two line three");
        let other = ["May 08 04:44:43 cp-1 rke2[888]: one", "May 08 04:44:43 cp-1 k3s[8]: \tof another"];
        assert_eq!(extent(&other), 1);
        let same = [
            "May 08 04:44:43 cp-1 k3s[8]: panic: x",
            "May 08 04:44:43 cp-1 k3s[8]: ",
            "May 08 04:44:43 cp-1 k3s[8]: main()",
        ];
        assert_eq!(extent(&same), 3);
    }

    #[test]
    fn a_record_is_bounded() {
        let many = vec!["\tx"; 3 * LINES_MAX];
        assert_eq!(extent(&many), LINES_MAX);
        let long = "\t".to_owned() + &"x".repeat(BYTES_MAX / 2);
        assert_eq!(extent(&[KLOG, &long, &long, "\tx"]), 2);
        assert_eq!((extent(&[]), text_of(&[])), (0, String::new()));
    }

    fn line() -> impl Strategy<Value = String> {
        let texts = [
            KLOG,
            "\tat x",
            "  y",
            "",
            "panic: z",
            "goroutine 1 [running]:",
            "main()",
            "Caused by: q",
            TRACEBACK,
            "err=<",
            " >",
            "INFO: i",
            "plain",
            "   ",
        ];
        (prop::sample::select(texts.to_vec()), 0..3).prop_map(|(text, wrapper)| match wrapper {
            0 => text.to_owned(),
            1 => format!("2026-11-22T03:41:20.5Z stderr F {text}"),
            _ => format!("May 08 04:44:43 cp-1 k3s[8]: {text}"),
        })
    }

    proptest! {
        #[test]
        fn what_continues_may_continue(
            head in "(|<1>1 |2026-11-22T03:41:20.5Z stderr F |Nov 22 03:41:20 cp-1 k3s\\[1\\]: |etcd-1  \\| |\\[pod/a/b\\] |\u{feff})",
            text in "( |\t|I1122 03:41:19.405968       1 | I1122 03:41:19.405968       1 |goroutine 7 \\[x\\]:|created by a.b|Caused by: |Trace\\[1\\]|a.b\\(0x1\\)|x| )[a-z )]{0,9}\r?"
        ) {
            let line = format!("{head}{text}");
            prop_assert!(!is_continuation(&peel(&line).text) || may_continue(&line), "{:?}", line);
        }

        #[test]
        fn a_record_does_not_depend_on_what_follows(lines in prop::collection::vec(line(), 1..12), cut in 1..12_usize) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let cut = cut.min(lines.len());
            prop_assert_eq!(extent(&lines[..cut]), extent(&lines).min(cut));
        }

        #[test]
        fn joining_loses_nothing_but_wrappers_and_white_space(lines in prop::collection::vec(line(), 1..12)) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let solid = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            let all: String = lines.iter().map(|line| solid(&peel(line).text)).collect();
            prop_assert_eq!(solid(&text_of(&lines)), all);
        }
    }
}
