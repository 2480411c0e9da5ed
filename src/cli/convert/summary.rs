//! What a run has to say to people at its end: where the tree differs from compose, what is left to do, and how much of
//! a cluster it asks for. Programs read the JSON report.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaim};

use super::key_report::KeyReport;
use crate::{
    k8s::quantity,
    page,
    plan::{Environment, FateKind, KeyPath, Kind, Workload, reasons::Reason},
    text::{Sources, Span, shown::one_line},
};

/// The longest line, in characters. `-v` and the JSON report have all of it.
const LONGEST_LINE: usize = 200;

/// What a difference means to whoever runs the tree, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Block {
    WillNotStart,
    BehavesDifferently,
    ForYouToDo,
}

/// The ids of reasons that keep a pod from starting.
const WILL_NOT_START: &[&str] =
    &["code-without-image", "illegal-image", "missing", "too-large", "unreadable"];

/// The ids of reasons that ask for something outside of the tree.
const FOR_YOU_TO_DO: &[&str] = &[
    "built-alike",
    "has-to-be-there",
    "names-to-numbers",
    "node-label",
    "not-built",
    "owner-unknown",
    "published",
    "runtime-class",
    "storage-class",
];

impl Block {
    fn of(id: &str) -> Self {
        match id {
            _ if WILL_NOT_START.contains(&id) => Block::WillNotStart,
            _ if FOR_YOU_TO_DO.contains(&id) => Block::ForYouToDo,
            _ => Block::BehavesDifferently,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Block::WillNotStart => "Will not start",
            Block::BehavesDifferently => "Behaves differently",
            Block::ForYouToDo => "For you to do",
        }
    }
}

/// All that one cause does: the first key that it concerns, its places, and the parts of keys that it is about.
struct Line<'a> {
    first: (Span, String),
    places: BTreeSet<Span>,
    /// The key of the last place: what is below it follows, and is told with it.
    last: Option<&'a KeyPath>,
    subjects: Vec<&'a str>,
    text: &'a str,
}

/// A line for each cause by which the tree differs from what compose does, in blocks.
pub(super) fn differences(keys: &[KeyReport], sources: &Sources) -> String {
    let mut text = String::new();
    for page::Block { title, lines } in blocks(keys, sources) {
        text += &format!("{title}:\n");
        lines.iter().for_each(|line| text += &format!("  {}\n", shortened(line)));
    }
    text
}

/// The blocks with their lines at full length.
pub(super) fn blocks(keys: &[KeyReport], sources: &Sources) -> Vec<page::Block> {
    let mut lines: IndexMap<(Block, &str), Line<'_>> = IndexMap::new();
    for key in keys {
        for (reason, block) in told(key) {
            let (subject, text) = reason;
            let line = lines.entry((block, text)).or_insert_with(|| Line {
                first: (key.span(), key.path()),
                places: BTreeSet::new(),
                last: None,
                subjects: Vec::new(),
                text,
            });
            if !line.last.is_some_and(|above| key.key.path.is_below(above)) {
                line.places.insert(key.span());
                line.last = Some(&key.key.path);
            }
            if !subject.is_empty() && !line.subjects.contains(&subject) {
                line.subjects.push(subject);
            }
        }
    }
    lines.sort_by(|(block, _), line, (other_block, _), other| {
        (block, line.first.0).cmp(&(other_block, other.first.0))
    });
    let mut blocks: Vec<page::Block> = Vec::new();
    let mut current = None;
    for ((block, _), line) in &lines {
        if current != Some(block) {
            blocks.push(page::Block { title: block.title().to_owned(), lines: Vec::new() });
            current = Some(block);
        }
        blocks.iter_mut().last().into_iter().for_each(|block| block.lines.push(line.written(sources)));
    }
    blocks
}

/// Whether a key has a line in the summary.
pub(super) fn is_listed(key: &KeyReport) -> bool {
    !told(key).is_empty()
}

/// What a key has to tell: subject and text of each reason, and the block that it belongs to.
fn told(key: &KeyReport) -> Vec<((&str, &str), Block)> {
    let part = |reason: &'_ Reason| Block::of(reason.id);
    let mut told: Vec<((&str, &str), Block)> = Vec::new();
    match key.kind() {
        // A schedule may be another one in each environment: its words name them.
        FateKind::Approximated if key.differs_by_environment() && key.own_reasons().next().is_some() => {
            told.push((("", key.reason()), Block::BehavesDifferently));
        }
        FateKind::Approximated => {
            told.extend(
                key.own_reasons()
                    .map(|reason| ((reason.subject.as_str(), reason.text.as_str()), part(reason))),
            );
        }
        // The others have been told already.
        FateKind::Unsupported => {
            let worst = key.own_reasons().filter(|reason| part(reason) == Block::WillNotStart);
            told.extend(
                worst.map(|reason| ((reason.subject.as_str(), reason.text.as_str()), Block::WillNotStart)),
            );
        }
        FateKind::Mapped | FateKind::Ignored => {}
    }
    told.extend(
        key.differences().map(|reason| ((reason.subject.as_str(), reason.text.as_str()), part(reason))),
    );
    told
}

impl Line<'_> {
    fn written(&self, sources: &Sources) -> String {
        let more = match self.places.len() {
            0 | 1 => String::new(),
            number => format!(" (and {} more)", number - 1),
        };
        let subjects = match self.subjects.as_slice() {
            [] => String::new(),
            subjects => format!("{}: ", some(subjects)),
        };
        let (span, path) = &self.first;
        format!("{}: {path}{more}: {subjects}{}", sources.location(*span), self.text)
    }
}

