//! Which values are secret, and the Secrets that hold them.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Range,
    rc::Rc,
    sync::Arc,
};

use camino::Utf8Path;

use super::named;
use crate::{
    compose::{
        STAND_IN,
        model::{Command, Project, Service},
    },
    diag::Report,
    k8s::data,
    plan::{
        input::{Input, Options},
        model::{DrawnWords, SecretBundle},
    },
    secret::{self, Finder, Hidden, Searched},
    text::{Files, Part, Spanned, Template},
};

/// A secret shorter than this is too common a word to be looked for in other texts.
const TELLING_LENGTH: usize = 8;

/// A text shorter than this is no secret by being equal to one.
const SHORTEST: usize = 5;

/// Words that passwords of examples are, and other things too.
const COMMON: &[&str] = &[
    "admin",
    "default",
    "docker",
    "example",
    "guest",
    "local",
    "localhost",
    "mongo",
    "mysql",
    "password",
    "postgres",
    "production",
    "redis",
    "secret",
    "token",
];

/// What is secret in any environment: one kind for a key in all of them.
#[derive(Debug, Default)]
pub(in crate::plan) struct KnownSecrets {
    /// Keys whose value is secret in some container: they are secret in all.
    keys: BTreeSet<String>,
    /// Keys of which the user says that their value is none.
    never: BTreeSet<String>,
    /// Values that must not stand anywhere in clear.
    values: BTreeSet<String>,
    /// Finds any of these values.
    finder: Finder,
    /// Texts that are a secret, or hold one, as a whole, however short they are.
    whole: BTreeSet<String>,
    /// What the files of compose's secrets hold, without the white space around it.
    contents: BTreeSet<Vec<u8>>,
    /// Commands in which secrets were looked for.
    searched: Searched,
}

/// The Secrets of one environment.
#[derive(Debug)]
pub(in crate::plan) struct Secrets<'a> {
    found: &'a KnownSecrets,
    bundles: BTreeMap<String, SecretBundle>,
}

/// Finds the secret variables of all environments. What kustomize cannot write into a ConfigMap counts
/// as well: Secrets are written in base64. The report will show none of them.
pub(in crate::plan) fn find(
    (inputs, shared): (&[Input<'_>], Option<&Input<'_>>),
    options: &Options,
    files: &dyn Files,
    report: &mut Report,
) -> KnownSecrets {
    let projects: Vec<&Project> = inputs.iter().chain(shared).map(|input| input.project).collect();
    named::warn_of_unknown(inputs, options, report);
    let all = || {
        projects.iter().flat_map(|project| project.services.values()).flat_map(|service| variables(service))
    };
    let is_secret = asked_once(|key: &str, value: &str| {
        options.secret.contains_key(key)
            || (secret::is_secret(key, value) && !options.not_secret.contains_key(key))
    });
    let public = public_words(&projects, &|key, value| !is_secret(key, value));
    // A password that is also the name of something gives itself away: hiding it would only hide the name.
    let telling = |value: &str| {
        value.len() >= TELLING_LENGTH
            && (value.bytes().any(|byte| byte.is_ascii_digit()) || !public.contains(value))
    };
    let mut found =
        KnownSecrets { never: options.not_secret.keys().cloned().collect(), ..KnownSecrets::default() };
    found.keys.extend(options.secret.keys().cloned());
    for (key, value) in all().filter(|(key, value)| is_secret(key, value)) {
        found.keys.insert(key.to_owned());
        let parts = secret::in_value(value).into_iter().map(|range| &value[range]);
        found.values.extend(parts.chain([value]).filter(|value| telling(value)).map(str::to_owned));
    }
    found.keys.extend(unfilled(all(), options));
    let in_clear = projects.iter().flat_map(|project| values_in_clear(project, &found.searched));
    let in_clear: Vec<String> = in_clear.filter(|value| telling(value)).collect();
    found.values.extend(in_clear);
    // What only the compose files read: a password that stands in a command, say.
    for (key, value) in projects.iter().flat_map(|project| &project.variables) {
        if is_secret(key, value) && telling(value) {
            found.values.insert(value.clone());
        }
    }
    let names = names_of(&projects);
    let is_common = |value: &str| {
        value.len() < SHORTEST || value.contains(STAND_IN) || COMMON.contains(&value) || names.contains(value)
    };
    let origin = Origin { is_secret: &is_secret, never: &found.never };
    let services = projects.iter().flat_map(|project| project.services.values());
    found.keys.extend(services.flat_map(|service| origin.keys(service)));
    let drawn: Vec<String> = projects.iter().flat_map(|project| origin.texts(project)).collect();
    let contents = projects.iter().flat_map(|project| contents(project, files));
    found.contents = contents.filter(|content| content.len() >= SHORTEST).collect();
    let texts = found.contents.iter().filter_map(|content| std::str::from_utf8(content).ok());
    let texts: Vec<&str> = texts.filter(|text| !text.contains('\n')).collect();
    found.values.extend(texts.iter().filter(|text| telling(text)).map(|text| (*text).to_owned()));
    let secret = all().filter(|(key, value)| is_secret(key, value)).map(|(_, value)| value);
    let read = projects.iter().flat_map(|project| &project.variables);
    let read = read.filter(|(key, value)| is_secret(key, value)).map(|(_, value)| value.as_str());
    let whole = secret.chain(read).chain(texts).filter(|value| !is_common(value));
    found.whole = whole.map(str::to_owned).chain(drawn).collect();
    found.finder = Finder::new(&found.values);
    for (key, value) in all() {
        let is_known = found.holds_value(value) && !(names_somebody(key) && found.whole.contains(value));
        if is_known || !data::is_plain_text(value) {
            found.keys.insert(key.to_owned());
        }
    }
    report.hide(hidden(&projects, options, &found));
    found
}

/// The same question, which is asked of most variables in each environment and for several purposes, with its answers
/// kept.
fn asked_once(is_secret: impl Fn(&str, &str) -> bool) -> impl Fn(&str, &str) -> bool {
    let known = RefCell::new(HashMap::<(String, String), bool, foldhash::fast::RandomState>::default());
    move |key, value| {
        let pair = (key.to_owned(), value.to_owned());
        *known.borrow_mut().entry(pair).or_insert_with(|| is_secret(key, value))
    }
}

/// Keys without a value: what is to be filled in later is the place of a secret already.
fn unfilled<'a>(
    variables: impl Iterator<Item = (&'a str, &'a str)>,
    options: &Options,
) -> impl Iterator<Item = String> {
    let places = variables.filter(|(key, value)| value.is_empty() && secret::is_secret_key(key));
    places.filter(|(key, _)| !options.not_secret.contains_key(*key)).map(|(key, _)| key.to_owned())
}

