//! Secrets whose values come from a store rather than from files.

use crate::{
    diag::{Diagnostic, Report, codes},
    plan::{
        input::Input,
        model::{Environment, ExternalSecrets},
        place::versions,
    },
};

/// The store of an environment, if it has one. A store serves many projects: its names tell them apart.
pub(super) fn secrets(input: &Input<'_>) -> Option<ExternalSecrets> {
    let prefix = format!("{}-{}", input.project.name, input.name);
    input.store.clone().map(|store| ExternalSecrets { store, prefix })
}

/// An operator makes Secrets and nothing else: what stands in clear in other objects stays in patches.
pub(super) fn warn_of_concealed(environments: &[Environment], inputs: &[Input<'_>], report: &mut Report) {
    for (environment, input) in environments.iter().zip(inputs) {
        let workloads = environment.apps.iter().flat_map(|app| &app.workloads);
        let concealed = workloads.filter(|workload| workload.concealed.is_some());
        for workload in concealed.filter(|_| environment.external_secrets.is_some()) {
            let message = format!(
                "`{}` of {} has a secret in clear, which cannot come from the store",
                workload.name, environment.name
            );
            report.push(
                Diagnostic::warning(codes::SECRET_NOT_EXTERNAL, message)
                    .at(versions::place(input, workload), "in this service")
                    .help("it stays in a patch that git ignores; better is a variable or a file"),
            );
        }
    }
}
