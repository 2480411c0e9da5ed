//! What the services of a project start, for those who look at it and decide nothing.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    context::Context,
    reader::{Reader, place_of_dockerfile},
    source::Source,
};
use crate::{
    compose::model::{Build, Project, Service},
    diag::Report,
    plan::{
        input::{Earlier, Input, Options},
        naming::Naming,
    },
    shell::{
        Behaviour, TextOfCommand,
        command_line::{self, Invocation},
        habits::Habits,
    },
    text::Files,
};

/// The usual output directory.
const OUTPUT: &str = "k8s";

/// What a service starts, as far as files tell.
#[derive(Debug)]
pub struct ServiceStart {
    /// The attribute that says so: `entrypoint`, `command` or `build`.
    pub attribute: &'static str,
    /// Its words.
    pub words: Vec<String>,
    /// What it does.
    pub behaviour: Behaviour,
    /// What people would write differently in its script, and the script.
    pub habits: Option<(Habits, TextOfCommand)>,
    /// The file that the script is.
    pub file: Option<Utf8PathBuf>,
    /// Files of the project that it needs, and that are not there.
    pub missing: Vec<Utf8PathBuf>,
}

/// What the services of a project start, by their names.
pub fn starts(project: &Project, files: &dyn Files) -> BTreeMap<String, ServiceStart> {
    with_context(project, files, all)
}

/// Looks at a project of which it is not known what is made of it.
pub(super) fn with_context<T>(
    project: &Project,
    files: &dyn Files,
    look: impl FnOnce(&Context<'_>) -> T,
) -> T {
    let output = project.directory.join(OUTPUT);
    let (input, options) = (Input::new("local", project), Options { output, ..Options::default() });
    let naming = Naming::choose(&[project], &Earlier::default(), &mut Report::default());
    look(&Context::of(&input, &naming, &options, &Reader::new(files)))
}

fn all(context: &Context<'_>) -> BTreeMap<String, ServiceStart> {
    let starts = context.services().map(|(name, service)| {
        let source = Source::of(context, name, service);
        let habits = source.habits();
        let file =
            habits.as_ref().filter(|(_, text)| text.is_file).and_then(|(_, text)| source.place(&text.name));
        let start = ServiceStart {
            attribute: source.start.attribute,
            behaviour: source.behaviour(),
            missing: missing(&source, service),
            words: source.start.whole,
            habits,
            file,
        };
        (name.to_owned(), start)
    });
    starts.collect()
}

/// The script that is started from a mount, and the Dockerfile that is named, if they are not there.
fn missing(source: &Source<'_>, service: &Service) -> Vec<Utf8PathBuf> {
    let is_here = |path: &Utf8Path| source.context.files.kind(path).is_some();
    let is_lost = |path: &Utf8PathBuf| {
        path.starts_with(source.context.directory()) && path.parent().is_some_and(is_here) && !is_here(path)
    };
    let script = match command_line::read(&source.start.whole) {
        Some(Invocation::File { path, .. }) => source.mounted(Utf8Path::new(&path)),
        _ => None,
    };
    let dockerfile = service.build.as_ref().and_then(|build| dockerfile(&build.value, source.context.files));
    script.into_iter().chain(dockerfile).filter(is_lost).collect()
}

fn dockerfile(build: &Build, files: &dyn Files) -> Option<Utf8PathBuf> {
    // Compose puts in the usual name, which nothing in the file has.
    build.dockerfile.as_ref().filter(|name| name.value != "Dockerfile")?;
    place_of_dockerfile(build, files)
}
