//! SARIF 2.1.0, which code scanning takes.
//!
//! Only what consumers read is written. Places are relative to the root of the repository, and columns
//! count characters, not units of UTF-16.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Code, Finding, ResolvedEdit, ResolvedLabel, Run, Severity};

/// Where the format is defined.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What paths are relative to. Who reads the log knows where that is.
const ROOT: &str = "%SRCROOT%";

/// A log with one run.
pub fn log(findings: &[Finding], run: &Run<'_>) -> Value {
    let codes: BTreeSet<Code> = findings.iter().map(|finding| finding.code).collect();
    let positions: BTreeMap<&str, usize> = codes.iter().map(|code| code.id).zip(0..).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": Run::TOOL,
                "version": Run::VERSION,
                "semanticVersion": Run::VERSION,
                "rules": codes.iter().map(rule).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": format!("{}/", run.title().replace(' ', "/"))},
            "columnKind": "unicodeCodePoints",
            "results": findings
                .iter()
                .map(|finding| result(finding, positions.get(finding.code.id), run))
                .collect::<Vec<_>>(),
        }],
    })
}

fn rule(code: &Code) -> Value {
    let mut rule = json!({
        "id": code.id,
        "name": code.name,
        "shortDescription": {"text": code.summary},
        "defaultConfiguration": {"level": level(code.severity)},
    });
    if let Some(url) = code.url() {
        rule["helpUri"] = url.into();
    }
    rule
}

fn result(finding: &Finding, rule: Option<&usize>, run: &Run<'_>) -> Value {
    let mut result = json!({
        "ruleId": finding.code.id,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": {"text": finding.text()},
        "locations": [location(finding.place(), &run.file_of(finding))],
        "partialFingerprints": {"kustompose/v1": finding.fingerprint},
    });
    let related: Vec<Value> =
        finding.related().map(|place| location(Some(place), &run.file(&place.file))).collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    if !finding.edits.is_empty() {
        result["fixes"] = json!([fix(finding, run)]);
    }
    if let Some(reason) = &finding.allowed {
        result["suppressions"] = json!([{"kind": "external", "justification": reason}]);
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn location(place: Option<&ResolvedLabel>, file: &str) -> Value {
    let mut location = json!({"physicalLocation": {"artifactLocation": artifact(file)}});
    if let Some(place) = place {
        location["physicalLocation"]["region"] =
            region((place.line, place.column), (place.end_line, place.end_column));
        if !place.text.is_empty() {
            location["message"] = json!({"text": place.text});
        }
    }
    location
}

fn region((line, column): (usize, usize), (end_line, end_column): (usize, usize)) -> Value {
    json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column})
}

fn artifact(file: &str) -> Value {
    match file.strip_prefix('/') {
        Some(_) => json!({"uri": format!("file://{}", encoded(file))}),
        None => json!({"uri": encoded(file), "uriBaseId": ROOT}),
    }
}

fn fix(finding: &Finding, run: &Run<'_>) -> Value {
    let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for edit in &finding.edits {
        files.entry(run.file(&edit.file)).or_default().push(replacement(edit));
    }
    let changes: Vec<Value> = files
        .iter()
        .map(|(file, replacements)| json!({"artifactLocation": artifact(file), "replacements": replacements}))
        .collect();
    let description = finding.help.as_deref().unwrap_or(finding.code.summary);
    json!({"description": {"text": description}, "artifactChanges": changes})
}

fn replacement(edit: &ResolvedEdit) -> Value {
    json!({
        "deletedRegion": region((edit.line, edit.column), (edit.end_line, edit.end_column)),
        "insertedContent": {"text": edit.text},
    })
}