/// What reports star out: of what is secret for a part of it, printers find the part.
fn hidden(projects: &[&Project], options: &Options, found: &KnownSecrets) -> Hidden {
    let whole = found.values.iter().filter(|value| secret::in_value(value).is_empty());
    let sources = projects.iter().flat_map(|project| project.services.values());
    let sources = sources.flat_map(|service| sources_of(service, &|key| found.keys.contains(key)));
    let names = options.secret.keys().cloned().chain(sources).collect();
    Hidden::new(names, whole.cloned().collect())
}

/// What is secret because of where it comes from.
struct Origin<'a> {
    is_secret: &'a dyn Fn(&str, &str) -> bool,
    never: &'a BTreeSet<String>,
}

impl Origin<'_> {
    /// The values of secret variables that a text is put together with.
    fn drawn<'t>(&self, template: &'t Template) -> impl Iterator<Item = &'t str> {
        let secret = template.drawn().filter(|(reference, value)| {
            !self.never.contains(&reference.name) && (self.is_secret)(&reference.name, value)
        });
        secret.map(|(_, value)| value)
    }

    /// Whether a text is put together with the value of a variable that is secret.
    fn is_drawn(&self, template: Option<&Arc<Template>>) -> bool {
        template.is_some_and(|template| self.drawn(template).next().is_some())
    }

    /// Whether a text has such a value in it. A command that is one text in the file gives that of all of it for each of
    /// its words, and a value that a shell would split may be in several of them.
    fn holds_drawn(&self, text: &Spanned<String>) -> bool {
        // Quotes, white space and `;` divide words or end them.
        let splits = |c: char| !c.is_alphanumeric() && !"_@%+=:,./-!?*^~$".contains(c);
        text.template.as_ref().is_some_and(|template| {
            self.drawn(template).any(|value| text.value.contains(value) || value.contains(splits))
        })
    }

    /// The variables of a service that are.
    fn keys(&self, service: &Service) -> Vec<String> {
        let entries = service.environment.iter().flat_map(|field| field.value.iter());
        let drawn = entries.filter(|(key, value)| {
            !self.never.contains(key.as_str()) && self.is_drawn(value.template.as_ref())
        });
        drawn.map(|(key, _)| key.clone()).collect()
    }

    /// What a project says in words, labels and configs that is.
    fn texts(&self, project: &Project) -> Vec<String> {
        let said = project.services.values().flat_map(|service| said(service));
        let contents = project.configs.values().filter_map(|config| config.content.as_ref());
        let volumes = project.volumes.values().filter_map(|volume| volume.value.as_ref()?.labels.as_ref());
        let labels = volumes.flat_map(|labels| labels.value.values());
        let texts = said.chain(contents).chain(labels);
        texts.filter(|text| self.holds_drawn(text)).map(|text| text.value.clone()).collect()
    }
}

