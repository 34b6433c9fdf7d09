//! Field paths, and which of them are worth keeping.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Which fields of which kinds the rulebook and the inventory ask for. What nobody asks for is not kept: memory
/// then grows with the questions, not with the bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projection {
    kinds: BTreeMap<String, BTreeSet<String>>,
}

impl Projection {
    /// Asks for a path (dotted, no list indices) of a kind. An empty path asks for the whole object.
    pub fn ask(&mut self, kind: &str, path: &str) {
        self.kinds.entry(kind.to_owned()).or_default().insert(path.to_owned());
    }

    /// The paths asked for of this kind; `None` when nobody asks for the kind at all.
    #[must_use]
    pub fn paths(&self, kind: &str) -> Option<&BTreeSet<String>> {
        self.kinds.get(kind)
    }

    /// The kinds asked for, sorted.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }

    /// Keeps only the asked-for fields of an object of this kind.
    #[must_use]
    pub fn prune(&self, kind: &str, fields: &Value) -> Value {
        let mut kept = Value::Object(serde_json::Map::new());
        let Some(paths) = self.paths(kind) else { return kept };
        if paths.contains("") {
            return fields.clone();
        }
        for path in paths {
            let steps: Vec<&str> = path.split('.').collect();
            copy(fields, &steps, &mut kept);
        }
        kept
    }
}

/// Copies what lies at `steps` from one value to another; lists are entered item by item.
fn copy(from: &Value, steps: &[&str], to: &mut Value) {
    let Some((step, rest)) = steps.split_first() else {
        merge(to, from);
        return;
    };
    match from {
        Value::Object(map) => {
            let Some(value) = map.get(*step) else { return };
            if !to.is_object() {
                *to = Value::Object(serde_json::Map::new());
            }
            if let Value::Object(target) = to {
                copy(value, rest, target.entry((*step).to_owned()).or_insert(Value::Null));
            }
        }
        Value::Array(items) => {
            if !to.is_array() {
                *to = Value::Array(vec![Value::Null; items.len()]);
            }
            if let Value::Array(targets) = to {
                targets.resize(items.len(), Value::Null);
                for (item, target) in items.iter().zip(targets) {
                    copy(item, steps, target);
                }
            }
        }
        _ => {}
    }
}

/// Puts `from` into `to`: maps and lists are joined, anything else is replaced.
fn merge(to: &mut Value, from: &Value) {
    match (to, from) {
        (Value::Object(to), Value::Object(from)) => {
            for (key, value) in from {
                merge(to.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(to), Value::Array(from)) if to.len() == from.len() => {
            for (to, from) in to.iter_mut().zip(from) {
                merge(to, from);
            }
        }
        (to, from) => *to = from.clone(),
    }
}

/// The value at a dotted path; `None` when it is not there.
#[must_use]
pub fn get<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').filter(|step| !step.is_empty()).try_fold(value, |value, step| value.get(step))
}

/// Puts a value at a dotted path, making the maps on the way.
pub fn set(target: &mut Value, path: &str, value: Value) {
    let mut at = target;
    for step in path.split('.') {
        if !at.is_object() {
            *at = Value::Object(serde_json::Map::new());
        }
        let Value::Object(map) = at else { return };
        at = map.entry(step.to_owned()).or_insert(Value::Null);
    }
    *at = value;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_asked_for_is_kept() {
        let mut projection = Projection::default();
        projection.ask("Namespace", "status.phase");
        projection.ask("Namespace", "status.conditions.type");
        projection.ask("Namespace", "status.conditions.message");
        let fields = json!({"metadata": {"labels": {"a": "b"}}, "status": {"phase": "Active",
            "conditions": [{"type": "A", "status": "True", "message": "m"}, {"type": "B"}]}});
        assert_eq!(
            projection.prune("Namespace", &fields),
            json!({"status": {"phase": "Active", "conditions": [{"type": "A", "message": "m"}, {"type": "B"}]}})
        );
        assert_eq!(projection.prune("Pod", &fields), json!({}));
    }

    #[test]
    fn paths_are_set_and_read() {
        let mut value = Value::Null;
        set(&mut value, "status.phase", json!("Terminating"));
        assert_eq!(get(&value, "status.phase"), Some(&json!("Terminating")));
        assert_eq!(get(&value, "status.other"), None);
    }
}
