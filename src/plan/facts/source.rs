//! Where the scripts and crontabs of a service are looked for: in its own words, among its mounts, and in what
//! its Dockerfile copies into the image.

use camino::{Utf8Path, Utf8PathBuf};

use super::{context::Context, dockerfiles, secrets};
use crate::{
    catalog::base_name,
    compose::model::{Build, Command, Service},
    shell::{
        self, Loop, Script,
        command_line::{self, Invocation},
        dockerfile::{Dockerfile, Stage},
    },
    text::Spanned,
};

/// Where programs lie that a command names without a path.
const PROGRAMS: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The words that a service starts with.
pub(in crate::plan) struct Start {
    /// All of them, as far as they are known.
    pub(in crate::plan) whole: Vec<String>,
    /// Those of `command`, if the image's own entrypoint stands before them.
    pub(in crate::plan) arguments: Option<Vec<String>>,
    /// Is it unknown what stands before them?
    pub(in crate::plan) behind_entrypoint: bool,
    /// The attribute that says them.
    pub(in crate::plan) attribute: &'static str,
}

/// Looks at a service with all that can be read of it. Reading Dockerfiles is for services whose own words
/// say nothing.
pub(in crate::plan) fn look_at<T>(
    context: &Context<'_>,
    name: &str,
    service: &Service,
    images: &mut Images,
    look: impl FnOnce(&Source<'_>, &Start) -> T,
) -> T {
    let image = images.of(context, service);
    let stage = image.as_ref().map(Dockerfile::built);
    let environment = |variable: &str| {
        let own = secrets::variables(service).filter(|(key, _)| *key == variable).last();
        own.map(|(_, value)| value.to_owned()).or_else(|| stage?.environment.get(variable).cloned())
    };
    let source = Source { context, service, image: image.as_ref(), environment: &environment, name };
    look(&source, &start(service, stage))
}

fn start(service: &Service, stage: Option<&Stage>) -> Start {
    let words = |command: Option<&Spanned<Command>>| -> Option<Vec<String>> {
        command.map(|command| command.value.iter().map(|word| word.value.clone()).collect())
    };
    let entrypoint = words(service.entrypoint.as_ref());
    let command = words(service.command.as_ref());
    let known = entrypoint.clone().or_else(|| stage.and_then(|stage| stage.entrypoint.clone()));
    let of_image = || stage.filter(|_| entrypoint.is_none()).and_then(|stage| stage.command.clone());
    let rest = command.clone().or_else(of_image);
    Start {
        whole: known.iter().chain(&rest).flatten().cloned().collect(),
        behind_entrypoint: known.is_none() && command.is_some(),
        arguments: command.filter(|_| entrypoint.is_none()),
        attribute: match (&service.entrypoint, &service.command) {
            (Some(_), _) => "entrypoint",
            (None, Some(_)) => "command",
            (None, None) => "build",
        },
    }
}

/// Where the script of a service is looked for.
pub(in crate::plan) struct Source<'a> {
    pub(in crate::plan) context: &'a Context<'a>,
    pub(in crate::plan) service: &'a Service,
    pub(in crate::plan) image: Option<&'a Dockerfile>,
    pub(in crate::plan) environment: &'a (dyn Fn(&str) -> Option<String> + Sync),
    pub(in crate::plan) name: &'a str,
}

