//! The whole result for programs: pretty-printed JSON, keys in the order of the schema.

use super::RenderError;
use crate::analysis::Analysis;

/// Writes `result.json`.
pub(super) fn render(analysis: &Analysis) -> Result<String, RenderError> {
    let mut out = serde_json::to_string_pretty(analysis)?;
    out.push('\n');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn the_keys_come_in_the_order_of_the_schema() {
        let value: serde_json::Value = serde_json::from_str(&render(&sample()).unwrap()).unwrap();
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys[..4], ["schema", "tool", "captured_at", "captured_at_source"]);
        assert_eq!(value["findings"][0]["first"], "2026-11-22T03:11:12.337368316Z");
    }
}