/// The words that a service runs, and what it says of itself in labels.
fn said(service: &Service) -> impl Iterator<Item = &Spanned<String>> {
    let own = service.entrypoint.iter().chain(&service.command);
    let words = own.chain(hooks(service)).flat_map(|command| command.value.iter());
    let test = service.healthcheck.iter().filter_map(|check| check.value.test.as_ref());
    words.chain(test.flat_map(|test| &test.value)).chain(labels(service).map(|(_, value)| value))
}

/// What variables of the files gave to the words of a service's commands. Of what the files have as one text and a command
/// has as several words, nothing is told.
pub(in crate::plan) fn drawn_words(service: &Service) -> DrawnWords {
    let drawn = said(service).filter_map(|word| {
        let template = word.template.as_ref()?;
        let mut places = Vec::new();
        let mut whole = String::new();
        for part in &template.parts {
            let start = whole.len();
            match part {
                Part::Text(text) => whole.push_str(text),
                Part::Variable { reference, value, .. } => {
                    whole.push_str(value);
                    if !value.is_empty() {
                        places.push((start..whole.len(), reference.name.clone()));
                    }
                }
            }
        }
        (whole == word.value && !places.is_empty()).then_some((whole, places))
    });
    drawn.collect()
}

/// The commands of a service that run beside its own.
fn hooks(service: &Service) -> impl Iterator<Item = &Spanned<Command>> {
    let hooks = service.post_start.iter().chain(&service.pre_stop).flat_map(|hooks| &hooks.value);
    hooks.filter_map(|hook| hook.value.command.as_ref())
}

/// All that a service says of itself in labels and annotations.
fn labels(service: &Service) -> impl Iterator<Item = (&String, &Spanned<String>)> {
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.value.labels.as_ref());
    let labels = service.labels.iter().chain(&service.annotations).chain(deployed);
    labels.flat_map(|labels| labels.value.iter())
}

/// The variables of files that secret variables of a service are drawn from, and nothing else.
pub(in crate::plan) fn sources_of(service: &Service, is_secret: &dyn Fn(&str) -> bool) -> Vec<String> {
    let entries = service.environment.iter().flat_map(|field| field.value.iter());
    let templates = entries.filter(|(key, _)| is_secret(key.as_str()));
    let templates = templates.filter_map(|(_, value)| value.template.as_ref());
    let names = templates.filter_map(|template| match template.parts.as_slice() {
        [Part::Variable { reference, .. }] => Some(reference.name.clone()),
        _ => None,
    });
    names.collect()
}

/// What the secrets of a project hold.
fn contents(project: &Project, files: &dyn Files) -> Vec<Vec<u8>> {
    let held = project.secrets.values().filter_map(|secret| match (&secret.content, &secret.file) {
        (Some(content), _) => Some(content.value.clone().into_bytes()),
        (None, Some(file)) => files.read(Utf8Path::new(&file.value)).ok(),
        (None, None) => None,
    });
    let given = project.secret_values.values().map(|value| value.clone().into_bytes());
    held.chain(given).map(|content| content.trim_ascii().to_vec()).collect()
}

/// Whether the last word of a name says that its value is what somebody or something is called.
fn names_somebody(key: &str) -> bool {
    const NAMES: &[&str] = &[
        "USER", "USERNAME", "NAME", "DB", "DATABASE", "HOST", "HOSTNAME", "SCHEMA", "ROLE", "VHOST", "LOGIN",
        "OWNER",
    ];
    let key = key.to_ascii_uppercase();
    NAMES.iter().any(|name| key.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('_')))
}

/// Names that stand in the tree anyway: of projects, services and images.
fn names_of(projects: &[&Project]) -> BTreeSet<String> {
    public_words(projects, &|_, _| false)
}

/// Words that stand in the tree anyway: names of services and images, values of other variables.
fn public_words(projects: &[&Project], is_public: &dyn Fn(&str, &str) -> bool) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for project in projects {
        words.insert(project.name.clone());
        for (name, service) in &project.services {
            words.insert(name.clone());
            let image = service.image_or_built(&project.name, name);
            words.extend(image.split(['/', ':', '@']).map(str::to_owned));
            let values = variables(service).filter(|(key, value)| is_public(key, value));
            words.extend(values.map(|(_, value)| value.to_owned()));
        }
    }
    words
}

