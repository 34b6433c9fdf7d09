//! Lines that journald writes between those of the programs: `-- Logs begin at … --`, `-- Boot … --`, `-- No entries --`.
//!
//! The header up to systemd 249 is the only place where `journalctl -o short` says the year and the zone. Source: systemd,
//! `src/journal/journalctl.c` and `src/shared/logs-show.c` (`show_journal`).

use super::civil;
use crate::base::Stamp;

/// What a marker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker<'c> {
    /// What the journal on disk holds; the lines below it are a part of that. Before systemd 247 `-- Logs begin at`,
    /// up to 249 `-- Journal begins at`.
    Range {
        /// The first entry.
        from: Stamp,
        /// The last entry.
        to: Option<Stamp>,
        /// The zone in which these times and those of the lines below are written: an abbreviation or an offset.
        zone: &'c str,
    },
    /// The machine was started; the identifier of the boot, where journald writes it (since systemd 253).
    Boot(Option<&'c str>),
    /// There is nothing to show.
    NoEntries,
}

/// Reads a marker; `None` for any other line.
#[must_use]
pub fn marker(line: &str) -> Option<Marker<'_>> {
    let inner = line.trim_end().strip_prefix("-- ")?.strip_suffix("--")?.trim_end_matches(' ');
    match inner {
        "Reboot" => return Some(Marker::Boot(None)),
        "No entries" => return Some(Marker::NoEntries),
        _ => {}
    }
    if let Some(boot) = inner.strip_prefix("Boot ") {
        let is_id = boot.len() == 32 && boot.bytes().all(|b| b.is_ascii_hexdigit());
        return is_id.then_some(Marker::Boot(Some(boot)));
    }
    let range =
        ["Logs begin at ", "Journal begins at "].iter().find_map(|start| inner.strip_prefix(start))?;
    let (from, zone, rest) = civil::full(range)?;
    let to = rest.strip_prefix(", end at ").or_else(|| rest.strip_prefix(", ends at "));
    let to = to.and_then(civil::full).map(|(stamp, _, _)| stamp);
    Some(Marker::Range { from, to, zone })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::stamp_text;

    #[test]
    fn the_range_of_the_journal_has_year_and_zone() {
        for (line, expected) in [
            (
                "-- Logs begin at Sun 2026-11-22 03:41:20 UTC, end at Sun 2026-11-22 03:44:46 UTC. --",
                "2026-11-22T03:41:20Z 2026-11-22T03:44:46Z UTC",
            ),
            (
                "-- Journal begins at Tue 2021-08-03 09:10:29 CEST, ends at Tue 2021-08-03 10:10:29 CEST. --",
                "2021-08-03T09:10:29 2021-08-03T10:10:29 CEST",
            ),
            ("-- Logs begin at Tue 2021-08-03 09:10:29 +0530. --\r", "2021-08-03T03:40:29Z - +0530"),
        ] {
            let Some(Marker::Range { from, to, zone }) = marker(line) else { panic!("{line}") };
            assert_eq!(format!("{} {} {zone}", stamp_text(Some(from)), stamp_text(to)), expected, "{line}");
        }
    }

    #[test]
    fn boots_and_empty_journals_are_told() {
        let boot = "0123456789abcdef0123456789abcdef";
        assert_eq!(marker(&format!("-- Boot {boot} --")), Some(Marker::Boot(Some(boot))));
        assert_eq!(marker("-- Reboot --"), Some(Marker::Boot(None)));
        assert_eq!(marker("-- No entries --"), Some(Marker::NoEntries));
        for line in
            ["", "--", "-- --", "-- Boot camp --", "-- Logs begin at noon --", "-- a comment", "--- x ---"]
        {
            assert_eq!(marker(line), None, "{line}");
        }
    }
}
