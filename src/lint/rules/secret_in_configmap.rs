//! KK009: secrets in ConfigMaps.

use super::secret_in_url;
use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Rendering},
    secret,
    text::Span,
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK009",
    name: "secret-in-configmap",
    severity: Severity::Error,
    category: Category::Secrets,
    fix: FixKind::None,
    summary: "a ConfigMap holds a secret",
    explain: "\
Whoever may read ConfigMaps reads it, and tools print them.

The rule finds entries whose name or value shows that it is a secret, and URLs with a password. It
looks at rendered ConfigMaps, including those of generators with literals and env files.",
    bad: &[(
        "config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata:\n  DB_PASSWORD: hunter2\n",
    )],
    good: &[(
        "config.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata:\n  DB_USER: app\n",
    )],
    checks: &[Check::Rendering(check)],
};

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    for object in rendering.objects().filter(|object| object.kind() == "ConfigMap") {
        for (key, value) in object.at(&["data"]).and_then(Node::as_map).into_iter().flatten() {
            let Some(text) = value.as_str() else { continue };
            let is_file = key.text.contains('.') || text.trim_end().contains('\n');
            let is_secret = if is_file {
                // As `convert` judges the files that it mounts.
                secret::is_secret_content(&key.text, text.as_bytes())
            } else {
                secret::is_secret(&key.text, text) || secret_in_url::has_one(text)
            };
            if !is_secret {
                continue;
            }
            let message = format!("the ConfigMap `{}` holds the secret `{}`", object.name(), key.text);
            let line = if key.span == Span::NOWHERE || value.span.source != key.span.source {
                value.span
            } else {
                key.span
            };
            let finding = findings.at(line, message, "a secret");
            finding.subject(object.subject(&format!("data.{}", key.text)));
            finding.help("move it to a Secret, or to a `secretGenerator` whose file git ignores");
        }
    }
}
