//! Which values are secret, and the Secrets that hold them.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, ExecAction, LifecycleHandler, Probe};

use super::{CONCEALED, Concealed, Options, SecretBundle, command};
use crate::{
    compose::model::{Project, Service},
    k8s::{data, expansion},
    secret,
};

/// A secret shorter than this is too common a word to be looked for in other texts.
const TELLING_LENGTH: usize = 8;

/// What is secret in any environment: one kind for a key in all of them.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Keys whose value is secret in some container: they are secret in all.
    keys: BTreeSet<String>,
    /// Values that must not stand anywhere in clear.
    values: BTreeSet<String>,
}

/// The Secrets of one environment.
#[derive(Debug)]
pub(super) struct Secrets<'a> {
    found: &'a Found,
    bundles: BTreeMap<String, SecretBundle>,
}

/// Finds the secret variables of all environments. What kustomize cannot write into a ConfigMap counts
/// as well: Secrets are written in base64.
pub(super) fn find(projects: &[&Project], options: &Options) -> Found {
    let all = || {
        projects.iter().flat_map(|project| project.services.values()).flat_map(|service| variables(service))
    };
    let is_secret = |key: &str, value: &str| {
        options.secret.contains(key) || (secret::is_secret(key, value) && !options.not_secret.contains(key))
    };
    let public = public_words(projects, &|key, value| !is_secret(key, value));
    // A password that is also the name of something gives itself away: hiding it would only hide the name.
    let telling = |value: &str| {
        value.len() >= TELLING_LENGTH
            && (value.bytes().any(|byte| byte.is_ascii_digit()) || !public.contains(value))
    };
    let mut found = Found::default();
    for (key, value) in all().filter(|(key, value)| is_secret(key, value)) {
        found.keys.insert(key.to_owned());
        found.values.extend(telling(value).then(|| value.to_owned()));
    }
    // What only the compose files read: a password that stands in a command, say.
    for (key, value) in projects.iter().flat_map(|project| &project.variables) {
        if is_secret(key, value) && telling(value) {
            found.values.insert(value.clone());
        }
    }
    for (key, value) in all() {
        if found.is_telling(value.as_bytes()) || !data::is_plain_text(value) {
            found.keys.insert(key.to_owned());
        }
    }
    found
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

impl Found {
    /// Is the variable kept in a Secret?
    pub(super) fn is_secret(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Does a secret value stand in the text?
    pub(super) fn holds_value(&self, text: &str) -> bool {
        self.values.iter().any(|value| text.contains(value.as_str()))
    }

    /// Is a value secret, by its name or by what it says?
    pub(super) fn is_secret_text(&self, key: &str, value: &str) -> bool {
        self.is_secret(key) || secret::is_secret(key, value) || self.is_telling(value.as_bytes())
    }

    fn is_telling(&self, text: &[u8]) -> bool {
        let text = String::from_utf8_lossy(text);
        self.holds_value(&text) || text.lines().any(secret::is_secret_value)
    }
}

impl<'a> Secrets<'a> {
    /// No Secrets yet.
    pub(super) fn new(found: &'a Found) -> Self {
        Self { found, bundles: BTreeMap::new() }
    }

    /// Does the text hold a secret value, or something that is one by its form?
    pub(super) fn is_telling(&self, text: &[u8]) -> bool {
        self.found.is_telling(text)
    }

    /// A word of a command as the kubelet has to read it, in which the secret values that the container
    /// has as variables stand as `$(NAME)`.
    pub(super) fn refer(&self, service: &Service, word: &str) -> String {
        let own: Vec<(&str, &str)> =
            variables(service).filter(|(_, value)| self.found.values.contains(*value)).collect();
        let Some((at, key, value)) = own
            .iter()
            .filter_map(|(key, value)| word.find(value).map(|at| (at, *key, *value)))
            .min_by_key(|(at, _, value)| (*at, usize::MAX - value.len()))
        else {
            return command::literal(word);
        };
        let mut referring = command::literal(&word[..at]);
        if referring.ends_with('$') {
            referring.push('$');
        }
        referring.push_str(&expansion::reference(key));
        referring + &self.refer(service, &word[at + value.len()..])
    }

    /// Takes secrets in clear out of what stands in the tree; gives the fields as they have to be.
    pub(super) fn conceal(
        &self,
        container: &mut Container,
        pod_annotations: &mut BTreeMap<String, String>,
    ) -> Option<Concealed> {
        let mut concealed = Concealed {
            container: Container { name: container.name.clone(), ..Container::default() },
            pod_annotations: BTreeMap::new(),
        };
        let mut found = false;
        let (whole, part) = (container, &mut concealed.container);
        found |= self.conceal_words(&mut whole.command, &mut part.command);
        found |= self.conceal_words(&mut whole.args, &mut part.args);
        found |= self.conceal_probe(&mut whole.startup_probe, &mut part.startup_probe);
        found |= self.conceal_probe(&mut whole.readiness_probe, &mut part.readiness_probe);
        found |= self.conceal_probe(&mut whole.liveness_probe, &mut part.liveness_probe);
        if let Some(lifecycle) = &mut whole.lifecycle {
            let part = part.lifecycle.get_or_insert_default();
            found |= self.conceal_handler(&mut lifecycle.post_start, &mut part.post_start);
            found |= self.conceal_handler(&mut lifecycle.pre_stop, &mut part.pre_stop);
        }
        for (key, value) in pod_annotations {
            if self.is_telling(value.as_bytes()) {
                concealed.pod_annotations.insert(key.clone(), std::mem::replace(value, CONCEALED.to_owned()));
                found = true;
            }
        }
        found.then_some(concealed)
    }

    fn conceal_words(&self, words: &mut Option<Vec<String>>, part: &mut Option<Vec<String>>) -> bool {
        let Some(words) =
            words.as_mut().filter(|words| words.iter().any(|word| self.is_telling(word.as_bytes())))
        else {
            return false;
        };
        *part = Some(words.clone());
        for word in words.iter_mut().filter(|word| self.is_telling(word.as_bytes())) {
            CONCEALED.clone_into(word);
        }
        true
    }

    fn conceal_probe(&self, probe: &mut Option<Probe>, part: &mut Option<Probe>) -> bool {
        let Some(exec) = probe.as_mut().and_then(|probe| probe.exec.as_mut()) else { return false };
        let mut command = None;
        let found = self.conceal_words(&mut exec.command, &mut command);
        *part = found.then(|| Probe { exec: Some(ExecAction { command }), ..Probe::default() });
        found
    }

    fn conceal_handler(
        &self,
        handler: &mut Option<LifecycleHandler>,
        part: &mut Option<LifecycleHandler>,
    ) -> bool {
        let Some(exec) = handler.as_mut().and_then(|handler| handler.exec.as_mut()) else { return false };
        let mut command = None;
        let found = self.conceal_words(&mut exec.command, &mut command);
        *part = found
            .then(|| LifecycleHandler { exec: Some(ExecAction { command }), ..LifecycleHandler::default() });
        found
    }

    /// Adds a file to the Secret of a name.
    pub(super) fn add_file(&mut self, name: &str, key: &str, content: Vec<u8>) {
        self.bundle(name).files.insert(key.to_owned(), content);
    }

    /// Adds a variable to the Secret of a name.
    pub(super) fn add_variable(&mut self, name: &str, key: &str, value: &str) {
        self.bundle(name).variables.insert(key.to_owned(), value.to_owned());
    }

    /// The Secrets by name.
    pub(super) fn into_bundles(self) -> Vec<SecretBundle> {
        self.bundles.into_values().collect()
    }

    fn bundle(&mut self, name: &str) -> &mut SecretBundle {
        let new = || SecretBundle { name: name.to_owned(), ..SecretBundle::default() };
        self.bundles.entry(name.to_owned()).or_insert_with(new)
    }
}

/// The variables of a service that have a value.
pub(super) fn variables(service: &Service) -> impl Iterator<Item = (&str, &str)> {
    let entries = service.environment.iter().flat_map(|field| field.value.iter());
    entries.filter_map(|(key, value)| Some((key.as_str(), value.value.as_deref()?)))
}
