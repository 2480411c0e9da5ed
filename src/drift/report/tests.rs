use super::*;
use crate::{
    diag::codes,
    drift::{
        Kind,
        record::{Side, Waiver},
    },
    settings::date::Date,
    text::Span,
};

const COMPOSE: &str = "services:\n  api:\n    environment:\n      DB_POOL: \"20\"\n      PW: hunter2\n";
const MANIFEST: &str = "kind: Deployment\nargs: [b]\n";

struct Texts {
    sources: Sources,
    compose: Span,
    secret: Span,
    manifest: Span,
}

fn texts() -> Texts {
    let mut sources = Sources::default();
    let compose = sources.add("compose.yaml", COMPOSE);
    let manifest = sources.add("k8s/base/api/deployment.yaml", MANIFEST);
    sources.add("k8s/base/api/config.env", "A=b\n");
    let span = |id, text: &str, part: &str| {
        let at = text.find(part).unwrap();
        Span::new(id, at, at + part.len())
    };
    Texts {
        compose: span(compose, COMPOSE, "DB_POOL"),
        secret: span(compose, COMPOSE, "PW"),
        manifest: span(manifest, MANIFEST, "args: [b]"),
        sources,
    }
}

fn drift(kind: Kind, direction: Direction, environment: &str, path: &str) -> Drift {
    Drift {
        kind,
        direction,
        is_drift: direction.is_drift(),
        environment: Some(environment.to_owned()),
        service: Some("api".to_owned()),
        workload: None,
        container: Some("api".to_owned()),
        path: path.to_owned(),
        compose: Side::default(),
        kubernetes: Side::default(),
        expected_in: None,
        message: format!("`api` differs in {path}"),
        help: "run `kustompose convert`".to_owned(),
        waiver: None,
    }
}

fn environment(name: &str) -> Environment {
    Environment {
        name: name.to_owned(),
        not_compared: None,
        facts: 12,
        from_tree: 0,
        missing_files: Vec::new(),
    }
}

/// Drifts of two environments: one that both have, one with what follows from it, one allowed, one of yours.
fn example(texts: &Texts) -> Checked {
    let lacking = |environment: &str| Drift {
        compose: Side { value: Some("20".to_owned()), span: Some(texts.compose) },
        expected_in: Some("k8s/base/api/config.env".into()),
        ..drift(Kind::EnvMissing, Direction::Behind, environment, "env.DB_POOL")
    };
    let command = Drift {
        compose: Side { value: Some("[\"a\"]".to_owned()), span: None },
        kubernetes: Side { value: Some("[\"b\"]".to_owned()), span: Some(texts.manifest) },
        ..drift(Kind::Command, Direction::Diverged, "local", "argv")
    };
    let schedule = drift(Kind::Schedule, Direction::Diverged, "local", "schedule");
    let secret = || Some("(secret)".to_owned());
    let plain = Drift {
        compose: Side { value: secret(), span: Some(texts.secret) },
        kubernetes: Side { value: secret(), span: Some(texts.manifest) },
        waiver: Some(Waiver {
            reason: "known".to_owned(),
            until: Date::parse("2027-03-31"),
            span: texts.manifest,
        }),
        ..drift(Kind::EnvPlain, Direction::Diverged, "local", "env.PW")
    };
    let own = drift(Kind::EnvValue, Direction::Override, "production", "env.X");
    Checked {
        environments: vec![environment("local"), environment("production"), environment("staging")],
        drifts: vec![lacking("local"), command, schedule, plain, lacking("production"), own],
    }
}

#[test]
fn people_see_one_finding_a_cause() {
    let texts = texts();
    let report = Report::default();
    let context = Context { sources: &texts.sources, report: &report };
    let expected = "\
error[KM002]: local, production: `api` differs in env.DB_POOL          behind: compose is ahead
   compose.yaml:4:7               DB_POOL: \"20\"
   k8s/base/api/config.env        has no such line
   help: run `kustompose convert`
error[KM007]: local: `api` differs in schedule                         diverged: the manifests were changed
   and KM008: `api` differs in argv
   help: run `kustompose convert`
allowed[KM005]: local: `api` differs in env.PW                         diverged: the manifests were changed
   compose.yaml:5:7                  (secret)
   k8s/base/api/deployment.yaml:2:1  (secret)
   reason: known (until 2027-03-31)
local: 3 drifts (1 behind, 2 diverged), 1 allowed · production: 1 drift (behind), 1 override of yours · staging: in sync
";
    assert_eq!(text(&example(&texts), &context, false), expected);
    assert!(
        text(&example(&texts), &context, true).contains("info[KM004]: production: `api` differs in env.X")
    );
}