/// The first of some names, and how many there are beside.
fn some(names: &[&str]) -> String {
    match names {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        few => few.join(", "),
    }
}

/// A line of no more characters than people read.
fn shortened(line: &str) -> String {
    let line = one_line(line);
    if line.chars().count() <= LONGEST_LINE {
        return line.into_owned();
    }
    let kept: String = line.chars().take(LONGEST_LINE - 1).collect();
    format!("{kept}…")
}

/// What an environment asks of its cluster.
pub(super) fn totals(environment: &Environment) -> String {
    let workloads = || environment.apps.iter().flat_map(|app| &app.workloads);
    let (mut pods, mut cpu, mut memory) = (0, 0.0, 0.0);
    for workload in workloads() {
        let number = pods_of(workload);
        pods += number;
        for container in &workload.pod.containers {
            cpu += f64::from(number) * asked(container, "cpu");
            memory += f64::from(number) * asked(container, "memory");
        }
    }
    let own = environment.apps.iter().flat_map(|app| &app.claims).chain(&environment.claims);
    let templates = workloads().flat_map(|workload| {
        workload.claim_templates.iter().map(|claim| (claim, f64::from(pods_of(workload).max(1))))
    });
    let sizes: Vec<f64> =
        own.map(|claim| (claim, 1.0)).chain(templates).map(|(claim, times)| size(claim) * times).collect();
    let files = environment.origin.join(" + ");
    let mut text = format!("{} ({files}): {}", environment.name, counted(pods, "pod"));
    if !sizes.is_empty() {
        let count = i32::try_from(sizes.len()).unwrap_or(i32::MAX);
        text += &format!(", {} of {}", counted(count, "claim"), bytes(sizes.iter().sum()));
    }
    text += &format!("; requests {} CPU and {} of memory", cpus(cpu), bytes(memory));
    shortened(&text)
}

/// The workloads that are no Deployments in some environment: a line for each kind and each reason for it.
pub(super) fn kinds<'a>(environments: impl Iterator<Item = &'a Environment>) -> Vec<String> {
    let mut kinds: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    let apps = environments.flat_map(|environment| &environment.apps);
    for workload in apps.flat_map(|app| &app.workloads) {
        let kind = match workload.kind {
            Kind::Deployment { .. } => continue,
            Kind::StatefulSet { .. } => "StatefulSet",
            Kind::DaemonSet => "DaemonSet",
            Kind::Job { .. } => "Job",
            Kind::CronJob { .. } => "CronJob",
        };
        let names = kinds.entry((kind, workload.why)).or_default();
        if !names.contains(&workload.name.as_str()) {
            names.push(&workload.name);
        }
    }
    let written = kinds.into_iter().map(|((kind, why), names)| format!("{kind}: {} ({why})", some(&names)));
    written.map(|line| shortened(&line)).collect()
}

/// How many pods a workload has at once: a DaemonSet one a node, a CronJob none for most of the time.
fn pods_of(workload: &Workload) -> i32 {
    match &workload.kind {
        Kind::Deployment { replicas, .. } | Kind::StatefulSet { replicas } => replicas.unwrap_or(1),
        Kind::Job { completions, .. } => completions.unwrap_or(1),
        Kind::DaemonSet => 1,
        Kind::CronJob { .. } => 0,
    }
}

/// What a container asks for: its request, else its limit, which the API server takes for it.
fn asked(container: &Container, name: &str) -> f64 {
    let Some(resources) = &container.resources else { return 0.0 };
    let quantities = [&resources.requests, &resources.limits].into_iter().flatten();
    let found = quantities.into_iter().find_map(|quantities| quantities.get(name));
    found.and_then(|quantity| quantity::amount(&quantity.0)).unwrap_or_default()
}

fn size(claim: &PersistentVolumeClaim) -> f64 {
    let resources = claim.spec.as_ref().and_then(|spec| spec.resources.as_ref());
    let storage = resources.and_then(|resources| resources.requests.as_ref()?.get("storage"));
    storage.and_then(|quantity| quantity::amount(&quantity.0)).unwrap_or_default()
}

fn counted(number: i32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// CPUs with as many digits as are of interest: `0.35`, `12`.
fn cpus(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Bytes in the unit that people use for so many.
fn bytes(number: f64) -> String {
    const MEBI: f64 = 1024.0 * 1024.0;
    let (amount, unit) =
        if number < 1024.0 * MEBI { (number / MEBI, "MiB") } else { (number / 1024.0 / MEBI, "GiB") };
    let text = format!("{amount:.1}");
    format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        for (number, expected) in [(0.35, "0.35"), (12.0, "12"), (0.0, "0"), (1.5, "1.5")] {
            assert_eq!(cpus(number), expected);
        }
        for (number, expected) in
            [(134_217_728.0, "128 MiB"), (1_610_612_736.0, "1.5 GiB"), (10_737_418_240.0, "10 GiB")]
        {
            assert_eq!(bytes(number), expected);
        }
    }

    #[test]
    fn blocks_are_made_of_reasons_that_there_are() {
        let known: BTreeSet<&str> = crate::plan::reasons::all().map(|reason| reason.id).collect();
        for id in WILL_NOT_START.iter().chain(FOR_YOU_TO_DO) {
            assert!(known.contains(id), "{id}");
        }
    }

    #[test]
    fn lines_are_cut() {
        assert_eq!(shortened(&"a".repeat(LONGEST_LINE)).len(), LONGEST_LINE);
        assert_eq!(shortened(&"ä".repeat(500)).chars().count(), LONGEST_LINE);
    }
}
