//! Which environments a project has, and what each of them loads.
//!
//! Loading is hermetic: the variables of the process do not count, but for those that settings name.

mod confined;
mod earlier;
mod named;
mod readable;
mod shared;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use camino::{Utf8Path, Utf8PathBuf};

use clap::Args;

pub(super) use self::confined::named as named_files;
use self::{confined::Confined, readable::Readable};
use super::{Io, project};
use crate::{
    compose::{
        self, Request,
        model::{InputFile, InputRole, Project, Role},
    },
    diag::{Diagnostic, Report, Severity, codes},
    disk::{Disk, Inputs, Lock},
    k8s::name,
    plan::{self, Known, Plan},
    secret::{Hidden, Lines},
    settings::{self, Settings, cluster::Cluster, discover},
    text::{Files, Sources, Span, Spanned, clean},
    yaml::{self, Node},
};

/// The environment that Compose loads by itself.
pub(super) const USUAL: &str = "local";

/// The flags that say what is known of a project.
#[derive(Debug, Clone, Args)]
pub(super) struct Selection {
    /// Settings, in place of `kustompose.yaml`
    #[arg(long, value_name = "FILE")]
    config: Option<Utf8PathBuf>,
    /// Variable that the Compose files may read; shell variables are not read
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
}

impl Selection {
    /// Settings that a command of other flags names, and the variables that the Compose files may read.
    pub(super) fn of(config: Option<Utf8PathBuf>, variables: Vec<String>) -> Self {
        Self { config, variables }
    }

    /// Whether the command line says where the settings are.
    pub(super) fn names_settings(&self) -> bool {
        self.config.is_some()
    }
}

/// What a run works on.
pub(super) struct Scene<'a, 'io> {
    pub(super) selection: &'a Selection,
    /// The directory of the tree, if the command line names one.
    pub(super) output: Option<&'a Utf8Path>,
    /// The name of the environment that the command line describes.
    pub(super) single: &'a str,
    /// The same, if the command line says it.
    pub(super) asked: Option<&'a str>,
    /// What there is to say of an environment of which files are missing.
    pub(super) of_missing: &'a dyn Fn(&str, &BTreeSet<Utf8PathBuf>) -> Option<Diagnostic>,
    pub(super) flags: &'a project::Flags,
    pub(super) io: &'a Io<'io>,
    pub(super) disk: &'a Disk,
    /// What the disk has, each file read once.
    pub(super) files: &'a dyn Files,
    /// The directory of the project, absolute.
    pub(super) directory: &'a Utf8Path,
}

/// The environments with their projects, and the settings.
pub(super) struct Loaded {
    pub(super) environments: Vec<LoadedEnvironment>,
    /// What the files that all of them share say by themselves.
    shared: Option<Project>,
    pub(super) settings: Settings,
    /// The directory of the tree as it was named, and whole.
    pub(super) shown: Utf8PathBuf,
    pub(super) output: Utf8PathBuf,
    /// What the last run read.
    pub(super) recorded: Inputs,
    /// What it generated.
    generated: BTreeSet<Utf8PathBuf>,
}

impl Loaded {
    /// The names of the environments, each with whether it stays as it is.
    pub(super) fn kept(&self) -> Vec<(&str, bool)> {
        self.environments.iter().map(|it| (it.name.as_str(), it.known != Known::All)).collect()
    }

    /// Finds the digests of all that was read, so that they are there when they are asked for.
    pub(super) fn take_digests(&self, directory: &Utf8Path, sources: &Sources) {
        for own in &self.environments {
            own.digests(directory, sources);
        }
    }