#[test]
fn lines_of_several_services_are_one_finding() {
    let texts = texts();
    let of = |service: &str| Drift {
        service: Some(service.to_owned()),
        compose: Side { value: Some("20".to_owned()), span: Some(texts.compose) },
        ..drift(Kind::EnvMissing, Direction::Behind, "local", "env.DB_POOL")
    };
    let drifts = vec![of("api"), of("worker"), of("web")];
    let checked = Checked { environments: vec![environment("local")], drifts };
    let report = Report::default();
    let text = text(&checked, &Context { sources: &texts.sources, report: &report }, false);
    assert!(
        text.starts_with("error[KM002]: local: `api` differs in env.DB_POOL; also `worker`, `web` "),
        "{text}"
    );
    assert_eq!(text.matches("error[").count(), 1);
}

#[test]
fn programs_get_an_entry_an_environment() {
    let texts = texts();
    let mut report = Report::default();
    report.push(crate::diag::Diagnostic::warning(codes::WAIVER_UNUSED, "unused").at(texts.manifest, "here"));
    let context = Context { sources: &texts.sources, report: &report };
    let json = json(&example(&texts), &context);
    assert_eq!(json["drifts"].as_array().map(Vec::len), Some(6));
    assert_eq!(json["environments"][0]["status"], "drift");
    assert_eq!(json["environments"][2]["status"], "in-sync");
    let first = &json["drifts"][0];
    assert_eq!(
        first["compose"],
        serde_json::json!({"value": "20", "file": "compose.yaml", "line": 4, "column": 7})
    );
    assert_eq!(
        first["kubernetes"],
        serde_json::json!({"value": null, "file": null, "line": null, "column": null})
    );
    assert_eq!(json["drifts"][3]["waiver"]["until"], "2027-03-31");
    assert_eq!(json["diagnostics"][0]["line"], 2);
    assert!(!json.to_string().contains("hunter2"));
}

#[test]
fn the_json_follows_its_schema() {
    let texts = texts();
    let mut report = Report::default();
    report.push(crate::diag::Diagnostic::warning(codes::WAIVER_UNUSED, "unused"));
    let json = json(&example(&texts), &Context { sources: &texts.sources, report: &report });
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../docs/check-report.schema.json")).unwrap();
    follows(&schema, &schema, &json, "report");
}

/// As far as the schema goes: types, fields, required ones and words.
fn follows(schema: &serde_json::Value, whole: &serde_json::Value, value: &serde_json::Value, at: &str) {
    use serde_json::Value;
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
        return follows(&whole["$defs"][name], whole, value, at);
    }
    if let Some(all) = schema["anyOf"].as_array() {
        let null = all.iter().any(|one| one["type"] == "null");
        if value.is_null() {
            assert!(null, "{at} is null");
            return;
        }
        let other = all.iter().find(|one| one["type"] != "null").unwrap();
        return follows(other, whole, value, at);
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{at} is {value}");
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let own = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(types.is_empty() || types.contains(&own), "{at} is {own}, not {types:?}");
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(own != "object" || value.get(required).is_some(), "{at} lacks {required}");
    }
    for (key, field) in value.as_object().into_iter().flatten() {
        let known = &schema["properties"][key];
        assert!(known.is_object(), "{at}.{key} is not in the schema");
        follows(known, whole, field, &format!("{at}.{key}"));
    }
    for item in value.as_array().into_iter().flatten() {
        follows(&schema["items"], whole, item, &format!("{at}[]"));
    }
}

#[test]
fn what_is_allowed_is_told_apart() {
    let texts = texts();
    let report = Report::default();
    let context = Context { sources: &texts.sources, report: &report };
    let found = diagnostics(&example(&texts), &context);
    let shown: Vec<_> =
        found.iter().map(|it| (it.code.id, it.severity.word(), it.allowed.as_deref())).collect();
    assert_eq!(shown, [("KM002", "error", None), ("KM007", "error", None), ("KM005", "info", Some("known"))]);
    assert_eq!(
        found[1].message,
        "local: `api` differs in schedule (diverged: the manifests were changed); `api` differs in argv"
    );
}

#[test]
fn fingerprints_stay_when_values_and_lines_change() {
    let one = drift(Kind::EnvValue, Direction::Behind, "local", "env.X");
    let other = Drift {
        compose: Side { value: Some("y".to_owned()), span: None },
        direction: Direction::Conflict,
        ..one.clone()
    };
    assert_eq!(one.fingerprint(), other.fingerprint());
    assert_eq!(one.fingerprint().len(), 16);
    assert_ne!(
        one.fingerprint(),
        drift(Kind::EnvValue, Direction::Behind, "production", "env.X").fingerprint()
    );
}
