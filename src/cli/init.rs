//! `kustompose init`: writes `kustompose.yaml` from what is found, with all that could be said in comments.
//!
//! What it writes says what `convert` does without it, so a `convert` behind it gives the same tree.

use std::{collections::BTreeMap, fmt::Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::{Io, project, say, show};
use crate::{
    compose::{
        self, Options, Request,
        model::{InputRole, Project, Role},
    },
    diag::{Diagnostic, Report, Severity, codes},
    disk::{Disk, place::PlaceError},
    kustomize::Owner,
    settings::{self, discover},
    text::{Sources, clean},
    yaml::emit::{self, Entry, Yaml},
};

/// The name of the environment that compose itself would load.
const USUAL: &str = "local";

/// The flags of `init`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) project: project::Flags,
    /// Directory of the project
    #[arg(default_value = ".", value_name = "DIR")]
    directory: Utf8PathBuf,
}

/// An environment as the file is to name it.
struct Named {
    name: String,
    compose: Vec<Utf8PathBuf>,
    env_files: Vec<Utf8PathBuf>,
    profiles: Vec<String>,
    /// Why it cannot be loaded: then it stands in a comment.
    problem: Option<String>,
}

/// What is found in a directory.
#[derive(Default)]
struct FoundEnvironments {
    project: Option<String>,
    environments: Vec<Named>,
    unused: Vec<String>,
}

/// Exit status 0 if the file is written, 1 if it is there already or there is nothing to say.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let directory = clean(&io.directory.join(&arguments.directory));
    let disk = flags.disk(&directory, io);
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let request = Request {
        environment: BTreeMap::new(),
        working_directory: directory.clone(),
        ..flags.request(Options::default(), Vec::new(), io)
    };
    let named = flags.describe_a_project();
    let found = if flags.name_standard_input() {
        report.push(of_standard_input());
        None
    } else {
        find(&request, named, &disk, &mut sources, &mut report)
    };
    let written = found.filter(|found| {
        let text = text(found);
        let written = disk.write_new(settings::FILE_NAME.into(), text.as_bytes(), Owner::Yours);
        written.map_err(|error| report.push(not_written(&error))).is_ok()
    });
    show(&report, &sources, io);
    let Some(found) = written else { return 1 };
    let loadable = found.environments.iter().filter(|environment| environment.problem.is_none());
    let names: Vec<&str> = loadable.map(|environment| environment.name.as_str()).collect();
    say(io.stderr, &format!("{}: written, with {}\n", settings::FILE_NAME, names.join(", ")));
    0
}

fn of_standard_input() -> Diagnostic {
    let message =
        format!("`{}` cannot be written for a compose file from standard input", settings::FILE_NAME);
    Diagnostic::error(codes::SETTINGS_NOT_WRITTEN, message)
        .help("it names files: write what comes by standard input to one, and name that")
}

fn not_written(error: &PlaceError) -> Diagnostic {
    let file = settings::FILE_NAME;
    match error {
        PlaceError::Exists => {
            Diagnostic::error(codes::SETTINGS_EXIST, format!("there is a `{file}` already"))
                .help("it is yours and stays as it is; remove it to have it written anew")
        }
        PlaceError::Failed(why) => {
            Diagnostic::error(codes::SETTINGS_NOT_WRITTEN, format!("`{file}` cannot be written: {why}"))
        }
    }
}