impl Source<'_> {
    /// What the words of a command run, if that is a script that can be read here.
    pub(in crate::plan) fn read(&self, words: &[String]) -> Option<Loop> {
        let (text, name, arguments, shell) = match command_line::read(words)? {
            Invocation::Inline { shell, text, name, arguments } => {
                (text, name.unwrap_or_default(), arguments, shell)
            }
            Invocation::File { shell, path, arguments } => {
                let text =
                    self.file(&path).filter(|text| !shell.is_empty() || command_line::is_shell_script(text));
                match text {
                    Some(text) => (text, path, arguments, shell),
                    // A cron daemon, or `watch`: the words themselves are the script.
                    None => (shell::line(words), String::new(), Vec::new(), Vec::new()),
                }
            }
        };
        Some(shell::read(&Script {
            text: &text,
            name: &name,
            arguments: &arguments,
            shell: &shell,
            environment: self.environment,
            stagger: self.context.stagger.then_some(self.name),
        }))
    }

    /// The text of a file in the container. A program without a path is looked for where `PATH` leads.
    pub(in crate::plan) fn file(&self, path: &str) -> Option<String> {
        let directory = self.service.working_dir.as_ref().map(|directory| directory.value.as_str());
        let directory = directory.or_else(|| Some(self.stage()?.directory.as_str())).unwrap_or("/");
        self.file_at(&Utf8Path::new(directory).join(path)).or_else(|| {
            let own = (self.environment)("PATH").unwrap_or_default();
            let mut places =
                own.split(':').filter(|place| place.starts_with('/')).chain(PROGRAMS.iter().copied());
            places
                .find_map(|place| self.file_at(&Utf8Path::new(place).join(path)))
                .filter(|_| !path.contains('/'))
        })
    }

    fn file_at(&self, path: &Utf8Path) -> Option<String> {
        if let Some(content) = self.configured(path) {
            return Some(content);
        }
        let read = |place: Utf8PathBuf| String::from_utf8(self.context.files.read(&place).ok()?).ok();
        match self.mounted(path) {
            Some(place) => read(place),
            None => self.copied(path).into_iter().find_map(read),
        }
    }

    /// The stage of the Dockerfile that is built.
    pub(in crate::plan) fn stage(&self) -> Option<&Stage> {
        self.image.map(Dockerfile::built)
    }

    /// The files of a folder in the container, as far as mounts and the Dockerfile name them; the folder
    /// itself, if it is mounted as a whole.
    pub(in crate::plan) fn files_below(&self, folder: &str) -> Vec<String> {
        let mounts = self.service.volumes.iter().flat_map(|field| &field.value);
        let mounted = mounts.filter_map(|mount| mount.target.as_ref()).map(|target| target.value.clone());
        let copies = self.stage().into_iter().flat_map(|stage| &stage.copies);
        let copied = copies.flat_map(|(sources, target)| {
            let names = sources.iter().map(|source| base_name(source).to_owned());
            let is_folder = target.ends_with('/');
            names.map(move |name| if is_folder { format!("{target}{name}") } else { target.clone() })
        });
        let prefix = format!("{folder}/");
        let is_within = |path: &String| path.starts_with(&prefix) || path.trim_end_matches('/') == folder;
        mounted.chain(copied).filter(is_within).collect()
    }

    /// The content of a config that stands in the compose file.
    fn configured(&self, path: &Utf8Path) -> Option<String> {
        let mut configs = self.service.configs.iter().flat_map(|field| &field.value);
        let reference = configs.find_map(|reference| {
            let source = &reference.value.source.as_ref()?.value;
            let target = reference.value.target.as_ref().map(|target| target.value.as_str());
            let is_here = target.map_or_else(|| *path == format!("/{source}"), |target| *path == *target);
            is_here.then_some(source)
        })?;
        let config = &self.context.project.configs.get(reference.as_str())?.value;
        let file = || {
            let bytes = self.context.files.read(Utf8Path::new(&config.file.as_ref()?.value)).ok()?;
            String::from_utf8(bytes).ok()
        };
        config.content.as_ref().map(|content| content.value.clone()).or_else(file)
    }

    fn mounted(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let mounts = self.service.volumes.iter().flat_map(|field| &field.value);
        let mut best: Option<(usize, Utf8PathBuf)> = None;
        for mount in mounts {
            let is_bind = mount.r#type.as_ref().is_some_and(|kind| kind.value == "bind");
            let (Some(source), Some(target)) = (&mount.source, &mount.target) else { continue };
            let Ok(below) = path.strip_prefix(target.value.trim_end_matches('/')) else { continue };
            let length = target.value.len();
            if is_bind && best.as_ref().is_none_or(|(known, _)| *known < length) {
                let source = Utf8Path::new(&source.value);
                let place = if below.as_str().is_empty() { source.to_owned() } else { source.join(below) };
                best = Some((length, place));
            }
        }
        best.map(|(_, place)| place)
    }

    /// Where it may lie among what is built.
    fn copied(&self, path: &Utf8Path) -> Vec<Utf8PathBuf> {
        let build = self.service.build.as_ref().and_then(|build| build.value.context.as_ref());
        let (Some(context), Some(image)) = (build, self.image) else { return Vec::new() };
        let places =
            image.origins(path.as_str()).into_iter().map(|origin| Utf8Path::new(&context.value).join(origin));
        // Nothing outside of what is built.
        places.filter(|place| !place.components().any(|part| part.as_str() == "..")).collect()
    }
}

/// The Dockerfiles that were read, by how they are built.
#[derive(Default)]
pub(in crate::plan) struct Images {
    known: Vec<(Build, Option<Dockerfile>)>,
}

impl Images {
    pub(in crate::plan) fn of(&mut self, context: &Context<'_>, service: &Service) -> Option<Dockerfile> {
        let build = &service.build.as_ref()?.value;
        if let Some((_, known)) = self.known.iter().find(|(known, _)| known == build) {
            return known.clone();
        }
        let read = dockerfiles::of(build, context.files);
        self.known.push((build.clone(), read.clone()));
        read
    }
}
