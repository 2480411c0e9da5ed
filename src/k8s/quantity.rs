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

/// Is it a quantity: a number, perhaps with a unit of Kubernetes?
pub fn is_quantity(text: &str) -> bool {
    const UNITS: &[&str] = &["", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let end = text.find(|next: char| !next.is_ascii_digit() && next != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    number.parse::<f64>().is_ok() && UNITS.contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_kubernetes() {
        for (text, legal) in [("10Gi", true), ("0.5", true), ("1GB", false), ("Gi", false), ("1 Gi", false)] {
            assert_eq!(is_quantity(text), legal, "{text}");
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
