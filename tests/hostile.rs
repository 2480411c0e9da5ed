//! Projects that somebody wrote to do harm, or that a machine got in its way: what a folder in `testdata/` cannot hold.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test makes a project of its own on the disk, and may panic"
)]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::{fs::symlink, net::UnixListener},
};

use camino::{Utf8Path, Utf8PathBuf};
use kustompose::{
    Request,
    cli::{self, Io},
    diag::Report,
    plan::{Input, Options},
    text::{FileError, FileKind, Files, MemoryFiles, Sources},
};

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
            answer: &|| None,
            progress: &|_| {},
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
fn what_a_service_mounts_comes_to_an_end() {
    let mounts: String = (0..2_100).map(|at| format!("      - ./v{at}:/v{at}\n")).collect();
    let web = format!("{WEB}    volumes:\n{mounts}");
    refused_for_a_limit(&[("compose.yaml", &web)], "`web` has 2100 mounts");
    let networks: String = (0..400).map(|at| format!("      n{at}: {{aliases: [a{at}]}}\n")).collect();
    let all: String = (0..400).map(|at| format!("  n{at}:\n")).collect();
    let web = format!("{WEB}    networks:\n{networks}networks:\n{all}");
    refused_for_a_limit(&[("compose.yaml", &web)], "`web` has 160400 names in its networks");
}

/// What is found when a project is loaded: nothing but the limits could be in its way.
fn loaded(compose: &str) -> Vec<String> {
    let files = MemoryFiles::new([("/shop/compose.yaml", compose)]);
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let request = Request { working_directory: "/shop".into(), ..Request::default() };
    let project = kustompose::load(&request, &files, &mut sources, &mut report);
    assert!(project.is_some() || report.has_errors());
    report.diagnostics().iter().map(|diagnostic| diagnostic.message.clone()).collect()
}

#[test]
fn large_projects_reach_no_limit() {
    let keys: String = (0..100_000).map(|at| format!("      K{at}: v{at}\n")).collect();
    assert_eq!(loaded(&format!("{WEB}    environment:\n{keys}")), [""; 0]);
    let services: String =
        (0..8_000).map(|at| format!("  s{at}: {{image: a, environment: {{A: b, C: \"{at}\"}}}}\n")).collect();
    assert_eq!(loaded(&format!("services:\n{services}")), [""; 0]);
    // Lists in which no item may be there twice.
    let words: String = (0..100_000).map(|at| format!("      - l{at}=v\n")).collect();
    assert_eq!(loaded(&format!("{WEB}    labels:\n{words}")), [""; 0]);
    let words: String = (0..50_000).map(|at| format!("      - CAP{at}\n")).collect();
    let twice = format!("{WEB}    cap_add:\n{words}      - CAP7\n");
    assert_eq!(loaded(&twice), [""; 0], "the later one takes the place of the first");
}

#[test]
fn many_secrets_of_one_service_are_kept() {
    let passwords: String = (0..800)
        .map(|at| format!("      K{at}_PASSWORD: hunter{at}xyz\n      U{at}: http://a:hunter{at}xyz@b/\n"))
        .collect();
    let long = "password=x ".repeat(3_000);
    let web = format!("{WEB}    environment:\n{passwords}      LONG: \"{long}\"\n");
    let project = Project::new(&[("compose.yaml", &web)]);
    let run = project.run(&["convert", "-q"]);
    assert_eq!(run.exit, 0, "{}", run.text);
    assert!(project.holding("k8s/base", "hunter").is_empty() && !run.text.contains("hunter"));
}

/// Puts something at a path.
type Make<'a> = &'a dyn Fn(&Utf8PathBuf);

/// What `convert` says of a project in which something stands in the place of a file.
fn run_with_odd_file(compose: &str, path: &str, make: Make<'_>) -> Run {
    let project = Project::new(&[("compose.yaml", compose)]);
    fs::create_dir_all(project.path.join(path).parent().unwrap()).unwrap();
    make(&project.path.join(path));
    project.run(&["convert"])
}

