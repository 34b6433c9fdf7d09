//! The command that prints one cited line from the original bundle.
//!
//! It is built from names only: the reader may hold the bundle anywhere, so paths are relative to the directory
//! that holds the inputs. A container is told by its extension, because nothing else of it is in the result.

use crate::analysis::{Evidence, Input};
use crate::base::text::visible;

/// What a file name says about the way to look into the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    /// tar, with the option that decompresses it.
    Tar(&'static str),
    /// zip.
    Zip,
    /// One compressed file, with the program that decompresses it to standard output.
    Packed(&'static str),
    /// A directory or a plain file.
    Plain,
}

const CONTAINERS: &[(&str, Container)] = &[
    (".tar.gz", Container::Tar("xzOf")),
    (".tgz", Container::Tar("xzOf")),
    (".tar.bz2", Container::Tar("xjOf")),
    (".tbz2", Container::Tar("xjOf")),
    (".tar.xz", Container::Tar("xJOf")),
    (".txz", Container::Tar("xJOf")),
    (".tar.zst", Container::Tar("--zstd -xOf")),
    (".tzst", Container::Tar("--zstd -xOf")),
    (".tar", Container::Tar("xOf")),
    (".zip", Container::Zip),
    (".gz", Container::Packed("gzip -dc")),
    (".bz2", Container::Packed("bzip2 -dc")),
    (".xz", Container::Packed("xz -dc")),
    (".zst", Container::Packed("zstd -dc")),
];

fn container(name: &str) -> Container {
    let name = name.to_ascii_lowercase();
    CONTAINERS.iter().find(|(end, _)| name.ends_with(end)).map_or(Container::Plain, |(_, kind)| *kind)
}

/// The command that prints the line of `evidence` from the bundle, or `None` when no input is known.
pub(super) fn print_line(evidence: &Evidence, inputs: &[Input]) -> Option<String> {
    let (input, inside) = locate(evidence.file.raw(), inputs)?;
    let mut parts = layers(inside);
    let mut disk = input.to_owned();
    if container(input) == Container::Plain && !parts.is_empty() {
        // The input is a directory, so the first part of the path is on the disk as well.
        let first = parts.remove(0);
        disk = if disk.is_empty() { first.to_owned() } else { format!("{disk}/{first}") };
    }
    let sed = format!("sed -n '{}p'", evidence.line);
    match open(&disk, &parts) {
        None => Some(format!("{sed} {}", quote(&anchored(&disk)))),
        Some(stages) => Some(format!("{stages} | {sed}")),
    }
}

/// The input that holds `file`, and the path inside it.
fn locate<'a>(file: &'a str, inputs: &'a [Input]) -> Option<(&'a str, &'a str)> {
    let prefixed = inputs.iter().map(|input| input.path.raw()).find_map(|name| {
        let rest = file.strip_prefix(name)?;
        if rest.is_empty() { Some((name, "")) } else { rest.strip_prefix('!').map(|inside| (name, inside)) }
    });
    match (prefixed, inputs) {
        (Some(found), _) => Some(found),
        (None, [only]) => Some((only.path.raw(), file)),
        (None, _) => None,
    }
}

/// Splits `a.tgz!b.gz!c` where the left side can hold something; other exclamation marks belong to a name.
fn layers(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in path.match_indices('!') {
        let Some(part) = path.get(start..at) else { continue };
        if container(part) != Container::Plain {
            parts.push(part);
            start = at + 1;
        }
    }
    parts.extend(path.get(start..).filter(|rest| !rest.is_empty()));
    parts
}

/// The pipeline that opens `disk` and then each of `parts` in turn; `None` when `disk` is read as it is.
fn open(disk: &str, parts: &[&str]) -> Option<String> {
    let source = quote(&anchored(disk));
    let mut rest = parts.iter();
    let (mut pipeline, mut holder) = match (container(disk), parts.first()) {
        (Container::Tar(options), Some(member)) => {
            rest.next();
            (format!("tar {options} {source} {}", name(member)), *member)
        }
        (Container::Zip, Some(member)) => {
            rest.next();
            (format!("unzip -p {source} {}", quote(&without_globs(member))), *member)
        }
        (Container::Packed(program), inner) => {
            rest.next();
            (format!("{program} {source}"), inner.copied().unwrap_or_default())
        }
        _ => return None,
    };
    for member in rest {
        let stage = match container(holder) {
            Container::Tar(options) => format!("tar {options} - {}", name(member)),
            Container::Packed(program) => (*program).to_owned(),
            // unzip cannot read a pipe; the tar of libarchive can, and it finds out what it reads.
            Container::Zip | Container::Plain => format!("bsdtar xOf - {}", name(member)),
        };
        pipeline = format!("{pipeline} | {stage}");
        holder = member;
    }
    if let Container::Packed(program) = container(holder) {
        pipeline = format!("{pipeline} | {program}");
    }
    Some(pipeline)
}

