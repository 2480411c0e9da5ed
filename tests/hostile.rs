//! Projects that somebody wrote to do harm, or that a machine got in its way: what a folder in `testdata/` cannot hold.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test makes a project of its own on the disk, and may panic"
)]

use std::{collections::BTreeMap, fs, os::unix::fs::symlink};

use camino::Utf8PathBuf;
use kustompose::cli::{self, Io};

/// A directory with a project in it.
struct Project {
    _directory: tempfile::TempDir,
    /// What is around the project.
    around: Utf8PathBuf,
    path: Utf8PathBuf,
}

/// What a run said and did.
struct Run {
    exit: u8,
    text: String,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let around = Utf8PathBuf::from_path_buf(directory.path().canonicalize().unwrap()).unwrap();
        let project = Self { _directory: directory, path: around.join("shop"), around };
        files.iter().for_each(|(path, text)| project.put(path, text));
        project
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, words: &[&str]) -> Run {
        self.run_with(words, BTreeMap::new())
    }

    fn run_with(&self, words: &[&str], environment: BTreeMap<String, String>) -> Run {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let io = Io {
            stdin: &|| Ok(Vec::new()),
            environment,
            directory: self.path.clone(),
            stdout: &mut stdout,
            stderr: &mut stderr,
            color: false,
            unicode: false,
            width: 1000,
        };
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let exit = cli::run(&words, io);
        stdout.extend(stderr);
        Run { exit, text: String::from_utf8_lossy(&stdout).into_owned() }
    }

    /// Every file below a directory of the project that holds a text.
    fn holding(&self, directory: &str, text: &str) -> Vec<String> {
        let files = read_files(&self.path.join(directory));
        let holding = files.into_iter().filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains(text));
        holding.map(|(path, _)| path).collect()
    }
}

fn read_files(directory: &Utf8PathBuf) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in directory.read_dir_utf8().into_iter().flatten().flatten() {
        let path = entry.path().to_owned();
        if entry.file_type().unwrap().is_dir() {
            files.extend(read_files(&path));
        } else {
            files.insert(path.to_string(), fs::read(&path).unwrap_or_default());
        }
    }
    files
}

const WEB: &str = "services:\n  web:\n    image: acme/web:1\n";

#[test]
fn git_and_the_manifests_stay_out_of_the_manifests() {
    let mounts = "    volumes: [\"./.git:/a:ro\", \"./.git/config:/etc/b:ro\", \"./conf:/etc/c:ro\", \"./k8s:/d:ro\"]\n\
                  \x20   configs: [e]\nconfigs: {e: {file: ./sub/.git/config}}\n";
    let project = Project::new(&[
        ("compose.yaml", &format!("{WEB}{mounts}")),
        (".git/config", "[remote] url = marker"),
        ("sub/.git/config", "marker"),
        ("conf/.git/config", "marker"),
        ("conf/own.conf", "own=1"),
        ("k8s/base/notes.yaml", "marker"),
    ]);
    symlink("../.git/config", project.path.join("conf/link")).unwrap();
    let run = project.run(&["convert"]);
    assert_eq!(run.exit, 2, "{}", run.text);
    assert!(run.text.contains("belongs to git or to the manifests"), "{}", run.text);
    project.put("compose.yaml", &format!("{WEB}{}", mounts.split("    configs").next().unwrap()));
    let run = project.run(&["convert"]);
    assert_eq!(run.exit, 0, "{}", run.text);
    assert_eq!(project.holding("k8s", "marker").len(), 1, "{:?}", project.holding("k8s", "marker"));
    assert_eq!(project.holding("k8s", "own=1").len(), 1);
}

#[test]
fn only_the_command_line_leads_the_manifests_out_of_the_project() {
    let project = Project::new(&[("compose.yaml", WEB)]);
    fs::create_dir(project.around.join("elsewhere")).unwrap();
    symlink("../elsewhere", project.path.join("link")).unwrap();
    let run = project.run(&["convert", "-o", "link"]);
    assert!(run.exit == 2 && run.text.contains("is outside of the project"), "{}", run.text);
    let run = project.run(&["convert", "-o", "link/below"]);
    assert_eq!(run.exit, 2, "{}", run.text);
    assert_eq!(fs::read_dir(project.around.join("elsewhere")).unwrap().count(), 0);
    let run = project.run(&["convert", "-o", "../elsewhere/k8s"]);
    assert_eq!(run.exit, 0, "{}", run.text);
    assert!(project.around.join("elsewhere/k8s/kustompose.lock").is_file());
    assert_eq!(project.run(&["convert", "-o", "../elsewhere/k8s", "--check"]).exit, 0);
}

