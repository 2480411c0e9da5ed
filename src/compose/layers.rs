//! Steps 1 to 15: files, and the documents in them, merged onto each other in order.
//!
//! The same steps load the files of the project, those that `include` names, and those that
//! `extends` names; [`Purpose`] says which of the steps each gets.

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    canonical, context::Context, defaults, extends, include, interpolate::interpolate, key_path::KeyPath,
    merge, model, paths, reset, resolve, rules, unique, validate, variables::Variables,
};
use crate::{
    diag::{Diagnostic, Report, codes},
    text::{Span, budget},
    yaml::{Map, Node, Value, parse::Tagged},
};

/// What files are loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// As the project itself.
    Project,
    /// As a project within it.
    Include,
    /// For one service: neither `include` nor `extends` are followed, nothing is validated.
    Extends,
}

/// The surroundings of files that belong together.
pub(super) struct Scope<'a> {
    pub(super) purpose: Purpose,
    pub(super) variables: &'a Variables,
    /// The project directory of these files, absolute.
    pub(super) directory: &'a Utf8Path,
    /// The files that are being loaded and led here by `include`.
    pub(super) chain: &'a [Utf8PathBuf],
    pub(super) interpolate: bool,
}

/// One file, and where it is named if a file names it.
pub(super) type NamedFile = (Utf8PathBuf, Option<Span>);

/// Loads files as one tree, canonical and with defaults. Relative paths are joined onto `base`,
/// which may be relative itself; without one they stay as they are.
pub(super) fn load(
    files: &[NamedFile],
    scope: &Scope<'_>,
    base: Option<&Utf8Path>,
    context: &mut Context<'_>,
) -> Node {
    let mut tree = merged(files, scope, context);
    if scope.purpose == Purpose::Extends {
        resolve_paths(&mut tree, base, context);
        return tree;
    }
    defaults::defaults(&mut tree);
    rules::check(&tree, context.report);
    resolve_paths(&mut tree, base, context);
    if scope.interpolate {
        resolve::resolve(&mut tree, scope.variables);
    }
    tree
}

fn resolve_paths(tree: &mut Node, base: Option<&Utf8Path>, context: &Context<'_>) {
    if let Some(directory) = base {
        let base = paths::Base { directory, home: context.home.as_deref(), files: context.files };
        paths::resolve(tree, &base);
    }
}

fn merged(files: &[NamedFile], scope: &Scope<'_>, context: &mut Context<'_>) -> Node {
    let mut tree = Node::map(Span::NOWHERE);
    for (path, named_at) in files {
        let role = match scope.purpose {
            Purpose::Project => model::Role::Project,
            Purpose::Include => model::Role::Include,
            Purpose::Extends => model::Role::Extends,
        };
        for document in context.documents(path, role, *named_at).unwrap_or_default() {
            // The project's own files are read once. Of what services are taken from, most is left.
            let (values, bytes) = document.tree.measure();
            let share = match scope.purpose {
                Purpose::Project => (0, 0),
                Purpose::Include => (values, bytes),
                Purpose::Extends => (budget::FILE + values / 4, bytes / 4),
            };
            if !context.spend(share, named_at.unwrap_or(document.tree.span)) {
                break;
            }
            if tree.span == Span::NOWHERE {
                tree.span = document.tree.span;
            }
            tree = layer(tree, document, path, scope, context);
        }
    }
    tree
}

/// One document onto what stands before it.
fn layer(
    mut tree: Node,
    Tagged { tree: mut document, resets }: Tagged,
    file: &Utf8Path,
    scope: &Scope<'_>,
    context: &mut Context<'_>,
) -> Node {
    if !is_mapping(&document, context) {
        return tree;
    }
    if scope.interpolate {
        interpolate(&mut document, scope.variables, context.sources, context.report);
    }
    if scope.purpose != Purpose::Extends {
        include::include(&mut document, file, &resets, scope, context);
        extends::extends(&mut document, file, &resets, scope, context);
    }
    reset::apply(&resets, &mut tree);
    let mut tree = merge::merge(tree, document, &KeyPath::root(), context.report);
    unique::unique(&mut tree, context.report);
    if scope.purpose != Purpose::Extends {
        validate::validate(&tree, context.report);
        drop_version(&mut tree, context);
    }
    // With variables left in them, short forms may not be readable yet: they stay.
    let mut unheard = Report::default();
    let report = if scope.interpolate { &mut *context.report } else { &mut unheard };
    canonical::canonical(&mut tree, context.sources, report);
    canonical::drop_empty(&mut tree);
    unique::unique(&mut tree, context.report);
    tree
}

fn is_mapping(document: &Node, context: &mut Context<'_>) -> bool {
    let diagnostic = match document.value {
        Value::Map(_) => return true,
        Value::Null => Diagnostic::error(codes::EMPTY_COMPOSE_FILE, "the compose file is empty")
            .at(document.span, "nothing here"),
        _ => {
            let message = format!("a compose file must be a mapping, not a {}", document.kind());
            Diagnostic::error(codes::WRONG_TYPE, message).at(document.span, "here")
        }
    };
    context.report.push(diagnostic);
    false
}

fn drop_version(tree: &mut Node, context: &mut Context<'_>) {
    let removed = tree.as_map_mut().and_then(|map: &mut Map| map.shift_remove_entry("version"));
    if let Some((key, value)) = removed {
        context.report.push(
            Diagnostic::warning(codes::OBSOLETE, "the attribute `version` is obsolete and means nothing")
                .at(key.span.to(value.span), "obsolete")
                .help("remove it"),
        );
    }
}
