//! An entry of an archive or directory, before anyone knows what it is.

/// The path of a member inside its input, made harmless: no `.`, no `..`, no leading `/`. A nested archive ends in `!`.
/// Only ever shown and matched, never opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberPath(String);

impl MemberPath {
    /// The path that an archive or directory gives.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        let parts: Vec<&str> = raw.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
        Self(parts.join("/"))
    }

    /// The path of a member of the archive that this member is.
    #[must_use]
    pub fn within(&self, inner: &Self) -> Self {
        if self.0.is_empty() { inner.clone() } else { Self(format!("{}!{}", self.0, inner.0)) }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An entry of an archive or directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// Where it lies.
    pub path: MemberPath,
    /// Its size, where the container says.
    pub size: Option<u64>,
    /// Its modification time in seconds since the epoch, where the container (never a file system, which a copy
    /// changes) says.
    pub modified: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_paths_are_made_harmless() {
        for (raw, path) in [
            ("./a/b", "a/b"),
            ("../../etc/passwd", "etc/passwd"),
            ("/etc//x/./y", "etc/x/y"),
            ("a/../b", "a/b"),
        ] {
            assert_eq!(MemberPath::new(raw).as_str(), path);
        }
    }

    #[test]
    fn nested_archives_are_joined() {
        let outer = MemberPath::new("node1.tgz");
        assert_eq!(outer.within(&MemberPath::new("etcd/log")).as_str(), "node1.tgz!etcd/log");
    }
}
