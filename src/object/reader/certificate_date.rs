//! Dates in the tables of `certificate check` and kubeadm: `Jun 12, 2026 11:12 UTC`, to the minute, or RFC 3339.

use crate::object::moment;

/// A date in RFC 3339, in UTC; `None` for what is no date, or of a zone that is not UTC.
pub fn expiry(text: &str) -> Option<String> {
    let text = text.trim();
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.to_string());
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [month, day, year, clock, zone @ ("UTC" | "GMT")] => {
            let day = day.strip_suffix(',')?;
            moment::openssl_date(&format!("{month} {day} {clock}:00 {year} {zone}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_checked() {
        for (text, expected) in [
            ("Jun 02, 2026 11:12 UTC", Some("2026-06-02T11:12:00Z")),
            ("2026-06-12T11:12:13+02:00", Some("2026-06-12T09:12:13Z")),
            ("Jun 12, 2026 11:12 CET", None),
            ("Feb 30, 2026 11:12 UTC", None),
            ("<invalid>", None),
        ] {
            assert_eq!(expiry(text).as_deref(), expected, "{text}");
        }
    }
}