/// A path as part of a URI.
fn encoded(path: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    path.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::testing;

    /// What the standard asks of what is written here: each field is one of these, and those marked `!` are
    /// there. A field that ends in `[]` is a list.
    const SHAPE: &[(&str, &[&str])] = &[
        ("log", &["$schema", "version!", "runs[]!"]),
        ("runs", &["tool!", "automationDetails", "columnKind", "results[]"]),
        ("tool", &["driver!"]),
        ("driver", &["name!", "version", "semanticVersion", "informationUri", "rules[]"]),
        ("rules", &["id!", "name", "shortDescription", "helpUri", "defaultConfiguration"]),
        ("shortDescription", &["text!"]),
        ("defaultConfiguration", &["level"]),
        ("automationDetails", &["id"]),
        (
            "results",
            &[
                "ruleId",
                "ruleIndex",
                "level",
                "message!",
                "locations[]",
                "relatedLocations[]",
                "partialFingerprints",
                "fixes[]",
            ],
        ),
        ("message", &["text!"]),
        ("locations", &["physicalLocation!", "message"]),
        ("relatedLocations", &["physicalLocation!", "message"]),
        ("physicalLocation", &["artifactLocation!", "region"]),
        ("artifactLocation", &["uri!", "uriBaseId"]),
        ("region", &["startLine!", "startColumn", "endLine", "endColumn"]),
        ("deletedRegion", &["startLine!", "startColumn", "endLine", "endColumn"]),
        ("partialFingerprints", &["kustompose/v1"]),
        ("fixes", &["description", "artifactChanges[]!"]),
        ("description", &["text!"]),
        ("artifactChanges", &["artifactLocation!", "replacements[]!"]),
        ("replacements", &["deletedRegion!", "insertedContent"]),
        ("insertedContent", &["text!"]),
    ];

    fn follows(name: &str, value: &Value) {
        let fields = value.as_object().unwrap_or_else(|| panic!("{name} is no object: {value}"));
        let (_, shape) =
            SHAPE.iter().find(|(row, _)| *row == name).unwrap_or_else(|| panic!("what is {name}?"));
        let bare = |field: &str| field.trim_end_matches('!').trim_end_matches("[]").to_owned();
        for required in shape.iter().filter(|field| field.ends_with('!')) {
            assert!(fields.contains_key(&bare(required)), "{name} has no {required}");
        }
        for (field, value) in fields {
            let shape = shape.iter().find(|known| bare(known) == *field);
            let shape = shape.unwrap_or_else(|| panic!("{name}.{field} is not in the standard"));
            match value {
                Value::Array(items) => {
                    assert!(shape.contains("[]"), "{name}.{field} is no list");
                    items.iter().for_each(|item| follows(field, item));
                }
                Value::Object(_) => follows(field, value),
                Value::Number(number) => assert!(number.as_u64().is_some(), "{name}.{field}"),
                Value::String(_) => {}
                other => panic!("{name}.{field} is {other}"),
            }
        }
    }

    #[test]
    fn follows_the_standard() {
        let log = log(&testing::findings(), &testing::RUN);
        follows("log", &log);
        follows("log", &super::log(&[], &testing::RUN));
        let run = &log["runs"][0];
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
            let region = &result["locations"][0]["physicalLocation"]["region"];
            for line_or_column in region.as_object().into_iter().flat_map(serde_json::Map::values) {
                assert!(line_or_column.as_u64().unwrap() >= 1);
            }
        }
    }

    #[test]
    fn places_and_fixes() {
        let log = log(&testing::findings(), &testing::RUN);
        let results = &log["runs"][0]["results"];
        assert_eq!(
            results[0]["relatedLocations"][0]["physicalLocation"]["artifactLocation"],
            json!({"uri": "app/a%2C%20b%3Ac.env", "uriBaseId": "%SRCROOT%"})
        );
        let value = json!({"startLine": 2, "startColumn": 4, "endLine": 2, "endColumn": 5});
        assert_eq!(results[1]["locations"][0]["physicalLocation"]["region"], value);
        let change = &results[1]["fixes"][0]["artifactChanges"][0];
        assert_eq!(
            change["replacements"],
            json!([{"deletedRegion": value, "insertedContent": {"text": "y"}}])
        );
        // Without a place, it is shown at the file that the run names.
        let place = &results[2]["locations"][0]["physicalLocation"];
        assert_eq!(
            *place,
            json!({"artifactLocation": {"uri": "app/compose.yaml", "uriBaseId": "%SRCROOT%"}})
        );
        assert_eq!(artifact("/a b"), json!({"uri": "file:///a%20b"}));
    }
}
