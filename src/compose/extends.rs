//! `extends`: a service that begins as a copy of another (specification, "extends").
//!
//! Acts on one document, before it is merged onto those before it: a service of the same file is
//! found only there. What `!reset` and `!override` drop is dropped of the copy, and again in that merge.

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    context::Context,
    key_path::KeyPath,
    layers::{self, Purpose, Scope},
    merge,
    model::Role,
    paths, reset, validate,
};
use crate::{
    diag::{Diagnostic, codes},
    text::{Span, nearest},
    yaml::{Key, Map, Node, Resets, Value},
};

/// How long a chain of services may be that extend each other.
const MAX_DEPTH: usize = 200;

/// The services that are being resolved: the file and the name of each.
type Chain = Vec<(Utf8PathBuf, String)>;

/// The file that a service is in.
struct Place<'a> {
    file: &'a Utf8Path,
    /// What the tags in it drop.
    resets: &'a Resets,
}

/// What an `extends` says.
struct Reference {
    service: String,
    file: Option<(String, Span)>,
    span: Span,
}

/// Replaces every service of the document that extends another by what it comes to.
pub(super) fn extends(
    document: &mut Node,
    file: &Utf8Path,
    resets: &Resets,
    scope: &Scope<'_>,
    context: &mut Context<'_>,
) {
    let Some(services) = document.get_mut("services").and_then(Node::as_map_mut) else { return };
    let extending = services.iter().filter(|(_, service)| service.get("extends").is_some());
    let names: Vec<String> = extending.map(|(key, _)| key.text.clone()).collect();
    for name in names {
        let mut chain = Chain::new();
        let place = Place { file, resets };
        resolve(&name, services, &place, scope, &mut chain, context);
    }
}

/// The service `name`, without `extends`, which it is from now on in `services` too.
fn resolve(
    name: &str,
    services: &mut Map,
    place: &Place<'_>,
    scope: &Scope<'_>,
    chain: &mut Chain,
    context: &mut Context<'_>,
) -> Option<Node> {
    let mut service = services.get(name)?.clone();
    let Some(extended) = service.get("extends").cloned() else { return Some(service) };
    if let Some(map) = service.as_map_mut() {
        map.shift_remove("extends");
    }
    let base = match reference(&extended, name, context) {
        Some(reference) if enter(chain, place.file, name, &reference, context) => {
            let base = base(&reference, services, place, scope, chain, context);
            chain.pop();
            base
        }
        _ => None,
    };
    let resolved = match base {
        Some(base) if !context.spend(base.measure(), extended.span) => {
            drop(base);
            service
        }
        Some(mut base) if base.as_map().is_some() => {
            reset::apply_within(place.resets, &["services", name], &mut base);
            overlay(base, service, name, context)
        }
        _ => service,
    };
    services.insert(Key::new(name, resolved.span), resolved.clone());
    Some(resolved)
}

/// The extending service over its base.
fn overlay(base: Node, service: Node, name: &str, context: &mut Context<'_>) -> Node {
    let span = service.span;
    let place = KeyPath::of(&["services", name]);
    let mut merged = merge::merge(base, service, &place, context.report);
    if let Some(map) = merged.as_map_mut() {
        map.shift_remove("extends");
    }
    Node { span, ..merged }
}

fn base(
    reference: &Reference,
    services: &mut Map,
    place: &Place<'_>,
    scope: &Scope<'_>,
    chain: &mut Chain,
    context: &mut Context<'_>,
) -> Option<Node> {
    let Some((named, span)) = &reference.file else {
        if services.contains_key(reference.service.as_str()) {
            return resolve(&reference.service, services, place, scope, chain, context);
        }
        not_found(reference, place.file, services, context);
        return None;
    };
    if paths::is_remote(named) {
        remote(*span, context);
        return None;
    }
    let path = paths::join(scope.directory, named);
    let (mut others, resets) = services_of(&path, *span, scope, context)?;
    if others.contains_key(reference.service.as_str()) {
        let place = Place { file: &path, resets: &resets };
        return resolve(&reference.service, &mut others, &place, scope, chain, context);
    }
    not_found(reference, &path, &others, context);
    None
}

/// The services of another file, canonical, their paths relative to the project like all others, and what the
/// tags in its last document drop.
fn services_of(
    path: &Utf8Path,
    span: Span,
    scope: &Scope<'_>,
    context: &mut Context<'_>,
) -> Option<(Map, Resets)> {
    let directory = paths::relative(scope.directory, &paths::parent(path));
    let inner = Scope { purpose: Purpose::Extends, chain: &[], ..*scope };
    let tree = layers::load(&[(path.to_owned(), Some(span))], &inner, Some(&directory), context);
    let documents = context.documents(path, Role::Extends, Some(span)).unwrap_or_default();
    let resets = documents.into_iter().next_back().map(|document| document.resets).unwrap_or_default();
    match tree.get("services").map(|services| &services.value) {
        Some(Value::Map(services)) => Some((services.clone(), resets)),
        _ => {
            let shown = paths::shown(path, &context.directory);
            let message = format!("`{shown}` has no services");
            context
                .report
                .push(Diagnostic::error(codes::EXTENDS_UNKNOWN_SERVICE, message).at(span, "named here"));
            None
        }
    }
}

