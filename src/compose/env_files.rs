//! Step 20: `env_file` becomes `environment`, `label_file` becomes `labels`, each entry with its place
//! in the file that says it.

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    context::Context,
    entry,
    model::{Attribute, InputRole},
    variables::{self, Reading, Variables},
};
use crate::{
    diag::{Diagnostic, codes},
    text::{FileError, Span},
    yaml::{Key, Map, Node, Value, scalar},
};

/// One file that a service names.
struct File {
    path: Utf8PathBuf,
    raw: bool,
    required: bool,
    span: Span,
}

/// Drops the files of a service that is not active: they are not even looked at.
pub(super) fn drop(service: &mut Node) {
    let Some(map) = service.as_map_mut() else { return };
    map.shift_remove("env_file");
    map.shift_remove("label_file");
}

/// Reads the env files of a service.
pub(super) fn resolve_environment(
    service: &mut Node,
    project: &Variables,
    base: &Utf8Path,
    context: &mut Context<'_>,
) {
    let Some(map) = service.as_map_mut() else { return };
    let Some(files) = map.shift_remove("env_file") else { return };
    let own = entries(map.get("environment"));
    let known = |name: &str| {
        let own = || own.get(name).filter(|value| !value.is_null()).and_then(|value| value.as_str());
        project.value(name).or_else(|| own().map(str::to_owned))
    };
    let found = read_all(&env_list(&files, base, context), &known, InputRole::ServiceEnvFile, context);
    put(map, "environment", found, own, files.span);
}

/// Reads the label files of a service.
pub(super) fn resolve_labels(service: &mut Node, base: &Utf8Path, context: &mut Context<'_>) {
    let Some(map) = service.as_map_mut() else { return };
    let Some(files) = map.shift_remove("label_file") else { return };
    let own = entries(map.get("labels"));
    let found = read_all(&label_list(&files, base), &|_| None, InputRole::LabelFile, context);
    put(map, "labels", found, own, files.span);
}

/// What the service says itself stands over what its files say, a `null` too.
fn put(map: &mut Map, key: &str, mut found: Map, own: Map, span: Span) {
    for (name, value) in own {
        found.insert(name, value);
    }
    if found.is_empty() {
        return;
    }
    let span = map.get(key).map_or(span, |node| node.span);
    map.insert(Key::new(key, span), Node::new(Value::Map(found), span));
}

/// A mapping, or a list of `KEY=value`, as a mapping of strings and nulls.
fn entries(node: Option<&Node>) -> Map {
    let Some(node) = node else { return Map::default() };
    match &node.value {
        Value::Map(map) => map
            .iter()
            .map(|(key, value)| {
                let text = scalar::go_string(&value.value).filter(|_| !value.is_null());
                let string = |text| Node { value: Value::String(text), ..value.clone() };
                (key.clone(), text.map_or_else(|| value.clone(), string))
            })
            .collect(),
        Value::Seq(items) => items
            .iter()
            .filter_map(|item| {
                let (key, value) = entry::read(item)?;
                Some((key, value.unwrap_or_else(|| Node::new(Value::Null, item.span))))
            })
            .collect(),
        _ => Map::default(),
    }
}

fn env_list(node: &Node, base: &Utf8Path, context: &mut Context<'_>) -> Vec<File> {
    let mut files = Vec::new();
    for item in node.as_seq().unwrap_or_default() {
        let Some(path) = item.get("path").and_then(Node::as_str) else { continue };
        let raw = match item.get("format").and_then(Node::as_str) {
            None | Some("") => false,
            Some("raw") => true,
            Some(format) => {
                let message = format!("there is no format `{format}` of environment files");
                let span = item.get("format").map_or(item.span, |node| node.span);
                context.report.push(
                    Diagnostic::error(codes::INVALID_ENV_FILE, message)
                        .at(span, "unknown format")
                        .help("write `raw`, or leave `format` out"),
                );
                continue;
            }
        };
        let required = item.get("required").and_then(|node| bool::read(node, context.report));
        let required = required.unwrap_or(true);
        files.push(File { path: super::paths::join(base, path), raw, required, span: item.span });
    }
    files
}

fn label_list(node: &Node, base: &Utf8Path) -> Vec<File> {
    let file = |item: &Node| {
        let path = super::paths::join(base, item.as_str()?);
        Some(File { path, raw: false, required: true, span: item.span })
    };
    node.as_seq().unwrap_or_default().iter().filter_map(file).collect()
}

