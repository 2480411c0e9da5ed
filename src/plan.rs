//! **Decisions**: which objects a project becomes, and what becomes of every key that was read.
//!
//! A [`Plan`] is complete: rendering only writes it down. It holds Kubernetes' own types where
//! Kubernetes has one (a pod, a probe), and types of its own where several objects or files come of
//! one decision (an app, a workload, a bundle of variables).

mod decide;
mod facts;
mod fate;
mod input;
mod keys;
mod ledger;
pub mod mapping;
mod model;
mod naming;
mod place;
pub mod reasons;

use std::{borrow::Cow, collections::BTreeSet};

use self::{
    facts::{Context, Facts, anonymous, reader::Reader},
    naming::Naming,
};
pub use self::{
    facts::{
        bound::{BindKind, bind_kinds},
        dockerfiles::checked_by_images,
        hosts::machine::is_machine,
        named::warn_of_unknown_profiles,
        starts::{ServiceStart, starts},
    },
    fate::{Fate, FateKind, KeyPath, in_words},
    input::{Earlier, Input, Options},
    keys::{Drawn, KeyFate, Refusal, keys, keys_without_values},
    ledger::Ledger,
    model::{
        Allowed, App, Artifact, Autoscaler, Budget, BuildSecret, Bundle, CONCEALED, ClusterService,
        CodeMount, Component, Concealed, DataOrigin, Development, Environment, ExternalSecrets, FileBundle,
        Forward, Further, Image, Intent, JOBS_LABEL, Kind, Known, Moved, NetworkPolicy, Overlap, Places,
        Plan, Route, Routes, Run, SERVICE_LABEL, SecretBundle, Start, Step, Store, Sync, Unit, Update, Value,
        Variable, Wait, Workload,
    },
    place::development::workspace,
};
use crate::{
    compose::{self, model::Project},
    diag::Report,
    secret,
    text::Files,
};

/// Decides what a project becomes in all its environments, and what the files that all of them share become by
/// themselves. What cannot be decided is reported; the plan is then incomplete.
pub fn plan(
    inputs: &[Input<'_>],
    shared: Option<&Input<'_>>,
    options: &Options,
    files: &dyn Files,
    report: &mut Report,
) -> Plan {
    let mut own = report.empty();
    let plan = plan_with((inputs, shared), options, &Reader::new(files), &mut own);
    // Environments share files: what is wrong with a line of one is wrong with it in all.
    report.append_new(own);
    plan
}

/// The variables of files that a project uses as secrets: those that secret variables of its services are drawn from,
/// and what its files, as they are written, have in the place of a secret.
pub fn secret_sources(project: &Project) -> BTreeSet<String> {
    let is_secret = |key: &str| secret::is_secret_key(key);
    let drawn = project.services.values().flat_map(|service| facts::secrets::sources_of(service, &is_secret));
    drawn
        .chain(project.documents.iter().flat_map(|document| compose::secret_sources(&document.tree)))
        .collect()
}

/// The same with what reads the files.
fn plan_with(
    (inputs, shared): (&[Input<'_>], Option<&Input<'_>>),
    options: &Options,
    reader: &Reader<'_>,
    report: &mut Report,
) -> Plan {
    let projects: Vec<&Project> = inputs.iter().map(|input| input.project).collect();
    // The shared files alone give nothing its name.
    let naming = Naming::choose(&projects, &options.earlier, report);
    let kept: Vec<Cow<'_, Project>> = inputs
        .iter()
        .chain(shared)
        .map(|input| anonymous::named(&Context::of(input, &naming, options, reader), input.project))
        .collect();
    let named: Vec<Input<'_>> = inputs
        .iter()
        .chain(shared)
        .zip(&kept)
        .map(|(input, project)| Input { project, ..input.clone() })
        .collect();
    let (inputs, shared) = (&named[..inputs.len()], shared.and(named.last()));
    let found = facts::secrets::find((inputs, shared), options, reader.files, report);
    // What they give comes last, behind the environments.
    let all = || inputs.iter().chain(shared);
    let facts: Vec<Facts<'_>> = all().map(|input| Facts::find(input, &naming, options, reader)).collect();
    let mut ledgers: Vec<Ledger> = all().map(|_| Ledger::default()).collect();
    let decided = decide::decide(&facts, &found, &mut ledgers, report);
    place::place((inputs, shared, options), (&facts, &found), decided, ledgers, report)
}

#[cfg(test)]
mod tests;
