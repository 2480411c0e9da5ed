//! Changes to projects, one at a time, and what `check` is to find of each: the kind, the service, the environment and
//! the direction, and nothing else.
//!
//! The projects of `drift/projects.rs` are converted once. `drift/compose.rs` changes their Compose files,
//! `drift/generated.rs` the files that `convert` wrote, `drift/overlay.rs` the user's overlays, and `drift/harmless.rs`
//! what means the same. `drift/marker.rs` looks for secrets in every report.

#![expect(clippy::disallowed_methods, reason = "projects lie on the disk")]

#[path = "drift/change.rs"]
mod change;
#[path = "drift/compose.rs"]
mod compose;
#[path = "drift/generated.rs"]
mod generated;
#[path = "drift/harmless.rs"]
mod harmless;
#[path = "drift/marker.rs"]
mod marker;
#[path = "drift/overlay.rs"]
mod overlay;
#[path = "drift/project.rs"]
mod project;
#[path = "drift/projects.rs"]
mod projects;

use std::sync::Mutex;

use change::Change;
use project::Project;
use projects::Outline;

/// Changes that are tried at least.
const LEAST: usize = 300;

#[test]
fn every_drift_is_found_and_nothing_else() {
    let counted = Mutex::new((0, Vec::new()));
    let all = projects::all();
    std::thread::scope(|scope| {
        for outline in &all {
            scope.spawn(|| {
                let (tried, failed) = try_all(outline);
                let mut counted = counted.lock().expect("no trial panics");
                counted.0 += tried;
                counted.1.extend(failed);
            });
        }
    });
    let (tried, failed) = counted.into_inner().expect("no trial panics");
    assert!(failed.is_empty(), "{} of {tried} fail:\n{}", failed.len(), failed.join("\n"));
    assert!(tried >= LEAST, "only {tried} changes");
}

/// Tries changes of one project, each on its own; gives how many there were, and what failed. `DRIFT=all` tries all of
/// them, else it is one in three.
fn try_all(outline: &Outline) -> (usize, Vec<String>) {
    let project = Project::converted(&outline.files);
    let tree = project.files();
    let mut changes = compose::changes(outline);
    changes.extend(generated::changes(outline, &tree));
    changes.extend(overlay::changes(outline));
    changes.extend(harmless::changes(outline, &tree));
    let step = if std::env::var_os("DRIFT").is_some_and(|value| value == "all") { 1 } else { 3 };
    let chosen: Vec<&Change> = changes.iter().step_by(step).collect();
    let failed = chosen.iter().filter_map(|change| tried(&project, change).err());
    (chosen.len(), failed.collect())
}

fn tried(project: &Project, change: &Change) -> Result<(), String> {
    let before = project.apply(&change.edits).map_err(|why| format!("{}: {why}", change.name))?;
    let found = project.check();
    project.restore(before);
    change.judge(&found).map_err(|why| format!("{}: {why}", change.name))
}

#[test]
fn no_report_has_a_secret() {
    marker::check();
}
