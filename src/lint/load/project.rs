//! A project in all its environments, as far as it can be read.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::Loader;
use crate::{
    compose::{
        self,
        discover::{NAMES, OVERRIDE_NAMES},
        dotenv,
        model::{InputRole, Role},
    },
    diag::{Code, Diagnostic, Report, Severity, codes},
    lint::findings::Finding,
    plan::{self, BindKind, ServiceStart},
    secret::Hidden,
    settings::{self, Settings, discover},
    text::{Files, STANDARD_INPUT, SourceId, Span, clean},
    yaml::Node,
};

/// Environments that run on a developer's machine, unless settings say otherwise.
pub const LOCAL: &[&str] = &["local", "dev", "development", "minikube", "kind", "skaffold"];

/// The home directory of whoever runs compose. No such path exists, so that what is mounted from there is known.
pub const HOME: &str = "/home/~";

/// A project.
#[derive(Debug)]
pub struct Project {
    /// Its directory, absolute.
    pub directory: Utf8PathBuf,
    /// What is in its directory.
    pub names: Vec<String>,
    /// Its environments.
    pub environments: Vec<Environment>,
    /// The documents of its compose files, each once.
    pub documents: Vec<(Role, Node)>,
    /// What `kustompose.yaml` says.
    pub settings: Settings,
    /// The variables that its files use as secrets, but those that the settings say are none.
    pub secret_sources: BTreeSet<String>,
    /// The variables that templates of env files in its directory have.
    pub in_templates: BTreeSet<String>,
    /// Files that compose looks for, and passes over because another has precedence.
    pub shadowed: Vec<(SourceId, String)>,
}

/// An environment as far as it can be read.
#[derive(Debug)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Whether it runs on a developer's machine.
    pub is_local: bool,
    /// The model, services of all profiles included.
    pub model: compose::Project,
    /// What loading found.
    pub report: Report,
    /// The variables that the project's env files set.
    pub set_by_files: BTreeSet<String>,
    /// What its services start, by their names.
    pub starts: BTreeMap<String, Start>,
    /// The bind mounts of its services, by their names: source, target, and what `convert` takes it for.
    pub binds: BTreeMap<String, Vec<(String, String, BindKind)>>,
    /// The services that have the health check of their Dockerfile.
    pub checked_by_images: BTreeSet<String>,
}

/// What a service starts.
#[derive(Debug)]
pub struct Start {
    /// What is known of it.
    pub known: ServiceStart,
    /// The text of its script, if it is a file.
    pub script: Option<SourceId>,
}

/// What one environment is loaded from.
struct Wanted {
    name: String,
    is_local: bool,
    files: Vec<Utf8PathBuf>,
    env_files: Vec<Utf8PathBuf>,
    variables: BTreeMap<String, String>,
    /// Whether somebody said that these files belong together.
    is_certain: bool,
}

