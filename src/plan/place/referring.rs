//! Which variables of containers stand in the place of secrets in commands.
//!
//! The values tell. Files that all environments share often do not say these: there it is what all environments refer to
//! at the same place.

use std::{cmp::Reverse, collections::BTreeMap, ops::Range};

use k8s_openapi::api::core::v1::{Container, ExecAction, LifecycleHandler, Probe};

use crate::{
    plan::{
        facts::KnownSecrets,
        model::{DrawnWords, Intent, Known, Run, Unit, Variable},
    },
    secret,
    text::Part,
};

/// A command of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Command {
    /// Entrypoint and arguments.
    Own,
    /// A probe.
    Startup,
    Readiness,
    Liveness,
    /// A hook.
    PostStart,
    PreStop,
}

/// Parts of a text that variables of these names can replace, in order and apart from each other.
pub(super) type Places<'a> = Vec<(Range<usize>, &'a str)>;

/// The names of variables, for each word of a command.
type Names = Vec<Vec<String>>;

/// Which variable of a container stands in the place of a secret.
pub(super) enum Referring<'a> {
    /// One that has its value.
    ByValue {
        /// What is secret.
        found: &'a KnownSecrets,
        /// The secret variables of the container whose values are known.
        own: Vec<Own<'a>>,
        /// What variables of the files gave to words of its commands.
        drawn: &'a DrawnWords,
    },
    /// What it is in all environments, where the value is not known.
    AsElsewhere {
        /// What it is there.
        references: &'a References,
        /// The service, and the number of its workload.
        workload: (&'a str, usize),
        /// Where the value is known.
        by_value: Box<Referring<'a>>,
    },
}

impl<'a> Referring<'a> {
    /// By the secret variables of a container, as far as their values are known.
    pub(super) fn by_value(found: &'a KnownSecrets, unit: &'a Unit) -> Self {
        let own = unit.variables.iter().filter(|(_, variable)| variable.is_secret);
        let own = own.filter_map(|(key, variable)| Own::of(key, variable));
        let own = own.filter(|own| !own.value.is_empty() && !own.value.contains(Known::UNKNOWN));
        Self::ByValue { found, own: own.collect(), drawn: &unit.drawn }
    }

    /// The same, and what it is in all environments where the files do not say the value.
    pub(super) fn or_as_elsewhere(self, references: &'a References, workload: (&'a str, usize)) -> Self {
        Self::AsElsewhere { references, workload, by_value: Box::new(self) }
    }

    /// The parts of the words of a command that are references, for each word.
    pub(super) fn places(&self, words: &[&str], image: &str, at: Command) -> Vec<Places<'a>> {
        match self {
            Self::ByValue { found, own, drawn } => {
                let secrets = found.in_words(words, image);
                let mut own = own.clone();
                // Where several have the value, the first is taken.
                own.iter_mut().for_each(|own| own.closeness = closeness(own.key, words, image));
                own.sort_by_key(|own| (Reverse(own.closeness), own.key.split('_').count()));
                let all = words.iter().zip(secrets.iter());
                let drawn = |word: &str| drawn.get(word).map_or(&[][..], Vec::as_slice);
                all.map(|(word, ranges)| places(found, &own, (word, drawn(word)), ranges)).collect()
            }
            Self::AsElsewhere { references, workload, by_value } => {
                let places = references.names(*workload, at).and_then(|names| of_unknown(words, names));
                places.unwrap_or_else(|| by_value.places(words, image, at))
            }
        }
    }

    /// The variables that the commands of a workload refer to, for each word.
    fn names(&self, run: &Run) -> Vec<(Command, Names)> {
        let Some(container) = run.workload.pod.containers.first() else { return Vec::new() };
        let image = container.image.as_deref().unwrap_or_default();
        let own = run.start.command.iter().chain(&run.start.arguments).map(String::as_str).collect();
        let commands = std::iter::once((Command::Own, own)).chain(commands(container));
        let names = |places: Places<'_>| places.into_iter().map(|(_, name)| name.to_owned()).collect();
        commands
            .map(|(at, words)| (at, self.places(&words, image, at).into_iter().map(names).collect()))
            .collect()
    }
}

/// How many parts of a variable's name a command or its image names: `MYSQL_ROOT_PASSWORD` is two of `mysqladmin -u root`.
/// Values that are equal today may not stay so.
fn closeness(name: &str, words: &[&str], image: &str) -> usize {
    let said: Vec<String> = words.iter().chain([&image]).map(|word| word.to_ascii_lowercase()).collect();
    let parts = name.split('_').filter(|part| part.len() > 1).map(str::to_ascii_lowercase);
    parts.filter(|part| said.iter().any(|word| word.contains(part.as_str()))).count()
}

/// A secret variable of a container.
#[derive(Debug, Clone)]
pub(super) struct Own<'a> {
    key: &'a str,
    value: &'a str,
    /// The variable of the files that gives the whole value.
    source: Option<&'a str>,
    /// How much of its name a command says.
    closeness: usize,
}

