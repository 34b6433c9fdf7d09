//! Log levels, from any spelling.

/// How long the longest word for a level is.
const LONGEST: usize = 13;

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
    /// Reads a word (`warn`, `WARNING`, `crit`) or a letter (`E`, `W`, `C`) of any of the formats. What slog puts
    /// after a word for the levels in between (`INFO+2`, `ERROR-1`) is dropped.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let word = match word.split_once(['+', '-']) {
            Some((word, step)) if step.bytes().all(|b| b.is_ascii_digit()) && word.len() > 1 => word,
            _ => word,
        };
        // Called for almost every line: the words are short, so the small letters fit on the stack.
        let mut small = [0_u8; LONGEST];
        let small = small.get_mut(..word.len())?;
        small.copy_from_slice(word.as_bytes());
        small.make_ascii_lowercase();
        Some(match &*small {
            b"d" | b"t" | b"debug" | b"debu" | b"dbug" | b"trace" | b"trac" => Self::Debug,
            b"i" | b"n" | b"info" | b"notice" | b"information" | b"informational" => Self::Info,
            b"w" | b"warn" | b"warning" => Self::Warning,
            b"e" | b"error" | b"erro" | b"eror" | b"err" => Self::Error,
            b"f" | b"c" | b"fatal" | b"fata" | b"panic" | b"pani" | b"dpanic" | b"critical" | b"crit"
            | b"alert" | b"emerg" => Self::Fatal,
            _ => return None,
        })
    }

    /// Reads a severity of syslog: 0 (emergency) to 7 (debug). Source: RFC 5424, section 6.2.1.
    #[must_use]
    pub fn of_severity(number: u8) -> Option<Self> {
        Some(match number {
            0..=2 => Self::Fatal,
            3 => Self::Error,
            4 => Self::Warning,
            5 | 6 => Self::Info,
            7 => Self::Debug,
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
        for word in ["loud", "", "+", "info+x", "e+1", "a word that is longer than any level"] {
            assert_eq!(Level::parse(word), None, "{word}");
        }
    }

    #[test]
    fn levels_between_two_words_are_those_of_the_word() {
        assert_eq!(Level::parse("INFO+2"), Some(Level::Info));
        assert_eq!(Level::parse("DEBUG-4"), Some(Level::Debug));
    }
}
