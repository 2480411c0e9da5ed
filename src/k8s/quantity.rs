//! [Quantities](https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/) of
//! memory and processors.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Bytes in the largest binary unit that says them exactly: `512Mi`, `1536Ki`, `1000`.
pub fn memory(bytes: i64) -> Quantity {
    let units = [("Ti", 1i64 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];
    let exact = units.iter().find(|(_, size)| bytes != 0 && bytes % size == 0);
    Quantity(exact.map_or_else(|| bytes.to_string(), |(unit, size)| format!("{}{unit}", bytes / size)))
}

/// Processors in thousandths, never less than one: `500m`, `2`.
pub fn cpu(processors: f64) -> Quantity {
    let thousandths = (processors * 1000.0).round().max(1.0) as i64;
    Quantity(if thousandths % 1000 == 0 {
        (thousandths / 1000).to_string()
    } else {
        format!("{thousandths}m")
    })
}

/// The number that a quantity says; nothing if it is none.
pub fn amount(text: &str) -> Option<f64> {
    const UNITS: &[(&str, f64)] = &[
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("m", 0.001),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    let unit = UNITS.iter().find(|(unit, _)| text.ends_with(unit));
    let digits = unit.and_then(|(unit, _)| text.strip_suffix(unit)).unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = digits.parse().ok().filter(|_| is_plain)?;
    Some(number * unit.map_or(1.0, |(_, size)| *size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        for (text, expected) in [
            ("500m", Some(0.5)),
            ("2", Some(2.0)),
            ("1.5", Some(1.5)),
            ("128Mi", Some(134_217_728.0)),
            ("1k", Some(1000.0)),
            ("10GB", None),
            ("-1", None),
            ("1e3", None),
            ("Mi", None),
            ("5mm", None),
            ("", None),
            ("Gi", None),
            ("1 Gi", None),
            ("0.5", Some(0.5)),
        ] {
            assert_eq!(amount(text), expected, "{text}");
        }
    }

    #[test]
    fn quantities() {
        for (bytes, text) in
            [(0, "0"), (1000, "1000"), (1536 << 10, "1536Ki"), (512 << 20, "512Mi"), (1 << 40, "1Ti")]
        {
            assert_eq!(memory(bytes).0, text);
        }
        for (processors, text) in [(0.5, "500m"), (2.0, "2"), (1.25, "1250m"), (0.0001, "1m")] {
            assert_eq!(cpu(processors).0, text);
        }
    }
}
