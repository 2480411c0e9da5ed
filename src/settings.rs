//! `kustompose.yaml`: what compose files cannot say. Names the environments of a project.
//!
//! Unknown keys are errors, at their place. Without the file, [`discover`] finds environments by the
//! usual names of files. `docs/kustompose.schema.json` says the same to editors.

pub mod allow;
pub mod check;
pub mod cluster;
pub mod convert;
pub mod date;
pub mod discover;
pub mod glob;
pub mod insert;
pub mod keys;
pub mod lint;

use camino::Utf8PathBuf;

use self::{
    check::Check,
    cluster::{Cluster, Defaults},
};
use crate::{
    diag::{Diagnostic, Report, codes},
    text::{Files, Sources, Spanned, nearest},
    yaml::{
        Key, Map, Node, Value,
        boolean::{self, Boolean},
        parse,
    },
};

/// The name of the file.
pub const FILE_NAME: &str = "kustompose.yaml";

/// The settings of a project.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// The project's name, in place of compose's.
    pub project: Option<Spanned<String>>,
    /// The directory of the tree.
    pub output: Option<Spanned<String>>,
    /// Files and directories outside of the project that may be read.
    pub allow_outside: Vec<Spanned<String>>,
    /// The environments, in order.
    pub environments: Vec<EnvironmentSettings>,
    /// What is secret.
    pub secrets: Secrets,
    /// Do CronJobs of other names start at other minutes? They do unless this says no.
    pub stagger: Option<bool>,
    /// What compose does not say, for all environments that do not say otherwise.
    pub defaults: Defaults,
    /// Which findings of `convert` are accepted.
    pub convert: convert::Convert,
    /// What `check` is told.
    pub check: Check,
    /// What `lint` is told.
    pub lint: lint::Lint,
}

/// One environment.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentSettings {
    /// Its name, a DNS label.
    pub name: Spanned<String>,
    /// Compose files, in `-f` order; none for compose's own choice.
    pub compose: Vec<Utf8PathBuf>,
    /// Files of variables in place of `.env`.
    pub env_files: Vec<Utf8PathBuf>,
    /// Active profiles; `*` is all.
    pub profiles: Vec<Spanned<String>>,
    /// Variables of the process that may be read.
    pub from_shell: Vec<String>,
    /// The namespace.
    pub namespace: Option<Spanned<String>>,
    /// Services that the environment gets from elsewhere.
    pub replaced: Vec<Spanned<String>>,
    /// The store that its secrets come from, in place of files.
    pub external_secrets: Option<ExternalSecrets>,
    /// The manifests that `check` compares, where kustompose did not write them: a kustomization or a directory.
    pub overlay: Option<Spanned<String>>,
    /// The cluster, and how things run on it.
    pub cluster: Cluster,
}

impl EnvironmentSettings {
    /// An environment of which nothing is said but its name.
    pub fn new(name: Spanned<String>) -> Self {
        Self {
            name,
            compose: Vec::new(),
            env_files: Vec::new(),
            profiles: Vec::new(),
            from_shell: Vec::new(),
            namespace: None,
            replaced: Vec::new(),
            external_secrets: None,
            overlay: None,
            cluster: Cluster::default(),
        }
    }
}

/// A store of the External Secrets Operator in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalSecrets {
    /// The name of the store's object.
    pub store: Spanned<String>,
    /// Its kind, one of [`keys::STORE_KINDS`].
    pub kind: String,
}

/// What is secret whatever it looks like, and what is not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Secrets {
    /// Variables that are secret.
    pub also: Vec<Spanned<String>>,
    /// Variables that are not.
    pub never: Vec<Spanned<String>>,
}

