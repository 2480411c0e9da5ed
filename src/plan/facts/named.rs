//! Names in the settings that nothing has: a typing error would leave a secret in clear, or a service out.

use std::collections::BTreeSet;

use crate::{
    compose::model::Project,
    diag::{Diagnostic, Report, codes},
    plan::{
        input::{Input, Options},
        model::Known,
    },
    text::{Spanned, nearest},
};

/// Warns of the variables that `secrets` names and no service, build or file of variables has. Where files are
/// missing, nobody knows.
pub(in crate::plan) fn warn_of_unknown(inputs: &[Input<'_>], options: &Options, report: &mut Report) {
    if inputs.iter().any(|input| input.known != Known::All) {
        return;
    }
    let known = names(inputs);
    for (setting, wanted) in [("also", &options.secret), ("never", &options.not_secret)] {
        for (name, span) in wanted.iter().filter(|(name, _)| !known.contains(name.as_str())) {
            let message = format!("`secrets.{setting}` names `{name}`, a variable that nothing has");
            let help = help(name, &known, "name a variable of a service, or take it out");
            report.push(Diagnostic::warning(codes::UNKNOWN_NAME, message).at(*span, "here").help(help));
        }
    }
}

/// Warns of the active profiles that no service of the project has: compose does not.
pub fn warn_of_unknown_profiles(profiles: &[Spanned<String>], project: &Project, report: &mut Report) {
    let services = project.services.values().chain(project.disabled_services.values());
    let known = services.flat_map(|service| service.value.profiles.iter().flat_map(|own| &own.value));
    let known: BTreeSet<&str> = known.map(|profile| profile.value.as_str()).collect();
    let is_unknown =
        |profile: &&Spanned<String>| profile.value != "*" && !known.contains(profile.value.as_str());
    for Spanned { value, span, .. } in profiles.iter().filter(is_unknown) {
        let help = help(value, &known, "give it to a service, or take it out");
        let message = format!("no service has the profile `{value}`");
        report.push(Diagnostic::warning(codes::UNKNOWN_NAME, message).at(*span, "here").help(help));
    }
}

/// The nearest name that there is.
fn help(name: &str, known: &BTreeSet<&str>, otherwise: &str) -> String {
    match nearest(name, known.iter().copied()) {
        Some(known) => format!("there is `{known}`"),
        None => otherwise.to_owned(),
    }
}

/// The variables of all services and builds, and those that the files were read with.
fn names<'a>(inputs: &[Input<'a>]) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for project in inputs.iter().map(|input| input.project) {
        names.extend(project.variables.keys().map(String::as_str));
        let services = project.services.values().chain(project.disabled_services.values());
        for service in services.map(|service| &service.value) {
            let arguments = service.build.iter().filter_map(|build| build.value.args.as_ref());
            let entries = service.environment.iter().chain(arguments).flat_map(|field| field.value.iter());
            names.extend(entries.map(|(name, _)| name.as_str()));
        }
    }
    names
}
