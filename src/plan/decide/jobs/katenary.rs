//! The label by which Katenary makes a CronJob of a service: a text in YAML with a schedule and a command.

use super::job::{Job, Jobs, Said};
use crate::{
    compose::model::Service,
    diag::Report,
    plan::{
        decide::schedule,
        facts::Facts,
        reasons::{self, Reason},
    },
    shell::crontab,
    text::Sources,
    yaml::{Node, Value, parse},
};

/// What stands behind `katenary.` and its version.
const LABEL: &str = "/cronjob";
/// Settings that are followed.
const KNOWN: &[&str] = &["command", "schedule"];

/// The CronJob that the label of a service asks for, in the place of its own workload.
pub(super) fn find(facts: &Facts<'_>, name: &str, service: &Service) -> Option<Jobs> {
    let mut labels = service.labels.iter().flat_map(|labels| labels.value.iter());
    let (key, value) = labels.find(|(key, _)| key.starts_with("katenary.") && key.ends_with(LABEL))?;
    let said = |said| (vec!["labels".to_owned(), key.clone()], said);
    let found = match schedule::obstacle(&facts.hosts, name, service) {
        Some(reason) => Err(reason),
        None => job(&value.value, facts.context.stagger.then_some(name)),
    };
    Some(match found {
        Ok((job, note)) => {
            let said = said(note.map_or(Said::Mapped, Said::Differs));
            Jobs { instead: true, jobs: vec![job], said: vec![said], ..Jobs::default() }
        }
        Err(reason) => Jobs { said: vec![said(Said::Not(reasons::is_no_job(reason)))], ..Jobs::default() },
    })
}

/// The job, and what of it is not as the label has it.
fn job(text: &str, stagger: Option<&str>) -> Result<(Job, Option<Reason>), String> {
    let settings = read(text).ok_or("its value is a mapping in YAML, with `schedule` and `command`")?;
    let wanted = settings.iter().find(|(key, _)| key == "schedule").map(|(_, value)| value.join(" "));
    let wanted = wanted.ok_or("it names no `schedule`")?;
    let when = crontab::of_text(&wanted, stagger)?;
    let command = settings.iter().find(|(key, _)| key == "command").map(|(_, value)| value.as_slice());
    let words = match command {
        Some([text]) => ["/bin/sh", "-c", text].map(str::to_owned).to_vec(),
        words => words.unwrap_or_default().to_vec(),
    };
    let others: Vec<String> = settings
        .iter()
        .map(|(key, _)| key)
        .filter(|key| !KNOWN.contains(&key.as_str()))
        .map(|key| format!("`{key}`"))
        .collect();
    let note = (!others.is_empty()).then(|| reasons::follows_schedule_and_command(others.join(", ")));
    let comments =
        std::iter::once(format!("the label of Katenary says `{wanted}`")).chain(when.note).collect();
    // Katenary leaves it at what Kubernetes does.
    Ok((Job { schedule: when.schedule, words, may_overlap: true, comments, ..Job::default() }, note))
}

/// The settings of a label, each with its words.
fn read(text: &str) -> Option<Vec<(String, Vec<String>)>> {
    let mut sources = Sources::default();
    let id = sources.add("label", text);
    let documents = parse::documents(&sources, id, &mut Report::default())?;
    let Value::Map(map) = documents.into_iter().next()?.value else { return None };
    let words = |node: &Node| match &node.value {
        Value::Seq(items) => items.iter().map(written).collect(),
        _ => vec![written(node)],
    };
    Some(map.iter().map(|(key, value)| (key.text.clone(), words(value))).collect())
}

fn written(node: &Node) -> String {
    node.as_str().map(str::to_owned).unwrap_or_default()
}