    /// What the environments become; none if that cannot be decided.
    pub(super) fn plan(&self, directory: &Utf8Path, files: &dyn Files, report: &mut Report) -> Option<Plan> {
        let secrets = &self.settings.secrets;
        let named = |names: &[Spanned<String>]| -> BTreeMap<String, Span> {
            names.iter().map(|name| (name.value.clone(), name.span)).collect()
        };
        let options = plan::Options {
            output: self.output.clone(),
            secret: named(&secrets.also),
            not_secret: named(&secrets.never),
            stagger: self.settings.stagger.unwrap_or(true),
            earlier: earlier::read(&self.generated, &self.output, files),
        };
        let inputs: Vec<plan::Input<'_>> =
            self.environments.iter().map(|environment| environment.input(directory)).collect();
        let shared = self.shared.as_ref().map(|project| plan::Input {
            origin: origin(project, directory),
            known: Known::SomeValues,
            cluster: usual(&self.settings),
            ..plan::Input::new("base", project)
        });
        let confined = Confined::new(files, &self.output);
        let plan = plan::plan(&inputs, shared.as_ref(), &options, &confined, report);
        confined.tell(directory, self.environments.iter().map(|it| &it.project), report);
        (!report.has_errors()).then_some(plan)
    }
}

/// The files that environments were read from, each with the digest of what it said.
pub(super) type Recorded = BTreeMap<String, BTreeMap<String, String>>;

/// An environment with its project.
pub(super) struct LoadedEnvironment {
    pub(super) name: String,
    pub(super) project: Project,
    /// How much of it could be read.
    pub(super) known: Known,
    /// The files of variables that are missing, if it is not known whole.
    pub(super) missing: BTreeSet<Utf8PathBuf>,
    /// Manifests that kustompose did not write, if the settings name them.
    pub(super) overlay: Option<Utf8PathBuf>,
    namespace: Option<String>,
    store: Option<plan::Store>,
    cluster: Cluster,
    digests: OnceLock<BTreeMap<String, String>>,
}

impl LoadedEnvironment {
    /// As planning takes it.
    pub(super) fn input(&self, directory: &Utf8Path) -> plan::Input<'_> {
        plan::Input {
            name: self.name.clone(),
            project: &self.project,
            origin: origin(&self.project, directory),
            namespace: self.namespace.clone(),
            store: self.store.clone(),
            known: self.known,
            cluster: self.cluster.clone(),
        }
    }

    /// What the lock says of the files that were read: digests without their secrets.
    pub(super) fn digests(&self, directory: &Utf8Path, sources: &Sources) -> &BTreeMap<String, String> {
        self.digests.get_or_init(|| {
            let hidden = Hidden::new(plan::secret_sources(&self.project), BTreeSet::new());
            let digest = |input: &InputFile| {
                let source = sources.get(input.source);
                // How long a secret is, the digest does not tell either.
                let text = hidden.redact_file(source.path().as_str(), Lines::default(), source.text());
                let text: Vec<&str> = text.split('*').filter(|part| !part.is_empty()).collect();
                (from(directory, &input.path), crate::text::digest(text.join("*").as_bytes()))
            };
            self.project.inputs.iter().map(digest).collect()
        })
    }
}