impl Loader<'_> {
    /// Reads the project of a directory.
    pub(super) fn project(&mut self, directory: &Utf8Path) {
        let settings = self.settings(directory);
        let wanted = wanted(directory, &settings, self.files, &self.request.process);
        self.load(directory, settings, wanted);
    }

    /// Reads compose files that are one project together.
    pub(super) fn compose_files(&mut self, paths: &[Utf8PathBuf]) {
        let Some(path) = paths.first() else { return };
        let parent = if path == STANDARD_INPUT {
            self.request.directory.as_path()
        } else {
            path.parent().unwrap_or(path)
        };
        let wanted = Wanted {
            name: "local".to_owned(),
            is_local: true,
            files: paths.to_vec(),
            env_files: Vec::new(),
            variables: BTreeMap::new(),
            is_certain: true,
        };
        let settings = self.settings(parent);
        self.load(parent, settings, vec![wanted]);
    }

    fn settings(&mut self, directory: &Utf8Path) -> Settings {
        let mut report = Report::default();
        let path = directory.join(settings::FILE_NAME);
        let settings = settings::read(&path, self.files, self.sources, &mut report).unwrap_or_default();
        self.inputs.problems.extend(report.diagnostics().iter().map(Finding::of_settings));
        settings
    }

    fn load(&mut self, directory: &Utf8Path, settings: Settings, wanted: Vec<Wanted>) {
        let mut project = Project {
            directory: directory.to_owned(),
            names: self.files.list(directory).unwrap_or_default(),
            environments: Vec::new(),
            documents: Vec::new(),
            secret_sources: BTreeSet::new(),
            settings,
            in_templates: self.in_templates(directory),
            shadowed: Vec::new(),
        };
        let asked = &self.request.environments;
        for wanted in wanted.into_iter().filter(|one| asked.is_empty() || asked.contains(&one.name)) {
            let request = request(&wanted, self.request.directory.as_path());
            let mut report = Report::default();
            let model = compose::load_in_part(&request, self.files, self.sources, &mut report);
            self.refused(&report, wanted.is_certain);
            self.inputs.hidden.extend(report.hidden().clone());
            let Some(mut model) = model else { continue };
            let read = report.hidden().names().map(str::to_owned);
            project.secret_sources.extend(plan::secret_sources(&model).into_iter().chain(read));
            for document in std::mem::take(&mut model.documents) {
                let known = |(_, tree): &(Role, Node)| tree.span == document.tree.span;
                if !project.documents.iter().any(known) {
                    project.documents.push((document.role, document.tree.clone()));
                }
                model.documents.push(document);
            }
            let Wanted { name, is_local, .. } = wanted;
            let set_by_files = self.set_by_files(&model);
            let starts = self.starts(&model);
            let binds = plan::bind_kinds(&model, self.files);
            let checked_by_images = plan::checked_by_images(&model, self.files);
            let environment =
                Environment { name, is_local, model, report, set_by_files, starts, binds, checked_by_images };
            project.environments.push(environment);
        }
        self.shadowed(&mut project);
        let secrets = &project.settings.secrets;
        let also = secrets.also.iter().map(|name| name.value.clone());
        let names = also.chain(project.secret_sources.iter().cloned()).collect();
        self.inputs.hidden.extend(Hidden::new(names, BTreeSet::new()));
        project.secret_sources.retain(|name| !secrets.never.iter().any(|never| never.value == *name));
        self.inputs.projects.push(project);
    }

    /// Reports each file that is no YAML or does not have the form of a compose file, by its first error. How the
    /// parts of a project fit together is not looked at: the other half may be in a file that nobody named.
    fn refused(&mut self, report: &Report, is_certain: bool) {
        const OF_FORM: [Code; 6] = [
            codes::EMPTY_COMPOSE_FILE,
            codes::UNKNOWN_ATTRIBUTE,
            codes::WRONG_TYPE,
            codes::MISSING_ATTRIBUTE,
            codes::DUPLICATE_ITEM,
            codes::NOT_ALLOWED,
        ];
        let is_syntax = |diagnostic: &Diagnostic| diagnostic.code.id < codes::NO_COMPOSE_FILE.id;
        for diagnostic in report.diagnostics() {
            let counts = is_syntax(diagnostic) || is_certain && OF_FORM.contains(&diagnostic.code);
            let span = diagnostic.span().filter(|span| *span != Span::NOWHERE);
            if let Some(span) = span.filter(|_| counts && diagnostic.severity == Severity::Error) {
                self.cannot_parse(span, &diagnostic.message, diagnostic.help.as_deref());
            }
        }
    }

    /// What the services start, with their scripts. Scripts and Dockerfiles that are not there are told.
    fn starts(&mut self, model: &compose::Project) -> BTreeMap<String, Start> {
        let mut starts = BTreeMap::new();
        for (name, known) in plan::starts(model, self.files) {
            for path in &known.missing {
                let message =
                    format!("`{}` is not there: what `{name}` starts is not looked at", self.shown(path));
                let mut note =
                    Finding::of_place(codes::UNREADABLE_INPUT, message, model.place_of_service(&name));
                note.severity = Severity::Info;
                if !self.inputs.problems.contains(&note) {
                    self.inputs.problems.push(note);
                }
            }
            let script = known.file.as_deref().and_then(|path| self.text(path));
            starts.insert(name, Start { known, script });
        }
        starts
    }

    /// The variables that `.env` or other files for variables set.
    fn set_by_files(&self, model: &compose::Project) -> BTreeSet<String> {
        let is_for_variables = |role| matches!(role, InputRole::Dotenv | InputRole::EnvironmentFile);
        let inputs = model.inputs.iter().filter(|input| is_for_variables(input.role));
        inputs.flat_map(|input| names(self.sources.get(input.source).text())).collect()
    }

    /// The variables that templates such as `.env.example` have: people copy them.
    fn in_templates(&self, directory: &Utf8Path) -> BTreeSet<String> {
        let files = self.files.list(directory).unwrap_or_default();
        let templates = files.iter().filter(|name| name.contains("env") && is_template(name));
        let texts =
            templates.filter_map(|name| String::from_utf8(self.files.read(&directory.join(name)).ok()?).ok());
        texts.flat_map(|text| names(&text)).collect()
    }

    /// Reads the files that compose passes over.
    fn shadowed(&mut self, project: &mut Project) {
        let settings = &project.settings.environments;
        let names_files =
            |environment: &Environment| environment.model.variables.contains_key("COMPOSE_FILE");
        if project.environments.iter().any(names_files)
            || !settings.is_empty() && settings.iter().all(|environment| !environment.compose.is_empty())
        {
            return;
        }
        let is_named = |name: &str| {
            settings.iter().flat_map(|environment| &environment.compose).any(|path| clean(path) == name)
        };
        let is_there = |name: &str| project.names.iter().any(|present| present == name);
        let mut found = Vec::new();
        for names in [NAMES, OVERRIDE_NAMES] {
            let mut present = names.iter().copied().filter(|name| is_there(name));
            let Some(first) = present.next() else { break };
            found.extend(present.filter(|name| !is_named(name)).map(|name| (name, first)));
        }
        for (name, first) in found {
            if let Some(source) = self.text(&project.directory.join(name)) {
                project.shadowed.push((source, first.to_owned()));
            }
        }
    }
}