/// Reads `kustompose.yaml` from a path, if it is there.
pub fn read(
    path: &camino::Utf8Path,
    files: &dyn Files,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Settings> {
    files.kind(path)?;
    let shown = path.file_name().unwrap_or(FILE_NAME);
    let text = files.read(path).map_err(|error| error.to_string());
    let text = text.and_then(|bytes| parse::decode(bytes).map_err(|problem| problem.to_string()));
    match text {
        Ok(text) => {
            let id = sources.add(shown, text);
            let documents = parse::documents(sources, id, report)?;
            Some(documents.first().map(|document| settings(document, report)).unwrap_or_default())
        }
        Err(problem) => {
            report.push(Diagnostic::error(
                codes::INVALID_SETTING,
                format!("`{shown}` cannot be read: {problem}"),
            ));
            None
        }
    }
}

fn settings(tree: &Node, report: &mut Report) -> Settings {
    let mut settings = Settings::default();
    each(tree, keys::TOP, report, |key, value, report| match key {
        "project" => settings.project = text(value, report),
        "output" => settings.output = text(value, report),
        "allowOutside" => settings.allow_outside = texts(value, report),
        "environments" => {
            for (name, value) in mapping(value, report).into_iter().flatten() {
                settings.environments.push(environment(name, value, report));
            }
        }
        "cronJobs" => {
            each(value, keys::CRON_JOBS, report, |_, value, report| {
                settings.stagger = boolean(value, report)
            });
        }
        "defaults" => settings.defaults = cluster::defaults(value, report),
        "convert" => settings.convert = convert::read(value, report),
        "check" => settings.check = check::read(value, report),
        "lint" => settings.lint = lint::read(value, report),
        _ => {
            each(value, keys::SECRETS, report, |key, value, report| {
                let names = texts(value, report);
                if key == "also" { settings.secrets.also = names } else { settings.secrets.never = names }
            });
        }
    });
    for environment in &mut settings.environments {
        environment.cluster.defaults.fill(&settings.defaults);
    }
    settings
}

fn environment(name: &Key, value: &Node, report: &mut Report) -> EnvironmentSettings {
    let mut environment = EnvironmentSettings::new(Spanned::new(name.text.clone(), name.span));
    if !crate::k8s::name::is_dns_label(&name.text) {
        let message = format!("`{}` cannot name an environment", name.text);
        let help = "use lower case letters, digits and `-`: it becomes part of a namespace and of paths";
        report.push(Diagnostic::error(codes::INVALID_SETTING, message).at(name.span, "here").help(help));
    }
    let plain = |value: &Node, report: &mut Report| -> Vec<String> {
        texts(value, report).into_iter().map(|text| text.value).collect()
    };
    each(value, keys::ENVIRONMENT, report, |key, value, report| match key {
        "compose" => environment.compose = plain(value, report).into_iter().map(Utf8PathBuf::from).collect(),
        "envFile" => {
            environment.env_files = plain(value, report).into_iter().map(Utf8PathBuf::from).collect()
        }
        "profiles" => environment.profiles = texts(value, report),
        "fromShell" => environment.from_shell = plain(value, report),
        "namespace" => environment.namespace = namespace(value, report),
        "replaced" => environment.replaced = texts(value, report),
        "externalSecrets" => environment.external_secrets = external_secrets(value, report),
        "overlay" => environment.overlay = text(value, report),
        key => cluster::read(key, value, &mut environment.cluster, report),
    });
    environment
}

/// The name of a namespace, which reaches a shell and commands to copy.
fn namespace(node: &Node, report: &mut Report) -> Option<Spanned<String>> {
    let text = text(node, report)?;
    if crate::k8s::name::is_dns_label(&text.value) {
        return Some(text);
    }
    let message = format!("`{}` cannot name a namespace", text.value);
    let help = "use at most 63 lower case letters, digits and `-`";
    report.push(Diagnostic::error(codes::INVALID_SETTING, message).at(node.span, "here").help(help));
    None
}

/// The store of `externalSecrets`; without its name there is none.
fn external_secrets(node: &Node, report: &mut Report) -> Option<ExternalSecrets> {
    let (mut store, mut kind) = (None, None);
    let mut is_complete = true;
    each(node, keys::EXTERNAL_SECRETS, report, |key, value, report| {
        let text = text(value, report);
        is_complete &= text.is_some();
        if key == "store" { store = text } else { kind = text }
    });
    let refuse = |message: &str, span, help: &str, report: &mut Report| {
        report.push(Diagnostic::error(codes::INVALID_SETTING, message).at(span, "here").help(help));
    };
    if let Some(kind) = kind.as_ref().filter(|kind| !keys::STORE_KINDS.contains(&kind.as_str())) {
        let message = format!("`{}` is no kind of store", kind.value);
        refuse(&message, kind.span, &format!("known are {}", keys::STORE_KINDS.join(", ")), report);
    }
    match store {
        Some(store) if crate::k8s::name::is_dns_subdomain(&store.value) => {
            let kind = kind.map_or_else(|| keys::STORE_KINDS[0].to_owned(), |kind| kind.value);
            Some(ExternalSecrets { store, kind })
        }
        Some(store) => {
            let help = "it is the name of an object in the cluster: lower case letters, digits, `-` and `.`";
            refuse(&format!("`{}` cannot name a store", store.value), store.span, help, report);
            None
        }
        None if is_complete => {
            let help = "write `externalSecrets: {store: NAME}`";
            refuse("`externalSecrets` names no store", node.span, help, report);
            None
        }
        None => None,
    }
}

/// Gives each known key of a mapping to `take`; unknown ones are reported with the nearest known one.
fn each(node: &Node, known: &[&str], report: &mut Report, mut take: impl FnMut(&str, &Node, &mut Report)) {
    for (key, value) in mapping(node, report).into_iter().flatten() {
        if known.contains(&key.text.as_str()) {
            take(&key.text, value, report);
            continue;
        }
        let help = match (nearest(&key.text, known.iter().copied()), keys::place_of(&key.text)) {
            (Some(name), _) => format!("did you mean `{name}`?"),
            (None, Some(place)) => format!("it belongs {place}"),
            (None, None) => format!("known are {}", known.join(", ")),
        };
        let message = format!("there is no setting `{}` here", key.text);
        report.push(Diagnostic::error(codes::UNKNOWN_SETTING, message).at(key.span, "unknown").help(help));
    }
}

/// The entries; nothing at all counts as none.
fn mapping<'a>(node: &'a Node, report: &mut Report) -> Option<&'a Map> {
    match &node.value {
        Value::Map(map) => Some(map),
        Value::Null => None,
        _ => wrong(node, "a mapping", report),
    }
}

