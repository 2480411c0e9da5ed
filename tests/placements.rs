//! Where secrets are found, and what is taken for one by mistake: a table of places.
//!
//! Each place in `placements/telling.txt` gets a marker of its own, in a service of its own. No marker may be in a
//! file that git tracks, nor in anything that a run prints. Nothing in `placements/harmless.txt` may be hidden.
//! What is listed above `## further` must be right without exception; the rest is counted.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test makes a project of its own on the disk, and may panic"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    io::Write as _,
};

use camino::{Utf8Path, Utf8PathBuf};
use kustompose::cli::{self, Io};

const TELLING: &str = include_str!("placements/telling.txt");
const HARMLESS: &str = include_str!("placements/harmless.txt");

/// Most places that are not listed and may be missed, and harmless ones that may be hidden, in percent.
const MISSED: usize = 3;
const FALSE: usize = 2;

/// One place: what it is, and its text.
#[derive(Debug, Clone)]
struct Place {
    kind: String,
    /// Of a file.
    name: String,
    text: String,
    is_listed: bool,
}

impl Place {
    fn shown(&self) -> String {
        format!("[{}] {} {}", self.kind, self.name, self.text.trim_end().replace('\n', " | "))
    }
}

/// Reads a table: sections of one-line places, and of files with several lines.
fn places(table: &str) -> Vec<Place> {
    let (mut places, mut kind, mut name, mut is_listed) = (Vec::new(), String::new(), String::new(), true);
    for line in table.lines() {
        let header = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let header = header.filter(|header| {
            let first = header.split(' ').next().unwrap_or_default();
            ["env", "command", "health", "label", "file", "bom", "utf16"].contains(&first)
        });
        let place = |kind: &str, name: &str, text: &str| Place {
            kind: kind.to_owned(),
            name: name.to_owned(),
            text: text.to_owned(),
            is_listed,
        };
        if line == "## further" || line == "## listed" {
            is_listed = line == "## listed";
            kind.clear();
        } else if let Some(header) = header {
            let (first, rest) = header.split_once(' ').unwrap_or((header, ""));
            (kind, name) = (first.to_owned(), rest.to_owned());
            if !name.is_empty() {
                places.push(place(&kind, &name, ""));
            }
        } else if kind.is_empty() || line.is_empty() {
        } else if name.is_empty() {
            places.push(place(&kind, "", line));
        } else if let Some(last) = places.last_mut() {
            last.text.push_str(line);
            last.text.push('\n');
        }
    }
    places
}

/// A word that nothing else has: one that looks like words, or one that looks random.
fn marker(index: usize, is_random: bool) -> String {
    let letter = |shift: usize| char::from(b'a' + u8::try_from(index / shift % 26).unwrap_or_default());
    let own: String = [676, 26, 1].into_iter().map(letter).collect();
    if is_random { format!("q7Zk3XvP9mTw2L{own}8") } else { format!("maple{own}") }
}

/// What a run prints, and the files that it writes.
struct Run {
    printed: String,
    files: BTreeMap<String, String>,
}

impl Run {
    fn of(places: &[Place]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(directory.path().canonicalize().unwrap()).unwrap();
        write_project(&root, places);
        let mut printed = String::new();
        for words in [
            &["convert", "--diff"][..],
            &["convert", "-v", "--format", "json", "--report", "report.html"],
            &["convert", "-v"],
            &["lint"],
        ] {
            printed.push_str(&run(&root, words));
        }
        printed.push_str(&fs::read_to_string(root.join("report.html")).unwrap());
        let mut files = BTreeMap::new();
        read_files(&root.join("k8s"), "", &mut files);
        let skaffold = fs::read_to_string(root.join("skaffold.yaml")).unwrap_or_default();
        files.insert("skaffold.yaml".to_owned(), skaffold);
        Self { printed, files }
    }

    fn tracked(&self) -> impl Iterator<Item = (&String, &String)> {
        self.files.iter().filter(|(path, _)| !is_secret(path))
    }
}

fn is_secret(path: &str) -> bool {
    path.contains("/secrets/") && !path.ends_with(".example") && !path.ends_with("kustomization.yaml")
}

fn run(root: &Utf8Path, words: &[&str]) -> String {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let io = Io {
        stdin: &|| Ok(Vec::new()),
        answer: &|| None,
        progress: &|_| {},
        environment: BTreeMap::new(),
        directory: root.to_owned(),
        stdout: &mut stdout,
        stderr: &mut stderr,
        color: false,
        unicode: false,
        width: 200,
    };
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    cli::run(&words, io);
    stdout.extend(stderr);
    String::from_utf8_lossy(&stdout).into_owned()
}

