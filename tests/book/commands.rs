//! Every command that a page shows is run, in order, in a project of the page.
//!
//! | in a page | means |
//! | --- | --- |
//! | `<!-- project: PATH -->` | a fresh directory with a copy of PATH in it; `.` is a clone, `none` an empty directory |
//! | a block whose first line is `# FILE` | the file is written into the project |
//! | a `console` block | each line behind `$ ` is run, and the lines below it are what it prints |
//! | `<!-- exit: 1 -->` before a block | the exit status of its last command; of the others it is 0 |
//! | `<!-- listing: DIR -->` before a block | the files and directories that it lists exist in DIR |
//! | another block, or code in a sentence | the commands of kustompose in it have subcommands and flags that exist |
//!
//! Where nothing is shown below a command, anything may be printed; `…` alone on a line stands for any lines. Commands
//! of [`NOT_RUN`] are not run, but the files of the project that they name must exist.

use std::{fs, path::PathBuf};

use regex::Regex;

use super::{copy, hold, program, read, root, written};

/// Beginnings of commands that no test can run, and why.
const NOT_RUN: &[(&str, &str)] = &[
    ("cargo clippy", "builds a second time what is being tested"),
    ("cargo fmt", "is for changes of the source"),
    ("cargo install", "builds for minutes, and may need the network"),
    ("cargo test", "would run this test"),
    ("cargo bench", "measures for minutes"),
    ("docker ", "needs a container engine"),
    ("fuzz/nightly.sh", "needs the nightly toolchain, and runs for minutes"),
    ("gcloud ", "needs an account"),
    ("k3d ", "makes a cluster"),
    ("kind ", "needs kind and a cluster"),
    ("kubectl ", "needs kubectl, which a machine with Rust and git may not have, and most often a cluster"),
    ("helm ", "needs helm and a chart"),
    ("minikube ", "makes a cluster"),
    ("mdbook ", "needs mdBook, which a machine with Rust and git may not have"),
    ("skaffold ", "needs Skaffold and a cluster"),
    (".ci/scoreboard", "needs kubectl, PyYAML and projects that are not in the repository"),
    ("kustompose check -e production --live", "needs a cluster"),
    ("kustompose check -e production --server", "needs a cluster"),
    ("sh deploy.sh", "needs a cluster"),
];

