//! The documents say what is true: codes, the mapping, the report's form. What people wrote is held by `book.rs`.
//!
//! `UPDATE=1 cargo test` writes the lists anew.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "documents and the example lie on the disk; what is not there fails the test"
)]

#[path = "documents/pages.rs"]
mod pages;

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

use camino::Utf8PathBuf;
use kustompose::{
    cli::{self, Io},
    plan::{mapping, reasons},
};
use quick_xml::events::Event;
use regex::Regex;
use serde_json::Value;

/// A compose file with two mistakes.
const PROBLEM: &str = "services:\n  web:\n    image: nginx:1.27\n    enviroment:\n      PORT: \"8080\"\n    ports: \"8080:80\"\n";

/// The head of `docs/mapping.md`; the rest is the table of the program.
const MAPPING: &str = "\
# Mapping of every key

This page lists the keys of Compose files and their results in Kubernetes. `kustompose explain KEY` prints the same row.
A test keeps the page up to date.

A key without a row has the row of the key above it. The value of a key decides which of its results applies. Any key is
`ignored` if nothing uses it, for example in a service that an environment does not run. The
[report](report.md#keys) explains the results, and lists the result of each key of your project.
";
/// What the ways to attributes of services begin with.
const SERVICE: &str = "services.*.";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a run says: standard output and standard error.
fn run(directory: &Path, arguments: &[&str]) -> (u8, String, String) {
    let directory = directory.canonicalize().unwrap();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let io = Io {
        stdin: &|| Ok(Vec::new()),
        answer: &|| None,
        progress: &|_| {},
        environment: BTreeMap::new(),
        directory: Utf8PathBuf::from_path_buf(directory).unwrap(),
        stdout: &mut stdout,
        stderr: &mut stderr,
        color: false,
        unicode: false,
        width: 90,
    };
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let exit = cli::run(&arguments, io);
    (exit, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A copy of the example as git has it.
fn example() -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) -> io::Result<()> {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            // What somebody who tried the example has written is no part of it.
            if entry.file_name() == "k8s" || entry.file_name() == "skaffold.yaml" {
                continue;
            }
            if entry.file_type()?.is_dir() {
                copy(&entry.path(), &target)?;
            } else {
                fs::copy(entry.path(), target)?;
            }
        }
        Ok(())
    }
    let directory = tempfile::tempdir().unwrap();
    copy(&root().join("examples/shop"), &directory.path().join("examples/shop")).unwrap();
    directory
}

#[test]
fn the_report_follows_its_schema() {
    let schema: Value = serde_json::from_str(&read("docs/convert-report.schema.json")).unwrap();
    let directory = example();
    let (exit, report, _) = run(directory.path(), &["convert", "examples/shop", "--format", "json"]);
    assert_eq!(exit, 0);
    let report: Value = serde_json::from_str(&report).unwrap();
    follows(&report, &schema, &schema, "report");
    for list in ["environments", "files", "keys"] {
        assert!(report[list].as_array().is_some_and(|list| !list.is_empty()), "{list} is empty");
    }
    fs::write(directory.path().join("compose.yaml"), PROBLEM).unwrap();
    let (exit, report, _) = run(directory.path(), &["convert", "--format", "json"]);
    assert_eq!(exit, 2);
    let report: Value = serde_json::from_str(&report).unwrap();
    follows(&report, &schema, &schema, "report");
    assert!(report["diagnostics"].as_array().is_some_and(|list| list.len() > 1));
}

