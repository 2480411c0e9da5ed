//! KE007: variables that nobody sets.

use std::collections::BTreeMap;

use crate::{
    diag::{Severity, codes},
    lint::{Category, Check, Findings, FixKind, Rule, views::Environment},
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KE007",
    name: "unset-interpolation",
    severity: Severity::Warning,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "a compose file uses a variable that no env file sets and that has no default",
    explain: "\
Compose substitutes an empty string and only warns. A shell variable of one developer does not exist
on other machines and in CI.

The rule finds `$NAME` and `${NAME}`, with one finding for each variable. A variable is not found if
`.env`, an env file of the environment or a template such as `.env.example` has its name. Neither is
a variable that `fromShell` in `kustompose.yaml` lists. What KC007 finds is not found again.",
    bad: &[(
        "compose.yaml",
        "services:\n  api:\n    image: api:1.2\n    environment:\n      API_URL: ${API_URL}\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  api:\n    image: api:1.2\n    environment:\n      API_URL: ${API_URL:?the address of the API}\n",
    )],
    checks: &[Check::Environment(check)],
};

fn check(environment: &Environment<'_>, findings: &mut Findings<'_>) {
    let mut unset: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    let found =
        environment.read.report.diagnostics().iter().filter(|found| found.code == codes::UNSET_VARIABLE);
    for span in found.filter_map(|found| found.span()) {
        let is_yaml = matches!(environment.sources.get(span.source).path().extension(), Some("yaml" | "yml"));
        let name = environment.sources.slice(span).trim_start_matches(['$', '{']).trim_end_matches('}');
        let is_name = crate::compose::template::is_name(name);
        if is_yaml
            && is_name
            && !environment.project.is_in_template(name)
            && !is_of_container(environment, span, name)
        {
            unset.entry(name.to_owned()).or_default().push(span);
        }
    }
    for (name, mut places) in unset {
        places.sort();
        let [first, rest @ ..] = places.as_slice() else { continue };
        let finding =
            findings.at(*first, format!("no env file sets `{name}`, and it has no default"), "not set");
        finding.subject(format!("variables.{name}")).help(format!(
            "set it in `.env`, or write `${{{name}:?}}` to require it or `${{{name}:-default}}` for a default"
        ));
        for span in rest {
            finding.also(*span, "and here");
        }
    }
}

/// Is it in a command, and a variable of that container? KC007 tells that.
fn is_of_container(environment: &Environment<'_>, span: Span, name: &str) -> bool {
    environment.services().any(|service| service.has_own_variable(name) && service.is_in_command(span))
}
