//! KE003: secrets in compose files and manifests.

use crate::{
    compose::template,
    diag::Severity,
    k8s::expansion,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Document, Object, Variable},
    },
    secret,
    text::Spanned,
};

pub(super) static RULE: Rule = Rule {
    code: "KE003",
    name: "secret-literal",
    severity: Severity::Error,
    category: Category::Secrets,
    fix: FixKind::None,
    summary: "a variable holds a secret that is written in the file",
    explain: "\
The file is in git, and so is the secret. `convert` would have to choose between a ConfigMap,
which everybody can read, and a Secret that nobody asked for.

The rule finds variables of services, build arguments and variables of containers whose name or
value says that it is a secret, if the value is written out. So does the name of a variable that the
project uses as a secret elsewhere, `DB_PASSWORD: ${PW}` say. `${NAME}` and `${NAME:?}` are not
found, `${NAME:-fallback}` is. Paths (`/run/secrets/db`), switches and quantities such as
`TOKEN_TTL: 3600` are not found. `secrets: {also, never}` in `kustompose.yaml` names what the rule
takes wrong.",
    bad: &[(
        "compose.yaml",
        "services:\n  db:\n    image: postgres:17\n    environment:\n      POSTGRES_PASSWORD: hunter2\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  db:\n    image: postgres:17\n    environment:\n      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?}\n",
    )],
    checks: &[Check::Document(compose), Check::Object(manifest)],
};

fn compose(document: &Document<'_>, findings: &mut Findings<'_>) {
    let settings = &document.project.settings.secrets;
    let names = |list: &[Spanned<String>], name: &str| list.iter().any(|known| known.value == name);
    for variable in document.variables() {
        let Some(value) = variable.value.as_deref().filter(|_| !names(&settings.never, &variable.name))
        else {
            continue;
        };
        let is_used_as_secret =
            names(&settings.also, &variable.name) || document.project.secret_sources.contains(&variable.name);
        let name = if is_used_as_secret { "PASSWORD" } else { &variable.name };
        let is_secret = secret::is_written_secret(name, value) && !is_empty_default(name, value);
        if is_secret && !super::secret_in_url::has_one(value) {
            let help = "write `${…:?}` and set it in a file that git ignores, or use `secrets`";
            report(&variable, help, findings);
        }
    }
}

/// Whether it is made of defaults that are no secret, such as `${PASSWORD:-''}` or `${EMPTY_PASSWORD:-no}`.
fn is_empty_default(name: &str, written: &str) -> bool {
    let template = template::expand(written, &|_| None).ok();
    let by_default = template.and_then(|template| template.without_variables());
    by_default.is_some_and(|value| !secret::is_secret(name, value.trim_matches(['"', '\''])))
}

fn manifest(object: &Object<'_>, findings: &mut Findings<'_>) {
    for variable in object.variables() {
        let value = variable.value.as_deref().unwrap_or_default();
        if is_secret(&variable.name, value) && !super::secret_in_url::has_one(value) {
            report(&variable, "take it from a Secret with `valueFrom: {secretKeyRef: …}`", findings);
        }
    }
}

/// Whether a manifest has a secret in the value of a variable, and no reference to one.
fn is_secret(name: &str, value: &str) -> bool {
    let parts = expansion::parts(value);
    if parts.iter().all(|part| matches!(part, expansion::Part::Text(_))) {
        return secret::is_secret(name, value);
    }
    let written = parts.into_iter().map(|part| match part {
        expansion::Part::Text(text) => text.replace('$', "$$"),
        expansion::Part::Variable(name) => format!("${{{name}}}"),
    });
    secret::is_written_secret(name, &written.collect::<String>())
}

fn report(variable: &Variable<'_>, help: &str, findings: &mut Findings<'_>) {
    let message = format!("the secret `{}` is written in this file", variable.name);
    let finding = findings.at(variable.span, message, "a secret");
    finding.subject(variable.subject()).help(help);
    if variable.attribute == "env" {
        finding.also(variable.name_span, "of this variable");
    }
}