/// Loads every environment: the one that the command line describes, else those of `kustompose.yaml`, else
/// those that files are named for.
pub(super) fn load(scene: &Scene<'_, '_>, sources: &mut Sources, report: &mut Report) -> Option<Loaded> {
    let path = scene.selection.config.clone().unwrap_or_else(|| settings::FILE_NAME.into());
    scene.selection.config.iter().for_each(|path| scene.disk.allow(path));
    let read = settings::read(&path, scene.files, sources, report);
    if scene.selection.config.is_some() && read.is_none() && !report.has_errors() {
        report.push(Diagnostic::error(codes::INVALID_ENVIRONMENT, format!("there is no `{path}`")));
    }
    let settings = read.unwrap_or_default();
    if report.has_errors() {
        return None;
    }
    let shown = scene.output.map(Utf8Path::to_owned);
    let shown = shown.or_else(|| settings.output.as_ref().map(|output| output.value.clone().into()));
    let shown = shown.unwrap_or_else(|| Utf8PathBuf::from("k8s"));
    let output = clean(&scene.directory.join(&shown));
    project::allow_outside(scene.disk, &settings, scene.directory);
    if !project::allow_output(scene.disk, (scene.directory, &output), scene.output.is_some(), report) {
        return None;
    }
    variables(&scene.selection.variables, report);
    if report.has_errors() {
        return None;
    }
    // A lock that cannot be read is an error once the tree is to be written.
    let lock = scene.disk.read_or_merge_lock(&output, &mut Report::default());
    let Lock { inputs, files: generated, .. } = lock.unwrap_or_default();
    let generated = generated.into_keys().collect();
    let recorded = &inputs.environments;
    if !is_known(scene, &settings, recorded, report) {
        return None;
    }
    let (mut found, mut unused) = (Vec::new(), Report::default());
    let mut environments = if scene.flags.describe_a_project() {
        single(scene, scene.single, &settings, recorded, sources, report)
    } else if !settings.environments.is_empty() {
        let named = settings.environments.iter();
        named.filter_map(|named| configured(scene, named, &settings, recorded, sources, &mut found)).collect()
    } else {
        discovered(scene, &settings, recorded, sources, &mut found, &mut unused)
    };
    tell(&found, report);
    report.append(unused);
    if !settings.environments.is_empty() && !scene.flags.describe_a_project() {
        note_new_files(scene, &settings, &environments, report);
    }
    if !report.has_errors() {
        gone(scene, &environments, recorded, &shown, report);
    }
    let common = request(scene, &settings, &[], &mut Report::default());
    let mut shared = shared::load(&environments, &common, scene.files, sources);
    let projects = environments.iter_mut().map(|it| &mut it.project);
    projects.chain(&mut shared).for_each(Project::sort);
    Some(Loaded { environments, shared, settings, shown, output, recorded: inputs, generated })
}

/// Whether the environment that the command line names is one of the project, where the command line does not say
/// itself what it is made of.
fn is_known(scene: &Scene<'_, '_>, settings: &Settings, recorded: &Recorded, report: &mut Report) -> bool {
    let Some(asked) = scene.asked.filter(|_| !scene.flags.describe_a_project()) else { return true };
    let configured = settings.environments.iter().map(|named| named.name.value.clone());
    let mut names: Vec<String> = configured.collect();
    if names.is_empty() {
        let found = discover::environments(scene.directory, scene.files);
        let variants = found.environments.iter().map(|named| named.name.value.clone());
        // A project of one environment calls it as it likes, once.
        let usual = found.has_default.then(|| USUAL.to_owned()).filter(|_| !recorded.contains_key(asked));
        names = usual.into_iter().chain(variants).collect();
        if names.len() < 2 && recorded.is_empty() {
            return true;
        }
    }
    names.extend(recorded.keys().filter(|name| settings.environments.is_empty() && *name != asked).cloned());
    names.sort();
    names.dedup();
    if names.iter().any(|name| name == asked)
        || settings.environments.is_empty() && recorded.contains_key(asked)
    {
        return true;
    }
    let known = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let message = format!("the project has no environment `{asked}`");
    let help = format!("it has {known}; name another one in kustompose.yaml, or its compose files with `-f`");
    report.push(Diagnostic::error(codes::INVALID_ENVIRONMENT, message).help(help));
    false
}

/// Environments that the tree has, and a run does not know: the command line must not take them away, and what
/// is the user's stays when they leave the project.
fn gone(
    scene: &Scene<'_, '_>,
    environments: &[LoadedEnvironment],
    recorded: &Recorded,
    shown: &Utf8Path,
    report: &mut Report,
) {
    let names = recorded.keys().filter(|name| !environments.iter().any(|known| known.name == **name));
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return;
    }
    let names = names.join(", ");
    if scene.flags.describe_a_project() {
        let message = format!("`{shown}` has {names}, which the command line does not describe");
        let help = "name all environments in kustompose.yaml, or write to another directory with `-o`";
        report.push(Diagnostic::error(codes::OTHER_ENVIRONMENTS, message).help(help));
    } else if environments.iter().any(|environment| environment.known == Known::All) {
        let message = format!("`{shown}` has {names}, which the project no longer has");
        let help = "what is generated for it goes; delete what is yours below its directory in `overlays/`";
        report.push(Diagnostic::warning(codes::GONE_ENVIRONMENT, message).help(help));
    }
}