/// Notes that a service is being resolved, unless it is already.
fn enter(
    chain: &mut Chain,
    file: &Utf8Path,
    name: &str,
    reference: &Reference,
    context: &mut Context<'_>,
) -> bool {
    if chain.len() >= MAX_DEPTH {
        let message = format!("services extend each other {MAX_DEPTH} times over");
        let diagnostic = Diagnostic::error(codes::EXTENDS_CYCLE, message);
        context.report.push(diagnostic.at(reference.span, "not followed any further"));
        return false;
    }
    let step = (file.to_owned(), name.to_owned());
    if chain.contains(&step) {
        let names: Vec<&str> = chain.iter().map(|(_, name)| name.as_str()).chain([name]).collect();
        let message = format!("services extend each other in a circle: {}", names.join(" → "));
        context.report.push(
            Diagnostic::error(codes::EXTENDS_CYCLE, message)
                .at(reference.span, "closes the circle")
                .help("put what they share into a service that extends none of them"),
        );
        return false;
    }
    chain.push(step);
    true
}

/// What an `extends` says; nothing if it is malformed, which is reported.
fn reference(node: &Node, name: &str, context: &mut Context<'_>) -> Option<Reference> {
    if let Some(service) = node.as_str() {
        return Some(Reference { service: service.to_owned(), file: None, span: node.span });
    }
    let place = KeyPath::of(&["services", name, "extends"]);
    validate::extends(node, &place, context.report);
    let service = node.get("service")?.as_str()?.to_owned();
    let file = node.get("file").and_then(|file| Some((file.as_str()?.to_owned(), file.span)));
    Some(Reference { service, file, span: node.span })
}

fn not_found(reference: &Reference, file: &Utf8Path, services: &Map, context: &mut Context<'_>) {
    let shown = paths::shown(file, &context.directory);
    let message = format!("`{shown}` has no service `{}` to extend", reference.service);
    let mut diagnostic =
        Diagnostic::error(codes::EXTENDS_UNKNOWN_SERVICE, message).at(reference.span, "extended here");
    if let Some(near) = nearest(&reference.service, services.keys().map(|key| key.text.as_str())) {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    context.report.push(diagnostic);
}

/// Refuses what would have to be fetched.
pub(super) fn remote(span: Span, context: &mut Context<'_>) {
    context.report.push(
        Diagnostic::error(codes::REMOTE_RESOURCE, "a compose file is named that is not on this machine")
            .at(span, "a remote resource")
            .help("fetch it first, and name the local copy; nothing is downloaded while loading"),
    );
}

#[cfg(test)]
mod tests {
    use crate::compose::testing::{loaded, loaded_text, request};

    #[test]
    fn a_service_begins_as_a_copy_of_its_base() {
        let found = loaded_text(
            "services:\n  a: {extends: b, environment: {X: 2}, ports: !override [81]}\n  b: {image: x, environment: [X=1, Y=1], ports: [80]}",
        );
        assert_eq!(found.text("/services/a/environment"), r#"{"X":"2","Y":"1"}"#);
        assert_eq!(found.text("/services/a/ports/0/target"), "81");
        assert_eq!(found.text("/services/a/ports/1"), "");
    }

    #[test]
    fn a_base_of_another_file_brings_its_paths_along() {
        let files = [
            ("compose.yaml", "services: {a: {extends: {file: sub/b.yaml, service: b}}}"),
            ("sub/b.yaml", "services: {b: {extends: {file: ../c/c.yaml, service: c}, volumes: ['./x:/x']}}"),
            ("c/c.yaml", "services: {c: {build: ./ctx}}"),
        ];
        let found = loaded(&files, &request());
        assert_eq!(found.text("/services/a/volumes/0/source"), r#""/demo/sub/x""#);
        assert_eq!(found.text("/services/a/build/context"), r#""/demo/c/ctx""#);
    }

    #[test]
    fn directives_act_on_the_copy_and_on_earlier_files() {
        let files = [
            ("compose.yaml", "services: {a: {image: x, ports: [1], cap_add: [A]}}"),
            (
                "compose.override.yaml",
                "services: {a: {extends: b, ports: !reset null, cap_add: !override [C]}, b: {image: y, ports: [2], cap_add: [B]}}",
            ),
        ];
        let found = loaded(&files, &request());
        assert_eq!(found.text("/services/a/ports"), "");
        assert_eq!(found.text("/services/a/cap_add"), r#"["C"]"#);
        assert_eq!(found.text("/services/b/ports/0/target"), "2");
    }

    #[test]
    fn circles_chains_without_end_and_unknown_bases_are_refused() {
        let cases = [
            (
                "services: {a: {extends: b}, b: {extends: a}}".to_owned(),
                "services extend each other in a circle: a → b → a",
            ),
            (
                "services: {a: {extends: webb}, web: {image: x}}".to_owned(),
                "`compose.yaml` has no service `webb` to extend",
            ),
            ("services: {a: {extends: {file: b.yaml}}}".to_owned(), "services.a.extends must have `service`"),
            (
                "services: {a: {extends: {file: b.yaml, service: b}}}".to_owned(),
                "the compose file `b.yaml` cannot be read: no such file or directory",
            ),
            (
                format!(
                    "services: {{{} s300: {{image: x}}}}",
                    (0..300).map(|i| format!("s{i}: {{extends: s{}}},", i + 1)).collect::<String>()
                ),
                "services extend each other 200 times over",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(loaded_text(&text).messages().first(), Some(&message));
        }
    }
}