/// A member as the last arguments of tar. The result names it without a leading `./`, which most collectors write
/// and some do not; the braces (bash, zsh, ksh, fish) ask for both, and the complaint about the other is dropped.
fn name(member: &str) -> String {
    let dashes = if member.starts_with('-') { "-- " } else { "" };
    let bare = member.strip_prefix("./").unwrap_or(member);
    format!("{dashes}{{,./}}{} 2>/dev/null", quote(bare))
}

/// A path that no program takes for an option (`-x`) or for a remote host (`a:b`, GNU tar).
fn anchored(path: &str) -> String {
    let host = path.split('/').next().is_some_and(|head| head.contains(':'));
    if path.starts_with('-') || host { format!("./{path}") } else { path.to_owned() }
}

/// unzip reads its member names as patterns.
fn without_globs(member: &str) -> String {
    member.chars().fold(String::new(), |mut out, c| {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// One word of a shell. Control and other invisible characters become escapes (`$'…'` of bash, zsh and ksh), so
/// that nothing hidden is copied into a terminal.
pub(super) fn quote(word: &str) -> String {
    if visible(word) == word && !word.contains('\t') {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut out = String::from("$'");
    for c in word.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c if !c.is_control() && visible(c.encode_utf8(&mut [0; 4])).starts_with(c) => out.push(c),
            c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&format!("\\{byte:03o}"))),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inputs: &[&str], file: &str, expected: &str) {
        let inputs: Vec<Input> = inputs
            .iter()
            .map(|path| Input { path: (*path).into(), bytes: 1, sha256: String::new(), members: 1 })
            .collect();
        let evidence = Evidence {
            node: None,
            file: file.into(),
            line: 7,
            offset: 0,
            time: None,
            text: "x".into(),
            context_before: vec![],
            context_after: vec![],
            signal: "s".to_owned(),
        };
        assert_eq!(print_line(&evidence, &inputs).unwrap_or_default(), expected, "{file} in {inputs:?}");
    }

    #[test]
    fn each_kind_of_input_has_its_command() {
        check(
            &["n1.tar.gz"],
            "n1/etcd.log",
            "tar xzOf 'n1.tar.gz' {,./}'n1/etcd.log' 2>/dev/null | sed -n '7p'",
        );
        check(&["n1.tar"], "n1/etcd.log", "tar xOf 'n1.tar' {,./}'n1/etcd.log' 2>/dev/null | sed -n '7p'");
        check(&["n1.zip"], "n1/a[1].log", r"unzip -p 'n1.zip' 'n1/a\[1\].log' | sed -n '7p'");
        check(&["n1"], "var/log/etcd.log", "sed -n '7p' 'n1/var/log/etcd.log'");
        check(&["etcd.log"], "etcd.log", "sed -n '7p' 'etcd.log'");
        check(&["etcd.log.gz"], "etcd.log.gz", "gzip -dc 'etcd.log.gz' | sed -n '7p'");
        check(&["etcd.log.gz"], "etcd.log.gz!etcd.log", "gzip -dc 'etcd.log.gz' | sed -n '7p'");
    }

    #[test]
    fn nested_archives_are_chained() {
        check(
            &["all.tgz"],
            "nodes/n1.tar.gz!var/etcd.log",
            "tar xzOf 'all.tgz' {,./}'nodes/n1.tar.gz' 2>/dev/null | tar xzOf - {,./}'var/etcd.log' 2>/dev/null | sed -n '7p'",
        );
        check(
            &["all.zip"],
            "n1.zip!kubelet.log.gz",
            "unzip -p 'all.zip' 'n1.zip' | bsdtar xOf - {,./}'kubelet.log.gz' 2>/dev/null | gzip -dc | sed -n '7p'",
        );
        check(&["dir"], "n1.tgz!etcd.log", "tar xzOf 'dir/n1.tgz' {,./}'etcd.log' 2>/dev/null | sed -n '7p'");
        check(
            &["a.tgz"],
            "k.log.gz!k.log",
            "tar xzOf 'a.tgz' {,./}'k.log.gz' 2>/dev/null | gzip -dc | sed -n '7p'",
        );
    }

    #[test]
    fn with_several_inputs_the_prefix_chooses() {
        check(
            &["a.tgz", "b.tgz"],
            "b.tgz!etcd.log",
            "tar xzOf 'b.tgz' {,./}'etcd.log' 2>/dev/null | sed -n '7p'",
        );
        check(&["a.tgz", "b.tgz"], "etcd.log", "");
    }

    #[test]
    fn hostile_names_stay_one_word() {
        check(
            &["a.tgz"],
            "it's; rm -rf ~",
            r"tar xzOf 'a.tgz' {,./}'it'\''s; rm -rf ~' 2>/dev/null | sed -n '7p'",
        );
        check(
            &["a.tgz"],
            "a\n\u{202e}b",
            r"tar xzOf 'a.tgz' {,./}$'a\012\342\200\256b' 2>/dev/null | sed -n '7p'",
        );
        check(&["-a:b.tgz"], "-x!y", "tar xzOf './-a:b.tgz' -- {,./}'-x!y' 2>/dev/null | sed -n '7p'");
        check(&["a.tgz"], "größe.log", "tar xzOf 'a.tgz' {,./}'größe.log' 2>/dev/null | sed -n '7p'");
    }
}