#[test]
fn commands_do_what_the_pages_show() {
    let mut wrong = Vec::new();
    let (mut run, mut unused) = (0, NOT_RUN.iter().map(|(start, _)| *start).collect::<Vec<_>>());
    for path in written() {
        let mut page = Page::new(&path);
        page.run();
        run += page.commands;
        wrong.append(&mut page.wrong);
        unused.retain(|start| !page.not_run.iter().any(|command| command.starts_with(start)));
        if wrong.is_empty() {
            hold(&path, &page.shown);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(unused.is_empty(), "no page shows these, so NOT_RUN does not need them: {unused:?}");
    assert!(run > 50, "only {run} commands were run");
}

/// A page, and the project that its commands run in.
struct Page {
    name: String,
    text: String,
    /// The page with what its commands print.
    shown: String,
    project: Option<tempfile::TempDir>,
    directory: PathBuf,
    /// The exit status that the last command of the next block has.
    exit: i32,
    /// The directory whose files the next block lists.
    listed: Option<String>,
    commands: usize,
    not_run: Vec<String>,
    wrong: Vec<String>,
}

impl Page {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: read(name),
            shown: String::new(),
            project: None,
            directory: PathBuf::new(),
            exit: 0,
            listed: None,
            commands: 0,
            not_run: Vec::new(),
            wrong: Vec::new(),
        }
    }

    fn run(&mut self) {
        let text = std::mem::take(&mut self.text);
        let code = Regex::new(r"`([^`]+)`").unwrap();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            self.show(line);
            if let Some(language) = line.trim_start().strip_prefix("```") {
                let indent = line.len() - line.trim_start().len();
                let block: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
                let block: Vec<&str> = block.iter().map(|line| line.get(indent..).unwrap_or("")).collect();
                self.block(language, &block, &" ".repeat(indent));
                self.show(&format!("{}```", " ".repeat(indent)));
            } else if let Some(path) = between(line, "<!-- project: ", " -->") {
                self.start(path);
            } else if let Some(directory) = between(line, "<!-- listing: ", " -->") {
                self.listed = Some(directory.to_owned());
            } else if let Some(status) = between(line, "<!-- exit: ", " -->") {
                self.exit = status.parse().unwrap();
            } else {
                for found in code.captures_iter(line) {
                    self.check_words(&found[1]);
                }
            }
        }
    }

    fn show(&mut self, line: &str) {
        self.shown.push_str(line);
        self.shown.push('\n');
    }

    fn start(&mut self, path: &str) {
        let project = tempfile::tempdir().unwrap();
        self.directory = project.path().join("shop");
        match path {
            "none" => fs::create_dir_all(&self.directory).unwrap(),
            // Commands of a clone name the example and nothing else.
            "." => copy(&root().join("examples"), &self.directory.join("examples")),
            path => copy(&root().join(path), &self.directory),
        }
        let (status, text) = program::shell(&self.directory, "git init --quiet");
        assert_eq!(status, 0, "git init: {text}");
        self.project = Some(project);
    }

    fn block(&mut self, language: &str, lines: &[&str], indent: &str) {
        let is_file =
            |name: &&str| !name.contains(' ') && name.contains(['.', '/']) && self.project.is_some();
        let file = lines.first().and_then(|line| line.strip_prefix("# ")).filter(is_file);
        if let Some(name) = file.filter(|_| language != "console") {
            let path = self.directory.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, format!("{}\n", lines.join("\n"))).unwrap();
            if name.ends_with(".sh") {
                self.expect_success(&format!("sh -n {name}"));
            }
        }
        if language == "console" {
            self.console(lines, indent);
            return;
        }
        if let Some(directory) = self.listed.take() {
            self.check_listing(&directory, lines);
        }
        let command = Regex::new(r"(?:^|[\s|'(])(kustompose [^#'}]*)").unwrap();
        for line in lines {
            self.show(format!("{indent}{line}").trim_end());
            if let Some(found) = command.captures(line).filter(|_| !line.contains("uses:") && file.is_none())
            {
                // In a list of YAML, the next key may be on the same line.
                self.check_words(found[1].split(", ").next().unwrap_or_default().trim());
            }
        }
    }

    fn console(&mut self, lines: &[&str], indent: &str) {
        let exit = std::mem::take(&mut self.exit);
        let starts: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with("$ ")).collect();
        if starts.first() != Some(&0) {
            self.wrong.push(format!("{}: a console block begins with a command: {lines:?}", self.name));
        }
        for (index, start) in starts.iter().enumerate() {
            let end = starts.get(index + 1).copied().unwrap_or(lines.len());
            let status = if index + 1 == starts.len() { exit } else { 0 };
            self.show(&format!("{indent}{}", lines[*start]));
            for line in self.command(&lines[*start][2..], &lines[start + 1..end], status) {
                self.show(format!("{indent}{line}").trim_end());
            }
        }
    }

    /// Runs a command. Gives what is shown below it.
    fn command(&mut self, command: &str, shown: &[&str], expected: i32) -> Vec<String> {
        let shown: Vec<String> = shown.iter().map(|line| (*line).to_owned()).collect();
        if self.project.is_none() {
            self.wrong.push(format!("{}: `{command}` has no project", self.name));
            return shown;
        }
        if let Some(directory) = command.strip_prefix("cd ") {
            self.directory.push(directory);
            if !self.directory.is_dir() {
                self.wrong.push(format!("{}: `{command}`: no such directory", self.name));
            }
            return shown;
        }
        if NOT_RUN.iter().any(|(start, _)| command.starts_with(start)) {
            self.not_run.push(command.to_owned());
            self.check_files(command);
            command.split(" | ").for_each(|part| self.check_words(part.trim()));
            return shown;
        }
        self.commands += 1;
        // A clone runs what it builds.
        let run = command.replace("cargo run -- ", "kustompose ");
        let (status, text) = program::shell(&self.directory, &run);
        if status != expected {
            self.wrong
                .push(format!("{}: `{command}` ends with {status}, not {expected}:\n{text}", self.name));
        }
        let printed: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
        if shown.is_empty() {
            return shown;
        }
        if shown.iter().any(|line| line == "…") {
            if !has(&printed, &shown) {
                self.wrong.push(format!("{}: `{command}` prints:\n{text}", self.name));
            }
            return shown;
        }
        printed
    }

    fn expect_success(&mut self, command: &str) {
        let (status, text) = program::shell(&self.directory, command);
        if status != 0 {
            self.wrong.push(format!("{}: `{command}`: {text}", self.name));
        }
    }

    /// The files of the project that a command names.
    fn check_files(&mut self, command: &str) {
        let own = ["k8s/", "examples/", "overlays/", "skaffold.yaml", "compose.yaml"];
        for word in command.split_whitespace().map(|word| word.trim_matches(['\'', '"'])) {
            let is_own = own.iter().any(|start| word.starts_with(start));
            if is_own && !self.directory.join(word).exists() {
                self.wrong.push(format!("{}: `{command}`: {word} does not exist", self.name));
            }
        }
    }

    /// The files of a listing: names, indented below their directory, and two blanks before what is said of them.
    fn check_listing(&mut self, directory: &str, lines: &[&str]) {
        let mut above: Vec<(usize, PathBuf)> = Vec::new();
        for line in lines {
            let indent = line.len() - line.trim_start().len();
            above.retain(|(other, _)| *other < indent);
            let parent =
                above.last().map_or_else(|| self.directory.join(directory), |(_, path)| path.clone());
            for name in line.trim().split("  ").next().unwrap_or_default().split(' ') {
                if !parent.join(name).exists() {
                    self.wrong.push(format!(
                        "{}: {name} of a listing is not in {}",
                        self.name,
                        parent.display()
                    ));
                }
                above.push((indent, parent.join(name)));
            }
        }
    }

    /// Subcommands and flags of a command in a sentence, with or without the name of the program.
    fn check_words(&mut self, text: &str) {
        let first = text.split_whitespace().next().unwrap_or_default();
        let known = program::helps().contains_key(&format!("kustompose {first}"));
        let is_bare = known && text.contains(" -") && !text.contains(':');
        if first == "kustompose" || is_bare {
            let command = if is_bare { format!("kustompose {text}") } else { text.to_owned() };
            self.wrong.extend(program::misspelt(&command).map(|why| format!("{}: {why}", self.name)));
        }
    }
}

fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    line.trim().strip_prefix(before)?.strip_suffix(after)
}

/// Whether lines are those that are shown, where `…` stands for any.
fn has(printed: &[String], shown: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "…" => (0..=printed.len()).any(|at| has(&printed[at..], rest)),
        Some((line, rest)) => printed.first() == Some(line) && has(&printed[1..], rest),
    }
}

#[test]
fn lines_left_out_stand_for_any() {
    let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    for (printed, shown, expected) in [
        ("a b c", "a … c", true),
        ("a b c", "… b", false),
        ("a b", "…", true),
        ("a b", "a c", false),
        ("a", "a …", true),
    ] {
        assert_eq!(has(&lines(printed), &lines(shown)), expected, "{printed}: {shown}");
    }
}