fn text(node: &Node, report: &mut Report) -> Option<Spanned<String>> {
    match &node.value {
        Value::String(text) => Some(Spanned::new(text.clone(), node.span)),
        _ => wrong(node, "a string", report),
    }
}

fn boolean(node: &Node, report: &mut Report) -> Option<bool> {
    if let Value::Bool(value) = node.value {
        return Some(value);
    }
    let meant = node.as_str().and_then(boolean::parse);
    let help = match meant {
        Some(Boolean { value, yaml_1_1: true }) => format!("write `{value}`"),
        Some(Boolean { value, .. }) => format!("write `{value}` without quotes"),
        None => "write `true` or `false`".to_owned(),
    };
    let message = format!("expected `true` or `false`, found {}", node.kind());
    report.push(Diagnostic::error(codes::INVALID_SETTING, message).at(node.span, "here").help(help));
    None
}

/// One string or a list of them.
fn texts(node: &Node, report: &mut Report) -> Vec<Spanned<String>> {
    match &node.value {
        Value::Seq(items) => items.iter().filter_map(|item| text(item, report)).collect(),
        _ => text(node, report).into_iter().collect(),
    }
}

fn wrong<T>(node: &Node, wanted: &str, report: &mut Report) -> Option<T> {
    let message = format!("expected {wanted}, found {}", node.kind());
    report.push(Diagnostic::error(codes::INVALID_SETTING, message).at(node.span, "here"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::MemoryFiles;

    fn read_text(text: &str) -> (Option<Settings>, Vec<String>) {
        let files = MemoryFiles::new([("/p/kustompose.yaml", text)]);
        let (mut sources, mut report) = (Sources::default(), Report::default());
        let settings = read("/p/kustompose.yaml".into(), &files, &mut sources, &mut report);
        let place = |diagnostic: &Diagnostic| match diagnostic.span() {
            Some(span) => format!("{}: {}", sources.location(span), diagnostic.message),
            None => diagnostic.message.clone(),
        };
        (settings, report.diagnostics().iter().map(place).collect())
    }

    #[test]
    fn environments_are_named_in_order() {
        let (settings, problems) = read_text(
            "project: shop\nenvironments:\n  staging: {compose: [a.yaml, b.yaml], envFile: .env.s, profiles: '*'}\n  dev:\n",
        );
        assert_eq!(problems, [""; 0]);
        let settings = settings.unwrap();
        let names: Vec<&str> =
            settings.environments.iter().map(|environment| environment.name.as_str()).collect();
        assert_eq!(names, ["staging", "dev"]);
        assert_eq!(settings.environments[0].compose, ["a.yaml", "b.yaml"]);
        assert_eq!(settings.environments[0].profiles[0].value, "*");
    }

    #[test]
    fn jobs_start_at_minutes_of_their_own_unless_told_otherwise() {
        let of = |text: &str| {
            let (settings, problems) = read_text(text);
            (settings.unwrap().stagger, problems.len())
        };
        assert_eq!(of("cronJobs: {stagger: false}"), (Some(false), 0));
        assert_eq!(of("cronJobs:"), (None, 0));
        assert_eq!(of("cronJobs: {stagger: 5}"), (None, 1));
    }

    #[test]
    fn a_store_has_a_name_and_a_kind() {
        let of = |text: &str| {
            let (settings, problems) =
                read_text(&format!("environments: {{prod: {{externalSecrets: {text}}}}}\n"));
            let stores = settings.unwrap().environments.remove(0).external_secrets;
            (stores.map(|found| (found.store.value, found.kind)), problems)
        };
        let store = |kind: &str| Some(("gcp".to_owned(), kind.to_owned()));
        assert_eq!(of("{store: gcp}"), (store("ClusterSecretStore"), vec![]));
        assert_eq!(of("{store: gcp, kind: SecretStore}"), (store("SecretStore"), vec![]));
        let place = "kustompose.yaml:1:";
        let cases = [
            ("{}", "40: `externalSecrets` names no store"),
            ("{store: [gcp]}", "48: expected a string, found list"),
            ("{store: A_B}", "48: `A_B` cannot name a store"),
            ("{store: gcp, kind: Vault}", "59: `Vault` is no kind of store"),
            ("{store: gcp, knd: Vault}", "53: there is no setting `knd` here"),
        ];
        for (text, problem) in cases {
            assert_eq!(of(text).1, [format!("{place}{problem}")], "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_an_error_at_its_place() {
        let (_, problems) = read_text("environment: {}\nenvironments:\n  A_b: {envfile: x, compose: {}}\n");
        assert_eq!(
            problems,
            [
                "kustompose.yaml:1:1: there is no setting `environment` here",
                "kustompose.yaml:3:3: `A_b` cannot name an environment",
                "kustompose.yaml:3:9: there is no setting `envfile` here",
                "kustompose.yaml:3:30: expected a string, found mapping",
            ]
        );
    }
}