/// The words of JSON Schema that the schema uses; a word that is not known here is an error, and so is a
/// field that the schema does not name.
fn follows(value: &Value, schema: &Value, whole: &Value, path: &str) {
    for (word, wanted) in schema.as_object().unwrap() {
        match word.as_str() {
            "$schema" | "title" | "description" | "$defs" => {}
            "$ref" => {
                let pointer = wanted.as_str().unwrap().trim_start_matches('#');
                follows(value, whole.pointer(pointer).unwrap(), whole, path);
            }
            "type" => {
                let types = wanted.as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
                assert!(
                    types.iter().any(|wanted| wanted == type_of(value)),
                    "{path}: {value} is no {wanted}"
                );
            }
            "anyOf" => {
                // One of them is for null.
                let other = |schema: &&Value| schema["type"] != "null" || value.is_null();
                let schema = wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|schema| other(schema) && (!value.is_null() || schema["type"] == "null"));
                let schema = schema.unwrap_or_else(|| panic!("{path}: {value} fits nothing"));
                follows(value, schema, whole, path);
            }
            "const" => assert_eq!(value, wanted, "{path}"),
            "enum" => assert!(wanted.as_array().unwrap().contains(value), "{path}: {value}"),
            "minimum" => assert!(value.as_i64() >= wanted.as_i64(), "{path}: {value}"),
            "pattern" => {
                let pattern = Regex::new(wanted.as_str().unwrap()).unwrap();
                assert!(pattern.is_match(value.as_str().unwrap()), "{path}: {value}");
            }
            "required" => {
                for field in wanted.as_array().unwrap() {
                    assert!(value.get(field.as_str().unwrap()).is_some(), "{path} has no {field}");
                }
            }
            "properties" => {
                for (field, value) in value.as_object().unwrap() {
                    let schema =
                        wanted.get(field).unwrap_or_else(|| panic!("{path}.{field} is not described"));
                    follows(value, schema, whole, &format!("{path}.{field}"));
                }
            }
            "items" => {
                for (index, item) in value.as_array().unwrap().iter().enumerate() {
                    follows(item, wanted, whole, &format!("{path}[{index}]"));
                }
            }
            other => panic!("the schema says `{other}`, which this test does not know"),
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[test]
fn the_mapping_is_that_of_the_program() {
    let mut page = String::from(MAPPING);
    for (title, of_service) in [("A service", true), ("Everything else", false)] {
        page.push_str(&format!("\n## {title}\n\n| key | result | in Kubernetes |\n| --- | --- | --- |\n"));
        for row in mapping::all().filter(|row| row.path.starts_with(SERVICE) == of_service) {
            let key = row.path.strip_prefix(SERVICE).unwrap_or(row.path);
            page.push_str(&format!("| `{key}` | {} | {} |\n", row.fates(), row.text));
        }
    }
    if env::var_os("UPDATE").is_some_and(|value| value != "0") {
        fs::write(root().join("docs/mapping.md"), &page).unwrap();
    }
    let how = "docs/mapping.md says other things than the table. If they are meant: UPDATE=1 cargo test";
    assert!(read("docs/mapping.md") == page, "{how}");
}

#[test]
fn the_reasons_are_those_of_the_program() {
    let mut texts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for reason in reasons::all() {
        texts.entry(reason.id).or_default().push(reason.text);
    }
    let mut table = String::from("| id | reason |\n| --- | --- |\n");
    for (id, texts) in texts {
        table.push_str(&format!("| `{id}` | {} |\n", texts.join("<br>")));
    }
    let mut page = read("docs/report.md");
    let (begin, end) = ("<!-- reasons: begin -->\n", "<!-- reasons: end -->");
    let from = page.find(begin).unwrap() + begin.len();
    let to = page.find(end).unwrap();
    page.replace_range(from..to, &table);
    if env::var_os("UPDATE").is_some_and(|value| value != "0") {
        fs::write(root().join("docs/report.md"), &page).unwrap();
    }
    let how = "docs/report.md lists other reasons than there are. If they are meant: UPDATE=1 cargo test";
    assert!(read("docs/report.md") == page, "{how}");
}

/// What `docs/cron.md` says of loops: thirty of them are thirty short documents and one shared definition.
#[test]
fn thirty_loops_are_thirty_short_documents() {
    let compose = read("testdata/convert/loops-seed/in/compose.yaml");
    let services = compose.lines().filter(|line| line.starts_with("  cron-")).count();
    let app = "testdata/convert/loops-seed/out/k8s/base/cron-sync-crm";
    let jobs = read(&format!("{app}/cronjobs.yaml"));
    // The header stands apart from the first document.
    let jobs = jobs.split_once("\n\n").unwrap().1;
    let lines: Vec<usize> = jobs.split("---\n").map(|document| document.lines().count()).collect();
    assert_eq!((services, lines.len()), (30, 30));
    assert!(lines.iter().all(|lines| *lines <= 24), "{lines:?}");
    let shared = read(&format!("{app}/cronjob-defaults.yaml"));
    assert_eq!(shared.matches("kind: CronJob").count(), 1);
    assert!(read(&format!("{app}/kustomization.yaml")).contains("labelSelector"));
}

/// The reports in the formats of other programs, as cases of `check` and `lint` expect them.
#[test]
fn reports_follow_the_schemas_of_their_formats() {
    let schema = |name: &str| -> Value { serde_json::from_str(&read(name)).unwrap() };
    let of_check = schema("docs/check-report.schema.json");
    let sarif = schema("testdata/schemas/sarif.schema.json");
    let code_quality = schema("testdata/schemas/code-quality.schema.json");
    let mut found = Vec::new();
    for (name, format, text) in reports() {
        let json = || serde_json::from_str::<Value>(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
        match (format.as_str(), name.starts_with("check/")) {
            ("json", true) => follows(&json(), &of_check, &of_check, &name),
            ("sarif", _) => follows(&json(), &sarif, &sarif, &name),
            ("gitlab", _) => follows(&json(), &code_quality, &code_quality, &name),
            ("junit", _) => follows_junit(&text, &name),
            _ => continue,
        }
        found.push(format);
    }
    found.sort();
    found.dedup();
    assert_eq!(found, ["gitlab", "json", "junit", "sarif"]);
}

/// Cases that print a report in a format: name, format and report.
fn reports() -> Vec<(String, String, String)> {
    let mut reports = Vec::new();
    let mut folders = vec!["check".to_owned(), "lint-run".to_owned()];
    while let Some(name) = folders.pop() {
        let folder = root().join("testdata").join(&name);
        if folder.join("in").is_dir() {
            let args = fs::read_to_string(folder.join("args")).unwrap_or_default();
            let format = args.split_whitespace().skip_while(|word| *word != "--format").nth(1);
            if let Some(format) = format.filter(|format| !format.contains('=')) {
                let text = fs::read_to_string(folder.join("out.txt")).unwrap();
                let text = text.rsplit_once("exit ").map_or(text.clone(), |(report, _)| report.to_owned());
                // What concerns the run itself is on the standard error, too, in front of the report.
                let at = text.lines().position(|line| line.starts_with(['{', '[', '<'])).unwrap_or_default();
                let report = text.lines().skip(at).map(|line| format!("{line}\n")).collect();
                reports.push((name, format.to_owned(), report));
            }
        } else {
            let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
            folders.extend(entries.map(|entry| format!("{name}/{}", entry.to_str().unwrap())));
        }
    }
    reports
}

/// Suites of cases, each with the counts of what is in it.
fn follows_junit(text: &str, name: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    loop {
        let event = reader.read_event().unwrap_or_else(|why| panic!("{name}: {why}"));
        let (start, is_empty) = match &event {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(_) => {
                close(&mut open, name);
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        let element = String::from_utf8_lossy(start.name().as_ref()).into_owned();
        let attribute = |key: &str| {
            let found = start.try_get_attribute(key).unwrap()?;
            Some(String::from_utf8_lossy(&found.value).into_owned())
        };
        let above = open.last().map_or("", |(element, ..)| element.as_str());
        let (fits, required): (bool, &[&str]) = match element.as_str() {
            "testsuites" => (above.is_empty(), &["name", "tests", "failures", "errors"]),
            "testsuite" => (above == "testsuites", &["name", "tests", "failures", "errors"]),
            "testcase" => (above == "testsuite", &["name", "classname"]),
            "failure" => (above == "testcase", &["message", "type"]),
            "system-out" => (above == "testcase", &[]),
            _ => (false, &[]),
        };
        assert!(fits, "{name}: <{element}> in <{above}>");
        for key in required {
            assert!(attribute(key).is_some(), "{name}: <{element}> has no {key}");
        }
        let counts = ["tests", "failures"].map(|key| attribute(key)?.parse().ok());
        open.push((element, counts, [0, 0]));
        if is_empty {
            close(&mut open, name);
        }
    }
    assert!(open.is_empty(), "{name}: {open:?}");
}

/// An open element, with what it says of its cases and failures, and what it has.
type Open = (String, [Option<usize>; 2], [usize; 2]);

fn close(open: &mut Vec<Open>, name: &str) {
    let (element, said, mut has) = open.pop().unwrap();
    match element.as_str() {
        "testcase" => has[0] += 1,
        "failure" => has[1] += 1,
        _ => {}
    }
    if element.starts_with("testsuite") {
        assert_eq!(said, has.map(Some), "{name}: <{element}>");
    }
    if let Some((.., above)) = open.last_mut() {
        above[0] += has[0];
        above[1] += has[1];
    }
}
