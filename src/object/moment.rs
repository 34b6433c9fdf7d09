//! Ages and dates as kubectl and openssl print them.
//!
//! Ages: k8s.io/apimachinery `duration.HumanDuration` (`3h12m`, `2d4h`, `<invalid>`). Dates: `kubectl describe` prints
//! RFC 1123 with a numeric zone; openssl prints `Nov  2 03:06:37 2026 GMT`.

use crate::base::stamp::{SECOND, parse_duration};
use crate::base::{Stamp, Time};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The seconds of an age such as `2d4h`; `None` for `<invalid>` and `<unknown>`.
#[must_use]
pub fn age_seconds(text: &str) -> Option<f64> {
    parse_duration(text)
}

/// When something of this age began, to the second.
#[must_use]
pub fn before(captured_at: Time, seconds: f64) -> Time {
    let whole = captured_at.0.div_euclid(SECOND) * SECOND;
    Time(whole.saturating_sub((seconds.round() as i64).saturating_mul(SECOND)))
}

/// The seconds from an RFC 3339 instant to the capture.
#[must_use]
pub fn age_of(text: &str, captured_at: Time) -> Option<f64> {
    Some(captured_at.seconds_since(Time::parse(text)?))
}

/// Reads `Sun, 22 Nov 2026 03:28:32 +0000`.
#[must_use]
pub fn describe_date(text: &str) -> Option<Time> {
    let mut words = text.split_whitespace();
    words.next().filter(|weekday| weekday.ends_with(','))?;
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (clock, zone) = (words.next()?, words.next()?);
    civil(year, month, day, clock, zone_seconds(zone)?)
}

/// Reads `Nov 22 03:06:37 2026 GMT` (openssl always prints UTC) into RFC 3339. Years up to 9999 are read: certificates
/// without an end have the last second of that year, which no [`Time`] holds.
#[must_use]
pub fn openssl_date(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let (month, day) = (words.next()?, words.next()?);
    let (clock, year) = (words.next()?, words.next()?);
    words.next().filter(|zone| matches!(*zone, "GMT" | "UTC"))?;
    let month = i8::try_from(MONTHS.iter().position(|name| *name == month)? + 1).ok()?;
    let mut parts = clock.splitn(3, ':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let (year, day) = (year.parse().ok()?, day.parse().ok()?);
    let at = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some(format!("{at}Z"))
}

fn civil(year: &str, month: &str, day: &str, clock: &str, offset: i32) -> Option<Time> {
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let mut parts = clock.split(':');
    let mut part = || parts.next()?.parse::<i8>().ok();
    let clock = (part()?, part()?, part()?);
    let (year, month) = (year.parse().ok()?, i8::try_from(month).ok()?);
    let stamp = Stamp::from_civil(Some(year), month, day.parse().ok()?, clock, 0, Some(offset))?;
    Some(Time(stamp.ns))
}

/// `+0130` in seconds east of UTC.
fn zone_seconds(zone: &str) -> Option<i32> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours: i32 = zone.get(1..3)?.parse().ok()?;
    let minutes: i32 = zone.get(3..5)?.parse().ok()?;
    Some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_instants() {
        let described = describe_date("Sun, 22 Nov 2026 03:28:32 +0100").map(|time| time.to_string());
        assert_eq!(described.as_deref(), Some("2026-11-22T02:28:32Z"));
        for (text, expected) in [
            ("Nov  2 03:06:37 2026 GMT", Some("2026-11-02T03:06:37Z")),
            ("Jan 1 00:00:00 2051 GMT", Some("2051-01-01T00:00:00Z")),
            ("Dec 31 23:59:59 9999 GMT", Some("9999-12-31T23:59:59Z")),
            ("Feb 30 00:00:00 2026 GMT", None),
            ("Bad time value", None),
        ] {
            assert_eq!(openssl_date(text).as_deref(), expected, "{text}");
        }
        for text in ["", "<unset>", "Sun, 32 Nov 2026 03:28:32 +0000", "Sun, 22 Nov 2026 03:28:32 +zz00"] {
            assert_eq!(describe_date(text), None, "{text}");
        }
        assert_eq!(openssl_date("Foo 2 x"), None);
    }

    #[test]
    fn ages_are_taken_from_the_capture() {
        let captured_at = Time::parse("2026-11-22T04:00:00.5Z").unwrap();
        assert_eq!(before(captured_at, age_seconds("3h12m").unwrap()).to_string(), "2026-11-22T00:48:00Z");
        assert_eq!(age_seconds("<invalid>"), None);
    }
}