#[test]
fn what_the_settings_allow_is_read() {
    let service = "    volumes: [\"../shared/tls.conf:/etc/tls.conf:ro\"]\n";
    let project = Project::new(&[("compose.yaml", &format!("{WEB}{service}"))]);
    fs::create_dir(project.around.join("shared")).unwrap();
    fs::write(project.around.join("shared/tls.conf"), "minimum=1.2").unwrap();
    let run = project.run(&["convert"]);
    assert!(
        run.text.contains("it is outside the project") && project.holding("k8s", "minimum=1.2").is_empty()
    );
    project.put("kustompose.yaml", "allowOutside: [../shared]\n");
    let run = project.run(&["convert"]);
    assert!(run.exit == 0 && !run.text.contains("KP011"), "{}", run.text);
    assert_eq!(project.holding("k8s", "minimum=1.2").len(), 1);
}

#[test]
fn links_in_a_circle_end() {
    let service = "    volumes: [\"./conf:/etc/conf:ro\"]\n";
    let project = Project::new(&[("compose.yaml", &format!("{WEB}{service}"))]);
    fs::create_dir_all(project.path.join("conf")).unwrap();
    // Each directory has two ways to the next one.
    for depth in 0..24 {
        fs::create_dir(project.path.join(format!("conf/{depth}"))).unwrap();
        for way in ["a", "b"] {
            symlink(format!("../{}", depth + 1), project.path.join(format!("conf/{depth}/{way}"))).unwrap();
        }
    }
    fs::create_dir(project.path.join("conf/24")).unwrap();
    assert_eq!(project.run(&["convert"]).exit, 0);
}

/// What a run says of files that multiply what they say, and that it made nothing of them.
fn refused_for_a_limit(files: &[(&str, &str)], limit: &str) {
    let project = Project::new(files);
    let run = project.run(&["convert"]);
    assert_eq!(run.exit, 2, "{}", run.text);
    assert!(run.text.contains(limit), "{}", run.text);
    // One limit is reached, and nothing that follows of it is told.
    assert!(run.text.len() < 4000 && !project.path.join("k8s").exists(), "{}", run.text);
}

#[test]
fn variables_of_variables_come_to_an_end() {
    let chain: String =
        (1..10).map(|at| format!("V{at}={}\n", format!("${{V{}}}", at - 1).repeat(10))).collect();
    let web = format!("{WEB}    environment: {{A: \"$V9\"}}\n");
    let dotenv = format!("V0=lollollol\n{chain}");
    refused_for_a_limit(&[("compose.yaml", &web), (".env", &dotenv)], "variables come to more than 32 MiB");
    let many: String = (0..20).map(|at| format!("      K{at}: \"{}\"\n", "${BIG}".repeat(1000))).collect();
    let web = format!("{WEB}    environment:\n{many}");
    let dotenv = format!("BIG={}\n", "A".repeat(10_000));
    refused_for_a_limit(&[("compose.yaml", &web), (".env", &dotenv)], "variables come to more than 32 MiB");
}

#[test]
fn aliases_and_copies_come_to_an_end() {
    let services: String =
        (0..50).map(|at| format!("  s{at}:\n    image: a\n    environment: {{X: *s}}\n")).collect();
    let aliases = format!("x-s: &s \"{}\"\nservices:\n{services}", "A".repeat(1_000_000));
    refused_for_a_limit(&[("compose.yaml", &aliases)], "aliases expand to more than");
    let services: String = (0..50).map(|at| format!("  s{at}: {{extends: b}}\n")).collect();
    let text = "A".repeat(1_000_000);
    let copies = format!("services:\n  b: {{image: a, environment: {{X: \"{text}\"}}}}\n{services}");
    refused_for_a_limit(&[("compose.yaml", &copies)], "more than 32 MiB of text would be copied");
    let mut files = vec![("compose.yaml".to_owned(), format!("include: [i0.yaml, i0.yaml]\n{WEB}"))];
    files.extend(
        (0..22).map(|at| (format!("i{at}.yaml"), format!("include: [i{0}.yaml, i{0}.yaml]\n", at + 1))),
    );
    files.push(("i22.yaml".to_owned(), "services: {z: {image: b}}\n".to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    refused_for_a_limit(&files, "more than 400000 values would be copied");
}

#[test]
fn mistakes_in_every_line_are_counted() {
    let lines: String = (0..12_000).map(|at| format!("    k{at}: v\n")).collect();
    let run = Project::new(&[("compose.yaml", &format!("{WEB}{lines}"))]).run(&["convert"]);
    assert!(run.text.contains("there are more than 10000 findings"), "{}", run.text);
    assert!(run.text.contains("and 9701 more, which are not shown"), "{}", run.text);
    assert!(run.text.lines().count() < 4000);
}
