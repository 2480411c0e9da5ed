//! KK010: Secrets in git.

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        load::{self, InGit, Manifest},
        views::{Everything, Object, items},
    },
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK010",
    name: "plaintext-secret-manifest",
    severity: Severity::Error,
    category: Category::Secrets,
    fix: FixKind::None,
    summary: "a Secret is written out in a file that git has",
    explain: "\
Base64 is no encryption: whoever may read the repository reads the secret, in its history, too.

The rule finds Secrets with values, and literals of `secretGenerator`, in files that git tracks.
Without a repository, files that no `.gitignore` leaves out are a warning. Secrets that SOPS
encrypted, empty values, placeholders such as `CHANGEME`, and overlays of developers are not
found.",
    bad: &[(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n  password: hunter2\n",
    )],
    good: &[(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n  password: CHANGEME\n",
    )],
    checks: &[Check::Inputs(check)],
};

/// Values that stand for those that somebody is to set.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "placeholder",
    "todo",
    "xxx",
    "replace-me",
    "replaceme",
    "example",
    "dummy",
    "secret",
    "password",
];

fn check(everything: &Everything<'_>, findings: &mut Findings<'_>) {
    for manifest in &everything.inputs.manifests {
        let severity = match everything.inputs.in_git.get(&manifest.source) {
            Some(InGit::Tracked) => Severity::Error,
            Some(InGit::NoRepository) => Severity::Warning,
            _ => continue,
        };
        let name = manifest.path.file_name().unwrap_or_default();
        if load::is_template(name) || is_of_developers(everything, manifest) {
            continue;
        }
        for document in
            manifest.objects().filter(|it| it.get("kind").and_then(Node::as_str) == Some("Secret"))
        {
            if document.get("sops").is_none() {
                let object = Object { sources: everything.sources, tree: document };
                written_out(object, severity, findings);
            }
        }
        for document in manifest.documents.iter().filter(|_| manifest.is_kustomization()) {
            generated(document, severity, findings);
        }
    }
}

/// Whether the file is of an environment that runs on a developer's machine.
fn is_of_developers(everything: &Everything<'_>, manifest: &Manifest) -> bool {
    let renderings = &everything.inputs.rendered.renderings;
    let directory = manifest.path.parent();
    let mut own = renderings
        .iter()
        .filter(|it| it.within.iter().any(|within| directory.is_some_and(|own| own.starts_with(within))))
        .peekable();
    own.peek().is_some() && own.all(|it| it.is_local)
}

fn written_out(object: Object<'_>, severity: Severity, findings: &mut Findings<'_>) {
    let kind = object.text(&["type"]).unwrap_or_default();
    let maps = [("data", true), ("stringData", false)];
    let entries =
        maps.iter().filter_map(|(key, is_encoded)| Some((object.at(&[key])?.as_map()?, *is_encoded)));
    let mut values =
        entries.flat_map(|(map, is_encoded)| map.iter().map(move |(key, value)| (key, value, is_encoded)));
    let found = values.find(|(_, value, is_encoded)| {
        value
            .as_str()
            .is_some_and(|text| is_value(&if *is_encoded { decoded(text) } else { text.to_owned() }))
    });
    // What a service account is called is no secret.
    if let Some((key, _, _)) = found.filter(|_| kind != "kubernetes.io/service-account-token") {
        let message = format!("the Secret `{}` is written out in this file", object.name());
        let finding = findings.at(key.span, message, "a value");
        finding.subject(object.shown()).severity(severity);
        finding.help("keep the value in a file that git ignores (`secretGenerator`), in an ExternalSecret, or encrypt it with SOPS");
        finding.also(object.place(), "of this Secret");
    }
}

fn generated(document: &Node, severity: Severity, findings: &mut Findings<'_>) {
    for generator in items(document, "secretGenerator") {
        let literals = items(generator, "literals").iter();
        let is_secret = |literal: &&Node| {
            literal.as_str().and_then(|text| text.split_once('=')).is_some_and(|(_, value)| is_value(value))
        };
        let Some(literal) = literals.into_iter().find(is_secret) else { continue };
        let finding = findings.at(literal.span, "a secret value is written in this kustomization", "a value");
        finding.subject("secretGenerator").severity(severity);
        finding.help("write `envs: [FILE]` and let git ignore the file");
    }
}

fn is_value(text: &str) -> bool {
    let text = text.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    let is_reference =
        text.starts_with("${") || text.starts_with('<') || text.starts_with("$(") || text.starts_with("enc[");
    !text.is_empty()
        && !is_reference
        && !PLACEHOLDERS.contains(&text.as_str())
        && !text.starts_with("changeme")
}

fn decoded(text: &str) -> String {
    let compact: String = text.split_whitespace().collect();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, compact);
    bytes.map_or_else(|_| text.to_owned(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}
