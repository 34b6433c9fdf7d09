//! Lines of log as programs write them, with other times and other numbers.
//!
//! The lines come from the captures of healthy clusters in `testdata/captures`. Of programs that did not run there a few
//! lines imitate the form.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use regex::Regex;

/// Everything in a line that is replaced: a time in one of the [`FORMS`] (a group each, in their order), or a number of
/// four digits and more. Shorter ones may mean something, such as a status; so may one within a word or an address.
static PLACES: LazyLock<Regex> = LazyLock::new(|| {
    let time = r"\d\d:\d\d:\d\d";
    let forms = [
        format!(r"\d{{4}}-\d\d-\d\dT{time}"),
        format!(r"\d{{4}}-\d\d-\d\d {time}"),
        format!(r"\d{{4}}/\d\d/\d\d {time}"),
        format!(r"\b\d\d/[A-Z][a-z]{{2}}/\d{{4}}:{time}"),
        format!(r"\b\d\d-[A-Z][a-z]{{2}}-\d{{4}} {time}"),
        format!(r"^[A-Z][a-z]{{2}} [ \d]\d {time}"),
        // Last, because it is found within some of the others.
        format!(r"\b[IWEF]\d{{4}} {time}"),
    ];
    let forms: Vec<String> = forms.iter().map(|form| format!("({form})")).collect();
    #[expect(clippy::expect_used, reason = "the pattern is constant")]
    Regex::new(&format!(
        r#"(?:{})(?:\.(?<fraction>\d+))?|(?:":|=|\[)(?<number>\d{{4,12}})\b"#,
        forms.join("|")
    ))
    .expect("the pattern is sound")
});

/// How times are written: strftime, up to the second. The letter of klog stands before its time.
const FORMS: &[&str] = &[
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S",
    "%d-%b-%Y %H:%M:%S",
    "%b %e %H:%M:%S",
    "%m%d %H:%M:%S",
];

/// A line, cut where it varies.
#[derive(Debug)]
pub struct Line(Vec<Part>);

#[derive(Debug)]
enum Part {
    Text(Vec<u8>),
    /// A position in [`FORMS`].
    Time(usize),
    /// So many digits of the second.
    Fraction(usize),
    /// The first digit stays, so that the number stays of its kind; so many follow it.
    Number(usize),
}

impl Line {
    /// Finds what varies.
    pub fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut end = 0;
        let until = |parts: &mut Vec<Part>, from: usize, to: usize| {
            parts.extend(text.get(from..to).map(|between| Part::Text(between.as_bytes().to_vec())));
        };
        for found in PLACES.captures_iter(text) {
            if let Some(number) = found.name("number") {
                until(&mut parts, end, number.start() + 1);
                parts.push(Part::Number(number.len() - 1));
            }
            let time = (0..FORMS.len()).find_map(|form| found.get(form + 1).map(|time| (form, time.start())));
            if let Some((form, start)) = time {
                let letter = usize::from(form + 1 == FORMS.len());
                until(&mut parts, end, start + letter);
                parts.push(Part::Time(form));
            }
            if let Some(fraction) = found.name("fraction") {
                parts.push(Part::Text(b".".to_vec()));
                parts.push(Part::Fraction(fraction.len()));
            }
            end = found.get_match().end();
        }
        until(&mut parts, end, text.len());
        Self(parts)
    }

    /// The length of the line, with its end, in bytes: it is the same at all times.
    pub fn length(&self) -> u64 {
        let mut out = Vec::new();
        self.write(&mut out, &Clock::at(0), &mut Random(1));
        out.len() as u64
    }

    /// Writes the line as of now, with its end.
    pub fn write(&self, out: &mut Vec<u8>, clock: &Clock, random: &mut Random) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Time(form) => {
                    out.extend_from_slice(clock.texts.get(*form).map_or(b"", String::as_bytes))
                }
                Part::Fraction(digits) => {
                    let known = clock.fraction.iter().copied().chain(std::iter::repeat(b'0'));
                    out.extend(known.take(*digits));
                }
                Part::Number(digits) => random.digits(out, *digits),
            }
        }
        out.push(b'\n');
    }
}

/// A time, as lines write it.
#[derive(Debug)]
pub struct Clock {
    second: i64,
    texts: Vec<String>,
    fraction: [u8; 9],
}

impl Clock {
    /// A clock at this time: nanoseconds since 1970.
    pub fn at(nanoseconds: i64) -> Self {
        let mut clock = Self { second: i64::MIN, texts: Vec::new(), fraction: [b'0'; 9] };
        clock.set(nanoseconds);
        clock
    }

    /// Sets the time: nanoseconds since 1970.
    pub fn set(&mut self, nanoseconds: i64) {
        let second = nanoseconds.div_euclid(1_000_000_000);
        if self.second != second {
            self.second = second;
            self.texts = FORMS.iter().map(|form| write_time(second, form)).collect();
        }
        let mut rest = nanoseconds.rem_euclid(1_000_000_000);
        for digit in self.fraction.iter_mut().rev() {
            *digit = digit_of(rest % 10);
            rest /= 10;
        }
    }
}

/// A second since 1970 in a form of strftime, UTC.
pub fn write_time(second: i64, form: &str) -> String {
    let time = Timestamp::from_second(second).unwrap_or_default().to_zoned(TimeZone::UTC);
    time.strftime(form).to_string()
}

fn digit_of(number: i64) -> u8 {
    b'0' + u8::try_from(number).unwrap_or_default()
}

/// Numbers that are the same in every run: a linear congruential generator (Knuth, MMIX).
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 16
    }

    fn digits(&mut self, out: &mut Vec<u8>, digits: usize) {
        let mut number = self.number();
        for _ in 0..digits {
            out.push(digit_of(i64::try_from(number % 10).unwrap_or_default()));
            number /= 10;
        }
    }
}