/// Takes in what was found in each environment. A variable that is not set in some of them alone is told with
/// their names.
fn tell(found: &[(String, Report)], report: &mut Report) {
    let mut environments: BTreeMap<&Diagnostic, Vec<&str>> = BTreeMap::new();
    for (name, own) in found {
        for diagnostic in own.diagnostics() {
            environments.entry(diagnostic).or_default().push(name);
        }
    }
    // Each where it came first, though several environments read one file.
    for diagnostic in found.iter().flat_map(|(_, own)| own.diagnostics()) {
        let Some(mut names) = environments.remove(diagnostic) else { continue };
        names.dedup();
        let mut diagnostic = diagnostic.clone();
        if diagnostic.code == codes::UNSET_VARIABLE && names.len() < found.len() {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            diagnostic.message = format!("in {}, {}", names.join(" and "), diagnostic.message);
        }
        report.push(diagnostic);
    }
    for (_, own) in found {
        report.count_dropped_of(own);
    }
}

/// The one environment of the command line.
fn single(
    scene: &Scene<'_, '_>,
    name: &str,
    settings: &Settings,
    recorded: &Recorded,
    sources: &mut Sources,
    report: &mut Report,
) -> Vec<LoadedEnvironment> {
    if !name::is_dns_label(name) {
        let help = "use lower case letters, digits and `-`";
        let message = format!("`{name}` cannot name an environment");
        report.push(Diagnostic::error(codes::INVALID_ENVIRONMENT, message).help(help));
    }
    let request = request(scene, settings, &[], report);
    let loaded = read(scene, name, &request, recorded, sources, report);
    loaded
        .map(|Readable { project, known, missing }| LoadedEnvironment {
            name: name.to_owned(),
            project,
            known,
            missing,
            overlay: None,
            namespace: None,
            store: None,
            cluster: usual(settings),
            digests: OnceLock::new(),
        })
        .into_iter()
        .collect()
}

