//! KC012: keys that Compose gave up.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Document},
    text::{Sources, Span},
    yaml::{Key, Node},
};

pub(super) static RULE: Rule = Rule {
    code: "KC012",
    name: "obsolete-key",
    severity: Severity::Info,
    category: Category::Pedantic,
    fix: FixKind::Safe,
    summary: "a key that Compose ignores or has replaced: `version`, `links`, `external_links`, `volumes_from`",
    explain: "\
Compose ignores `version` and warns of it. Services of one network reach each other by their names
without `links`; `external_links` and `volumes_from` name containers, which a cluster does not have.

`--fix` removes `version`. The other keys mean something, and stay.",
    bad: &[("compose.yaml", "version: '3.7'\nservices:\n  web:\n    image: web:1.2\n")],
    good: &[("compose.yaml", "services:\n  web:\n    image: web:1.2\n")],
    checks: &[Check::Document(check)],
};

const OF_SERVICES: &[(&str, &str)] = &[
    ("links", "remove it: services of one network reach each other by name"),
    ("external_links", "put both services on one network, and use the service's name"),
    ("volumes_from", "mount the named volumes in both services"),
];

fn check(document: &Document<'_>, findings: &mut Findings<'_>) {
    let top = document.tree.as_map().into_iter().flatten();
    for (key, value) in top.filter(|(key, _)| key.text == "version") {
        let finding = findings.at(key.span, "Compose ignores `version`", "obsolete");
        finding.subject("version").help("remove the line");
        if let Some(lines) = whole_lines(document.sources, key, value) {
            finding.fix(FixKind::Safe, "remove `version`", lines, "");
        }
    }
    let services = document.tree.get("services").and_then(Node::as_map).into_iter().flatten();
    for (name, service) in services {
        for (key, help) in OF_SERVICES {
            let entry = service.as_map().and_then(|service| service.get_key_value(*key));
            if let Some((key, _)) = entry {
                findings
                    .of_service(&name.text, key.span, format!("`{}` is obsolete", key.text), "obsolete")
                    .subject(format!("services.{}.{}", name.text, key.text))
                    .help(*help);
            }
        }
    }
}

/// The lines of an entry with the line break, if nothing else is on them.
fn whole_lines(sources: &Sources, key: &Key, value: &Node) -> Option<Span> {
    let text = sources.get(key.span.source).text();
    let (start, end) = (key.span.start as usize, value.span.end as usize);
    let before = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let after = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    let rest = text[end..after].trim();
    let is_alone = text[before..start].trim().is_empty() && (rest.is_empty() || rest.starts_with('#'));
    is_alone.then(|| Span::new(key.span.source, before, after))
}
