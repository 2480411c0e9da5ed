//! Changes that mean the same: nothing is found.

use crate::{
    change::Change,
    compose,
    project::{Edit, Files},
    projects::{Outline, Style},
};

/// Lines of a service that change nothing that a container gets.
const LINES: &[&str] = &[
    "stop_grace_period: 10s",
    "restart: unless-stopped",
    "labels: {owner: night-shift}",
    "x-note: nobody reads this",
    "logging: {driver: json-file}",
    "container_name: a-name-of-its-own",
    "mem_limit: 300m",
    "tty: false",
];

/// All harmless changes of a project.
pub(crate) fn changes(outline: &Outline, tree: &Files) -> Vec<Change> {
    let mut changes = Vec::new();
    for style in [Style::Other, Style::Reversed, Style::Quoted, Style::Anchors] {
        let after = Outline { style, ..outline.clone() }.written();
        changes.push(change(
            outline,
            &format!("in another form, {style:?}"),
            compose::edits(outline, &after),
        ));
    }
    for (at, service) in outline.services.iter().enumerate() {
        for line in LINES {
            let mut after = outline.clone();
            after.services[at].more.push((*line).to_owned());
            let what = format!("{}: {line}", service.name);
            changes.push(change(outline, &what, compose::edits(outline, &after.written())));
        }
        let mut after = outline.clone();
        after.services[at].variables.reverse();
        let what = format!("{}: variables in another order", service.name);
        changes.push(change(outline, &what, compose::edits(outline, &after.written())));
    }
    for (path, text) in tree {
        if path.starts_with("k8s/") && path.ends_with(".yaml") {
            let edits = vec![Edit::Write(path.clone(), format!("# A note for the night shift.\n\n{text}\n"))];
            changes.push(change(outline, &format!("a comment in {path}"), edits));
        }
    }
    changes
}

fn change(outline: &Outline, what: &str, edits: Vec<Edit>) -> Change {
    Change::new(format!("{}: harmless: {what}", outline.name), edits)
}
