//! Log levels, from any spelling.

/// How grave the program thought a line was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Trace and debug.
    Debug,
    /// Info and notice.
    Info,
    /// Warning.
    Warning,
    /// Error.
    Error,
    /// Fatal, panic, critical, emergency.
    Fatal,
}

impl Level {
    /// Reads a word (`warn`, `WARNING`, `crit`) or a letter (`E`, `W`, `C`) of any of the formats.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "d" | "t" | "debug" | "debu" | "dbug" | "trace" | "trac" => Self::Debug,
            "i" | "n" | "info" | "notice" | "information" => Self::Info,
            "w" | "warn" | "warning" => Self::Warning,
            "e" | "error" | "erro" | "eror" | "err" => Self::Error,
            "f" | "c" | "fatal" | "fata" | "panic" | "pani" | "dpanic" | "critical" | "crit" | "alert"
            | "emerg" => Self::Fatal,
            _ => return None,
        })
    }

    /// The word that rules and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_known() {
        for (word, level) in
            [("WARN", Level::Warning), ("erro", Level::Error), ("C", Level::Fatal), ("N", Level::Info)]
        {
            assert_eq!(Level::parse(word), Some(level), "{word}");
        }
        assert_eq!(Level::parse("loud"), None);
    }
}
