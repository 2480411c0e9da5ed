//! Pages that are made from the program: the command line, the settings, the lists of pages in the summary.

use std::fs;

use serde_json::Value;

use super::{hold, program, read, root};

const COMMAND_LINE: &str = "\
# Command line

This page has the output of `--help` for every command. A test keeps it up to date.

The flags `-f`, `-p`, `--profile`, `--env-file` and `--project-directory` mean the same as in `docker compose`.
";

const SETTINGS: &str = "\
# `kustompose.yaml`

`kustompose.yaml` is in the directory of the project, and every key in it is optional. `kustompose init` writes the file
with the environments that it finds. This page is made from the
[JSON schema](kustompose.schema.json), which editors understand; a test keeps it up to date.

`<environment>` is the name of an environment, `<volume>` the name of a volume, `[]` an item of a list.
";

#[test]
fn the_command_line_is_that_of_the_program() {
    let mut page = String::from(COMMAND_LINE);
    for (name, help) in program::helps() {
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        page.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()));
    }
    hold("docs/cli.md", &page);
}

#[test]
fn the_settings_are_those_of_the_schema() {
    let schema: Value = serde_json::from_str(&read("docs/kustompose.schema.json")).unwrap();
    let mut rows = Vec::new();
    describe(&schema, &schema, "", &mut rows);
    assert!(rows.len() > 30, "the schema has keys");
    let mut page = String::from(SETTINGS);
    page.push_str("\n| key | value | meaning |\n| --- | --- | --- |\n");
    rows.iter().for_each(|row| page.push_str(row));
    hold("docs/settings.md", &page);
}

/// A row for each key below a schema.
fn describe(schema: &Value, whole: &Value, path: &str, rows: &mut Vec<String>) {
    let at = follow(schema, whole);
    let mut children: Vec<(String, &Value)> = Vec::new();
    for (name, child) in at["properties"].as_object().into_iter().flatten() {
        children.push((name.clone(), child));
    }
    if at["additionalProperties"].is_object() {
        let name = match path.rsplit('.').next().unwrap_or_default() {
            "environments" => "<environment>",
            "storage" => "<volume>",
            "ingress" => "<service>",
            "severity" => "<rule>",
            _ => "<path>",
        };
        children.push((name.to_owned(), &at["additionalProperties"]));
    }
    for (name, child) in children {
        let path = if path.is_empty() { name } else { format!("{path}.{name}") };
        let meaning = child["description"].as_str().or_else(|| follow(child, whole)["description"].as_str());
        if let Some(meaning) = meaning {
            let meaning = meaning.replace('|', "\\|");
            rows.push(format!("| `{path}` | {} | {meaning} |\n", values(child, whole)));
        }
        describe(child, whole, &path, rows);
    }
    if at["items"].is_object() && at["items"]["properties"].is_object() {
        describe(&at["items"], whole, &format!("{path}[]"), rows);
    }
}

/// What a key may be, in words.
fn values(schema: &Value, whole: &Value) -> String {
    let at = follow(schema, whole);
    if let Some(values) = at["enum"].as_array() {
        let words: Vec<String> =
            values.iter().map(|value| format!("`{}`", value.as_str().unwrap())).collect();
        return words.join(", ");
    }
    if let Some(several) = at["anyOf"].as_array() {
        let words: Vec<String> = several.iter().map(|one| values(one, whole)).collect();
        return words.join(" or ");
    }
    let types = at["type"].as_array().cloned().unwrap_or_else(|| vec![at["type"].clone()]);
    let types = types.iter().filter_map(Value::as_str).filter(|word| *word != "null");
    let words = types.map(|word| match word {
        "array" => "list",
        "object" => "mapping",
        "integer" => "number",
        other => other,
    });
    words.collect::<Vec<_>>().join(" or ")
}

/// What a reference refers to.
fn follow<'a>(schema: &'a Value, whole: &'a Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
    pointer.map_or(schema, |pointer| whole.pointer(pointer).unwrap())
}

/// Below the page of a folder, `docs/SUMMARY.md` lists the other pages of this folder.
#[test]
fn the_summary_lists_the_pages_of_folders() {
    let summary = read("docs/SUMMARY.md");
    let folders: Vec<String> = fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let mut wanted = String::new();
    for line in summary.lines() {
        let indent = line.len() - line.trim_start().len();
        let is_below = |folder: &String| line.contains(&format!("]({folder}/")) && !is_head(line, folder);
        if folders.iter().any(is_below) {
            continue;
        }
        wanted.push_str(line);
        wanted.push('\n');
        for folder in folders.iter().filter(|folder| is_head(line, folder)) {
            for (name, title) in pages_of(folder) {
                wanted.push_str(&format!("{}- [{title}]({folder}/{name})\n", " ".repeat(indent + 2)));
            }
        }
    }
    hold("docs/SUMMARY.md", &wanted);
}

/// Whether a line of the summary is the one of a whole folder: `(rules/README.md)` or `(diagnostics.md)`.
fn is_head(line: &str, folder: &str) -> bool {
    line.contains(&format!("]({folder}/README.md)")) || line.contains(&format!("]({folder}.md)"))
}

/// The pages of a folder but its first one, by name, with what their heading says.
fn pages_of(folder: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join("docs").join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".md") && name != "README.md").collect();
    names.sort();
    let title = |name: &String| {
        let page = read(&format!("docs/{folder}/{name}"));
        page.lines().next().unwrap_or_default().trim_start_matches('#').trim().replace(['`', '[', ']'], "")
    };
    names.iter().map(|name| (name.clone(), title(name))).collect()
}
