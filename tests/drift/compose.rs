//! Changes of the Compose files: the manifests are behind.

use crate::{
    change::Change,
    project::Edit,
    projects::{Outline, Service},
};

const BEHIND: &str = "behind";

/// All changes of the Compose files of a project.
pub(crate) fn changes(outline: &Outline) -> Vec<Change> {
    let mut changes = vec![more(outline)];
    for at in 0..outline.services.len() {
        changes.push(less(outline, at));
        changes.extend(variables(outline, at));
        changes.extend(own_variables(outline, at));
        changes.extend(images(outline, at));
        changes.extend(starts(outline, at));
        changes.extend(ports(outline, at));
        changes.extend(mounts(outline, at));
    }
    changes
}

/// The edits that make one project of another.
pub(crate) fn edits(before: &Outline, after: &Outline) -> Vec<Edit> {
    let changed = after.files.iter().filter(|(path, text)| before.files.get(*path) != Some(text));
    let gone = before.files.keys().filter(|path| !after.files.contains_key(*path));
    let written = changed.map(|(path, text)| Edit::Write(path.clone(), text.clone()));
    written.chain(gone.map(|path| Edit::Remove(path.clone()))).collect()
}

/// A change of one service.
fn change(outline: &Outline, at: usize, what: &str, edit: impl FnOnce(&mut Service)) -> Change {
    let mut after = outline.clone();
    edit(&mut after.services[at]);
    let name = format!("{}: compose: {}: {what}", outline.name, outline.services[at].name);
    Change::new(name, edits(outline, &after.written()))
}

fn more(outline: &Outline) -> Change {
    let mut after = outline.clone();
    let image = "example.org/extra/kiosk:1".to_owned();
    after.services.push(Service { name: "kiosk".to_owned(), image, ports: vec![4321], ..Service::default() });
    Change::new(format!("{}: compose: a new service", outline.name), edits(outline, &after.written())).finds(
        &outline.environments,
        "kiosk",
        "service-missing",
        "",
        BEHIND,
    )
}

fn less(outline: &Outline, at: usize) -> Change {
    let mut after = outline.clone();
    let gone = after.services.remove(at);
    // Nobody may name a service that is gone.
    after.services.iter_mut().for_each(|other| other.variables.retain(|(_, value)| *value != gone.name));
    let others = outline.services.iter().filter(|other| other.name != gone.name);
    let mut change = Change::new(
        format!("{}: compose: without {}", outline.name, gone.name),
        edits(outline, &after.written()),
    );
    change = change.finds(&outline.environments, &gone.name, "service-extra", "", BEHIND);
    for other in others {
        for (name, _) in other.variables.iter().filter(|(_, value)| *value == gone.name) {
            let path = format!("env.{name}");
            change = change.finds(&outline.environments, &other.name, "env-extra", &path, BEHIND);
        }
    }
    change
}

fn variables(outline: &Outline, at: usize) -> Vec<Change> {
    let service = &outline.services[at];
    let mut changes = Vec::new();
    for (index, (name, value)) in service.variables.iter().enumerate() {
        if outline.services.iter().any(|other| other.name == *value) {
            continue;
        }
        let (path, sharing) = (format!("env.{name}"), outline.sharing(service, name));
        let longer = format!("{value}x");
        changes.push(
            change(outline, at, &format!("{name} changes"), |service| service.variables[index].1 = longer)
                .finds(&sharing, &service.name, "env-value", &path, BEHIND),
        );
        changes.push(
            change(outline, at, &format!("{name} goes"), |service| drop(service.variables.remove(index)))
                .finds(&sharing, &service.name, "env-extra", &path, BEHIND),
        );
        let other = format!("{name}_NEW");
        changes.push(
            change(outline, at, &format!("{name} is renamed"), |service| {
                service.variables[index].0 = other.clone();
            })
            .finds(&sharing, &service.name, "env-extra", &path, BEHIND)
            .finds(
                &outline.environments,
                &service.name,
                "env-missing",
                &format!("env.{other}"),
                BEHIND,
            ),
        );
    }
    let new = ("FRESH_PAINT".to_owned(), "blue".to_owned());
    changes.push(change(outline, at, "a new variable", |service| service.variables.push(new)).finds(
        &outline.environments,
        &service.name,
        "env-missing",
        "env.FRESH_PAINT",
        BEHIND,
    ));
    changes.extend(secrets(outline, at));
    changes
}

