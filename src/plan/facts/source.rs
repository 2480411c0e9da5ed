//! Where the scripts and crontabs of a service are looked for: in its own words, among its mounts, and in what
//! its Dockerfile copies into the image.

use std::{collections::BTreeSet, rc::Rc};

use camino::{Utf8Path, Utf8PathBuf};

use super::{context::Context, secrets};
use crate::{
    catalog::{Image, base_name},
    compose::model::{Command, Service},
    shell::{
        Behaviour, Started, TextOfCommand,
        dockerfile::{Dockerfile, Stage},
        habits::Habits,
    },
    text::{FileKind, Spanned},
};

/// The name of what lies right in a folder.
fn child<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    let name = path.trim_end_matches('/').strip_prefix(folder)?.strip_prefix('/')?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// Where programs lie that a command names without a path.
const PROGRAMS: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The words that a service starts with.
pub(in crate::plan) struct Start {
    /// All of them, as far as they are known.
    pub(in crate::plan) whole: Vec<String>,
    /// Those of `command`, if the image's own entrypoint stands before them.
    pub(in crate::plan) arguments: Option<Vec<String>>,
    /// Whether it is unknown what stands before them.
    pub(in crate::plan) behind_entrypoint: bool,
    /// The attribute that says them.
    pub(in crate::plan) attribute: &'static str,
}

impl Start {
    fn of(service: &Service, stage: Option<&Stage>) -> Self {
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
            behind_entrypoint: known.is_none() && (command.is_some() || stage.is_none()),
            arguments: command.filter(|_| entrypoint.is_none()),
            attribute: match (&service.entrypoint, &service.command) {
                (Some(_), _) => "entrypoint",
                (None, Some(_)) => "command",
                (None, None) => "build",
            },
        }
    }
}

/// A service as its container starts: what it runs, and which files are known of it.
pub(in crate::plan) struct Source<'a> {
    pub(in crate::plan) context: &'a Context<'a>,
    pub(in crate::plan) service: &'a Service,
    pub(in crate::plan) name: &'a str,
    pub(in crate::plan) dockerfile: Option<Rc<Dockerfile>>,
    pub(in crate::plan) start: Start,
}

impl<'a> Source<'a> {
    /// All that can be read of a service.
    pub(in crate::plan) fn of(context: &'a Context<'a>, name: &'a str, service: &'a Service) -> Self {
        let dockerfile = service.build.as_ref().and_then(|build| context.reader.dockerfile(&build.value));
        let start = Start::of(service, dockerfile.as_ref().map(|dockerfile| dockerfile.built()));
        Self { context, service, name, dockerfile, start }
    }

    /// What the service does.
    pub(super) fn behaviour(&self) -> Behaviour {
        self.started(|started| Behaviour::of(&started, &self.context.reader.scripts))
    }

    /// What people would write differently in its script, and the script.
    pub(super) fn habits(&self) -> Option<(Habits, TextOfCommand)> {
        self.started(|started| started.habits(&self.context.reader.scripts))
    }