/// Loads an environment, and tells of what is missing.
fn read(
    scene: &Scene<'_, '_>,
    name: &str,
    request: &Request,
    recorded: &Recorded,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Readable> {
    (scene.io.progress)(&format!("loading {name}"));
    let loaded = readable::load(name, request, recorded.get(name), scene.files, sources, report)?;
    if !loaded.missing.is_empty() {
        (scene.of_missing)(name, &loaded.missing).into_iter().for_each(|diagnostic| report.push(diagnostic));
    }
    Some(loaded)
}

/// A cluster of which nothing is said.
fn usual(settings: &Settings) -> Cluster {
    Cluster { defaults: settings.defaults.clone(), ..Cluster::default() }
}

fn configured(
    scene: &Scene<'_, '_>,
    named: &settings::EnvironmentSettings,
    settings: &Settings,
    recorded: &Recorded,
    sources: &mut Sources,
    found: &mut Vec<(String, Report)>,
) -> Option<LoadedEnvironment> {
    let mut own = Report::default();
    let request = environment_request(scene, named, settings, &mut own);
    let name = &named.name.value;
    let loaded = read(scene, name, &request, recorded, sources, &mut own);
    let Some(Readable { mut project, known, missing }) = loaded else {
        found.push((name.clone(), own));
        return None;
    };
    plan::warn_of_unknown_profiles(&named.profiles, &project, &mut own);
    for service in &named.replaced {
        if project.services.shift_remove(&service.value).is_none() {
            let message = format!("`{}` has no service `{}`", named.name.value, service.value);
            own.push(
                Diagnostic::error(codes::REPLACED_NOTHING, message)
                    .at(service.span, "not in its compose files"),
            );
        }
    }
    found.push((name.clone(), own));
    let namespace = named.namespace.as_ref().map(|namespace| namespace.value.clone());
    let store = named
        .external_secrets
        .as_ref()
        .map(|external| plan::Store { name: external.store.value.clone(), kind: external.kind.clone() });
    let overlay = named.overlay.as_ref().map(|overlay| overlay.value.as_str().into());
    let cluster = named.cluster.clone();
    Some(LoadedEnvironment {
        name: name.clone(),
        project,
        known,
        missing,
        overlay,
        namespace,
        store,
        cluster,
        digests: OnceLock::new(),
    })
}

/// `local` as compose itself would load it, and the environments that files are named for. Of these, one
/// that cannot be loaded is left out with a warning: nobody said that it is one.
fn discovered(
    scene: &Scene<'_, '_>,
    settings: &Settings,
    recorded: &Recorded,
    sources: &mut Sources,
    told: &mut Vec<(String, Report)>,
    report: &mut Report,
) -> Vec<LoadedEnvironment> {
    // An env file that is not on this machine makes an environment all the same.
    let gone = recorded
        .values()
        .flat_map(|recorded| readable::missing(Some(recorded), scene.directory, scene.files));
    let gone: BTreeSet<Utf8PathBuf> = gone.collect();
    let files = readable::WithEmpty { files: scene.files, empty: &gone };
    let found = discover::environments(scene.directory, &files);
    let (mut environments, mut left_out) = (Vec::new(), Vec::new());
    if found.has_default || found.environments.is_empty() {
        let mut own = Report::default();
        // The command line may name a variant: the usual environment keeps its own name.
        let is_variant = found.environments.iter().any(|named| named.name.value == scene.single);
        let name = if is_variant { USUAL } else { scene.single };
        environments.extend(single(scene, name, settings, recorded, sources, &mut own));
        told.push((name.to_owned(), own));
    }
    for named in &found.environments {
        if environments.iter().any(|known| known.name == named.name.value) {
            continue;
        }
        let mut own = Report::default();
        let request = environment_request(scene, named, settings, &mut own);
        let name = &named.name.value;
        match read(scene, name, &request, recorded, sources, &mut own) {
            Some(Readable { project, known, missing }) => {
                told.push((name.clone(), own));
                environments.push(LoadedEnvironment {
                    name: name.clone(),
                    project,
                    known,
                    missing,
                    overlay: None,
                    namespace: None,
                    store: None,
                    cluster: usual(settings),
                    digests: OnceLock::new(),
                });
            }
            // A tree that has it would lose it.
            None if recorded.contains_key(name) => {
                told.push((name.clone(), own));
            }
            None => left_out.push((named, own)),
        }
    }
    for (named, own) in left_out {
        let mut told_of_it = Report::default();
        if environments.is_empty() {
            // Without any there is no tree: this is what stands in its way.
            told_of_it = own;
        } else {
            told_of_it.push(skipped(named, &own));
        }
        told.push((named.name.value.clone(), told_of_it));
    }
    note_unused_files(scene, &found, &environments, report);
    note_complete_variants(scene, &found, report);
    environments
}

/// Names the files that are named for an environment and that no environment of the settings reads.
fn note_new_files(
    scene: &Scene<'_, '_>,
    settings: &Settings,
    environments: &[LoadedEnvironment],
    report: &mut Report,
) {
    let named = settings.environments.iter().flat_map(|named| named.compose.iter().map(|path| clean(path)));
    let read = environments.iter().flat_map(|it| origin(&it.project, scene.directory));
    let known: BTreeSet<Utf8PathBuf> = named.chain(read.map(Utf8PathBuf::from)).collect();
    for found in discover::environments(scene.directory, scene.files).environments {
        let Some(file) = found.compose.last().filter(|file| !known.contains(*file)) else { continue };
        let files: Vec<&str> = found.compose.iter().map(|file| file.as_str()).collect();
        let help = format!(
            "if it describes an environment, add it to kustompose.yaml: `{}: {{compose: [{}]}}`",
            found.name.value,
            files.join(", ")
        );
        let message = format!("`{file}` belongs to no environment");
        report.push(Diagnostic::info(codes::UNUSED_COMPOSE_FILE, message).help(help));
    }
}

/// Names the files that look like variants and are none.
fn note_unused_files(
    scene: &Scene<'_, '_>,
    found: &discover::Discovered,
    environments: &[LoadedEnvironment],
    report: &mut Report,
) {
    // `COMPOSE_FILE`, `include` and `extends` may name them.
    let inputs = environments.iter().flat_map(|it| &it.project.inputs);
    let read: BTreeSet<String> =
        inputs.map(|input| project::relative(&input.path, scene.directory)).collect();
    for file in found.unused.iter().filter(|file| !read.contains(*file)) {
        let files = found.default.filter(|_| !stands_alone(scene, file)).into_iter().chain([file.as_str()]);
        let help = format!(
            "if it describes an environment, name it in kustompose.yaml: `environments: {{NAME: {{compose: [{}]}}}}`",
            files.collect::<Vec<_>>().join(", ")
        );
        report.push(
            Diagnostic::info(codes::UNUSED_COMPOSE_FILE, format!("`{file}` belongs to no environment"))
                .help(help),
        );
    }
}

/// Says of variants that are whole projects that they are merged over the main file, which `docker compose -f` of the
/// variant alone does not do.
fn note_complete_variants(scene: &Scene<'_, '_>, found: &discover::Discovered, report: &mut Report) {
    let mut of_files: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for named in &found.environments {
        let [main, variant] = named.compose.as_slice() else { continue };
        // Most variants have one main file.
        for file in [main, variant] {
            of_files.entry(file.as_str()).or_insert_with(|| services_of(scene, file.as_str()));
        }
        let (of_main, of_variant) = (&of_files[main.as_str()], &of_files[variant.as_str()]);
        // One that names images for what the main file has is a layer, however complete.
        let is_other = of_main.iter().any(|name| !of_variant.contains(name)) && of_variant.len() > 1;
        if !is_other || !stands_alone(scene, variant.as_str()) {
            continue;
        }
        let name = &named.name.value;
        let message =
            format!("`{name}` is `{main}` with `{variant}` over it, though `{variant}` is complete");
        let help = format!(
            "if it is used alone, say so in kustompose.yaml: `environments: {{{name}: {{compose: [{variant}]}}}}`; else \
             write `[{main}, {variant}]` there"
        );
        report.push(Diagnostic::info(codes::COMPLETE_VARIANT, message).help(help));
    }
}

/// Whether a compose file can be loaded by itself: it includes another one, or each of its services has an image.
fn stands_alone(scene: &Scene<'_, '_>, file: &str) -> bool {
    let documents = documents_of(scene, file);
    let is_whole =
        |service: &Node| ["image", "build", "extends"].iter().any(|key| service.get(key).is_some());
    documents.iter().any(|document| document.get("include").is_some())
        || documents
            .iter()
            .filter_map(|document| document.get("services")?.as_map())
            .any(|services| !services.is_empty() && services.values().all(is_whole))
}

/// The names of the services that a file has.
fn services_of(scene: &Scene<'_, '_>, file: &str) -> BTreeSet<String> {
    let documents = documents_of(scene, file);
    let services = documents.iter().filter_map(|document| document.get("services")?.as_map());
    services.flat_map(|services| services.keys()).map(|key| key.text.clone()).collect()
}

/// The documents of a compose file as they are written. What is wrong with it is said where it is loaded.
fn documents_of(scene: &Scene<'_, '_>, file: &str) -> Vec<Node> {
    let bytes = scene.files.read(&scene.directory.join(file)).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let (mut sources, mut unheard) = (Sources::default(), Report::default());
    let source = sources.add(file, text);
    yaml::parse::documents(&sources, source, &mut unheard).unwrap_or_default()
}

fn skipped(named: &settings::EnvironmentSettings, own: &Report) -> Diagnostic {
    let first = own.diagnostics().iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    let why = first.map_or("it cannot be loaded", |first| first.message.as_str());
    let message = format!("`{}` is not converted: {why}", named.name.value);
    let files: Vec<&str> = named.compose.iter().map(|file| file.as_str()).collect();
    let own = first.and_then(|first| first.help.as_ref()).map(|help| format!("{help}; ")).unwrap_or_default();
    let help = format!(
        "{own}it was taken for an environment of {}: say in kustompose.yaml what it is",
        files.join(" + ")
    );
    let mut diagnostic = Diagnostic::warning(codes::SKIPPED_ENVIRONMENT, message).help(help);
    for label in first.iter().flat_map(|first| &first.labels) {
        diagnostic = diagnostic.at(label.span, label.text.clone());
    }
    diagnostic
}

fn environment_request(
    scene: &Scene<'_, '_>,
    named: &settings::EnvironmentSettings,
    settings: &Settings,
    report: &mut Report,
) -> Request {
    Request {
        files: named.compose.clone(),
        env_files: named.env_files.clone(),
        profiles: named.profiles.iter().map(|profile| profile.value.clone()).collect(),
        ..request(scene, settings, &named.from_shell, report)
    }
}

fn request(
    scene: &Scene<'_, '_>,
    settings: &Settings,
    from_shell: &[String],
    report: &mut Report,
) -> Request {
    let request = scene.flags.request(compose::Options::default(), Vec::new(), scene.io);
    let shell =
        from_shell.iter().filter_map(|name| Some((name.clone(), scene.io.environment.get(name)?.clone())));
    let mut environment: BTreeMap<String, String> = shell.collect();
    environment.extend(variables(&scene.selection.variables, report));
    Request {
        environment,
        working_directory: scene.directory.to_owned(),
        project_name: request
            .project_name
            .or_else(|| settings.project.as_ref().map(|name| name.value.clone())),
        ..request
    }
}

/// `--var NAME=VALUE`.
fn variables(arguments: &[String], report: &mut Report) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for argument in arguments {
        match argument.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                variables.insert(name.to_owned(), value.to_owned());
            }
            _ => {
                let help = "write `--var NAME=VALUE`";
                report.push(Diagnostic::error(codes::INVALID_VARIABLE, "`--var` without a value").help(help));
            }
        }
    }
    variables
}