fn secrets(outline: &Outline, at: usize) -> Vec<Change> {
    let service = &outline.services[at];
    let mut changes = Vec::new();
    for (index, name) in service.secrets.iter().enumerate() {
        changes.push(
            change(outline, at, &format!("the secret {name} goes"), |service| {
                service.secrets.remove(index);
            })
            .finds(
                &outline.environments,
                &service.name,
                "env-extra",
                &format!("env.{name}"),
                BEHIND,
            ),
        );
    }
    changes.push(
        change(outline, at, "a new secret", |service| service.secrets.push("VAULT_TOKEN".to_owned())).finds(
            &outline.environments,
            &service.name,
            "env-missing",
            "env.VAULT_TOKEN",
            BEHIND,
        ),
    );
    changes
}

/// What one environment's file sets.
fn own_variables(outline: &Outline, at: usize) -> Vec<Change> {
    let service = &outline.services[at];
    let mut changes = Vec::new();
    for environment in &outline.environments {
        let of = service.of.get(environment).map(Vec::as_slice).unwrap_or_default();
        for (index, (name, _)) in of.iter().enumerate() {
            let path = format!("env.{name}");
            let is_shared = service.variables.iter().any(|(own, _)| own == name);
            let own = |service: &mut Service| service.of.entry(environment).or_default().clone();
            changes.push(
                change(outline, at, &format!("{name} changes in {environment}"), |service| {
                    let mut changed = own(service);
                    changed[index].1.push('7');
                    service.of.insert(environment, changed);
                })
                .finds(&[environment], &service.name, "env-value", &path, BEHIND),
            );
            let kind = if is_shared { "env-value" } else { "env-extra" };
            changes.push(
                change(outline, at, &format!("{name} goes in {environment}"), |service| {
                    let mut fewer = own(service);
                    fewer.remove(index);
                    service.of.insert(environment, fewer);
                })
                .finds(&[environment], &service.name, kind, &path, BEHIND),
            );
        }
        if outline.environments.len() > 1 {
            changes.push(
                change(outline, at, &format!("a new variable in {environment}"), |service| {
                    service.of.entry(environment).or_default().push(("LANTERN".to_owned(), "lit".to_owned()));
                })
                .finds(&[environment], &service.name, "env-missing", "env.LANTERN", BEHIND),
            );
        }
    }
    changes
}

fn images(outline: &Outline, at: usize) -> Vec<Change> {
    let service = &outline.services[at];
    let (name, tag) = service.image.rsplit_once(':').expect("every image has a tag");
    let digest = "ab".repeat(32);
    let images = [
        format!("{name}:{tag}-rc1"),
        format!("{name}:{tag}@sha256:{digest}"),
        format!("{name}-next:{tag}"),
        format!("mirror.example.com/copy/{}:{tag}", name.rsplit('/').next().unwrap_or(name)),
    ];
    // Another database is another program, which may be known to ask other things.
    let images = if service.name == "barn" { images[..2].to_vec() } else { images.to_vec() };
    let change = |image: String| {
        change(outline, at, &format!("image {image}"), |service| service.image = image.clone()).finds(
            &outline.environments,
            &service.name,
            "image",
            "image",
            BEHIND,
        )
    };
    images.into_iter().map(change).collect()
}