/// References in an `env_file` see what is known outside, then what the file itself says, then what
/// the files before it say; in a `label_file`, what the files before it say comes first.
fn lookup(
    name: &str,
    known: &dyn Fn(&str) -> Option<String>,
    found: &Map,
    role: InputRole,
) -> Option<String> {
    let earlier = || found.get(name).and_then(Node::as_str).map(str::to_owned);
    known(name).or_else(|| if role == InputRole::LabelFile { earlier() } else { None })
}

fn reading(file: &File, found: &Map, role: InputRole) -> Reading {
    if file.raw {
        return Reading::Raw;
    }
    if role == InputRole::LabelFile {
        return Reading::Alone;
    }
    let text = |(key, node): (&Key, &Node)| Some((key.text.clone(), node.as_str()?.to_owned()));
    Reading::After(found.iter().filter_map(text).collect())
}

/// The entries of all files, a later one over an earlier.
fn read_all(
    files: &[File],
    known: &dyn Fn(&str) -> Option<String>,
    role: InputRole,
    context: &mut Context<'_>,
) -> Map {
    let mut found = Map::default();
    for file in files {
        let id = match context.text(&file.path, role) {
            Ok(id) => id,
            Err(FileError::NotFound) if !file.required => {
                let shown = super::paths::shown(&file.path, &context.directory);
                let message = format!("the optional environment file `{shown}` is not there");
                context
                    .report
                    .push(Diagnostic::info(codes::OPTIONAL_FILE, message).at(file.span, "passed over"));
                continue;
            }
            Err(error) if role == InputRole::LabelFile => {
                context.unreadable("label file", &file.path, &error, Some(file.span));
                continue;
            }
            Err(error) => {
                context.unreadable_env_file(&file.path, &error, file.span);
                continue;
            }
        };
        let parsed = variables::parse(
            id,
            &|name| lookup(name, known, &found, role),
            reading(file, &found, role),
            context,
        );
        let bytes =
            parsed.variables.iter().map(|variable| variable.value.as_ref().map_or(0, String::len)).sum();
        if !context.spend((found.len() + parsed.variables.len(), bytes), file.span) {
            break;
        }
        for variable in parsed.variables {
            let (name, value) = (variable.name_range, variable.value_range);
            let Some(text) = variable.value else { continue };
            let key = Key::new(variable.name, Span::new(id, name.start, name.end));
            let value = Node::string(text, Span::new(id, value.start, value.end));
            found.insert(key, value.with_template(variable.template));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::compose::testing::{loaded, request};

    #[test]
    fn environment_stands_over_env_files_which_stand_over_each_other() {
        let files = [
            (
                "compose.yaml",
                "services: {a: {image: x, env_file: [a.env, {path: b.env, required: false}, {path: none.env, required: false}], environment: {OWN: own, NIL: null}}}",
            ),
            ("a.env", "A=a\nB=a\nOWN=a\nNIL=a\nC=$OWN-$A-$SHELL"),
            ("b.env", "B='b'\nD=$B"),
        ];
        let mut request = request();
        request.environment.insert("SHELL".to_owned(), "sh".to_owned());
        let found = loaded(&files, &request);
        assert_eq!(
            found.text("/services/a/environment"),
            r#"{"A":"a","B":"b","C":"own-a-sh","D":"b","NIL":null,"OWN":"own"}"#
        );
    }

    #[test]
    fn the_raw_format_takes_everything_as_it_stands_and_others_are_unknown() {
        let compose = |format: &str| {
            format!("services: {{a: {{image: x, env_file: [{{path: a.env, format: {format}}}]}}}}")
        };
        let found = loaded(&[("compose.yaml", &compose("raw")), ("a.env", "A='$B' # c")], &request());
        assert_eq!(found.text("/services/a/environment/A"), r#""'$$B' # c""#);
        let found = loaded(&[("compose.yaml", &compose("toml")), ("a.env", "")], &request());
        assert_eq!(found.messages(), ["there is no format `toml` of environment files"]);
    }

    #[test]
    fn files_of_inactive_services_are_not_looked_at() {
        let text =
            "services: {a: {image: x, env_file: none.env, profiles: [p]}, b: {image: x, label_file: l}}";
        let found = loaded(&[("compose.yaml", text), ("l", "k=v")], &request());
        assert_eq!(found.text("/services/b/labels"), r#"{"k":"v"}"#);
        let active = crate::compose::Request { profiles: vec!["p".to_owned()], ..request() };
        let found = loaded(&[("compose.yaml", text), ("l", "k=v")], &active);
        assert_eq!(
            found.messages(),
            ["the environment file `none.env` cannot be read: no such file or directory"]
        );
        assert_eq!(found.places(), ["compose.yaml:1:36"]);
    }
}