#[test]
fn what_cannot_be_read_is_no_empty_file() {
    let places = [
        (format!("{WEB}    configs: [c]\nconfigs: {{c: {{file: ./own.conf}}}}\n"), "own.conf"),
        (format!("{WEB}    secrets: [c]\nsecrets: {{c: {{file: ./own.conf}}}}\n"), "own.conf"),
        (format!("{WEB}    env_file: ./own.env\n"), "own.env"),
        ("include: [more.yaml]\n".to_owned() + WEB, "more.yaml"),
        ("services: {web: {extends: {file: more.yaml, service: web}}}\n".to_owned(), "more.yaml"),
        ("services: {web: {build: .}}\n".to_owned(), "Dockerfile"),
        (
            "services: {web: {build: {context: ./app, dockerfile: a.Dockerfile}}}\n".to_owned(),
            "app/a.Dockerfile",
        ),
    ];
    let directory = |path: &Utf8PathBuf| fs::create_dir(path).unwrap();
    let socket = |path: &Utf8PathBuf| drop(UnixListener::bind(path).unwrap());
    let large = |path: &Utf8PathBuf| fs::File::create(path).unwrap().set_len(65 << 20).unwrap();
    let circle = |path: &Utf8PathBuf| symlink(path.file_name().unwrap(), path).unwrap();
    let ways: [(&str, Make<'_>); 4] = [
        ("is a directory", &directory),
        ("is not a regular file", &socket),
        ("is larger than 64 MiB", &large),
        ("too many levels of symbolic links", &circle),
    ];
    for (compose, path) in &places {
        for (why, make) in ways {
            let run = run_with_odd_file(compose, path, make);
            assert!(run.exit == 2 && run.text.contains(why), "{path} {why}: {}", run.text);
        }
    }
    // Kubernetes gets a mount of such a file by no way: this is said, and nothing empty takes its place.
    let mount = format!("{WEB}    volumes: [\"./own.conf:/etc/own.conf:ro\"]\n");
    for make in [&socket as Make<'_>, &large] {
        let run = run_with_odd_file(&mount, "own.conf", make);
        assert!(run.text.contains("KP003"), "{}", run.text);
    }
}

/// Files of which one cannot be read, as if its permissions were missing.
struct Refusing(MemoryFiles, &'static str);

impl Files for Refusing {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        let is_refused = path.as_str() == self.1;
        if is_refused { Err(FileError::Other("permission denied".to_owned())) } else { self.0.read(path) }
    }

    fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        self.0.kind(path)
    }

    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError> {
        self.0.list(path)
    }

    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.0.resolve_links(path)
    }
}

#[test]
fn permissions_that_are_missing_are_told() {
    let compose = "services:\n  web:\n    build: .\n    configs: [c]\n    secrets: [s]\n    env_file: a.env\n\
                   configs: {c: {file: ./c.conf}}\nsecrets: {s: {file: ./s.txt}}\n";
    for path in ["/shop/Dockerfile", "/shop/c.conf", "/shop/s.txt", "/shop/a.env", "/shop/.env"] {
        let files = [
            ("/shop/compose.yaml", compose),
            ("/shop/Dockerfile", "FROM a\n"),
            ("/shop/c.conf", "c"),
            ("/shop/s.txt", "hunter2xyz"),
            ("/shop/a.env", "A=b\n"),
            ("/shop/.env", "C=d\n"),
        ];
        let files = Refusing(MemoryFiles::new(files), path);
        let (mut sources, mut report) = (Sources::default(), Report::default());
        let request = Request { working_directory: "/shop".into(), ..Request::default() };
        if let Some(project) = kustompose::load(&request, &files, &mut sources, &mut report) {
            let options = Options { output: "/shop/k8s".into(), ..Options::default() };
            kustompose::plan(&[Input::new("local", &project)], None, &options, &files, &mut report);
        }
        let told: Vec<&str> = report.diagnostics().iter().map(|it| it.message.as_str()).collect();
        let is_told = told.iter().any(|it| it.contains("cannot be read: permission denied"));
        assert!(report.has_errors() && is_told, "{path}: {told:?}");
    }
}

