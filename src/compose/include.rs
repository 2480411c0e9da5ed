//! `include`: whole projects within a project (specification, "include").
//!
//! Follows newer versions of compose in two ways: services that come by `include` can be extended,
//! and what both sides define is merged, the including file over the included.

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    context::Context,
    extends::remote,
    key_path::KeyPath,
    layers::{self, NamedFile, Purpose, Scope},
    merge,
    model::InputRole,
    paths, reset, validate,
    variables::{self, Variables},
};
use crate::{
    diag::{Diagnostic, codes},
    text::{FileKind, Span, budget},
    yaml::{Key, Map, Node, Resets, Value},
};

/// What an included project gives to the one that includes it.
const SECTIONS: &[&str] = &["services", "volumes", "networks", "secrets", "configs", "models"];

/// Merges all that the document includes beneath it, and takes `include` out of it.
pub(super) fn include(
    document: &mut Node,
    file: &Utf8Path,
    resets: &Resets,
    scope: &Scope<'_>,
    context: &mut Context<'_>,
) {
    let Some(included) = document.as_map_mut().and_then(|map| map.shift_remove("include")) else { return };
    if included.is_null() {
        return;
    }
    validate::include(&included, &KeyPath::of(&["include"]), context.report);
    let mut chain = scope.chain.to_vec();
    chain.push(file.to_owned());
    for entry in included.as_seq().unwrap_or_default() {
        match load(entry, &chain, scope, context) {
            Some(tree) => import(tree, document, resets, context),
            None => context.lacks_files = true,
        }
    }
}

/// One entry of `include`, loaded as a project of its own.
fn load(entry: &Node, chain: &[Utf8PathBuf], scope: &Scope<'_>, context: &mut Context<'_>) -> Option<Node> {
    let files = files(entry, scope, context)?;
    let (first, named_at) = files.first()?;
    if !context.spend((budget::FILE * files.len(), 0), entry.span) {
        return None;
    }
    if chain.contains(first) {
        let names: Vec<String> = chain
            .iter()
            .chain([first])
            .map(|path| paths::shown(path, &context.directory).into_string())
            .collect();
        let message = format!("files include each other in a circle: {}", names.join(" → "));
        let span = named_at.unwrap_or(entry.span);
        context.report.push(Diagnostic::error(codes::INCLUDE_CYCLE, message).at(span, "closes the circle"));
        return None;
    }
    let directory = match entry.get("project_directory").and_then(Node::as_str) {
        Some(text) if !text.is_empty() => paths::join(scope.directory, text),
        _ => paths::parent(first),
    };
    let mut variables = scope.variables.clone();
    variables.add_missing(own_variables(entry, &directory, scope, context));
    let inner =
        Scope { purpose: Purpose::Include, variables: &variables, directory: &directory, chain, ..*scope };
    let base = paths::relative(scope.directory, &directory);
    Some(layers::load(&files, &inner, Some(&base), context))
}

fn files(entry: &Node, scope: &Scope<'_>, context: &mut Context<'_>) -> Option<Vec<NamedFile>> {
    let mut files = Vec::new();
    for node in several(if entry.as_map().is_some() { entry.get("path")? } else { entry }) {
        let text = node.as_str()?;
        if paths::is_remote(text) {
            remote(node.span, context);
            return None;
        }
        files.push((paths::join(scope.directory, text), Some(node.span)));
    }
    Some(files)
}

/// A list, or one value for a list of one.
fn several(node: &Node) -> &[Node] {
    node.as_seq().unwrap_or(std::slice::from_ref(node))
}

/// The variables of the included project's own environment files.
fn own_variables(
    entry: &Node,
    directory: &Utf8Path,
    scope: &Scope<'_>,
    context: &mut Context<'_>,
) -> Variables {
    let given = entry.get("env_file").map(several).unwrap_or_default();
    if given.is_empty() {
        return variables::dotenv_of(directory, scope.variables, context);
    }
    let mut files: Vec<(Utf8PathBuf, Option<Span>)> = Vec::new();
    for node in given {
        let Some(text) = node.as_str() else { continue };
        let path = paths::join(scope.directory, text);
        // `/dev/null` says that there is no file at all.
        if path != "/dev/null" && context.files.kind(&path) != Some(FileKind::Special) {
            files.push((path, Some(node.span)));
        }
    }
    variables::from_files(&files, scope.variables, InputRole::EnvironmentFile, context)
}

