//! What docker compose accepts in silence though its author most likely means something else.
//!
//! Looks at the canonical tree, in which every value still has its place and its kind.

use super::{
    context::{Context, place_within},
    key_path::{self, KeyPath, Pattern},
    validate::article,
    values::words,
};
use crate::{
    diag::{Diagnostic, codes},
    yaml::{Node, Value, scalar},
};

/// How one attribute is looked at.
type Look = fn(&Node, &KeyPath, &mut Context<'_>);

const LOOKS: &[(Pattern, Look)] = &[
    (&["services", "*", "command"], command),
    (&["services", "*", "entrypoint"], command),
    (&["services", "*", "pre_start", "[]", "command"], command),
    (&["services", "*", "post_start", "[]", "command"], command),
    (&["services", "*", "pre_stop", "[]", "command"], command),
    (&["services", "*", "develop", "watch", "[]", "exec", "command"], command),
    (&["services", "*", "environment", "*"], text),
    (&["services", "*", "labels", "*"], text),
    (&["services", "*", "annotations", "*"], text),
    (&["services", "*", "build", "args", "*"], text),
    (&["services", "*", "restart"], restart),
    (&["services", "*", "deploy", "mode"], mode),
];

/// Warns of everything in the tree that surprises.
pub(super) fn warn(root: &Node, context: &mut Context<'_>) {
    for (pattern, look) in LOOKS {
        key_path::visit(root, pattern, &mut |place, node| look(node, place, context));
    }
}

/// No shell splits a command, and its operators end it.
fn command(node: &Node, place: &KeyPath, context: &mut Context<'_>) {
    let Some(line) = node.as_str() else { return };
    let Ok(words::Words { dropped: Some(offset), .. }) = words::split(line) else { return };
    let rest = line.get(offset..).unwrap_or_default();
    let span = place_within(context.sources, node.span, line, offset, rest.len());
    let message = format!("the rest of {place} is dropped: no shell is there to understand it");
    context.report.push(
        Diagnostic::warning(codes::TRUNCATED_COMMAND, message)
            .at(span, "dropped from here on")
            .help("write a list: `[sh, -c, \"…\"]`"),
    );
}

/// A number or a boolean in a place for text is written anew.
fn text(node: &Node, place: &KeyPath, context: &mut Context<'_>) {
    if !matches!(node.value, Value::Int(_) | Value::Float(_) | Value::Bool(_)) {
        return;
    }
    let (Some(text), written) = (scalar::go_string(&node.value), context.sources.slice(node.span)) else {
        return;
    };
    if written.is_empty() || written == text {
        return;
    }
    // The value itself may be a secret.
    let message = format!("{place} is written anew: it is {} to YAML", article(node.kind()));
    context.report.push(
        Diagnostic::warning(codes::REFORMATTED_NUMBER, message)
            .at(node.span, "not kept as written")
            .help("put it in quotes to keep it as it is written"),
    );
}

fn restart(node: &Node, place: &KeyPath, context: &mut Context<'_>) {
    let Some(policy) = word(node) else { return };
    let (name, count) = policy.split_once(':').map_or((policy, None), |(name, count)| (name, Some(count)));
    let known = match (name, count) {
        ("no" | "always" | "unless-stopped" | "on-failure" | "", None) => true,
        ("on-failure", Some(count)) => count.parse::<u32>().is_ok(),
        _ => false,
    };
    if !known {
        unknown_word(node, place, "no, always, unless-stopped, on-failure or on-failure:<times>", context);
    }
}

fn mode(node: &Node, place: &KeyPath, context: &mut Context<'_>) {
    let Some(mode) = word(node) else { return };
    if !matches!(mode, "" | "replicated" | "global" | "replicated-job" | "global-job") {
        unknown_word(node, place, "replicated, global, replicated-job or global-job", context);
    }
}

/// A text that has no variable left in it.
fn word(node: &Node) -> Option<&str> {
    node.as_str().filter(|text| !text.contains('$'))
}

fn unknown_word(node: &Node, place: &KeyPath, known: &str, context: &mut Context<'_>) {
    let message = format!("{place} has a value that docker does not know");
    context.report.push(
        Diagnostic::warning(codes::UNKNOWN_WORD, message)
            .at(node.span, "unknown")
            .help(format!("write {known}")),
    );
}
