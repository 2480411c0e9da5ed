//! The keys of `kustompose.yaml`: what the reader knows, what `init` tells of, what the schema allows.

/// At the top.
pub const TOP: &[&str] = &["project", "output", "environments", "secrets"];

/// Of each environment.
pub const ENVIRONMENT: &[&str] = &[
    "compose",
    "envFile",
    "profiles",
    "fromShell",
    "namespace",
    "replaced",
    "externalSecrets",
    "kubernetes",
];

/// Of `secrets`.
pub const SECRETS: &[&str] = &["also", "never"];

/// Of an environment's `externalSecrets`.
pub const EXTERNAL_SECRETS: &[&str] = &["store", "kind"];

/// What `kind` of `externalSecrets` may be; the first one is meant where it is left out.
pub const STORE_KINDS: &[&str] = &["ClusterSecretStore", "SecretStore"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_schema_allows_what_is_known() {
        let schema: Value = serde_json::from_str(include_str!("../../docs/kustompose.schema.json")).unwrap();
        let environment = "/properties/environments/additionalProperties";
        let tables = [
            (String::new(), TOP),
            (environment.to_owned(), ENVIRONMENT),
            ("/properties/secrets".to_owned(), SECRETS),
            (format!("{environment}/properties/externalSecrets"), EXTERNAL_SECRETS),
        ];
        for (place, known) in tables {
            let object = schema.pointer(&place).unwrap();
            let properties = object.get("properties").and_then(Value::as_object).unwrap();
            let allowed: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
            assert_eq!(allowed, known.iter().copied().collect(), "{place}");
            assert_eq!(object.get("additionalProperties"), Some(&Value::Bool(false)), "{place}");
            for (key, property) in properties {
                assert!(property.get("description").is_some_and(Value::is_string), "{place}/{key}");
            }
        }
        let kinds = schema.pointer(&format!("{environment}/properties/externalSecrets/properties/kind/enum"));
        assert_eq!(kinds.unwrap(), &serde_json::json!(STORE_KINDS));
    }
}
