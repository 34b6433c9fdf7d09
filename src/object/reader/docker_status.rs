//! The `STATUS` of `docker ps`: `Up 2 hours (healthy)`, `Exited (137) 3 days ago`, `Restarting (1) 30 seconds ago`, `Created`,
//! `Dead`, `Removal In Progress` (moby `container/state.go`, `String`; podman and nerdctl write the same).

use super::container::put_since;
use crate::base::Time;
use crate::object::gather::Draft;

/// What the sentence says.
#[derive(Debug, PartialEq)]
pub struct Status<'t> {
    /// In the one form of all tools.
    pub state: &'static str,
    /// Of what ended.
    pub exit_code: Option<i64>,
    /// `healthy`, `unhealthy` or `starting`; `None` without a health check.
    pub health: Option<&'t str>,
    /// How long the state lasts, as docker says it.
    pub since: Option<&'t str>,
}

impl<'t> Status<'t> {
    /// Reads the sentence; `None` if it is none.
    pub fn parse(text: &'t str) -> Option<Self> {
        let text = text.trim();
        let plain = |state| Some(Self { state, exit_code: None, health: None, since: None });
        match text {
            "Created" => return plain("created"),
            "Dead" => return plain("dead"),
            "Removal In Progress" | "Removing" => return plain("removing"),
            "Up" => return plain("running"),
            "Paused" => return plain("paused"),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix("Up ") {
            let (since, note) = match rest.rsplit_once(" (") {
                Some((since, note)) => (since, note.strip_suffix(')')),
                None => (rest, None),
            };
            let state = if note == Some("Paused") { "paused" } else { "running" };
            let health = match note {
                Some("health: starting") => Some("starting"),
                Some(word @ ("healthy" | "unhealthy")) => Some(word),
                _ => None,
            };
            return Some(Self { state, exit_code: None, health, since: Some(since) });
        }
        let (word, rest) = text.split_once(" (")?;
        let state = match word {
            "Exited" => "exited",
            "Restarting" => "restarting",
            _ => return None,
        };
        let (code, since) = rest.split_once(')')?;
        let since = Some(since.trim()).filter(|since| !since.is_empty());
        Some(Self { state, exit_code: Some(code.parse().ok()?), health: None, since })
    }

    /// Puts what it says; returns the paths of the times that it shows.
    pub fn put(&self, draft: &mut Draft<'_>, captured_at: Option<Time>) -> Vec<&'static str> {
        draft.put("state", self.state);
        if let Some(code) = self.exit_code {
            draft.put("exitCode", code);
        }
        if let Some(health) = self.health {
            draft.put("health", health);
        }
        let began = match self.state {
            "running" | "paused" => "startedAt",
            _ => "finishedAt",
        };
        self.since
            .map(|since| put_since(draft, captured_at, since, ("stateSeconds", began)))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: (&str, Option<i64>, Option<&str>, Option<&str>)) {
        let found = Status::parse(text).map(|it| (it.state, it.exit_code, it.health, it.since));
        assert_eq!(found, Some(expect), "{text}");
    }

    #[test]
    fn every_sentence_is_known() {
        check("Up 2 hours", ("running", None, None, Some("2 hours")));
        check(
            "Up About a minute (health: starting)",
            ("running", None, Some("starting"), Some("About a minute")),
        );
        check("Up 3 weeks (unhealthy)", ("running", None, Some("unhealthy"), Some("3 weeks")));
        check("Up 3 weeks (Paused)", ("paused", None, None, Some("3 weeks")));
        check("Exited (137) 3 days ago", ("exited", Some(137), None, Some("3 days ago")));
        check("Exited (0) Less than a second ago", ("exited", Some(0), None, Some("Less than a second ago")));
        check("Restarting (1) 30 seconds ago", ("restarting", Some(1), None, Some("30 seconds ago")));
        check("Created", ("created", None, None, None));
        check("Dead", ("dead", None, None, None));
        check("Removal In Progress", ("removing", None, None, None));
        for text in ["", "Upwards", "Exited", "Exited (x) 1 second ago", "3 weeks ago"] {
            assert_eq!(Status::parse(text), None, "{text}");
        }
    }
}
