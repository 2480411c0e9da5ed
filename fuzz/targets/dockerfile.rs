//! Any text is a Dockerfile or none; what is found out is short and clean, and a stage does not depend on later ones.
//!
//! An input is the stage that is built, the arguments of the build and the Dockerfile, with a line `%%` between them.

#![no_main]

use std::collections::BTreeMap;

use kustompose::shell::dockerfile::{self, Dockerfile, Stage};
use libfuzzer_sys::fuzz_target;

/// A stage in front of any other text.
const FIRST: &str =
    "FROM alpine:3 AS first-of-all\nWORKDIR /srv\nCOPY known.txt run.sh /known/\nUSER 7\nFROM busybox\n";

/// No path and no value of a variable is longer, however often it is made of itself.
const LONGEST: usize = 1 << 17;

fuzz_target!(|input: &str| {
    let mut parts = input.splitn(3, "\n%%\n");
    let (target, arguments, text) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let arguments: BTreeMap<String, String> = arguments
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let read = Dockerfile::read(text, target, &arguments);
    assert_eq!(read, Dockerfile::read(text, target, &arguments));
    if let Some(dockerfile) = &read {
        check(dockerfile);
    }
    if !text.to_ascii_lowercase().contains("first-of-all") {
        let alone = Dockerfile::read(FIRST, "first-of-all", &arguments);
        let with_more = Dockerfile::read(&format!("{FIRST}{text}"), "first-of-all", &arguments);
        // Longer Dockerfiles than any that a person writes are none.
        assert!(with_more.is_none() || built(&alone) == built(&with_more));
        let dockerfile = with_more.or(alone).expect("it has a stage");
        assert!(dockerfile.origins("/known/run.sh").contains(&"run.sh".to_owned()));
        assert!(dockerfile.reaches("/known/known.txt") && dockerfile.sources().contains("known.txt"));
    }
});

fn built(dockerfile: &Option<Dockerfile>) -> Option<&Stage> {
    dockerfile.as_ref().map(Dockerfile::built)
}

fn check(dockerfile: &Dockerfile) {
    let stage = dockerfile.built();
    assert!(stage.environment.values().all(|value| value.len() <= LONGEST));
    assert!(stage.directory.is_empty() || stage.directory.starts_with('/'), "{}", stage.directory);
    assert!(stage.words().len() >= stage.command.as_ref().map_or(0, Vec::len));
    stage.serves();
    stage.runs_as();
    for name in ["root", "app", "0", ""] {
        stage.number_of_user(name);
    }
    for source in dockerfile.sources() {
        let is_clean = !source.starts_with('/') && !source.starts_with("./");
        assert!(is_clean && !source.ends_with('/') && !source.ends_with("/."), "{source:?}");
        dockerfile::matches(source, "src/main.rs");
        if !source.is_empty() && !source.split('/').any(|part| part.is_empty() || part == ".") {
            assert!(dockerfile::matches(source, source), "{source:?}");
        }
    }
    let targets = stage.copies.iter().map(|(_, target)| target.as_str());
    for path in targets.chain(stage.volumes.iter().map(String::as_str)).chain(["/run.sh", "app", ""]) {
        assert!(dockerfile.origins(path).len() < 100_000);
        dockerfile.reaches(path);
    }
    dockerfile.is_vague();
}