impl KnownSecrets {
    /// Whether the variable is kept in a Secret.
    pub(in crate::plan) fn is_secret(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Whether a variable of the compose files is secret, by its name or by what it says.
    pub(in crate::plan) fn is_secret_variable(&self, name: &str, value: &str) -> bool {
        !self.never.contains(name) && (self.keys.contains(name) || secret::is_secret(name, value))
    }

    /// Whether the text contains a secret value.
    pub(in crate::plan) fn holds_value(&self, text: &str) -> bool {
        self.whole.contains(text) || self.finder.holds_any(text)
    }

    /// Whether a label, or an annotation, holds a secret.
    pub(in crate::plan) fn is_secret_label(&self, key: &str, value: &str) -> bool {
        self.holds_value(value) || !secret::in_label(key, value).is_empty()
    }

    /// Whether it is a secret value that can be told from other words.
    pub(in crate::plan) fn is_value(&self, text: &str) -> bool {
        self.values.contains(text)
    }

    /// Whether a value is secret, by its name or by what it says.
    pub(in crate::plan) fn is_secret_text(&self, key: &str, value: &str) -> bool {
        self.is_secret(key)
            || self.holds_value(value)
            || secret::is_secret(key, value) && !self.never.contains(key)
    }

    /// Where secrets stand in each of the words that a container of an image runs. The ranges may overlap.
    pub(in crate::plan) fn in_words(&self, words: &[&str], image: &str) -> Rc<Vec<Vec<Range<usize>>>> {
        self.searched.in_words(words, image)
    }

    fn is_telling(&self, path: &str, content: &[u8]) -> bool {
        let text = String::from_utf8_lossy(content);
        self.contents.contains(content.trim_ascii())
            || self.holds_value(&text)
            || secret::is_secret_content(path, content)
    }
}

impl<'a> Secrets<'a> {
    /// No Secrets yet.
    pub(in crate::plan) fn new(found: &'a KnownSecrets) -> Self {
        Self { found, bundles: BTreeMap::new() }
    }

    /// Whether a file holds a secret value, or something that is one by its name or its form.
    pub(in crate::plan) fn is_telling(&self, path: &str, content: &[u8]) -> bool {
        self.found.is_telling(path, content)
    }

    /// What is secret.
    pub(in crate::plan) fn found(&self) -> &'a KnownSecrets {
        self.found
    }

    /// Adds a file to the Secret of a name.
    pub(in crate::plan) fn add_file(&mut self, name: &str, key: &str, content: Vec<u8>) {
        self.bundle(name).files.insert(key.to_owned(), content);
    }

    /// Adds a variable to the Secret of a name.
    pub(in crate::plan) fn add_variable(&mut self, name: &str, key: &str, value: &str) {
        self.bundle(name).variables.insert(key.to_owned(), value.to_owned());
    }

    /// The Secrets by name.
    pub(in crate::plan) fn into_bundles(self) -> Vec<SecretBundle> {
        self.bundles.into_values().collect()
    }

    fn bundle(&mut self, name: &str) -> &mut SecretBundle {
        let new = || SecretBundle { name: name.to_owned(), ..SecretBundle::default() };
        self.bundles.entry(name.to_owned()).or_insert_with(new)
    }
}

/// The variables of a service that have a value.
pub(in crate::plan) fn variables(service: &Service) -> impl Iterator<Item = (&str, &str)> {
    let entries = service.environment.iter().flat_map(|field| field.value.iter());
    entries.filter_map(|(key, value)| Some((key.as_str(), value.value.as_deref()?)))
}

/// The secrets that stand in clear in what a project's services run and in what is said of them.
fn values_in_clear(project: &Project, searched: &Searched) -> Vec<String> {
    let services = project.services.iter();
    services.flat_map(|(name, service)| in_clear(&project.name, name, &service.value, searched)).collect()
}

fn in_clear(project: &str, name: &str, service: &Service, searched: &Searched) -> Vec<String> {
    let image = service.image_or_built(project, name);
    let mut found = Vec::new();
    let mut take = |text: &str, ranges: Vec<Range<usize>>| {
        found.extend(ranges.into_iter().map(|range| text[range].to_owned()));
    };
    let texts = |command: &Spanned<Command>| -> Vec<String> {
        command.value.iter().map(|word| word.value.clone()).collect()
    };
    let own = service.entrypoint.iter().chain(&service.command).flat_map(texts).collect();
    let test = service.healthcheck.iter().filter_map(|check| check.value.test.as_ref());
    let test = test.map(|test| test.value.iter().map(|word| word.value.clone()).collect());
    let hooks = hooks(service).map(texts);
    let commands: Vec<Vec<String>> = std::iter::once(own).chain(test).chain(hooks).collect();
    for command in commands {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        for (word, ranges) in words.iter().zip(searched.in_words(&words, &image).iter()) {
            take(word, ranges.clone());
        }
    }
    for (key, value) in labels(service) {
        take(&value.value, secret::in_label(key, &value.value));
    }
    let arguments = service.build.iter().filter_map(|build| build.value.args.as_ref());
    for (key, value) in arguments.flat_map(|arguments| arguments.value.iter()) {
        if let Some(text) = value.value.as_deref() {
            let whole = secret::is_secret(key, text).then_some(0..text.len());
            take(text, secret::in_value(text).into_iter().chain(whole).collect());
        }
    }
    found
}
