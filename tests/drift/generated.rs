//! Edits of generated files by hand: the manifests have diverged.

use crate::{
    change::Change,
    project::{Edit, Files},
    projects::Outline,
};

const DIVERGED: &str = "diverged";

/// A generated file, and whom it is about.
struct File<'a> {
    path: &'a str,
    text: &'a str,
    service: String,
    /// The environments that see its lines.
    environments: Vec<&'static str>,
}

/// All edits of the generated files of a project.
pub(crate) fn changes(outline: &Outline, tree: &Files) -> Vec<Change> {
    let mut changes = Vec::new();
    for (path, text) in tree {
        let Some(file) = file(outline, path, text) else { continue };
        if path.ends_with(".env") {
            changes.extend(variables(outline, &file));
        } else if path.ends_with(".yaml") && !path.ends_with("kustomization.yaml") {
            changes.extend(fields(outline, &file));
        }
        if path.ends_with("/kustomization.yaml") && text.contains("\n- deployment.yaml\n") {
            changes.push(
                edited(outline, &file, "does not list the workload", text.replace("- deployment.yaml\n", ""))
                    .finds(&file.environments, &file.service, "service-missing", "", DIVERGED),
            );
        }
    }
    changes
}

/// A file of one service below `base/`, or of one environment's generated overlay.
fn file<'a>(outline: &Outline, path: &'a str, text: &'a str) -> Option<File<'a>> {
    let parts: Vec<&str> = path.split('/').collect();
    let service = |name: &str| {
        let known = outline.services.iter().find(|service| service.name == name);
        known.map(|service| service.name.clone())
    };
    let file = |service, environments| File { path, text, service, environments };
    match parts.as_slice() {
        ["k8s", "base", app, _] => Some(file(service(app)?, outline.environments.clone())),
        ["k8s", "overlays", environment, "generated", own] => {
            let environment = outline.environments.iter().find(|known| *known == environment)?;
            let name = own.split('.').next().unwrap_or_default();
            Some(file(service(name)?, vec![*environment]))
        }
        _ => None,
    }
}

fn edited(outline: &Outline, file: &File<'_>, what: &str, text: String) -> Change {
    let name = format!("{}: edited {}: {what}", outline.name, file.path);
    Change::new(name, vec![Edit::Write(file.path.to_owned(), text)])
}

/// Lines of a file of variables: another value, gone, and one more.
fn variables(outline: &Outline, file: &File<'_>) -> Vec<Change> {
    let is_base = file.path.starts_with("k8s/base/");
    let service = outline.services.iter().find(|service| service.name == file.service);
    let Some(service) = service else { return Vec::new() };
    let mut changes = Vec::new();
    for line in file.text.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, value)) = line.split_once('=') else { continue };
        let path = format!("env.{name}");
        let seen = if is_base { outline.sharing(service, name) } else { file.environments.clone() };
        let with = |new: &str| file.text.replace(&format!("{line}\n"), new);
        // Without its own line, an environment has the value of all.
        let is_shared = !is_base && service.variables.iter().any(|(own, _)| own == name);
        let missing = if is_shared { "env-value" } else { "env-missing" };
        changes.push(
            edited(outline, file, &format!("other {name}"), with(&format!("{name}={value}-by-hand\n")))
                .finds(&seen, &service.name, "env-value", &path, DIVERGED),
        );
        changes.push(edited(outline, file, &format!("no {name}"), with("")).finds(
            &seen,
            &service.name,
            missing,
            &path,
            DIVERGED,
        ));
    }
    let more = format!("{}BY_HAND=1\n", file.text);
    let seen = &file.environments;
    changes.push(edited(outline, file, "one more", more).finds(
        seen,
        &service.name,
        "env-extra",
        "env.BY_HAND",
        DIVERGED,
    ));
    changes
}

/// Fields of workloads that are on a line of their own.
fn fields(outline: &Outline, file: &File<'_>) -> Vec<Change> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut changes = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let with = |new: String| {
            let mut changed: Vec<&str> = lines.clone();
            changed[at] = &new;
            changed.join("\n") + "\n"
        };
        let bare = line.trim_start().trim_start_matches("- ");
        let Some((key, value)) = bare.split_once(": ") else { continue };
        let finds = |change: Change, kind: &str, path: &str| {
            change.finds(&file.environments, &file.service, kind, path, DIVERGED)
        };
        let change = |text: String| edited(outline, file, &format!("{key} in line {}", at + 1), text);
        match key {
            "image" => changes.push(finds(change(with(format!("{line}-hand"))), "image", "image")),
            "schedule" => {
                let other = line.replace(value, "3 3 3 * *");
                changes.push(finds(change(with(other)), "schedule", "schedule"));
            }
            "suspend" => {}
            "workingDir" => {
                changes.push(finds(change(with(format!("{line}/deep"))), "command", "workingDir"));
                changes.push(finds(change(without(&lines, at)), "command", "workingDir"));
            }
            "runAsUser" => changes.push(finds(change(with(format!("{line}7"))), "command", "user")),
            "containerPort" => {
                let port: u16 = value.parse().unwrap_or_default();
                let other = with(line.replace(value, &(port + 100).to_string()));
                let mut moved = finds(change(other), "port", &format!("ports.{port}/TCP"));
                moved = finds(moved, "port", &format!("ports.{}/TCP", port + 100));
                changes.push(moved.followed_by(&["probe", "port"]));
            }
            "mountPath" if value.starts_with("/etc/") => {
                let other = with(line.replace(value, &format!("{value}.moved")));
                changes.push(moved_mount(outline, file, value, change(other)));
            }
            _ => {}
        }
    }
    changes.extend(words(outline, file, &lines));
    changes
}

/// A file or a directory that is mounted elsewhere: all that was there is not, and is there.
fn moved_mount(outline: &Outline, file: &File<'_>, path: &str, mut change: Change) -> Change {
    let service = outline.services.iter().find(|service| service.name == file.service);
    for (target, _) in service.iter().flat_map(|service| &service.mounts) {
        if target.starts_with(path) {
            let found = format!("mounts.{target}");
            change = change.finds(&file.environments, &file.service, "mount", &found, DIVERGED);
        }
    }
    change.followed_by(&["mount"])
}

/// The words of `args` and `command`, each changed.
fn words(outline: &Outline, file: &File<'_>, lines: &[&str]) -> Vec<Change> {
    let mut changes = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let start = lines[..at].iter().rposition(|line| !line.trim_start().starts_with("- "));
        let is_of_container = start.is_some_and(|start| {
            ["args:", "command:"].contains(&lines[start].trim()) && lines[start].starts_with("        a")
        });
        let is_word = line.trim_start().starts_with("- ") && !line.ends_with('"');
        if is_word && is_of_container {
            let new = format!("{line}q");
            let mut changed: Vec<&str> = lines.to_vec();
            changed[at] = &new;
            changes.push(
                edited(outline, file, &format!("word in line {}", at + 1), changed.join("\n") + "\n").finds(
                    &file.environments,
                    &file.service,
                    "command",
                    "argv",
                    DIVERGED,
                ),
            );
        }
    }
    changes
}

fn without(lines: &[&str], at: usize) -> String {
    let others = lines.iter().enumerate().filter(|(other, _)| *other != at);
    others.map(|(_, line)| format!("{line}\n")).collect()
}
