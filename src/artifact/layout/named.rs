//! Times and hosts in the names that collectors give to their archives and directories.

use super::Named;

/// `<host>-2026-11-22_03_11_34` and other names that end in a date and a clock, whatever stands between the parts: the
/// part before, without its last separator, and the time as RFC 3339 without a zone.
#[must_use]
pub fn ends_in_time(name: &str) -> Option<(&str, String)> {
    const LENGTH: usize = "2026-11-22_03_11_34".len();
    let at = name.len().checked_sub(LENGTH)?;
    let (head, text) = name.split_at_checked(at)?;
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let known = ["0000-00-00_00_00_00", "0000-00-00T00_00_00", "0000-00-00T00-00-00", "0000-00-00_00-00-00"];
    if !known.contains(&&*shape) {
        return None;
    }
    let time = format!("{}T{}", text.get(..10)?, text.get(11..)?.replace(['_', '-'], ":"));
    let time = crate::base::Time::parse_assuming_utc(&time).map(|_| time)?;
    Some((head.trim_end_matches(['-', '_']), time))
}

/// `<host>-2026-11-22`, with any separator: the part before, and the day.
#[must_use]
pub fn ends_in_day(name: &str) -> Option<(&str, String)> {
    let at = name.len().checked_sub("2026-11-22".len())?;
    let (head, day) = name.split_at_checked(at)?;
    is_day(day).then(|| (head.trim_end_matches(['-', '_']), day.to_owned()))
}

/// Whether a text is a day that exists: `2026-11-22`.
#[must_use]
pub fn is_day(text: &str) -> bool {
    text.len() == 10 && crate::base::Time::parse(&format!("{text}T00:00:00Z")).is_some()
}

/// A name that ends in a date and a clock, with nothing said of a host.
#[must_use]
pub fn time_only(name: &str) -> Named {
    Named { time: ends_in_time(name).map(|(_, time)| time), ..Named::default() }
}

/// `261122` and `0311` as RFC 3339 without a zone.
#[must_use]
pub fn short_time(date: &str, clock: &str) -> Option<String> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if date.len() != 6 || clock.len() != 4 || !digits(date) || !digits(clock) {
        return None;
    }
    let date = format!("20{}-{}-{}", date.get(..2)?, date.get(2..4)?, date.get(4..)?);
    let time = format!("{date}T{}:{}:00", clock.get(..2)?, clock.get(2..)?);
    crate::base::Time::parse_assuming_utc(&time).map(|_| time)
}

/// `20261122` and `031134` as RFC 3339 without a zone.
#[must_use]
pub fn compact_time(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() != 14 {
        return None;
    }
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let date = format!("{}-{}-{}", part(0, 4), part(4, 6), part(6, 8));
    let time = format!("{date}T{}:{}:{}", part(8, 10), part(10, 12), part(12, 14));
    crate::base::Time::parse_assuming_utc(&time).map(|_| time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_end_in_a_time_are_taken_apart() {
        for (name, head, time) in [
            ("a.b.example-2026-11-22_03_11_34", "a.b.example", "2026-11-22T03:11:34"),
            ("support-bundle-2026-11-22T03_11_34", "support-bundle", "2026-11-22T03:11:34"),
            ("supportbundle_x_2026-11-22T03-11-34", "supportbundle_x", "2026-11-22T03:11:34"),
        ] {
            assert_eq!(ends_in_time(name), Some((head, time.to_owned())), "{name}");
        }
        for name in ["x", "extra-kubectl", "n-2026-13-22_03_11_34", "ü2026-11-22_03_11_3ü"] {
            assert_eq!(ends_in_time(name), None, "{name}");
        }
        assert_eq!(ends_in_day("rancher_n1_2026-11-22"), Some(("rancher_n1", "2026-11-22".to_owned())));
        assert_eq!(short_time("261122", "0311").as_deref(), Some("2026-11-22T03:11:00"));
        assert_eq!(compact_time("20261122-031134").as_deref(), Some("2026-11-22T03:11:34"));
    }
}
