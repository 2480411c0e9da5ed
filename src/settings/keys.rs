//! The keys of `kustompose.yaml`: what the reader knows, what `init` tells of, what the schema allows.

/// At the top.
pub const TOP: &[&str] = &[
    "project",
    "output",
    "allowOutside",
    "environments",
    "secrets",
    "defaults",
    "cronJobs",
    "convert",
    "check",
    "lint",
];

/// Of each environment.
pub const ENVIRONMENT: &[&str] = &[
    "compose",
    "envFile",
    "profiles",
    "fromShell",
    "namespace",
    "replaced",
    "externalSecrets",
    "overlay",
    "kubernetes",
    "context",
    "local",
    "autopilot",
    "zeroDowntime",
    "liveness",
    "networkPolicies",
    "autoscale",
    "ingress",
    "gateway",
    "images",
    "defaults",
];

/// Of `autoscale`.
pub const AUTOSCALE: &[&str] = &["cpu", "max"];

/// Of `images`.
pub const IMAGES: &[&str] = &["registry"];

/// Of `defaults`.
pub const DEFAULTS: &[&str] = &["requests", "storage"];

/// Of `defaults.requests`.
pub const REQUESTS: &[&str] = &["cpu", "memory"];

/// Of an environment's `local`.
pub const LOCAL: &[&str] = &["cluster", "code"];

/// Clusters that run on a developer's machine.
pub const LOCAL_CLUSTERS: &[&str] = &["minikube", "k3d", "kind"];

/// How source code comes into running containers: from a directory of this machine, or copied when it changes.
pub const CODE: &[&str] = &["mount", "sync"];

/// Of `secrets`.
pub const SECRETS: &[&str] = &["also", "never"];

/// Of `cronJobs`.
pub const CRON_JOBS: &[&str] = &["stagger"];

/// Of `convert`.
pub const CONVERT: &[&str] = &["accept"];

/// Of `check`.
pub const CHECK: &[&str] = &["ownership", "allow"];

/// Of `lint`.
pub const LINT: &[&str] = &["severity", "allow"];

/// How bad findings can be; those of rules that are off are not reported.
pub const LEVELS: &[&str] = &["error", "warning", "info", "off"];

/// Of an entry in a list of what is allowed.
pub const ALLOW: &[&str] = &["kind", "code", "service", "environment", "path", "reason", "until"];

/// Of an environment's `externalSecrets`.
pub const EXTERNAL_SECRETS: &[&str] = &["store", "kind"];

/// What `kind` of `externalSecrets` may be; the first one is meant where it is left out.
pub const STORE_KINDS: &[&str] = &["ClusterSecretStore", "SecretStore"];

/// Where a key belongs, for somebody who wrote it elsewhere; none for a key that nothing has.
pub fn place_of(key: &str) -> Option<&'static str> {
    let places: [(&[&str], &str); 9] = [
        (TOP, "to the top level"),
        (ENVIRONMENT, "to an environment: `environments: {<name>: {…}}`"),
        (SECRETS, "below `secrets`"),
        (CRON_JOBS, "below `cronJobs`"),
        (CHECK, "below `check`"),
        (LINT, "below `lint`"),
        (IMAGES, "below `images` of an environment"),
        (AUTOSCALE, "below `autoscale` of an environment"),
        (LOCAL, "below `local` of an environment"),
    ];
    places.into_iter().find(|(keys, _)| keys.contains(&key)).map(|(_, place)| place)
}

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
            ("/properties/cronJobs".to_owned(), CRON_JOBS),
            ("/properties/check".to_owned(), CHECK),
            ("/properties/lint".to_owned(), LINT),
            ("/$defs/allow/items".to_owned(), ALLOW),
            (format!("{environment}/properties/externalSecrets"), EXTERNAL_SECRETS),
            (format!("{environment}/properties/local"), LOCAL),
            (format!("{environment}/properties/autoscale"), AUTOSCALE),
            (format!("{environment}/properties/images"), IMAGES),
            ("/$defs/defaults".to_owned(), DEFAULTS),
            ("/$defs/defaults/properties/requests".to_owned(), REQUESTS),
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
        for (place, known) in [
            ("externalSecrets/properties/kind", STORE_KINDS),
            ("local/properties/cluster", LOCAL_CLUSTERS),
            ("local/properties/code", CODE),
        ] {
            let words = schema.pointer(&format!("{environment}/properties/{place}/enum"));
            assert_eq!(words.unwrap(), &serde_json::json!(known), "{place}");
        }
    }
}