/// The environments that `convert` takes without settings. `named` says that the command line names one.
fn find(
    request: &Request,
    named: bool,
    disk: &Disk,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<FoundEnvironments> {
    let directory = &request.working_directory;
    let discovered = if named {
        discover::Discovered { has_default: true, ..discover::Discovered::default() }
    } else {
        discover::environments(directory, disk)
    };
    let mut found = FoundEnvironments { unused: discovered.unused, ..FoundEnvironments::default() };
    if discovered.has_default || discovered.environments.is_empty() {
        let mut own = Report::default();
        let project = compose::load(request, disk, sources, &mut own);
        if project.is_none() && !discovered.has_default {
            own.diagnostics().iter().for_each(|diagnostic| report.push(diagnostic.clone()));
            return None;
        }
        if project.is_none() {
            report.push(not_loadable(&own));
        }
        found.project = project.as_ref().map(|project| project.name.clone());
        found.environments.push(usual(request, project.as_ref()));
    }
    for environment in discovered.environments {
        let settings::EnvironmentSettings { name, compose, env_files, profiles, .. } = environment;
        if found.environments.iter().any(|known| known.name == name.value) {
            found.unused.extend(compose.last().map(ToString::to_string));
            continue;
        }
        let request = Request { files: compose.clone(), env_files: env_files.clone(), ..request.clone() };
        let mut own = Report::default();
        let project = compose::load(&request, disk, sources, &mut own);
        let problem = project.is_none().then(|| first_error(&own));
        found.project = found.project.or_else(|| project.map(|project| project.name));
        let profiles = profiles.into_iter().map(|profile| profile.value).collect();
        found.environments.push(Named { name: name.value, compose, env_files, profiles, problem });
    }
    Some(found)
}

/// What compose loads unasked, by the names of its files.
fn usual(request: &Request, project: Option<&Project>) -> Named {
    let inputs = project.iter().flat_map(|project| &project.inputs);
    let files = inputs.filter(|input| input.role == InputRole::Compose(Role::Project));
    let within = |path: &Utf8Path| path.strip_prefix(&request.working_directory).map(Utf8Path::to_owned).ok();
    let mut compose: Vec<Utf8PathBuf> = Vec::new();
    for file in files {
        let Some(path) = within(&file.path) else {
            // Named from elsewhere, a project would have another directory: compose finds it by itself.
            compose.clear();
            break;
        };
        if !compose.contains(&path) {
            compose.push(path);
        }
    }
    Named {
        name: USUAL.to_owned(),
        compose: if request.files.is_empty() { compose } else { request.files.clone() },
        env_files: request.env_files.clone(),
        profiles: request.profiles.clone(),
        problem: None,
    }
}

fn not_loadable(own: &Report) -> Diagnostic {
    Diagnostic::warning(codes::NOT_LOADABLE, format!("`{USUAL}` cannot be loaded yet: {}", first_error(own)))
        .help(format!("say in {} what it needs: its files, `fromShell`, `profiles`", settings::FILE_NAME))
}

fn first_error(own: &Report) -> String {
    let first = own.diagnostics().iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    let message = first.map_or("", |first| first.message.as_str());
    message.lines().next().unwrap_or_default().to_owned()
}

/// What holds for all environments.
const FOR_ALL: &str = "
# What compose does not say: requests of containers, sizes of claims. For all environments.
# defaults:
#   requests: {cpu: 50m, memory: 128Mi}
#   storage: {data: 10Gi}

# Variables that are secret, and others that are not, whatever they look like.
# secrets:
#   also: [SENTRY_DSN]
#   never: [PUBLIC_KEY]

# CronJobs start at minutes that their names choose, lest all start at once.
# cronJobs:
#   stagger: false

# Findings that `convert` counts and does not repeat: codes, or reasons of its JSON report.
# convert:
#   accept: [{kind: published, service: web, path: ports, reason: an Ingress leads there}]

# Who decides on a field where compose and your overlay differ, and what `check` lets pass.
# check:
#   ownership: {\"env.FEATURE_*\": kubernetes}
#   allow: [{kind: command, service: api, environment: staging, path: argv, reason: a debugger, until: 2027-03-31}]

# Severities of rules, and findings that `lint` allows.
# lint:
#   severity: {floating-image-tag: error, KC003: off}
#   allow: [{kind: KC001, service: cache, reason: the newest version is wanted}]
";

/// The line that tells editors where the schema of the file is. Without a public repository there is no such place.
fn modeline(repository: &str) -> String {
    if repository.is_empty() {
        return String::new();
    }
    let version = env!("CARGO_PKG_VERSION");
    format!("# yaml-language-server: $schema={repository}/raw/v{version}/docs/kustompose.schema.json\n\n")
}

/// The whole file.
fn text(found: &FoundEnvironments) -> String {
    let project = found.project.as_deref().unwrap_or("shop");
    let mut text = modeline(env!("CARGO_PKG_REPOSITORY"));
    let _ = write!(
        text,
        "\
# What compose files cannot say. All of it is optional, and what is in comments is an example.

# The project's name, in place of compose's own.
# project: {project}

# The output directory.
# output: k8s

# Files and directories outside of the project that may be read.
# allowOutside: [../shared/tls]

environments:
"
    );
    for environment in &found.environments {
        text.push_str(&named(environment));
    }
    let example = found.environments.last().map_or(USUAL, |environment| environment.name.as_str());
    let env_file = format!("envFile: .env.{example}");
    text.push_str(&format!(
        "
  # More that can be said of each environment:
  #   compose: [compose.yaml]       # merged in this order
  #   {env_file:<29} # in place of .env; one or a list
  #   profiles: [workers]           # active ones; \"*\" is all
  #   fromShell: [TAG]              # variables of the process that compose files may read
  #   namespace: {project}-{example}
  #   replaced: [mysql]             # services that the environment gets from elsewhere
  #   overlay: deploy/staging       # manifests that kustompose did not write, for `check`
  #   externalSecrets:              # a store for the values of secrets, in place of files
  #     store: gcp
  #     kind: ClusterSecretStore    # or SecretStore
  #   kubernetes: \"1.32\"            # the cluster's version: nothing is written that it does not serve
  #   context: gke_{example:<21}# the one of kubectl that Skaffold deploys to
  #   local:                        # it runs on a developer's machine
  #     cluster: minikube           # or k3d, kind
  #     code: mount                 # or sync: how changed source code comes into containers
  #   zeroDowntime: true            # updates and drained nodes interrupt nothing
  #   liveness: true                # health checks also start containers anew
  #   networkPolicies: true         # only pods that share a network of compose reach one another
  #   autoscale: {{cpu: 70, max: 2x}} # percent of what is requested; times the replicas, or a number
  #   ingress: {{web: {example}.example.com}}
  #   gateway: infra/public         # for HTTPRoutes in place of an Ingress
  #   images: {{registry: registry.example.com/{project}}}
  #   autopilot: true               # a cluster of GKE Autopilot: what it refuses is an error
  #   defaults: {{requests: {{cpu: 100m}}}}
"
    ));
    for file in &found.unused {
        text.push_str(&comment(&format!("{file} belongs to no environment."), "  "));
    }
    text.push_str(FOR_ALL);
    text
}

/// An environment with what is said of it; one that cannot be loaded in a comment, with the reason.
fn named(environment: &Named) -> String {
    let paths = |paths: &[Utf8PathBuf]| match paths {
        [path] => Yaml::from(path.as_str()),
        several => Yaml::seq(several.iter().map(|path| path.as_str())),
    };
    let list = |paths: &[Utf8PathBuf]| Yaml::seq(paths.iter().map(|path| path.as_str()));
    let mut settings: Vec<(&str, Entry)> = Vec::new();
    if !environment.compose.is_empty() {
        settings.push(("compose", Entry::new(list(&environment.compose))));
    }
    if !environment.env_files.is_empty() {
        settings.push(("envFile", Entry::new(paths(&environment.env_files))));
    }
    if !environment.profiles.is_empty() {
        settings.push(("profiles", Entry::new(Yaml::seq(environment.profiles.iter().map(String::as_str)))));
    }
    let yaml = Yaml::map([(environment.name.as_str(), Entry::new(Yaml::map(settings)))]);
    let text = emit::document(&yaml);
    match &environment.problem {
        None => text.lines().map(|line| format!("  {line}\n")).collect(),
        Some(problem) => {
            let reason = format!("{} cannot be loaded: {problem}", environment.name);
            comment(&reason, "  ") + &comment(&text, "  ")
        }
    }
}

fn comment(text: &str, indent: &str) -> String {
    text.lines().map(|line| format!("{indent}# {line}\n")).collect()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "runs are compared by what they leave on the disk")]
