//! Kubernetes quantities: `100m`, `2Gi`, `1e3`, `131072Ki` (k8s.io/apimachinery `pkg/api/resource/quantity.go`).

/// The number behind a quantity, in its base unit (cores, bytes); `None` if it is none.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-');
    let end = text.find(|c: char| !is_number(c)).unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let number: f64 = number.parse().ok()?;
    let scale = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        "Ei" => 1_152_921_504_606_846_976.0,
        // `1e3`; `E` with digits is an exponent too.
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            10_f64.powi(exponent.clamp(-30, 30))
        }
    };
    let value = number * scale;
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_scale() {
        for (text, expected) in [
            ("250m", Some(0.25)),
            ("2", Some(2.0)),
            ("131072Ki", Some(134_217_728.0)),
            ("1.5Gi", Some(1_610_612_736.0)),
            ("1e3", Some(1000.0)),
            ("40416887n", Some(0.040_416_887)),
            ("<unknown>", None),
            ("12%", None),
            ("", None),
            ("-", None),
        ] {
            let found = parse(text);
            let near = found.zip(expected).is_some_and(|(a, b)| (a - b).abs() < 1e-9);
            assert!(near || found == expected, "{text}: {found:?}");
        }
    }
}
