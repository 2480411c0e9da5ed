//! Before anything is loaded: which variables, which files, which directory, which profiles and which
//! name (specification, "Compose file" and "name"; docker's reference of its environment variables).

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Request,
    context::Context,
    interpolate::interpolate_text,
    layers::NamedFile,
    model::{InputRole, Role},
    paths,
    values::project_name,
    variables::{self, Variables},
};
use crate::{
    diag::{Diagnostic, codes},
    text::{FileKind, Files, STANDARD_INPUT, Span},
    yaml::{Directive, Node, scalar},
};

/// Names of compose files that are looked for, best first.
pub(crate) const NAMES: &[&str] =
    &["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/// Names of files on top of them, best first.
pub(crate) const OVERRIDE_NAMES: &[&str] = &[
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// What a request comes to.
pub(super) struct Found {
    pub(super) files: Vec<NamedFile>,
    /// The project's directory, absolute.
    pub(super) directory: Utf8PathBuf,
    pub(super) variables: Variables,
    pub(super) profiles: Vec<String>,
}

/// Finds the files of a project and the variables that they are to see; nothing if there are no
/// files, which is reported.
pub(super) fn discover(request: &Request, context: &mut Context<'_>) -> Option<Found> {
    let mut variables = Variables::of_process(&request.environment);
    variables.treat_unset(request.options.unset);
    if variables.get("PWD").is_none() {
        variables.set("PWD", request.working_directory.as_str(), None);
    }
    let env_files = env_files(request, &variables);
    let start = project_directory(request, &request.files);
    add_env_files(&env_files, &start, &mut variables, context);
    let paths = compose_files(request, &start, &variables, context)?;
    let directory = project_directory(request, &paths);
    if env_files.is_none() && directory != start {
        add_env_files(&env_files, &directory, &mut variables, context);
    }
    let profiles = if request.profiles.is_empty() {
        // An empty name counts: a service may be active by default because `""` is one of its profiles.
        let named = variables.value("COMPOSE_PROFILES").unwrap_or_default();
        named.split(',').map(|profile| profile.trim().to_owned()).collect()
    } else {
        request.profiles.clone()
    };
    Some(Found {
        files: paths.into_iter().map(|path| (path, None)).collect(),
        directory,
        variables,
        profiles,
    })
}

/// The environment files that were asked for; `None` means `.env`.
fn env_files(request: &Request, process: &Variables) -> Option<Vec<NamedFile>> {
    let named = |path: &str| (paths::join(&request.working_directory, path), None);
    if !request.env_files.is_empty() {
        return Some(request.env_files.iter().map(|path| named(path.as_str())).collect());
    }
    if let Some(list) = process.value("COMPOSE_ENV_FILES").filter(|list| !list.is_empty()) {
        return Some(list.split(',').map(named).collect());
    }
    let disabled = process
        .value("COMPOSE_DISABLE_ENV_FILE")
        .is_some_and(|value| matches!(value.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"));
    disabled.then(Vec::new)
}

fn add_env_files(
    files: &Option<Vec<NamedFile>>,
    directory: &Utf8Path,
    variables: &mut Variables,
    context: &mut Context<'_>,
) {
    let found = match files {
        Some(files) => variables::from_files(files, variables, InputRole::EnvironmentFile, context),
        None => variables::dotenv_of(directory, variables, context),
    };
    variables.add_missing(found);
}

/// The nearest directory from `start` upwards that has a compose file.
pub(crate) fn nearest_project<'a>(start: &'a Utf8Path, files: &dyn Files) -> Option<&'a Utf8Path> {
    let has_one = |directory: &&Utf8Path| {
        NAMES.iter().any(|name| files.kind(&directory.join(name)) == Some(FileKind::File))
    };
    start.ancestors().find(has_one)
}

/// The directory that was asked for, else that of the first file, else the working directory.
fn project_directory(request: &Request, files: &[Utf8PathBuf]) -> Utf8PathBuf {
    let working = &request.working_directory;
    // Standard input lies nowhere.
    match (&request.project_directory, files.iter().find(|file| *file != STANDARD_INPUT)) {
        (Some(directory), _) => paths::join(working, directory.as_str()),
        (None, Some(file)) => paths::parent(&paths::join(working, file.as_str())),
        (None, None) => working.clone(),
    }
}

fn compose_files(
    request: &Request,
    start: &Utf8Path,
    variables: &Variables,
    context: &mut Context<'_>,
) -> Option<Vec<Utf8PathBuf>> {
    let absolute = |path: &str| paths::join(&request.working_directory, path);
    if !request.files.is_empty() {
        let path = |path: &Utf8PathBuf| match path.as_str() {
            STANDARD_INPUT => path.clone(),
            path => absolute(path),
        };
        return Some(request.files.iter().map(path).collect());
    }
    if let Some(list) = variables.value("COMPOSE_FILE").filter(|list| !list.is_empty()) {
        let separator = variables.value("COMPOSE_PATH_SEPARATOR").filter(|separator| !separator.is_empty());
        return Some(list.split(separator.as_deref().unwrap_or(":")).map(absolute).collect());
    }
    let Some(directory) = start.ancestors().find(|directory| first_of(directory, NAMES, context).is_some())
    else {
        context.report.push(
            Diagnostic::error(codes::NO_COMPOSE_FILE, format!("no compose file in `{start}` or above"))
                .help(format!("write one of {}, or name a file with `-f`", NAMES.join(", "))),
        );
        return None;
    };
    let file = first_of(directory, NAMES, context);
    let overriding = first_of(directory, OVERRIDE_NAMES, context);
    warn_of_several(directory, NAMES, context);
    warn_of_several(directory, OVERRIDE_NAMES, context);
    Some(file.into_iter().chain(overriding).collect())
}

fn existing(directory: &Utf8Path, names: &[&str], context: &Context<'_>) -> Vec<Utf8PathBuf> {
    let paths = names.iter().map(|name| directory.join(name));
    paths
        .filter(|path| matches!(context.files.kind(path), Some(FileKind::File | FileKind::Special)))
        .collect()
}

fn first_of(directory: &Utf8Path, names: &[&str], context: &Context<'_>) -> Option<Utf8PathBuf> {
    existing(directory, names, context).into_iter().next()
}

fn warn_of_several(directory: &Utf8Path, names: &[&str], context: &mut Context<'_>) {
    let found = existing(directory, names, context);
    if let [used, _, ..] = found.as_slice() {
        let names: Vec<&str> = found.iter().filter_map(|path| path.file_name()).collect();
        let message = format!("there are several compose files: {}", names.join(", "));
        let help = format!(
            "`{}` is used; remove the others or name files with `-f`",
            used.file_name().unwrap_or_default()
        );
        context.report.push(Diagnostic::warning(codes::SEVERAL_COMPOSE_FILES, message).help(help));
    }
}

/// The project's name: asked for, else in the environment, else in the last file that has one, else
/// from the directory. The first two must be clean already.
pub(super) fn name(request: &Request, found: &Found, context: &mut Context<'_>) -> Option<String> {
    let asked = request.project_name.clone().filter(|name| !name.is_empty());
    let asked =
        asked.or_else(|| found.variables.value("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty()));
    if let Some(name) = asked {
        if project_name::is_clean(&name) {
            return Some(name);
        }
        let message = format!("`{name}` cannot be the name of a project");
        context.report.push(
            Diagnostic::error(codes::INVALID_PROJECT_NAME, message)
                .help("begin with a lower-case letter or a digit, and go on with these, `-` and `_`"),
        );
        return None;
    }
    let written = written_name(request, found, context);
    let (text, span) = match &written {
        Some((text, span)) if !project_name::normalise(text).is_empty() => (text.as_str(), Some(*span)),
        _ => (found.directory.file_name().unwrap_or_default(), None),
    };
    let name = project_name::normalise(text);
    if name.is_empty() {
        let message = format!("no name can be made of `{text}`");
        let diagnostic = Diagnostic::error(codes::INVALID_PROJECT_NAME, message)
            .help("write a `name:` of letters and digits, or pass one with `-p`");
        context.report.push(match span {
            Some(span) => diagnostic.at(span, "here"),
            None => diagnostic,
        });
        return None;
    }
    Some(name)
}

fn written_name(request: &Request, found: &Found, context: &mut Context<'_>) -> Option<(String, Span)> {
    let mut last: Option<Node> = None;
    for (path, named_at) in &found.files {
        for document in context.written(path, Role::Project, *named_at) {
            let name = document.tree.get("name").filter(|name| !name.is_null());
            let name = name.filter(|name| name.directive != Some(Directive::Reset));
            last = name.filter(|name| name.as_str() != Some("")).cloned().or(last);
        }
    }
    let node = last?;
    let text = match node.as_str() {
        Some(_) if request.options.interpolate => {
            interpolate_text(&node, &found.variables, context.sources, context.report)?
        }
        _ => scalar::go_string(&node.value)?,
    };
    Some((text, node.span))
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;

    use crate::compose::{
        Request,
        testing::{ROOT, loaded, request},
    };

    const SERVICE: &str = "services: {a: {image: 'x:${TAG:-none}'}}";

    fn with_environment(variables: &[(&str, &str)]) -> Request {
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Request { environment: environment.collect(), ..request() }
    }

    #[test]
    fn the_usual_names_are_looked_for_here_and_above() {
        let files = [("docker-compose.yml", SERVICE), ("compose.override.yaml", "name: over"), ("sub/x", "")];
        let below = Request { working_directory: Utf8PathBuf::from(ROOT).join("sub"), ..request() };
        assert_eq!(loaded(&files, &below).text("/name"), r#""over""#);
        let several = [("compose.yml", SERVICE), ("docker-compose.yaml", "")];
        let found = loaded(&several, &request());
        assert_eq!(found.messages(), ["there are several compose files: compose.yml, docker-compose.yaml"]);
        assert_eq!(loaded(&[("x", "")], &request()).messages(), ["no compose file in `/demo` or above"]);
    }

    #[test]
    fn files_may_be_named_by_flags_and_by_variables() {
        let files = [
            ("a.yaml", SERVICE),
            ("sub/b.yaml", "services: {a: {build: ./b}}"),
            (".env", "COMPOSE_FILE=a.yaml:sub/b.yaml\nTAG=env"),
        ];
        let found = loaded(&files, &request());
        assert_eq!(found.text("/services/a/build/context"), r#""/demo/b""#);
        assert_eq!(found.text("/services/a/image"), r#""x:env""#);
        let flagged = Request { files: vec!["sub/b.yaml".into()], ..request() };
        assert_eq!(loaded(&files, &flagged).text("/services/a/build/context"), r#""/demo/sub/b""#);
    }

    #[test]
    fn the_shell_beats_the_env_file_and_files_replace_dotenv() {
        let files =
            [("compose.yaml", SERVICE), (".env", "TAG=dotenv"), ("a.env", "TAG=a"), ("b.env", "TAG=$TAG-b")];
        let given = |names: &[&str]| Request {
            env_files: names.iter().map(|name| (*name).into()).collect(),
            ..request()
        };
        let cases = [
            (request(), "x:dotenv"),
            (with_environment(&[("TAG", "shell")]), "x:shell"),
            (with_environment(&[("TAG", "")]), "x:none"),
            (with_environment(&[("COMPOSE_DISABLE_ENV_FILE", "true")]), "x:none"),
            (with_environment(&[("COMPOSE_ENV_FILES", "a.env,b.env")]), "x:a-b"),
            (given(&["a.env"]), "x:a"),
        ];
        for (request, image) in cases {
            assert_eq!(loaded(&files, &request).text("/services/a/image"), format!("\"{image}\""));
        }
        let missing = loaded(&files, &given(&["none.env"]));
        assert_eq!(
            missing.messages(),
            ["the environment file `none.env` cannot be read: no such file or directory"]
        );
    }

    #[test]
    fn the_name_is_asked_for_written_or_taken_from_the_directory() {
        let named = "name: ${N:-Foo.Bar}\nservices: {a: {image: x, hostname: $COMPOSE_PROJECT_NAME}}";
        let asked = Request { project_name: Some("asked".to_owned()), ..request() };
        let cases = [
            (SERVICE, request(), "demo"),
            (named, request(), "foobar"),
            (named, asked, "asked"),
            (named, with_environment(&[("COMPOSE_PROJECT_NAME", "env")]), "env"),
        ];
        for (text, request, name) in cases {
            let found = loaded(&[("compose.yaml", text)], &request);
            assert_eq!(found.text("/name"), format!("\"{name}\""));
            if text == named {
                assert_eq!(found.text("/services/a/hostname"), format!("\"{name}\""));
            }
        }
        let unclean = Request { project_name: Some("Asked".to_owned()), ..request() };
        let found = loaded(&[("compose.yaml", named)], &unclean);
        assert_eq!(found.messages(), ["`Asked` cannot be the name of a project"]);
    }
}
