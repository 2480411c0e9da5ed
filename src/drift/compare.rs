//! Three states against one another: what Compose asks for, what was written, and what a cluster would get.
//!
//! | Compose against written | written against cluster | direction |
//! | --- | --- | --- |
//! | differs | equal | behind; diverged where the written file was edited |
//! | equal | differs | diverged, or an override where Kubernetes decides |
//! | differs | differs, to what Compose asks for | converged |
//! | differs | differs | conflict |

mod references;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Kind,
    difference::{Difference, Natural, difference, lost_route, lost_service, place},
    fact::{ContainerFacts, Fact, Facts, MoreVariables, Path, ProbeKind, ServiceFacts, Value, WorkloadFacts},
    facts::ALL_VARIABLES,
    message,
    record::{Direction, Drift, Side},
    shown::{shown, told},
};
use crate::{
    secret::Hidden,
    settings::check::{Check, Owner},
    text::{Sources, Span},
};

/// The three states of one environment.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// The environment.
    pub environment: &'a str,
    /// What Compose asks for.
    pub compose: &'a Facts,
    /// What the generated files have; none for manifests that kustompose did not write.
    pub written: Option<&'a Facts>,
    /// What a cluster would get.
    pub cluster: &'a Facts,
}

/// Whose a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Generated, and as it was written.
    Generated,
    /// Generated, and edited or removed by hand.
    Edited,
    /// Yours.
    Yours,
    /// No file: somebody changed it in the cluster.
    Cluster,
}

/// What comparing goes by.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// The texts that all places are in.
    pub sources: &'a Sources,
    /// Whose a file is, by the path that the sources have for it.
    pub layer: &'a dyn Fn(&Utf8Path) -> Layer,
    /// Who decides on which field.
    pub settings: &'a Check,
    /// What no report may show.
    pub hidden: &'a Hidden,
    /// Whether the third state is what a cluster has.
    pub is_live: bool,
    /// The directory of your overlay, as messages have it.
    pub overlay: &'a str,
}

/// What came out of comparing one environment.
#[derive(Debug, Default)]
pub struct Comparison {
    /// The differences: conflicts first, then by service.
    pub drifts: Vec<Drift>,
    /// How many facts were compared.
    pub facts: usize,
    /// How many of them were taken from the manifests, because a file of variables is missing.
    pub from_tree: usize,
}

/// Compares the three states of an environment.
pub fn compare(sides: &Sides<'_>, terms: &Terms<'_>) -> Comparison {
    let empty = Facts::default();
    let all = [sides.compose, sides.written.unwrap_or(&empty), sides.cluster];
    let names: BTreeSet<&String> = all.iter().flat_map(|facts| facts.services.keys()).collect();
    let mut run = Run { sides, terms, found: Comparison::default() };
    for name in names {
        let [compose, written, cluster] = all.map(|facts| facts.services.get(name));
        run.service(name, &Three { compose, written, cluster });
    }
    let mut found = run.found;
    found.drifts.sort_by(|one, other| {
        let key = |drift: &Drift| (drift.direction != Direction::Conflict, drift.service.clone());
        key(one).cmp(&key(other))
    });
    found
}

/// The same thing in three states.
#[derive(Debug, Clone, Copy)]
struct Three<T> {
    compose: Option<T>,
    written: Option<T>,
    cluster: Option<T>,
}

impl<T: Copy> Three<T> {
    fn each(&self) -> [Option<T>; 3] {
        [self.compose, self.written, self.cluster]
    }

    fn then<U>(&self, mut get: impl FnMut(T) -> Option<U>) -> Three<U> {
        let [compose, written, cluster] = self.each().map(|it| it.and_then(&mut get));
        Three { compose, written, cluster }
    }
}

/// Where facts belong.
#[derive(Clone, Copy)]
struct At<'a> {
    service: &'a str,
    workload: Option<&'a str>,
    container: Option<&'a str>,
}

struct Run<'a> {
    sides: &'a Sides<'a>,
    terms: &'a Terms<'a>,
    found: Comparison,
}