    fn started<T>(&self, look: impl FnOnce(Started<'_>) -> T) -> T {
        let image = self.service.image.as_ref().map_or("", |image| image.value.as_str());
        look(Started {
            words: &self.start.whole,
            arguments: self.start.arguments.as_deref(),
            behind_entrypoint: self.start.behind_entrypoint,
            program: Image::written(image).and_then(|image| image.program),
            file: &|path| self.file(path),
            environment: &|variable| self.variable(variable),
            stagger: self.context.stagger.then_some(self.name),
        })
    }

    /// The value of a variable of the container, as far as it is known.
    pub(in crate::plan) fn variable(&self, name: &str) -> Option<String> {
        let own = secrets::variables(self.service).filter(|(key, _)| *key == name).last();
        let of_image = || self.stage()?.environment.get(name).cloned();
        own.map(|(_, value)| value.to_owned()).or_else(of_image)
    }

    /// The text of a file in the container. A program without a path is looked for where `PATH` leads.
    pub(in crate::plan) fn file(&self, path: &str) -> Option<String> {
        self.find(path, |path| self.file_at(path))
    }

    /// Where a file in the container lies on this machine.
    pub(super) fn place(&self, path: &str) -> Option<Utf8PathBuf> {
        self.find(path, |path| match self.configured(path) {
            Some(_) => None,
            None => self.places(path).into_iter().find(|place| self.context.reader.text(place).is_some()),
        })
    }

    /// Looks at a path in the container. A program without a path is looked for where `PATH` leads.
    fn find<T>(&self, path: &str, look: impl Fn(&Utf8Path) -> Option<T>) -> Option<T> {
        let directory = self.service.working_dir.as_ref().map(|directory| directory.value.as_str());
        let directory = directory.or_else(|| Some(self.stage()?.directory.as_str())).unwrap_or("/");
        look(&Utf8Path::new(directory).join(path)).or_else(|| {
            let own = self.variable("PATH").unwrap_or_default();
            let mut places =
                own.split(':').filter(|place| place.starts_with('/')).chain(PROGRAMS.iter().copied());
            places.find_map(|place| look(&Utf8Path::new(place).join(path))).filter(|_| !path.contains('/'))
        })
    }

    fn file_at(&self, path: &Utf8Path) -> Option<String> {
        let read = || self.places(path).into_iter().find_map(|place| self.context.reader.text(&place));
        self.configured(path).or_else(read)
    }

    /// Where a file in the container may lie.
    fn places(&self, path: &Utf8Path) -> Vec<Utf8PathBuf> {
        self.mounted(path).map_or_else(|| self.copied(path), |place| vec![place])
    }

    /// The stage of the Dockerfile that is built.
    pub(in crate::plan) fn stage(&self) -> Option<&Stage> {
        self.dockerfile.as_ref().map(|dockerfile| dockerfile.built())
    }

    /// The files right in a folder of the container, as far as mounts, configs and the Dockerfile tell. Nothing if
    /// something is mounted there that cannot be listed here.
    pub(in crate::plan) fn files_in(&self, folder: &str) -> Option<BTreeSet<String>> {
        let mut found: BTreeSet<String> = BTreeSet::new();
        let mounts = || self.service.volumes.iter().flat_map(|field| &field.value);
        let targets = mounts().filter_map(|mount| mount.target.as_ref()).map(|target| target.value.as_str());
        let configs = self.service.configs.iter().flat_map(|field| &field.value);
        let configured = configs.filter_map(|config| config.value.target.as_ref());
        let named = targets.chain(configured.map(|target| target.value.as_str()));
        found.extend(named.filter_map(|target| child(folder, target)).map(str::to_owned));
        let is_mounted = mounts()
            .any(|mount| mount.target.as_ref().is_some_and(|it| it.value.trim_end_matches('/') == folder));
        match self.mounted(Utf8Path::new(folder)) {
            Some(place) => found.extend(self.names_in(&place)?),
            None if is_mounted => return None,
            None => found.extend(self.copied_names(folder)),
        }
        Some(found.iter().map(|name| format!("{folder}/{name}")).collect())
    }

    /// The names of files in a folder on this machine; none of those that are hidden.
    fn names_in(&self, place: &Utf8Path) -> Option<Vec<String>> {
        let names = self.context.files.list(place).ok()?;
        let is_file = |name: &String| {
            !name.starts_with('.') && self.context.files.kind(&place.join(name)) == Some(FileKind::File)
        };
        Some(names.into_iter().filter(is_file).collect())
    }

    /// The names of files that the Dockerfile copies into a folder of the image.
    fn copied_names(&self, folder: &str) -> BTreeSet<String> {
        let context = self.service.build.as_ref().and_then(|build| build.value.context.as_ref());
        let Some(context) = context.map(|context| Utf8Path::new(&context.value)) else {
            return BTreeSet::new();
        };
        let copies = self.stage().into_iter().flat_map(|stage| &stage.copies);
        let pairs = copies.flat_map(|(sources, target)| sources.iter().map(move |source| (source, target)));
        let named = pairs.flat_map(|(source, target)| {
            let name = base_name(source);
            if name.contains(['*', '?', '[']) {
                let beside = Utf8Path::new(source.trim_start_matches('/')).parent();
                return beside.and_then(|folder| self.names_in(&context.join(folder))).unwrap_or_default();
            }
            let path = if target.ends_with('/') { format!("{target}{name}") } else { target.clone() };
            child(folder, &path).map(str::to_owned).into_iter().collect()
        });
        let is_kind = |place: &Utf8PathBuf, kind| self.context.files.kind(place) == Some(kind);
        let is_folder = |name: &String| {
            let places = self.copied(&Utf8Path::new(folder).join(name));
            places.iter().any(|place| is_kind(place, FileKind::Directory))
                || !places.iter().any(|place| is_kind(place, FileKind::File))
        };
        let of_folders = self.copied(Utf8Path::new(folder));
        let listed = of_folders.iter().filter_map(|place| self.names_in(place)).flatten();
        named.filter(|name| !is_folder(name)).chain(listed).collect()
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
        let file = || self.context.reader.text(Utf8Path::new(&config.file.as_ref()?.value));
        config.content.as_ref().map(|content| content.value.clone()).or_else(file)
    }

    pub(super) fn mounted(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
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
        let (Some(context), Some(image)) = (build, &self.dockerfile) else { return Vec::new() };
        let places =
            image.origins(path.as_str()).into_iter().map(|origin| Utf8Path::new(&context.value).join(origin));
        // Nothing outside of what is built.
        places.filter(|place| !place.components().any(|part| part.as_str() == "..")).collect()
    }
}