/// The compose files as people name them: relative to the directory of the project.
fn origin(project: &Project, directory: &Utf8Path) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for input in &project.inputs {
        let name = project::relative(&input.path, directory);
        if input.role == InputRole::Compose(Role::Project) && !files.contains(&name) {
            files.push(name);
        }
    }
    files
}

/// The way from a directory to a file, both absolute, with as many `..` as it takes.
pub(super) fn from(directory: &Utf8Path, path: &Utf8Path) -> String {
    let shared = directory.ancestors().find(|above| path.starts_with(above)).unwrap_or(directory);
    let up = directory.strip_prefix(shared).map_or(0, |below| below.components().count());
    let way = std::iter::repeat_n("..", up).collect::<Utf8PathBuf>();
    way.join(path.strip_prefix(shared).unwrap_or(path)).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_outside_have_their_way_in_the_lock() {
        for (path, way) in [
            ("/a/shop/compose.yaml", "compose.yaml"),
            ("/a/shop/env/api.env", "env/api.env"),
            ("/a/common.env", "../common.env"),
            ("/b/c.env", "../../b/c.env"),
        ] {
            assert_eq!(from("/a/shop".into(), path.into()), way);
            assert_eq!(clean(&Utf8Path::new("/a/shop").join(way)), path);
        }
    }
}
