//! The diagnostics of reading YAML, in words.

use granit_parser::ErrorKind;

use super::{MAX_DEPTH, anchors::MAX_EXPANSION, mapping::Mistake, syntax};
use crate::{
    diag::{Diagnostic, codes},
    text::{Span, budget::BYTES},
    yaml::Value,
};

pub(super) fn syntax(kind: &ErrorKind, span: Span) -> Diagnostic {
    let (message, help) = syntax::explain(kind);
    let diagnostic = Diagnostic::error(codes::YAML_SYNTAX, message).at(span, "here");
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

pub(super) fn nesting(span: Span) -> Diagnostic {
    Diagnostic::error(codes::NESTING_DEPTH, format!("collections are nested deeper than {MAX_DEPTH} levels"))
        .at(span, "here")
}

pub(super) fn tag_mismatch(reason: String, span: Span) -> Diagnostic {
    Diagnostic::error(codes::TAG_MISMATCH, reason).at(span, "here")
}

pub(super) fn refused_entry(mistake: Mistake) -> Diagnostic {
    match mistake {
        Mistake::Duplicate(key, first, second) => {
            Diagnostic::error(codes::DUPLICATE_KEY, format!("the key `{key}` is set twice in one mapping"))
                .at(second, "again here")
                .at(first, "first here")
                .help(if key == "<<" {
                    "merge several mappings with one key: `<<: [*a, *b]`"
                } else {
                    "remove one of the two, or merge what they say"
                })
        }
        Mistake::NoMapping(place) => Diagnostic::error(
            codes::MERGE_KEY,
            "`<<` merges a mapping or a list of mappings, and this is neither",
        )
        .at(place, "here"),
    }
}

pub(super) fn non_string_key(path: &str, text: &str, value: &Value, span: Span) -> Diagnostic {
    let place = if path.is_empty() { "at the top level".to_owned() } else { format!("in {path}") };
    let diagnostic = match value {
        Value::Seq(_) | Value::Map(_) => {
            Diagnostic::error(codes::NON_STRING_KEY, format!("non-string key {place}: a collection"))
        }
        Value::Null if text.is_empty() => {
            Diagnostic::error(codes::NON_STRING_KEY, format!("non-string key {place}: nothing"))
        }
        _ => Diagnostic::error(codes::NON_STRING_KEY, format!("non-string key {place}: {text}"))
            .help(format!("write it in quotes: `\"{text}\"`")),
    };
    diagnostic.at(span, "here")
}

pub(super) fn undefined_alias(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(codes::UNDEFINED_ALIAS, format!("there is no anchor `{name}` before this alias"))
        .at(span, "here")
        .help("anchors hold within one file only; if no alias is meant, write the value in quotes")
}

pub(super) fn recursive_anchor(name: &str, anchor: Span, span: Span) -> Diagnostic {
    Diagnostic::error(codes::RECURSIVE_ANCHOR, format!("the value of the anchor `{name}` contains itself"))
        .at(span, "here")
        .at(anchor, "anchor here")
}

pub(super) fn merged_again(name: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` is merged into a mapping, and has another alias within that mapping");
    Diagnostic::error(codes::RECURSIVE_ANCHOR, message)
        .at(span, "one of the two")
        .help("docker compose takes this for a circle: write one of the two out")
}

pub(super) fn alias_expansion(span: Span) -> Diagnostic {
    let text = BYTES >> 20;
    let message = format!("aliases expand to more than {MAX_EXPANSION} values or {text} MiB of text");
    Diagnostic::error(codes::ALIAS_EXPANSION, message)
        .at(span, "with this one")
        .help("aliases of aliases multiply; say it with fewer of them")
}

pub(super) fn quoted_indentation(span: Span) -> Diagnostic {
    Diagnostic::warning(codes::QUOTED_INDENTATION, "a quoted text goes on without being indented past its key")
        .at(span, "here")
        .help("other tools refuse this; indent the further lines with more spaces, which changes nothing in the value")
}
