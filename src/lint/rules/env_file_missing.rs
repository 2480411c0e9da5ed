//! KE006: env files that are not there.

use std::collections::BTreeMap;

use crate::{
    diag::{Severity, codes},
    lint::{Category, Check, Findings, FixKind, Rule, views::Environment},
    text::Span,
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KE006",
    name: "env-file-missing",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "a service names an env file that does not exist",
    explain: "\
Compose refuses the whole project. Often the file is on one machine only, because git ignores it.

The rule finds entries of `env_file` without `required: false` whose file is not there, unless a
template with the same name (`.env.example`, `app.env.dist`) says how to make it.",
    bad: &[("compose.yaml", "services:\n  web:\n    image: web:1.2\n    env_file: [missing.env]\n")],
    good: &[
        ("compose.yaml", "services:\n  web:\n    image: web:1.2\n    env_file: [missing.env]\n"),
        ("missing.env.example", "DB_HOST=\n"),
    ],
    checks: &[Check::Environment(check)],
};

/// What the names of templates end with.
const TEMPLATES: &[&str] = &["example", "sample", "dist", "template", "tmpl"];

fn check(environment: &Environment<'_>, findings: &mut Findings<'_>) {
    let unreadable = environment.read.report.diagnostics().iter();
    let mut missing: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for span in
        unreadable.filter(|found| found.code == codes::UNREADABLE_FILE).filter_map(|found| found.span())
    {
        let Some(path) = named_at(environment, span) else { continue };
        let whole = environment.project.directory.join(&path);
        // Where a variable is missing as well, nothing is known of the file. One that git ignores is meant to be made.
        if !path.contains('$') && !has_template(environment, &path) && !environment.is_ignored(&whole) {
            missing.entry(path).or_default().push(span);
        }
    }
    for (path, places) in missing {
        let [first, rest @ ..] = &places[..] else { continue };
        let finding = findings.at(*first, format!("the env file `{path}` does not exist"), "not there");
        finding
            .subject(format!("env_file.{path}"))
            .help(format!("commit `{path}.example`, or write `{{path: {path}, required: false}}`"));
        for place in rest {
            finding.also(*place, "named here, too");
        }
    }
}

/// The path that an entry of `env_file` at this place names.
fn named_at(environment: &Environment<'_>, span: Span) -> Option<String> {
    environment.project.documents.iter().find_map(|(_, tree)| {
        let services = tree.get("services")?.as_map()?;
        let lists = services.values().filter_map(|service| service.get("env_file"));
        lists.filter(|list| list.span.contains(span)).find_map(|list| {
            let items = list.as_seq().map_or(std::slice::from_ref(list), |items| items);
            let item = items.iter().find(|item| item.span.contains(span) || span.contains(item.span))?;
            item.get("path").and_then(Node::as_str).or(item.as_str()).map(str::to_owned)
        })
    })
}

/// Whether there is a template beside it.
fn has_template(environment: &Environment<'_>, path: &str) -> bool {
    let path = environment.project.directory.join(path);
    TEMPLATES.iter().any(|end| {
        let stem = path.as_str().strip_suffix(".env").unwrap_or(path.as_str());
        [format!("{path}.{end}"), format!("{stem}.{end}.env"), format!("{stem}.{end}")]
            .iter()
            .any(|template| environment.kind(template.as_str().into()).is_some())
    })
}
