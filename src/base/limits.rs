//! Every limit: its name, default, unit and flag.
//!
//! A limit that is hit is said in a diagnostic that names its flag; nothing is ever cut in silence.

/// One limit of the tool.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The command-line flag, without the dashes.
    pub flag: &'static str,
    /// What it bounds, with its unit.
    pub what: &'static str,
}

macro_rules! limits {
    ($($(#[$doc:meta])* $field:ident: $default:expr, $flag:literal, $what:literal;)*) => {
        /// The limits of one run. The defaults hold the memory below 256 MiB on any bundle.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits { $($(#[$doc])* pub $field: u64,)* }

        impl Default for Limits {
            fn default() -> Self { Self { $($field: $default,)* } }
        }

        impl Limits {
            /// All limits, in the order of the command line's help.
            pub const ALL: &'static [Limit] = &[$(Limit { flag: $flag, what: $what },)*];

            /// The limit behind a flag, to read or to set; `None` for an unknown flag.
            pub fn by_flag(&mut self, flag: &str) -> Option<&mut u64> {
                match flag { $($flag => Some(&mut self.$field),)* _ => None }
            }
        }
    };
}

limits! {
    /// Containers within containers; a .tar.gz is two.
    nesting: 16, "max-nesting", "containers within containers (a .tar.gz is two)";
    /// Members of all inputs together.
    members: 1_000_000, "max-members", "members in all inputs";
    /// Uncompressed bytes of all inputs together.
    bytes: 1 << 40, "max-bytes", "bytes in all inputs after inflating";
    /// Inflated bytes for one compressed byte, beyond the first 64 MiB.
    ratio: 2_000, "max-ratio", "inflated bytes for each compressed byte";
    /// Bytes of memory that a compressed stream may ask for to be inflated (`xz -9` asks for 65 MiB).
    window: 256 << 20, "max-window", "bytes of memory that one compressed stream may ask for";
    /// Bytes of a zip within an archive: it is held in memory while it is read.
    zip: 256 << 20, "max-zip", "bytes of a zip within an archive";
    /// Bytes of one document (table, JSON, YAML) that is parsed as a whole.
    document: 64 << 20, "max-document", "bytes of one document that is parsed as a whole";
    /// Bytes of one line; the rest of a longer line is not searched.
    line: 1 << 20, "max-line", "bytes of one line";
    /// Objects that are kept.
    objects: 1_000_000, "max-objects", "objects that are kept";
    /// Groups of one rule: findings with different values of its `group_by`.
    groups: 1_000, "max-groups", "groups of one rule in one file";
    /// Hits of one signal in one file that are kept as evidence.
    evidence: 16, "max-evidence", "hits of one signal in one file that are kept as evidence";
    /// Diagnostics in the result.
    diagnostics: 1_000, "max-diagnostics", "diagnostics in the result";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_reaches_its_field() {
        let mut limits = Limits::default();
        for limit in Limits::ALL {
            *limits.by_flag(limit.flag).unwrap() += 1;
        }
        assert_eq!(limits.nesting, Limits::default().nesting + 1);
        assert_eq!(limits.diagnostics, Limits::default().diagnostics + 1);
        assert!(limits.by_flag("max-nonsense").is_none());
    }
}