impl<'a> Own<'a> {
    /// Nothing of a variable whose value is not known.
    fn of(key: &'a str, variable: &'a Variable) -> Option<Self> {
        let source = variable.template.as_ref().and_then(|template| match template.parts.as_slice() {
            [Part::Variable { reference, .. }] => Some(reference.name.as_str()),
            _ => None,
        });
        Some(Self { key, value: variable.value.known()?, source, closeness: 0 })
    }
}

/// Where a word holds the value of one of these variables, or what the variable of the files gave to it that gives one of
/// these its value.
fn places<'a>(
    found: &KnownSecrets,
    own: &[Own<'a>],
    (word, drawn): (&str, &[(Range<usize>, String)]),
    secrets: &[Range<usize>],
) -> Places<'a> {
    let mut places = Places::new();
    for (range, name) in drawn {
        let has_it = |own: &&Own<'a>| {
            word.get(range.clone()) == Some(own.value) && (own.key == name || own.source == Some(name))
        };
        let first = own.iter().find(has_it);
        let alike =
            || own.iter().filter(has_it).filter(|own| first.is_some_and(|it| it.closeness == own.closeness));
        let named = alike().find(|own| own.key == name);
        places.extend(named.or(first).map(|own| (range.clone(), own.key)));
    }
    for Own { key, value, .. } in own {
        if found.is_value(value) {
            places.extend(secret::occurrences(word, value).map(|range| (range, *key)));
        }
        // Where a secret stands, even a short one is no word like others.
        let equal = secrets.iter().filter(|range| word.get((*range).clone()) == Some(*value));
        places.extend(equal.map(|range| (range.clone(), *key)));
    }
    places.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let mut done = 0;
    places.retain(|(range, _)| {
        let is_apart = range.start >= done;
        done = if is_apart { range.end } else { done };
        is_apart
    });
    places
}

/// The unknown parts of words, as variables of these names. None unless there are as many.
fn of_unknown<'a>(words: &[&str], names: &'a [Vec<String>]) -> Option<Vec<Places<'a>>> {
    let of_word = |(word, names): (&&str, &'a Vec<String>)| {
        let unknown = word.match_indices(Known::UNKNOWN).map(|(at, part)| at..at + part.len());
        let unknown: Vec<Range<usize>> = unknown.collect();
        (unknown.len() == names.len())
            .then(|| unknown.into_iter().zip(names.iter().map(String::as_str)).collect())
    };
    (words.len() == names.len()).then(|| words.iter().zip(names).map(of_word).collect()).flatten()
}

/// The words of the commands that the kubelet runs in a container.
fn commands(container: &Container) -> impl Iterator<Item = (Command, Vec<&str>)> {
    let lifecycle = container.lifecycle.as_ref();
    let all = [
        (Command::Startup, of_probe(container.startup_probe.as_ref())),
        (Command::Readiness, of_probe(container.readiness_probe.as_ref())),
        (Command::Liveness, of_probe(container.liveness_probe.as_ref())),
        (Command::PostStart, of_hook(lifecycle.and_then(|lifecycle| lifecycle.post_start.as_ref()))),
        (Command::PreStop, of_hook(lifecycle.and_then(|lifecycle| lifecycle.pre_stop.as_ref()))),
    ];
    all.into_iter().filter_map(|(at, words)| Some((at, words?)))
}

fn of_probe(probe: Option<&Probe>) -> Option<Vec<&str>> {
    probe?.exec.as_ref().map(words)
}

fn of_hook(hook: Option<&LifecycleHandler>) -> Option<Vec<&str>> {
    hook?.exec.as_ref().map(words)
}

fn words(exec: &ExecAction) -> Vec<&str> {
    exec.command.iter().flatten().map(String::as_str).collect()
}

/// The variables that stand in the place of secrets in commands, by service and number of the workload: their names for
/// each word. None where environments differ.
#[derive(Debug, Default)]
pub(super) struct References {
    names: BTreeMap<String, BTreeMap<(usize, Command), Option<Names>>>,
}

impl References {
    /// Those of several environments.
    pub(super) fn of<'a>(intents: impl Iterator<Item = &'a Intent>, found: &KnownSecrets) -> Self {
        let mut references = Self::default();
        for (service, unit) in intents.flat_map(|intent| &intent.units) {
            let referring = Referring::by_value(found, unit);
            let own = references.names.entry(service.clone()).or_default();
            for (index, run) in unit.runs.iter().enumerate() {
                for (at, names) in referring.names(run) {
                    let known = own.entry((index, at)).or_insert_with(|| Some(names.clone()));
                    if known.as_ref() != Some(&names) {
                        *known = None;
                    }
                }
            }
        }
        references
    }

    fn names(&self, (service, run): (&str, usize), at: Command) -> Option<&Names> {
        self.names.get(service)?.get(&(run, at))?.as_ref()
    }
}