mod tests {
    use std::fs;

    use super::*;
    use crate::{cli, settings::keys, text::MemoryFiles};

    const PROJECT: &[(&str, &str)] = &[
        (
            "compose.yaml",
            "name: shop\nservices:\n  web:\n    image: nginx:1\n    environment: {A: \"${A:-0}\", TOKEN: s3cret-Value}\n",
        ),
        ("compose.override.yaml", "services: {web: {environment: {B: 1}}}\n"),
        ("compose.staging.yaml", "services: {web: {environment: {B: 2}}}\n"),
        (".env.staging", "A=5\n"),
        ("compose.prod.yaml", "services: {web: {environment: {B: 3}}, db: {image: mysql}}\n"),
        ("compose.qa.yaml", "services: {web: {depends_on: [nothing]}}\n"),
        ("compose.gpu.yaml", "services: {web: {}}\n"),
    ];

    /// Runs commands in a project `demo` of these files; gives the last exit status, and all files then.
    fn runs(files: &[(&str, &str)], commands: &[&[&str]]) -> (u8, String, BTreeMap<String, String>) {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(scratch.path().canonicalize().unwrap()).unwrap().join("demo");
        fs::create_dir(&root).unwrap();
        for (path, text) in files {
            fs::write(root.join(path), text).unwrap();
        }
        let (mut status, mut told) = (0, Vec::new());
        for command in commands {
            let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
            let io = Io {
                stdin: &|| Ok(Vec::new()),
                answer: &|| None,
                progress: &|_| {},
                environment: BTreeMap::new(),
                directory: root.clone(),
                stdout: &mut stdout,
                stderr: &mut stderr,
                color: false,
                unicode: false,
                width: 80,
            };
            let words: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
            status = cli::run(&words, io);
            told = stderr;
        }
        let mut found = BTreeMap::new();
        walk(&root, &root, &mut found);
        (status, String::from_utf8(told).unwrap(), found)
    }