/// Puts the resources of an included project beneath those of the document.
fn import(mut tree: Node, document: &mut Node, resets: &Resets, context: &mut Context<'_>) {
    for section in SECTIONS {
        let Some(source) = tree.as_map_mut().and_then(|map| map.shift_remove_entry(*section)) else {
            continue;
        };
        let (key, Node { value: Value::Map(resources), span, .. }) = source else { continue };
        let Some(map) = document.as_map_mut() else { return };
        let target = map.entry(key).or_insert_with(|| Node::map(span));
        if target.is_null() {
            *target = Node::map(span);
        }
        let Some(target) = target.as_map_mut() else { continue };
        for (name, mut resource) in resources {
            if target.contains_key(&name) {
                reset::apply_within(resets, &[section, &name.text], &mut resource);
            }
            import_one(section, name, resource, target, context);
        }
    }
}

fn import_one(section: &str, name: Key, resource: Node, target: &mut Map, context: &mut Context<'_>) {
    let Some(own) = target.get_mut(&name) else {
        target.insert(name, resource);
        return;
    };
    if validate::same(own, &resource) {
        return;
    }
    let place = KeyPath::of(&[section, &name.text]);
    let message = format!("{place} is defined here and in an included file");
    context.report.push(
        Diagnostic::info(codes::INCLUDE_CONFLICT, message)
            .at(own.span, "merged over the included one")
            .at(resource.span, "included")
            .help("docker compose before 2.41 refuses this"),
    );
    let over = std::mem::replace(own, Node::map(resource.span));
    *own = merge::merge(resource, over, &place, context.report);
}

#[cfg(test)]
mod tests {
    use crate::compose::testing::{loaded, request};

    #[test]
    fn an_included_project_has_its_own_directory_and_variables() {
        let files = [
            ("compose.yaml", "include: [sub/compose.yaml]\nservices: {a: {image: 'x:$TAG', extends: b}}"),
            (".env", "TAG=ours\n"),
            ("sub/compose.yaml", "services: {b: {build: ./b, image: 'y:$TAG-$SUB'}}\nvolumes: {v: }"),
            ("sub/.env", "TAG=theirs\nSUB=sub\n"),
        ];
        let found = loaded(&files, &request());
        assert_eq!(found.text("/services/b/image"), r#""y:ours-sub""#);
        assert_eq!(found.text("/services/a/build/context"), r#""/demo/sub/b""#);
        assert_eq!(found.text("/services/a/image"), r#""x:ours""#);
    }

    #[test]
    fn what_both_define_is_merged_with_a_note() {
        let files = [
            ("compose.yaml", "include: [{path: [i.yaml, j.yaml]}]\nservices: {a: {image: ours}}"),
            ("i.yaml", "services: {a: {image: theirs, tty: true}}"),
            ("j.yaml", "services: {a: {init: true}}"),
        ];
        let found = loaded(&files, &request());
        assert_eq!(found.messages(), ["services.a is defined here and in an included file"]);
        assert_eq!(
            found.text("/services/a"),
            r#"{"image":"ours","init":true,"networks":{"default":null},"tty":true}"#
        );
    }

    #[test]
    fn circles_and_odd_forms_are_refused() {
        let cases = [
            (
                "include: [i.yaml]\nservices: {a: {image: x}}",
                "files include each other in a circle: compose.yaml → i.yaml → compose.yaml",
            ),
            ("include: i.yaml\nservices: {a: {image: x}}", "include must be a list, not a string"),
            (
                "include: [{path: none.yaml}]\nservices: {a: {image: x}}",
                "the compose file `none.yaml` cannot be read: no such file or directory",
            ),
        ];
        for (text, message) in cases {
            let files = [("compose.yaml", text), ("i.yaml", "include: [compose.yaml]")];
            assert_eq!(loaded(&files, &request()).messages().first(), Some(&message));
        }
    }
}
