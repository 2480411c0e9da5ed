//! KE011: variables that are set twice in one place.

use std::collections::BTreeMap;

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Document, EnvFile, Object},
    },
    text::Span,
    yaml::{Node, scalar},
};

pub(super) static RULE: Rule = Rule {
    code: "KE011",
    name: "duplicate-env-key",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "one env file, `environment` list or container sets a variable twice",
    explain: "\
Compose and Kubernetes silently take the last value, and readers see the first. kustomize
refuses an env file that has a key twice: the build fails.

The rule finds keys that are set twice in one env file, in one `environment` list, or in `env` of
one container. Case counts. Env files that containers mount are for their programs: they are left
out.",
    bad: &[(".env", "DB_HOST=db\nDB_HOST=db2\n")],
    good: &[(".env", "DB_HOST=db2\n")],
    checks: &[Check::EnvFile(env_file), Check::Document(lists), Check::Object(containers)],
};

fn env_file(file: &EnvFile<'_>, findings: &mut Findings<'_>) {
    let Ok(parsed) = file.parsed else { return };
    let names = parsed.variables.iter().filter(|variable| !variable.name.is_empty());
    report(names.map(|variable| (variable.name.as_str(), file.span(variable.name_range.clone()))), findings);
}

fn lists(document: &Document<'_>, findings: &mut Findings<'_>) {
    let services = document.tree.get("services").and_then(Node::as_map).into_iter().flatten();
    for (_, service) in services {
        let Some(items) = service.get("environment").and_then(Node::as_seq) else { continue };
        let names = items.iter().filter_map(|item| {
            let text = item.as_str()?;
            Some((text.split_once('=').map_or(text, |(name, _)| name), item.span))
        });
        report(names, findings);
    }
}

fn containers(object: &Object<'_>, findings: &mut Findings<'_>) {
    for container in object.containers() {
        let items = container.get("env").and_then(Node::as_seq).unwrap_or_default();
        let named: Vec<(String, Span)> = items
            .iter()
            .filter_map(|item| item.get("name"))
            .filter_map(|name| Some((scalar::go_string(&name.value)?, name.span)))
            .collect();
        report(named.iter().map(|(name, span)| (name.as_str(), *span)), findings);
    }
}

/// Reports each name that was there before.
fn report<'a>(names: impl Iterator<Item = (&'a str, Span)>, findings: &mut Findings<'_>) {
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for (name, span) in names {
        match first.get(name) {
            Some(first) => {
                findings
                    .at(span, format!("`{name}` is set twice"), "set again")
                    .also(*first, "set here before")
                    .subject(format!("environment.{name}"))
                    .help("keep one of them; the last one counts");
            }
            None => {
                first.insert(name, span);
            }
        }
    }
}
