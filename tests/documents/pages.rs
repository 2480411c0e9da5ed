//! The examples of the pages of codes: what they are said to bring about, and what is said to mend it.

use std::{env, fs, path::Path, process::Command};

use kustompose::{
    diag::{
        codes::{AREAS, CODES, Code},
        pages,
    },
    lint::RULES,
};

use super::{read, root, run};

/// The head of `docs/diagnostics.md`; the rest is made of the codes and their pages.
const HEAD: &str = "\
# Diagnostics

A diagnostic has a severity, a code, a name, a message, and the places that it is about. Codes and names are
stable: neither is ever used for something else. The severity below is the usual one; the summary names the
exceptions. `kustompose explain CODE` prints the same text for one code.

The prefix of a code names its area. Rules of `lint` have codes that begin with KC, KE, KS or KK, and
[pages of their own](rules/README.md). This page is generated from `src/diag/codes.rs` and `src/diag/pages/`.
";

#[test]
fn the_document_has_all_pages() {
    let mut page = String::from(HEAD);
    let area = |prefix: &'static str| CODES.iter().filter(move |code| code.id.starts_with(prefix));
    for known in AREAS.iter().filter(|known| area(known.prefix).next().is_some()) {
        page.push_str(&format!("\n## {}: {}\n\n", known.prefix, known.title));
        page.push_str("| code | name | severity | meaning |\n| --- | --- | --- | --- |\n");
        for code in area(known.prefix) {
            let (id, anchor, severity) = (code.id, code.anchor(), code.severity.word());
            page.push_str(&format!(
                "| [{id}](#{anchor}) | {} | {severity} | {} |\n",
                code.name, code.summary
            ));
        }
        for code in area(known.prefix) {
            let (id, anchor, name) = (code.id, code.anchor(), code.name);
            page.push_str(&format!("\n### <a id=\"{anchor}\"></a>{id} {name}\n\n{}", pages::body(code)));
        }
    }
    if env::var_os("UPDATE").is_some_and(|value| value != "0") {
        fs::write(root().join("docs/diagnostics.md"), &page).unwrap();
    }
    let how = "docs/diagnostics.md differs from src/diag. If that is intended: UPDATE=1 cargo test";
    assert!(read("docs/diagnostics.md") == page, "{how}");
}

#[test]
fn codes_and_rules_are_where_reports_say() {
    let rules = RULES.iter().map(|rule| rule.as_code());
    for code in CODES.iter().copied().chain(rules) {
        let document = code.document();
        let (path, anchor) = document.split_once('#').unwrap_or((&document, ""));
        let text = read(path);
        assert!(anchor.is_empty() || text.contains(&format!("<a id=\"{anchor}\"></a>")), "{document}");
    }
}

/// What a part of a page does: files by their paths, and commands.
#[derive(Default)]
struct Steps {
    files: Vec<(String, String)>,
    commands: Vec<String>,
}

impl Steps {
    /// The blocks of a text.
    fn of(text: &str) -> Self {
        let mut steps = Steps::default();
        let (mut name, mut lines) = (None, text.lines());
        while let Some(line) = lines.next() {
            let Some(language) = line.strip_prefix("```") else {
                let path = line.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:"));
                name = path.map(str::to_owned).or(name).filter(|_| line.is_empty() || path.is_some());
                continue;
            };
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if language == "console" {
                steps
                    .commands
                    .extend(block.iter().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned));
            } else {
                let path = name.take().unwrap_or_else(|| "compose.yaml".to_owned());
                steps.files.push((path, block.join("\n") + "\n"));
            }
        }
        steps
    }

    fn write(&self, directory: &Path) {
        for (path, text) in &self.files {
            let path = directory.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    /// What the commands print, `convert` if there are none.
    fn run(&self, directory: &Path) -> String {
        let usual = ["kustompose convert".to_owned()];
        let commands = if self.commands.is_empty() { &usual[..] } else { &self.commands };
        commands.iter().map(|command| run_line(directory, command)).collect()
    }
}

/// A command of ours runs in this process, any other one in a shell.
fn run_line(directory: &Path, line: &str) -> String {
    let Some(arguments) = line.strip_prefix("kustompose ") else {
        let status = Command::new("sh").args(["-ec", line]).current_dir(directory).status().unwrap();
        assert!(status.success(), "{line}");
        return String::new();
    };
    // What stands in double quotes is one word.
    let parts = arguments.split('"').enumerate();
    let words: Vec<&str> = parts
        .flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() })
        .collect();
    let (_, stdout, stderr) = run(directory, &words);
    stdout + &stderr
}

/// Whether a diagnostic with the code is in an output.
fn reports(output: &str, code: &Code) -> bool {
    output.contains(&format!("[{}]", code.id))
}

#[test]
fn examples_bring_their_codes_about() {
    let mut wrong = Vec::new();
    for code in CODES {
        let Some(text) = pages::text(code) else { continue };
        let (before, fix) = text.split_once("\nFix: ").unwrap();
        let example = Steps::of(before);
        if example.files.is_empty() && example.commands.is_empty() {
            continue;
        }
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("shop");
        fs::create_dir(&directory).unwrap();
        example.write(&directory);
        let output = example.run(&directory);
        if !reports(&output, code) {
            wrong.push(format!("{} is not reported:\n{output}", code.id));
        }
        let mended = Steps::of(fix);
        if mended.files.is_empty() && mended.commands.is_empty() {
            continue;
        }
        mended.write(&directory);
        let commands = if mended.commands.is_empty() { example.commands } else { mended.commands };
        let output = Steps { commands, ..Steps::default() }.run(&directory);
        if reports(&output, code) {
            wrong.push(format!("{} is reported though it is mended:\n{output}", code.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
