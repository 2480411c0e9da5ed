//! KK013: deprecated fields of kustomizations.

use crate::{
    diag::Severity,
    lint::{Category, Check, Edit, Findings, Fix, FixKind, Rule, views::Tree},
    text::Span,
    yaml::{Key, Node},
};

pub(super) static RULE: Rule = Rule {
    code: "KK013",
    name: "deprecated-kustomize-field",
    severity: Severity::Warning,
    category: Category::Correctness,
    fix: FixKind::Safe,
    summary: "a field of the kustomization is deprecated",
    explain: "\
kustomize warns of these fields and will drop them.

The rule finds `bases` (write `resources`), `imageTags` (`images`), `patchesJson6902` and
`patchesStrategicMerge` (`patches`), `commonLabels` (`labels`), and `vars` (`replacements`). The
fix is made if the kustomization renders the same afterwards.",
    bad: &[
        ("kustomization.yaml", "bases:\n  - base\n"),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        (
            "base/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n",
        ),
    ],
    good: &[
        ("kustomization.yaml", "resources:\n  - base\n"),
        ("base/kustomization.yaml", "resources: [web.yaml]\n"),
        (
            "base/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n",
        ),
    ],
    checks: &[Check::Tree(check)],
};

/// Each field with what to write in its place.
const FIELDS: &[(&str, &str)] = &[
    ("bases", "resources"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("commonLabels", "labels"),
    ("vars", "replacements"),
];

fn check(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    let Some(map) = tree.read.document.as_map() else { return };
    for (key, value) in map {
        let Some((_, successor)) = FIELDS.iter().find(|(field, _)| *field == key.text) else { continue };
        let message = format!("`{}` is deprecated", key.text);
        let finding = findings.at(key.span, message, format!("write `{successor}`"));
        finding.subject(key.text.clone()).help(help(&key.text, successor));
        if let Some(edits) = edits(tree, key, value, successor).filter(|_| !map.contains_key(*successor)) {
            finding.fix = Some(Fix { kind: FixKind::Safe, title: format!("write `{successor}`"), edits });
        }
    }
}

fn help(field: &str, successor: &str) -> String {
    match field {
        "commonLabels" => "write `labels: [{includeSelectors: true, pairs: …}]`".to_owned(),
        "patchesStrategicMerge" => "write `patches`, each file as `- path: FILE`".to_owned(),
        _ => format!("write `{successor}`"),
    }
}

/// The edits that write the successor in its place; none if the forms differ too much.
fn edits(tree: &Tree<'_>, key: &Key, value: &Node, successor: &str) -> Option<Vec<Edit>> {
    let rename = Edit { span: key.span, text: successor.to_owned() };
    let text = tree.sources.get(key.span.source).text();
    match key.text.as_str() {
        "bases" | "patchesJson6902" => Some(vec![rename]),
        "patchesStrategicMerge" => {
            let mut edits = vec![rename];
            for item in value.as_seq()? {
                edits.extend(patch(item, text)?);
            }
            Some(edits)
        }
        "commonLabels" => {
            let map = value.as_map()?;
            let (first, last) = (map.keys().next()?, map.values().next_back()?);
            let start = text[..first.span.start as usize].rfind('\n')? + 1;
            let indent = text.get(start..first.span.start as usize)?;
            if !indent.trim().is_empty() || indent.is_empty() {
                return None;
            }
            let at = |position: usize| Span::new(value.span.source, position, position);
            let mut edits = vec![
                rename,
                Edit {
                    span: at(start),
                    text: format!("{indent}- includeSelectors: true\n{indent}  pairs:\n"),
                },
            ];
            let lines =
                text[start..last.span.end as usize].match_indices('\n').map(|(offset, _)| start + offset + 1);
            edits.extend(
                std::iter::once(start)
                    .chain(lines)
                    .map(|line| Edit { span: at(line), text: "    ".to_owned() }),
            );
            // Two edits at one place are one.
            let first_line = edits.remove(2);
            edits[1].text.push_str(&first_line.text);
            Some(edits)
        }
        _ => None,
    }
}

/// The edits that make an item of `patchesStrategicMerge` one of `patches`.
fn patch(item: &Node, text: &str) -> Option<Vec<Edit>> {
    let written = item.as_str()?;
    let is_file = !written.contains('\n') && !written.contains(": ");
    let start = item.span.start as usize;
    // A block text may begin behind its `|`.
    let dash = text.get(..start)?.rfind("- ")?;
    let head = dash + 2;
    let is_block = text.get(head..)?.starts_with('|');
    if is_file && !text.get(head..start)?.trim().is_empty() || !is_file && !is_block {
        return None;
    }
    let name = if is_file { "path" } else { "patch" };
    let at = Span::new(item.span.source, head, head);
    let mut edits = vec![Edit { span: at, text: format!("{name}: ") }];
    if !is_file {
        edits.extend(indented(item, head, text)?);
    }
    Some(edits)
}

/// Two more blanks before each further line of a block text: it becomes the value of a key.
fn indented(item: &Node, head: usize, text: &str) -> Option<Vec<Edit>> {
    let body = text.get(head..item.span.end as usize)?.trim_end();
    let lines = body.match_indices('\n').map(|(offset, _)| head + offset + 1);
    let is_filled =
        |line: &usize| text[*line..].split('\n').next().is_some_and(|line| !line.trim().is_empty());
    let edit = |line| Edit { span: Span::new(item.span.source, line, line), text: "  ".to_owned() };
    Some(lines.filter(is_filled).map(edit).collect())
}
