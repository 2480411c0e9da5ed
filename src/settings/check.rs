//! `check:` of `kustompose.yaml`: who decides on which field, and what may differ.

use super::{
    allow::{self, Entry},
    each,
    glob::Glob,
    keys, mapping, text,
};
use crate::{
    diag::{Code, Diagnostic, Report, codes},
    text::{Spanned, nearest},
    yaml::Node,
};

/// Parts of a service that have one name.
const PLAIN_PATHS: &[&str] =
    &["kind", "image", "argv", "workingDir", "user", "schedule", "timeZone", "concurrencyPolicy", "suspend"];

/// What the names of the others begin with.
const PREFIXES: &[&str] = &["env.", "ports.", "mounts.", "probe."];

/// The codes of entries of `allow:` whose last day has passed, and of those that are of no use.
pub const WAIVERS: (Code, Code) = (codes::WAIVER_EXPIRED, codes::WAIVER_UNUSED);

/// What `check` is told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Check {
    /// Who decides, in place of the usual owner; the last entry that matches holds.
    pub ownership: Vec<Ownership>,
    /// What may differ, for a reason.
    pub allow: Vec<Entry>,
}

/// Who decides on a kind of facts, or on parts of services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// A kind such as `command`, or the path of a part such as `env.FEATURE_*`.
    pub what: Spanned<Glob>,
    /// Who decides.
    pub owner: Owner,
}

/// Who decides on a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The Compose files: manifests that differ have drifted.
    Compose,
    /// Your overlay: what it sets is meant.
    Kubernetes,
}

impl Check {
    /// The owner that the settings name for a part of a service.
    pub fn owner(&self, code: Code, path: &str) -> Option<Owner> {
        let is_meant = |it: &&Ownership| it.what.matches(code.name) || it.what.matches(path);
        self.ownership.iter().rev().find(is_meant).map(|it| it.owner)
    }
}

/// The kinds of drift: what `check: allow:` may name.
pub fn kinds() -> Vec<Code> {
    let is_kind =
        |code: &&Code| code.id < "KM020" && code.id.starts_with("KM") && **code != codes::NOT_COMPARED;
    codes::CODES.iter().filter(is_kind).copied().collect()
}

pub(super) fn read(node: &Node, report: &mut Report) -> Check {
    let mut check = Check::default();
    each(node, keys::CHECK, report, |key, value, report| match key {
        "ownership" => check.ownership = ownership(value, report),
        _ => check.allow = allow::read(value, &kinds(), report),
    });
    check
}

fn ownership(node: &Node, report: &mut Report) -> Vec<Ownership> {
    let mut found = Vec::new();
    for (key, value) in mapping(node, report).into_iter().flatten() {
        let what = Spanned::new(Glob::new(key.text.as_str()), key.span);
        let is_known = is_known(&what, report);
        let owner = text(value, report).and_then(|owner| owner_of(&owner, report));
        found.extend(owner.filter(|_| is_known).map(|owner| Ownership { what, owner }));
    }
    found
}

fn owner_of(named: &Spanned<String>, report: &mut Report) -> Option<Owner> {
    match named.as_str() {
        "compose" => Some(Owner::Compose),
        "kubernetes" => Some(Owner::Kubernetes),
        other => {
            let message = format!("`{other}` cannot own a field");
            let diagnostic = Diagnostic::error(codes::INVALID_SETTING, message).at(named.span, "unknown");
            report.push(diagnostic.help("write `compose` or `kubernetes`"));
            None
        }
    }
}

/// Whether there is anything that the name can mean.
fn is_known(what: &Spanned<Glob>, report: &mut Report) -> bool {
    let kinds = kinds();
    let words = || kinds.iter().map(|code| code.name).chain(PLAIN_PATHS.iter().copied());
    let literal = what.literal();
    let is_path = PREFIXES
        .iter()
        .any(|prefix| literal.starts_with(prefix) || !what.is_literal() && prefix.starts_with(literal));
    if is_path || words().any(|word| what.matches(word)) {
        return true;
    }
    let help = match nearest(what.as_str(), words()) {
        Some(word) => format!("did you mean `{word}`?"),
        None => {
            "name a kind such as `command`, or a path such as `env.NAME`; `*` stands for anything".to_owned()
        }
    };
    let message = format!("`{}` is neither a kind of drift nor the path of a field", what.value);
    report.push(Diagnostic::error(codes::INVALID_SETTING, message).at(what.span, "unknown").help(help));
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{text::Sources, yaml::parse};

    fn read_text(text: &str) -> (Check, Vec<String>) {
        let (mut sources, mut report) = (Sources::default(), Report::default());
        let id = sources.add("kustompose.yaml", text);
        let documents = parse::documents(&sources, id, &mut report).unwrap();
        let check = read(&documents[0], &mut report);
        (check, report.diagnostics().iter().map(|diagnostic| diagnostic.message.clone()).collect())
    }

    #[test]
    fn the_last_owner_that_matches_holds() {
        let (check, problems) = read_text(
            "ownership:\n  'env.*': kubernetes\n  env.LOG_LEVEL: compose\n  command: kubernetes\n  'mounts./etc/*': kubernetes\n",
        );
        assert_eq!(problems, [""; 0]);
        let (compose, kubernetes) = (Some(Owner::Compose), Some(Owner::Kubernetes));
        for (code, path, owner) in [
            (codes::ENV_VALUE, "env.FEATURE", kubernetes),
            (codes::ENV_MISSING, "env.FEATURE", kubernetes),
            (codes::ENV_VALUE, "env.LOG_LEVEL", compose),
            (codes::COMMAND, "workingDir", kubernetes),
            (codes::MOUNT, "mounts./etc/a/b", kubernetes),
            (codes::MOUNT, "mounts./var/a", None),
            (codes::IMAGE, "image", None),
        ] {
            assert_eq!(check.owner(code, path), owner, "{} {path}", code.name);
        }
    }

    #[test]
    fn owners_and_fields_are_known() {
        for (text, problem) in [
            (
                "ownership: {comand: kubernetes}",
                "`comand` is neither a kind of drift nor the path of a field",
            ),
            ("ownership: {command: me}", "`me` cannot own a field"),
            ("ownership: {envs.A: compose}", "`envs.A` is neither a kind of drift nor the path of a field"),
            ("alow: []", "there is no setting `alow` here"),
            (
                "allow: [{kind: waiver-unused, reason: r}]",
                "`waiver-unused` is not a kind of finding that can be allowed here",
            ),
        ] {
            assert_eq!(read_text(text).1, [problem], "{text}");
        }
        for text in [
            "ownership: {'*': kubernetes}",
            "ownership: {'env-*': compose}",
            "ownership: {'e*': compose}",
            "ownership:",
            "allow:",
        ] {
            assert_eq!(read_text(text).1, [""; 0], "{text}");
        }
    }
}
