//! KE005: secrets in files that git tracks.

use super::secret_in_url;
use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, load::InGit, views::Everything},
    secret,
};

pub(super) static RULE: Rule = Rule {
    code: "KE005",
    name: "secret-in-tracked-file",
    severity: Severity::Error,
    category: Category::Secrets,
    fix: FixKind::None,
    summary: "git has a file with secrets",
    explain: "\
The secret has leaked to everybody who can read the repository, and its history keeps it: change
it.

The rule finds env files that set secrets, if git tracks the file; one finding for each file. A
variable is a secret by its name, by its value, or because the project uses it as one:
`DB_PASSWORD: ${PW}`, `secrets: {db: {environment: PW}}`.
Without a repository, a file that no `.gitignore` leaves out is a warning. Templates such as
`.env.example` are found only for values that are plainly keys.",
    bad: &[
        ("compose.yaml", "services:\n  db:\n    image: postgres:17\n    env_file: db.env\n"),
        ("db.env", "POSTGRES_PASSWORD=hunter2\n"),
    ],
    good: &[
        ("compose.yaml", "services:\n  db:\n    image: postgres:17\n    env_file: db.env\n"),
        ("db.env", "POSTGRES_PASSWORD=hunter2\n"),
        (".gitignore", "db.env\n"),
    ],
    checks: &[Check::Inputs(check)],
};

fn check(everything: &Everything<'_>, findings: &mut Findings<'_>) {
    for file in &everything.env_files.all {
        let Ok(parsed) = file.parsed else { continue };
        let severity = match everything.inputs.in_git.get(&file.source) {
            Some(InGit::Tracked) => Severity::Error,
            Some(InGit::NoRepository) => Severity::Warning,
            _ => continue,
        };
        let sources = everything.inputs.secret_sources(file.path);
        let is_secret = |name: &str, written: &str| {
            let name = if sources.contains(name) { "PASSWORD" } else { name };
            let value = written.trim_matches(['"', '\'']);
            let by_name = !file.is_template() && secret::is_written_secret(name, value);
            let by_value = match written.starts_with('\'') {
                true => secret::is_secret_value(value),
                false => secret::is_written_secret("", value),
            };
            by_name || by_value || !file.is_template() && secret_in_url::has_one(value)
        };
        let mut found = Vec::new();
        for variable in &parsed.variables {
            let written = file.text().get(variable.value_range.clone()).unwrap_or_default();
            if is_secret(&variable.name, written.trim()) {
                found.push((file.span(variable.name_range.clone()), variable.name.as_str()));
            }
        }
        let [(first, name), rest @ ..] = &found[..] else { continue };
        let message = match severity {
            Severity::Error => "git has this file, and it holds secrets",
            _ => "this file holds secrets, and no `.gitignore` leaves it out",
        };
        let finding = findings.at(*first, message, format!("`{name}` is a secret"));
        finding.severity(severity);
        finding.help("let git ignore the file, commit an `.example` without values, and change the secrets");
        for (place, name) in rest {
            finding.also(*place, format!("`{name}` too"));
        }
    }
}