impl Run<'_> {
    fn is_foreign(&self) -> bool {
        self.sides.written.is_none()
    }

    fn service(&mut self, name: &str, states: &Three<&ServiceFacts>) {
        let several = states.each().into_iter().flatten().any(|facts| facts.workloads.len() > 1);
        let ids: BTreeSet<String> = states
            .each()
            .into_iter()
            .flatten()
            .flat_map(|facts| facts.workloads.iter().map(move |workload| id(workload, facts)))
            .collect();
        for id_ in &ids {
            let workloads =
                states.then(|facts| facts.workloads.iter().find(|workload| id(workload, facts) == *id_));
            let named = workloads.each().into_iter().flatten().next().map(|workload| workload.name.as_str());
            let at = At { service: name, workload: named.filter(|_| several), container: None };
            let asked = states.compose.and_then(|facts| facts.asked);
            if self.presence(&at, &workloads, asked) {
                let more = states.compose.map_or(&MoreVariables::None, |facts| &facts.more_variables);
                self.references(&at, &workloads, asked);
                self.workload(&at, &workloads, more);
            }
        }
    }

    /// Compares whether there is a workload; says whether there is one to be compared further.
    fn presence(&mut self, at: &At<'_>, states: &Three<&WorkloadFacts>, asked: Option<Span>) -> bool {
        self.found.facts += 1;
        let differ = |want: Option<&WorkloadFacts>, got: Option<&WorkloadFacts>| match (want, got) {
            (Some(_), None) => Some(Difference {
                kind: Kind::ServiceMissing,
                owner: Natural::Compose,
                is_of_services: false,
            }),
            (None, Some(_)) => {
                Some(Difference { kind: Kind::ServiceExtra, owner: Natural::Compose, is_of_services: false })
            }
            _ => None,
        };
        let Three { compose, written, cluster } = *states;
        let differences = Differences {
            ahead: differ(compose, written),
            changed: differ(written, cluster),
            left: differ(compose, cluster),
            is_of_cluster: false,
        };
        let standing = written.map(|workload| workload.span);
        let expected = compose.map(|workload| workload.span);
        let list = expected.filter(|_| standing.is_none()).and_then(|span| self.edited_list(span));
        let is_edited = list.is_some() || standing.or(expected).is_some_and(|span| self.is_edited(span));
        if let Some((direction, difference)) = self.direction("", &differences, is_edited, false) {
            let value = |workload: &WorkloadFacts| format!("{} {}", workload.kind, workload.name);
            let side = |workload: Option<&WorkloadFacts>, span: Option<Span>| Side {
                value: workload.map(value),
                span,
            };
            let sides =
                [side(compose, asked), side(cluster.or(written), cluster.or(written).map(|it| it.span))];
            let expected = expected.filter(|_| differences.ahead.is_some());
            self.push(at, String::new(), direction, &difference, sides, expected, None);
            if let (Some(list), Some(drift)) = (list, self.found.drifts.last_mut()) {
                drift.help = message::help(drift, Some(&list), self.terms.overlay);
                drift.expected_in = Some(list);
            }
        }
        compose.is_some() && cluster.is_some()
    }

    fn workload(&mut self, at: &At<'_>, states: &Three<&WorkloadFacts>, more: &MoreVariables) {
        self.facts(at, &states.then(|workload| Some(&workload.facts)), None, more);
        let main = states.compose.and_then(|workload| workload.containers.first());
        let Some(main) = main else { return };
        let containers = states.then(|workload| container(workload, &main.name, at.service));
        let at = At { container: Some(&main.name), ..*at };
        self.facts(&at, &containers.then(|container| Some(&container.facts)), Some(&containers), more);
    }

    fn facts(
        &mut self,
        at: &At<'_>,
        states: &Three<&BTreeMap<Path, Fact>>,
        containers: Option<&Three<&ContainerFacts>>,
        more: &MoreVariables,
    ) {
        let paths: BTreeSet<&Path> = states.each().into_iter().flatten().flat_map(BTreeMap::keys).collect();
        for path in paths {
            let mut facts = states.then(|facts| facts.get(path));
            if self.is_foreign() {
                self.take_alike(path, &mut facts, states.cluster);
            } else {
                facts = facts.then(|fact| Some(fact).filter(|fact| !is_unlisted(fact)));
            }
            if let Some(containers) = containers {
                add_secrets(path, &mut facts, containers);
            }
            self.take_from_tree(path, &mut facts, more);
            if facts.each().iter().any(Option::is_some) {
                self.found.facts += 1;
                let removed = containers.and_then(|it| it.cluster).and_then(|it| removed(it, path));
                self.fact(at, path, &facts, removed);
            }
        }
    }

    /// What is not known of the Compose files is taken from the manifests.
    fn take_from_tree(&mut self, path: &Path, facts: &mut Three<&Fact>, more: &MoreVariables) {
        let is_unknown = facts.compose.is_some_and(|fact| fact.value == Value::Unknown);
        let is_more = matches!(path, Path::Env(name) if facts.compose.is_none() && more.may_have(name));
        if is_unknown || is_more {
            let tree = if self.is_foreign() { facts.cluster } else { facts.written };
            // A variable that is asked for and is not in the manifests is missing, whatever its value.
            let Some(tree) = tree else { return };
            facts.compose = Some(tree);
            self.found.from_tree += 1;
        }
    }

    /// In trees of other tools a health check can be any probe.
    fn take_alike<'f>(
        &self,
        path: &Path,
        facts: &mut Three<&'f Fact>,
        cluster: Option<&'f BTreeMap<Path, Fact>>,
    ) {
        let (Path::Probe(_), Some(_), Some(cluster)) = (path, facts.compose, cluster) else { return };
        let all = || ProbeKind::ALL.into_iter().filter_map(|kind| cluster.get(&Path::Probe(kind)));
        let same = all().find(|fact| difference(path, facts.compose, Some(fact), true).is_none());
        facts.cluster = same.or(facts.cluster).or_else(|| all().next());
    }

    fn fact(&mut self, at: &At<'_>, path: &Path, facts: &Three<&Fact>, removed: Option<Span>) {
        let Three { compose, written, cluster } = *facts;
        let is_foreign = self.is_foreign();
        let ahead = difference(path, compose, written, is_foreign);
        // The tag that your overlay gives to an image is no change of what was written.
        let changed = difference(path, written, cluster, is_foreign)
            .filter(|it| *path != Path::Image || it.owner != Natural::Nobody);
        if !is_foreign && ahead.is_none() && changed.is_none() {
            return;
        }
        let differences = Differences {
            ahead,
            changed,
            left: difference(path, compose, cluster, is_foreign),
            is_of_cluster: cluster.is_some_and(|fact| self.layer(fact.span) == Layer::Cluster),
        };
        // The file that `convert` would write it into, if it is not there.
        let lost = lost_route(compose, written);
        let expected = lost.or(compose.map(|fact| fact.span)).filter(|_| differences.ahead.is_some());
        let standing = written.map(|fact| place(fact, compose)).or(expected);
        let is_edited = [standing, expected].into_iter().flatten().any(|span| self.is_edited(span))
            || lost.is_some_and(|span| self.edited_list(span).is_some());
        // That a secret was written, its example says, which is generated.
        let is_yours = written.is_some_and(|fact| fact.value != Value::Secret)
            && standing.is_some_and(|span| self.layer(span) == Layer::Yours);
        let named = told(path, compose, cluster.or(written));
        let Some((direction, difference)) = self.direction(&named, &differences, is_edited, is_yours) else {
            return;
        };
        let value = |fact: Option<&Fact>| fact.map(|fact| shown(path, &fact.value, self.terms.hidden));
        let mut asked = Side { value: value(compose), span: compose.and_then(|fact| fact.asked) };
        let there = cluster.map(|fact| self.astray(compose, fact).unwrap_or_else(|| place(fact, compose)));
        let there = there.or(removed);
        let mut got = Side { value: value(cluster), span: there };
        // Words beside a secret are not shown either: on the other side it may be in clear, and another one.
        let has_secret = |side: &Side| {
            side.value.as_deref().is_some_and(|value| value.contains(super::text::SECRET))
                && matches!(path, Path::Argv | Path::Probe(_))
        };
        if difference.kind == Kind::EnvPlain || has_secret(&asked) || has_secret(&got) {
            let secret = || Some(super::text::SECRET.to_owned());
            (asked.value, got.value) = (secret(), secret());
        }
        let named = if difference.is_of_services { format!("{named}.service") } else { named };
        let decided = compose.and_then(|fact| fact.decided);
        self.push(at, named, direction, &difference, [asked, got], expected, decided);
    }

    /// Which side has moved, and what is to be reported; nothing if that is nobody's business.
    fn direction(
        &self,
        path: &str,
        differences: &Differences,
        is_edited: bool,
        is_yours: bool,
    ) -> Option<(Direction, Difference)> {
        let Differences { ahead, changed, left, is_of_cluster } = *differences;
        let of_yours = |difference: Difference| {
            let direction = match (self.terms.settings.owner(difference.kind.code(), path), difference.owner)
            {
                // Kubernetes decides in the manifests, not in the cluster.
                (None, Natural::Kubernetes) if is_of_cluster => Direction::Diverged,
                (Some(Owner::Kubernetes), _) | (None, Natural::Kubernetes) => Direction::Override,
                (Some(Owner::Compose), _) | (None, Natural::Compose) => Direction::Diverged,
                (None, Natural::Nobody) => return None,
            };
            Some((direction, difference))
        };
        if self.is_foreign() {
            let difference = left?;
            let owner = self.terms.settings.owner(difference.kind.code(), path);
            return match (owner, difference.owner) {
                (Some(Owner::Kubernetes), _) => Some((Direction::Override, difference)),
                (None, Natural::Nobody) => None,
                _ => Some((Direction::Unknown, difference)),
            };
        }
        match (ahead, changed, left) {
            (None, None, _) | (None, Some(_), None) => None,
            (Some(ahead), None, _) if is_edited => Some((Direction::Diverged, ahead)),
            (Some(ahead), None, _) if is_yours => of_yours(ahead),
            (Some(ahead), None, _) => Some((Direction::Behind, ahead)),
            (None, Some(_), Some(left)) => of_yours(left),
            (Some(ahead), Some(_), None) => Some((Direction::Converged, ahead)),
            (Some(_), Some(_), Some(left)) => Some((Direction::Conflict, left)),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "each is a part of what is reported")]
    fn push(
        &mut self,
        at: &At<'_>,
        path: String,
        direction: Direction,
        difference: &Difference,
        [compose, kubernetes]: [Side; 2],
        expected: Option<Span>,
        decided: Option<Span>,
    ) {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let expected_in = expected.map(|span| self.terms.sources.get(span.source).path().to_owned());
        let mut drift = Drift {
            kind: difference.kind,
            direction,
            is_drift: direction.is_drift(),
            environment: Some(self.sides.environment.to_owned()),
            service: Some(at.service.to_owned()),
            workload: owned(at.workload),
            container: owned(at.container),
            path,
            compose,
            kubernetes,
            expected_in: expected_in.filter(|path| !path.as_str().is_empty()),
            message: String::new(),
            help: String::new(),
            waiver: None,
        };
        drift.message = message::fact(&drift);
        if let Some(span) = decided {
            let place = self.terms.sources.location(span);
            drift.message.push_str(&format!(" (set in {}:{})", place.file, place.line));
        }
        drift.help = message::help(&drift, self.changed_file(&drift).as_deref(), self.terms.overlay);
        let is_in_file = drift.kubernetes.span.is_some_and(|span| span != Span::NOWHERE);
        if self.terms.is_live && direction == Direction::Diverged && !is_in_file {
            drift.help = message::help_of_cluster(&drift);
        }
        self.found.drifts.push(drift);
    }

    /// Where a Service comes to lead elsewhere than to the port that it is to lead to.
    fn astray(&self, want: Option<&Fact>, got: &Fact) -> Option<Span> {
        let name = lost_service(want?, got)?;
        self.sides.cluster.leading.get(name).copied()
    }

    /// The file in which somebody changed what is reported: none that is as it was generated.
    fn changed_file(&self, drift: &Drift) -> Option<Utf8PathBuf> {
        let there = drift.kubernetes.span.filter(|span| *span != Span::NOWHERE);
        let file = there.map(|span| self.terms.sources.get(span.source).path().to_owned());
        let mut files = file.into_iter().chain(drift.expected_in.clone());
        let changed = files.find(|file| (self.terms.layer)(file) != Layer::Generated);
        changed.or_else(|| self.edited_list(there?))
    }

    fn layer(&self, span: Span) -> Layer {
        (self.terms.layer)(self.terms.sources.get(span.source).path())
    }

    fn is_edited(&self, span: Span) -> bool {
        self.layer(span) == Layer::Edited
    }

    /// The kustomization that was edited and lists a file, or the directory that it lies in.
    fn edited_list(&self, span: Span) -> Option<Utf8PathBuf> {
        let file = self.terms.sources.get(span.source).path();
        let mut lists = file.ancestors().skip(1).map(|directory| directory.join("kustomization.yaml"));
        lists.find(|list| (self.terms.layer)(list) == Layer::Edited)
    }
}