    fn walk(root: &Utf8Path, folder: &Utf8Path, found: &mut BTreeMap<String, String>) {
        for entry in folder.read_dir_utf8().unwrap() {
            let path = entry.unwrap().into_path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn editors_find_the_schema_where_the_project_is_public() {
        assert_eq!(modeline(""), "");
        let line = modeline("https://git.example.com/kustompose");
        let schema = line.trim_end().strip_prefix("# yaml-language-server: $schema=").unwrap();
        assert!(schema.ends_with(concat!(
            "/raw/v",
            env!("CARGO_PKG_VERSION"),
            "/docs/kustompose.schema.json"
        )));
    }

    #[test]
    fn convert_gives_the_same_tree_with_what_init_wrote() {
        let (status, _, without) = runs(PROJECT, &[&["convert"]]);
        assert_eq!(status, 0, "nobody said that the file describes an environment");
        let (status, _, mut with) = runs(PROJECT, &[&["init"], &["convert"]]);
        assert_eq!(status, 0);
        with.remove("kustompose.yaml").unwrap();
        assert_eq!(with, without);
        assert!(with.contains_key("k8s/overlays/staging/kustomization.yaml"));
    }

    #[test]
    fn environments_are_named_as_they_are_found() {
        let (status, told, files) = runs(PROJECT, &[&["init"]]);
        assert_eq!((status, told.as_str()), (0, "kustompose.yaml: written, with local, prod, staging\n"));
        let text = &files["kustompose.yaml"];
        let block = "
environments:
  local:
    compose:
    - compose.yaml
    - compose.override.yaml
  prod:
    compose:
    - compose.yaml
    - compose.prod.yaml
  # qa cannot be loaded: service `web` refers to service `nothing`, which is not defined
  # qa:
  #   compose:
  #   - compose.yaml
  #   - compose.qa.yaml
  staging:
    compose:
    - compose.yaml
    - compose.staging.yaml
    envFile: .env.staging
";
        assert!(text.contains(block), "{text}");
        assert!(text.contains("\n  # compose.gpu.yaml belongs to no environment.\n"), "{text}");
    }

    #[test]
    fn every_setting_is_told_of_and_what_is_told_is_a_setting() {
        let text =
            text(&FoundEnvironments { project: Some("shop".to_owned()), ..FoundEnvironments::default() });
        for key in [
            keys::TOP,
            keys::ENVIRONMENT,
            keys::SECRETS,
            keys::CRON_JOBS,
            keys::CHECK,
            keys::LINT,
            keys::ALLOW,
            keys::EXTERNAL_SECRETS,
            keys::LOCAL,
            keys::AUTOSCALE,
            keys::IMAGES,
            keys::DEFAULTS,
            keys::REQUESTS,
        ]
        .concat()
        {
            assert!(text.contains(&format!("{key}:")), "{key}");
        }
        // Without their marks, the examples are settings.
        let examples: String = text
            .lines()
            .map(|line| match line.trim_start().strip_prefix("# ") {
                Some(rest) if line.starts_with("  #   ") => format!("  {rest}\n"),
                Some(rest) if rest.trim_start().split(' ').next().is_some_and(|word| word.ends_with(':')) => {
                    format!("{rest}\n")
                }
                Some(_) => String::new(),
                None => format!("{line}\n"),
            })
            .collect();
        let examples = examples.replace("More that can be said of each environment:", "  example:");
        let examples = examples.replace("environments:\n", "environments:\n  example:\n");
        let files = MemoryFiles::new([("/p/kustompose.yaml", examples.clone())]);
        let (mut sources, mut report) = (Sources::default(), Report::default());
        let read = settings::read("/p/kustompose.yaml".into(), &files, &mut sources, &mut report);
        assert_eq!(report.diagnostics(), [], "{examples}");
        let read = read.unwrap();
        assert_eq!(read.environments[0].external_secrets.as_ref().unwrap().kind, keys::STORE_KINDS[0]);
        assert_eq!(read.secrets.never[0].value, "PUBLIC_KEY");
        assert_eq!(read.stagger, Some(false));
        assert_eq!(read.check.allow[0].reason.value, "a debugger");
    }

    #[test]
    fn what_is_there_is_never_overwritten() {
        let files = [PROJECT[0], ("kustompose.yaml", "project: mine\n")];
        let (status, told, files) = runs(&files, &[&["init"]]);
        assert_eq!(status, 1);
        assert!(told.contains("there is a `kustompose.yaml` already"), "{told}");
        assert_eq!(files["kustompose.yaml"], "project: mine\n");
        let (status, told, files) = runs(&[("readme", "")], &[&["init"]]);
        assert_eq!(status, 1, "{told}");
        assert_eq!(files.len(), 1);
    }

    #[test]
    fn the_command_line_names_one_environment() {
        let (status, _, files) = runs(
            PROJECT,
            &[&["init", "-f", "compose.gpu.yaml", "--env-file", ".env.staging", "--profile", "x"]],
        );
        assert_eq!(status, 0);
        let block = "\n  local:\n    compose:\n    - compose.gpu.yaml\n    envFile: .env.staging\n    profiles:\n    - x\n\n";
        assert!(files["kustompose.yaml"].contains(block), "{}", files["kustompose.yaml"]);
    }
}