#[test]
fn manifests_do_not_know_what_the_directory_of_a_clone_is_called() {
    let files = [
        (
            "compose.yaml",
            "name: shop\nservices:\n  web:\n    image: php:8.3-apache\n    volumes: [\"..:/var/www:ro\", \"..:/data/all\", \".:/etc/conf:ro\"]\n",
        ),
        ("own.conf", "own=1\n"),
    ];
    let written = ["clone-a", "other"].map(|name| {
        let mut project = Project::new(&[]);
        project.path = project.around.join(name).join("docker");
        files.iter().for_each(|(path, text)| project.put(path, text));
        fs::create_dir(project.around.join(name).join(".git")).unwrap();
        fs::write(project.around.join(name).join("index.php"), "<?php").unwrap();
        let run = project.run(&["convert"]);
        assert_eq!(run.exit, 0, "{}", run.text);
        let root = project.path.join("k8s");
        let below = |path: String| path.strip_prefix(root.as_str()).unwrap_or_default().to_owned();
        let files =
            read_files(&root).into_iter().map(|(path, bytes)| (below(path), String::from_utf8(bytes)));
        files.collect::<BTreeMap<_, _>>()
    });
    assert_eq!(written[0], written[1]);
}

#[test]
fn mistakes_in_every_line_are_counted() {
    let lines: String = (0..12_000).map(|at| format!("    k{at}: v\n")).collect();
    let run = Project::new(&[("compose.yaml", &format!("{WEB}{lines}"))]).run(&["convert"]);
    assert!(run.text.contains("there are more than 10000 findings"), "{}", run.text);
    assert!(run.text.contains("and 11701 more, which are not shown"), "{}", run.text);
    assert!(run.text.lines().count() < 4000);
}

/// What git ignores is not in a clone: the run goes on with what the manifests have of it, and refuses where they do not
/// have it.
#[test]
fn a_clone_does_not_lose_what_git_ignores() {
    let project = Project::new(&[
        (".gitignore", "certs/\n"),
        (
            "compose.yaml",
            "services:\n  web:\n    image: acme/web:1\n    volumes: [\"./certs:/etc/web/certs:ro\", \"./extra/a.conf:/etc/web/a.conf\"]\n",
        ),
        ("certs/root.crt", "public\n"),
        ("extra/a.conf", "x = 1\n"),
    ]);
    std::process::Command::new("git").args(["init", "--quiet"]).current_dir(&project.path).status().unwrap();
    assert_eq!(project.run(&["convert"]).exit, 0);
    let written = read_files(&project.path.join("k8s"));
    fs::remove_dir_all(project.path.join("certs")).unwrap();
    let again = project.run(&["convert"]);
    assert_eq!(again.exit, 0, "{}", again.text);
    assert!(
        again.text.contains("`certs/root.crt` is not here: the manifests keep its content"),
        "{}",
        again.text
    );
    assert_eq!(read_files(&project.path.join("k8s")), written);
    // A secret is not in git at all.
    project.put("certs/web.key", "-----BEGIN PRIVATE KEY-----\nMIIBVgIBADANBg\n-----END PRIVATE KEY-----\n");
    project.put("certs/root.crt", "public\n");
    assert_eq!(project.run(&["convert"]).exit, 0);
    let written = read_files(&project.path.join("k8s"));
    fs::remove_dir_all(project.path.join("certs")).unwrap();
    let refused = project.run(&["convert"]);
    assert_eq!(refused.exit, 2, "{}", refused.text);
    assert!(refused.text.contains("would be removed: `certs` is not here"), "{}", refused.text);
    assert_eq!(read_files(&project.path.join("k8s")), written);
    // What git has is gone for good.
    fs::create_dir(project.path.join("certs")).unwrap();
    fs::remove_dir_all(project.path.join("extra")).unwrap();
    project.put("certs/web.key", "-----BEGIN PRIVATE KEY-----\nMIIBVgIBADANBg\n-----END PRIVATE KEY-----\n");
    project.put("certs/root.crt", "public\n");
    assert_eq!(project.run(&["convert"]).exit, 0);
    assert!(project.holding("k8s", "x = 1").is_empty());
}