fn write_project(root: &Utf8Path, places: &[Place]) {
    let mut compose = "services:\n".to_owned();
    for (index, place) in places.iter().enumerate() {
        let _ = writeln!(compose, "  p{index}:\n    image: acme/p{index}:1");
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let pair = || place.text.split_once('=').unwrap_or((&place.text, ""));
        let _ = match place.kind.as_str() {
            "env" => writeln!(compose, "    environment: {{{}: {}}}", quoted(pair().0), quoted(pair().1)),
            "label" => writeln!(compose, "    labels: {{{}: {}}}", quoted(pair().0), quoted(pair().1)),
            "command" => writeln!(compose, "    command: {}", quoted(&place.text)),
            "health" => writeln!(compose, "    healthcheck: {{test: [CMD-SHELL, {}]}}", quoted(&place.text)),
            kind => {
                let folder = root.join(format!("f{index}"));
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(&place.name), encoded(kind, &place.text)).unwrap();
                let path = format!("./f{index}/{0}:/etc/p{index}/{0}:ro", place.name);
                writeln!(compose, "    volumes: [{}]", quoted(&path))
            }
        };
    }
    fs::write(root.join("compose.yaml"), compose).unwrap();
}

fn encoded(kind: &str, text: &str) -> Vec<u8> {
    match kind {
        "bom" => format!("\u{feff}{text}").into_bytes(),
        "utf16" => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ => text.as_bytes().to_vec(),
    }
}

fn read_files(directory: &Utf8Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for entry in directory.read_dir_utf8().into_iter().flatten().flatten() {
        let path = format!("{prefix}{}", entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            read_files(entry.path(), &format!("{path}/"), files);
        } else {
            // UTF-16 too is searched for markers.
            let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).replace('\0', "");
            files.insert(path, text);
        }
    }
}

fn say(lines: &[String]) {
    let _ = writeln!(std::io::stderr(), "{}", lines.join("\n"));
}

/// The places of a table that fail, listed ones and others; says how many of each kind do.
fn judged(what: &str, places: &[Place], failed: &BTreeSet<usize>) -> (usize, usize) {
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (index, place) in places.iter().enumerate() {
        let count = kinds.entry(&place.kind).or_default();
        *count = (count.0 + usize::from(failed.contains(&index)), count.1 + 1);
    }
    let mut lines: Vec<String> = failed
        .iter()
        .map(|index| {
            format!(
                "{what}: {}{}",
                if places[*index].is_listed { "LISTED " } else { "" },
                places[*index].shown()
            )
        })
        .collect();
    lines.extend(kinds.iter().map(|(kind, (failed, all))| format!("{what}, {kind}: {failed} of {all}")));
    say(&lines);
    let listed = failed.iter().filter(|index| places[**index].is_listed).count();
    (listed, failed.len() - listed)
}

fn no_marker_is_seen(is_random: bool) {
    let mut places = places(TELLING);
    let markers: Vec<String> = (0..places.len()).map(|index| marker(index, is_random)).collect();
    for (place, marker) in places.iter_mut().zip(&markers) {
        place.text = place.text.replace('§', marker);
    }
    let run = Run::of(&places);
    assert!(!run.files.is_empty(), "{}", run.printed);
    let tracked: String = run.tracked().map(|(_, text)| text.as_str()).collect();
    let is_seen = |marker: &String| tracked.contains(marker) || run.printed.contains(marker);
    let failed: BTreeSet<usize> = (0..places.len()).filter(|index| is_seen(&markers[*index])).collect();
    for marker in failed.iter().map(|index| &markers[*index]) {
        let lines = run.printed.lines().filter(|line| line.contains(marker)).map(str::to_owned);
        let files = run.tracked().filter(|(_, text)| text.contains(marker)).map(|(path, _)| path.clone());
        say(&lines.chain(files).take(4).collect::<Vec<_>>());
    }
    let (listed, others) = judged("seen", &places, &failed);
    assert_eq!(listed, 0, "markers of a listed form are seen");
    assert!(others * 100 <= places.len() * MISSED, "{others} markers are seen");
}

#[test]
fn no_word_that_is_a_secret_is_seen() {
    no_marker_is_seen(false);
}

#[test]
fn no_random_secret_is_seen() {
    no_marker_is_seen(true);
}

#[test]
fn what_is_harmless_stays_in_clear() {
    let places = places(HARMLESS);
    let run = Run::of(&places);
    let secret_files: Vec<(&String, &String)> =
        run.files.iter().filter(|(path, _)| is_secret(path)).collect();
    let is_hidden = |(index, place): (usize, &Place)| {
        let name = place.text.split('=').next().unwrap_or_default();
        let lines = || secret_files.iter().flat_map(|(_, text)| text.lines());
        match place.kind.as_str() {
            "env" => lines().any(|line| line.split('=').next() == Some(name)),
            "command" | "health" | "label" => {
                let patch = format!("/p{index}.patch.yaml");
                secret_files.iter().any(|(path, _)| path.ends_with(&patch))
            }
            _ => !run.tracked().any(|(_, text)| *text == place.text),
        }
    };
    let failed: BTreeSet<usize> =
        places.iter().enumerate().filter(|place| is_hidden(*place)).map(|(index, _)| index).collect();
    let (listed, others) = judged("hidden", &places, &failed);
    assert_eq!(listed, 0, "listed names are taken for secrets");
    assert!(others * 100 <= places.len() * FALSE, "{others} harmless places are hidden");
}