impl Project {
    /// Whether a template of an env file has this variable.
    pub fn is_in_template(&self, name: &str) -> bool {
        self.in_templates.contains(name)
    }
}

/// Whether it is a file that people copy and fill in, by its name.
pub fn is_template(name: &str) -> bool {
    const WORDS: &[&str] = &["example", "sample", "dist", "template", "tmpl", "default", "defaults"];
    name.split(['.', '-', '_']).any(|part| WORDS.contains(&part))
}

/// The names that an env file sets.
fn names(text: &str) -> Vec<String> {
    let parsed = dotenv::parse(text, &|_| None).map(|parsed| parsed.variables).unwrap_or_default();
    parsed.into_iter().map(|variable| variable.name).collect()
}

fn request(wanted: &Wanted, working_directory: &Utf8Path) -> compose::Request {
    compose::Request {
        files: wanted.files.clone(),
        env_files: wanted.env_files.clone(),
        profiles: vec!["*".to_owned()],
        environment: with_home(&wanted.variables),
        working_directory: working_directory.to_owned(),
        options: compose::Options { all_resources: true, ..compose::Options::default() },
        ..compose::Request::default()
    }
}

fn with_home(variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut variables = variables.clone();
    variables.entry("HOME".to_owned()).or_insert_with(|| HOME.to_owned());
    variables
}

/// The environments of a directory: those of its settings, else the one that compose finds and those that files
/// are named for. Other variants are looked at on top of compose's own files.
fn wanted(
    directory: &Utf8Path,
    settings: &Settings,
    files: &dyn Files,
    process: &BTreeMap<String, String>,
) -> Vec<Wanted> {
    if !settings.environments.is_empty() {
        return settings
            .environments
            .iter()
            .map(|environment| configured(directory, environment, files, process))
            .collect();
    }
    let default = default_files(directory, files);
    let one = |name: &str, files: Vec<Utf8PathBuf>, env_files: Vec<Utf8PathBuf>, is_certain| Wanted {
        name: name.to_owned(),
        is_local: LOCAL.contains(&name),
        files,
        env_files,
        variables: BTreeMap::new(),
        is_certain,
    };
    let found = discover::environments(directory, files);
    let absolute = |paths: &[Utf8PathBuf]| paths.iter().map(|path| directory.join(path)).collect();
    let mut all = Vec::new();
    if !default.is_empty() {
        all.push(one("local", default.clone(), Vec::new(), true));
    }
    for environment in &found.environments {
        let name = &environment.name.value;
        all.push(one(name, absolute(&environment.compose), absolute(&environment.env_files), false));
    }
    let listed: Vec<Utf8PathBuf> = all.iter().flat_map(|wanted| wanted.files.clone()).collect();
    for name in found.unused.iter().filter(|name| !listed.contains(&directory.join(name))) {
        let files = default.first().cloned().into_iter().chain([directory.join(name)]).collect();
        all.push(one(name, files, Vec::new(), false));
    }
    all
}

fn configured(
    directory: &Utf8Path,
    environment: &settings::EnvironmentSettings,
    files: &dyn Files,
    process: &BTreeMap<String, String>,
) -> Wanted {
    let name = &environment.name.value;
    let compose: Vec<Utf8PathBuf> =
        environment.compose.iter().map(|path| clean(&directory.join(path))).collect();
    let shell = environment.from_shell.iter();
    Wanted {
        name: name.clone(),
        is_local: environment.cluster.local.is_some() || LOCAL.contains(&name.as_str()),
        files: if compose.is_empty() { default_files(directory, files) } else { compose },
        env_files: environment.env_files.iter().map(|path| clean(&directory.join(path))).collect(),
        variables: shell.filter_map(|name| Some((name.clone(), process.get(name)?.clone()))).collect(),
        is_certain: true,
    }
}

/// What compose reads in a directory without `-f`: the files of `COMPOSE_FILE`, or those of the usual names.
fn default_files(directory: &Utf8Path, files: &dyn Files) -> Vec<Utf8PathBuf> {
    let dotenv = files.read(&directory.join(".env")).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parsed = dotenv.and_then(|text| dotenv::parse(&text, &|_| None).ok());
    let value = |name: &str| parsed.as_ref()?.values().get(name).map(|value| (*value).to_owned());
    if let Some(list) = value("COMPOSE_FILE").filter(|list| !list.is_empty()) {
        let separator = value("COMPOSE_PATH_SEPARATOR").filter(|separator| !separator.is_empty());
        let paths = list.split(separator.as_deref().unwrap_or(":"));
        return paths.map(|path| clean(&directory.join(path))).collect();
    }
    let first = |names: &[&str]| {
        names.iter().map(|name| directory.join(name)).find(|path| files.kind(path).is_some())
    };
    let Some(file) = first(NAMES) else { return Vec::new() };
    std::iter::once(file).chain(first(OVERRIDE_NAMES)).collect()
}