/// What a container starts, where, as whom, and when.
fn starts(outline: &Outline, at: usize) -> Vec<Change> {
    let service = &outline.services[at];
    let all = &outline.environments;
    let mut changes = Vec::new();
    let mut command = |what: &str, path: &str, edit: &dyn Fn(&mut Service)| {
        changes.push(change(outline, at, what, edit).finds(all, &service.name, "command", path, BEHIND));
    };
    if service.words.is_empty() && service.round.is_none() && service.name != "barn" {
        command("a command", "argv", &|service| service.words = vec!["serve".to_owned(), "now".to_owned()]);
    }
    for index in 0..service.words.len() {
        command(&format!("word {index}"), "argv", &|service| service.words[index].push('z'));
    }
    if !service.words.is_empty() {
        command("one word more", "argv", &|service| service.words.push("--loud".to_owned()));
        command("one word less", "argv", &|service| drop(service.words.pop()));
        command("no command", "argv", &|service| service.words.clear());
    }
    command("another directory", "workingDir", &|service| service.directory = Some("/elsewhere".to_owned()));
    if service.directory.is_some() {
        command("no directory", "workingDir", &|service| service.directory = None);
    }
    if service.name != "barn" {
        command("another user", "user", &|service| service.user = Some("4040".to_owned()));
    }
    if let Some((seconds, _)) = &service.round {
        let half = seconds / 2;
        changes.push(
            change(outline, at, "twice as often", |service| {
                service.round.as_mut().expect("it has a loop").0 = half;
            })
            .finds(all, &service.name, "schedule", "schedule", BEHIND),
        );
        changes.push(
            change(outline, at, "another round", |service| {
                service.round.as_mut().expect("it has a loop").1.push_str(" --twice");
            })
            .finds(all, &service.name, "command", "argv", BEHIND),
        );
    }
    if !service.check.is_empty() {
        let probe = |what: &str, edit: &dyn Fn(&mut Service)| {
            change(outline, at, what, edit)
                .finds(all, &service.name, "probe", "probe.readiness", BEHIND)
                .followed_by(&["probe"])
        };
        changes.push(probe("another check", &|service| {
            service.check.last_mut().expect("it has a check").push_str(" -q");
        }));
        changes.push(probe("no check", &|service| service.check.clear()));
    } else if service.round.is_none() && service.name != "barn" {
        changes.push(
            change(outline, at, "a new check", |service| {
                service.check = vec!["CMD".to_owned(), "am-i-up".to_owned()];
            })
            .finds(all, &service.name, "probe", "probe.readiness", BEHIND)
            .followed_by(&["probe"]),
        );
    }
    changes
}

fn ports(outline: &Outline, at: usize) -> Vec<Change> {
    let service = &outline.services[at];
    let all = &outline.environments;
    if service.round.is_some() {
        return Vec::new();
    }
    let mut changes = vec![
        change(outline, at, "a new port", |service| service.ports.push(9191))
            .finds(all, &service.name, "port", "ports.9191/TCP", BEHIND)
            .followed_by(&["probe"]),
    ];
    for (index, port) in service.ports.iter().enumerate() {
        let path = format!("ports.{port}/TCP");
        changes.push(
            change(outline, at, &format!("without port {port}"), |service| _ = service.ports.remove(index))
                .finds(all, &service.name, "port", &path, BEHIND)
                .followed_by(&["probe"]),
        );
        changes.push(
            change(outline, at, &format!("another port than {port}"), |service| {
                service.ports[index] = port + 50
            })
            .finds(all, &service.name, "port", &path, BEHIND)
            .finds(all, &service.name, "port", &format!("ports.{}/TCP", port + 50), BEHIND)
            .followed_by(&["probe"]),
        );
    }
    changes
}

fn mounts(outline: &Outline, at: usize) -> Vec<Change> {
    let service = &outline.services[at];
    let all = &outline.environments;
    let mut changes = Vec::new();
    for (index, (target, _)) in service.mounts.iter().enumerate() {
        let path = format!("mounts.{target}");
        changes.push(
            change(outline, at, &format!("other content of {target}"), |service| {
                service.mounts[index].1.push_str("more = yes\n");
            })
            .finds(all, &service.name, "mount", &path, BEHIND),
        );
        changes.push(
            change(outline, at, &format!("without {target}"), |service| drop(service.mounts.remove(index)))
                .finds(all, &service.name, "mount", &path, BEHIND),
        );
    }
    let is_plain = service.more.is_empty() && service.round.is_none();
    if is_plain {
        let target = "/etc/new/new.conf";
        changes.push(
            change(outline, at, "a new file", |service| {
                service.mounts.push((target.to_owned(), "fresh = 1\n".to_owned()));
            })
            .finds(all, &service.name, "mount", &format!("mounts.{target}"), BEHIND),
        );
    }
    changes
}