/// How three states differ, two by two.
struct Differences {
    /// What was written, from what Compose asks for.
    ahead: Option<Difference>,
    /// What a cluster would get, from what was written.
    changed: Option<Difference>,
    /// What a cluster would get, from what Compose asks for.
    left: Option<Difference>,
    /// Whether a running cluster has it, and no file.
    is_of_cluster: bool,
}

/// Where a fact was taken away from a container.
fn removed(container: &ContainerFacts, path: &Path) -> Option<Span> {
    let all = || container.removed.get(&ALL_VARIABLES).filter(|_| matches!(path, Path::Env(_)));
    container.removed.get(path).or_else(all).copied()
}

/// What tells the workloads of one service apart: nothing, if it has only one of its own.
pub(super) fn id(workload: &WorkloadFacts, service: &ServiceFacts) -> String {
    let own = service.workloads.iter().filter(|other| !other.is_job).count();
    if workload.is_job || own > 1 { workload.name.clone() } else { String::new() }
}

/// The container that a service became.
fn container<'f>(workload: &'f WorkloadFacts, name: &str, service: &str) -> Option<&'f ContainerFacts> {
    let named = |name: &str| workload.containers.iter().find(|container| container.name == name);
    named(name).or_else(|| named(service)).or(workload.containers.first())
}

/// Services lead to this port, and the container does not list it.
fn is_unlisted(fact: &Fact) -> bool {
    matches!(&fact.value, Value::Port(port) if !port.is_listed)
}

/// A variable that is secret on one side is taken to be there on the others where they have a Secret that is made
/// elsewhere: nobody knows its keys.
fn add_secrets<'f>(path: &Path, facts: &mut Three<&'f Fact>, containers: &Three<&ContainerFacts>) {
    let is_secret = |fact: &&Fact| fact.value == Value::Secret;
    let Some(secret) = facts.each().into_iter().flatten().find(is_secret) else { return };
    if !matches!(path, Path::Env(_)) {
        return;
    }
    let fill = |fact: &mut Option<&'f Fact>, container: Option<&ContainerFacts>| {
        if fact.is_none() && container.is_some_and(|container| container.has_more_secrets) {
            *fact = Some(secret);
        }
    };
    fill(&mut facts.compose, containers.compose);
    fill(&mut facts.written, containers.written);
    fill(&mut facts.cluster, containers.cluster);
}

#[cfg(test)]
mod tests;
