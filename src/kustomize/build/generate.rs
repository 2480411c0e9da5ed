//! ConfigMaps and Secrets that are made of files and literals.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use camino::Utf8Path;

use super::{
    declared::{Behavior, Entries},
    fields::set_entry,
    reader::Reader,
    refusal::{Refusal, RefusalKind},
    resource::{Generated, Resource},
};
use crate::{
    kustomize::env_file::{self, Variable},
    text::{Span, Spanned, clean},
    yaml::{Key, Map, Node, Value},
};

/// Characters in a line of what kustomize encodes.
const LINE_LENGTH: usize = 70;

/// One entry before it is known how it is written.
struct Entry {
    key: String,
    value: Vec<u8>,
    span: Span,
}

/// Makes the object that a generator asks for.
pub(super) fn object(
    entries: &Entries,
    is_secret: bool,
    directory: &Utf8Path,
    reader: &mut Reader<'_>,
) -> Result<Resource, Refusal> {
    let mut found = Vec::new();
    for env in &entries.envs {
        found.extend(of_env_file(env, is_secret, directory, reader)?);
    }
    for literal in &entries.literals {
        found.push(of_literal(literal, reader)?);
    }
    for file in &entries.files {
        found.push(of_file(file, directory, reader)?);
    }
    found.sort_by(|left, right| left.key.cmp(&right.key));
    if let Some(pair) = found.windows(2).find(|pair| pair[0].key == pair[1].key) {
        let key = if is_secret { "a key".to_owned() } else { format!("the key `{}`", pair[1].key) };
        let message = format!("`{}` has {key} twice", entries.name.value);
        return Err(reader.refuse(RefusalKind::Wrong, message, pair[1].span));
    }
    let mut resource = Resource::new(frame(entries, is_secret), entries.span);
    resource.generated =
        Some(Generated { behavior: entries.behavior, needs_digest: !entries.has_plain_name });
    write(Arc::make_mut(&mut resource.node), found, is_secret, entries.span);
    for (key, pairs) in [("labels", &entries.labels), ("annotations", &entries.annotations)] {
        set_pairs(Arc::make_mut(&mut resource.node), key, pairs);
    }
    if entries.is_immutable {
        set_entry(Arc::make_mut(&mut resource.node), "immutable", Node::new(Value::Bool(true), entries.span));
    }
    Ok(resource)
}

/// Puts what a generator made into an object that is there already.
pub(super) fn merge(old: Resource, mut new: Resource) -> Resource {
    let behavior = new.generated.map_or(Behavior::Merge, |generated| generated.behavior);
    if behavior == Behavior::Merge {
        for key in ["data", "binaryData"] {
            let Some(earlier) = old.node.get(key).and_then(Node::as_map) else { continue };
            let mut merged = earlier.clone();
            let own = new.node.get(key).and_then(Node::as_map);
            merged.extend(own.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
            merged.sort_by(|left, _, right, _| left.text.cmp(&right.text));
            set_entry(Arc::make_mut(&mut new.node), key, Node::new(Value::Map(merged), new.origin));
        }
    }
    for key in ["labels", "annotations"] {
        let earlier = old.node.get("metadata").and_then(|metadata| metadata.get(key)?.as_map());
        let Some(earlier) = earlier.filter(|earlier| !earlier.is_empty()) else { continue };
        let mut merged = earlier.clone();
        let own = new.node.get("metadata").and_then(|metadata| metadata.get(key)?.as_map());
        merged.extend(own.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
        new.restore_metadata(key, Some(Node::new(Value::Map(merged), new.origin)));
    }
    for key in ["name", "namespace"] {
        let earlier = old.node.get("metadata").and_then(|metadata| metadata.get(key)).cloned();
        new.restore_metadata(key, earlier);
    }
    let needs_digest = |resource: &Resource| resource.generated.is_some_and(|it| it.needs_digest);
    let needs_digest = needs_digest(&old) && needs_digest(&new);
    new.generated = old.generated.map(|generated| Generated { needs_digest, ..generated });
    Resource { node: new.node, removed: new.removed, ..old }
}

/// The object without its entries.
fn frame(entries: &Entries, is_secret: bool) -> Node {
    let span = entries.span;
    let mut metadata = Node::map(span);
    set_entry(&mut metadata, "name", Node::string(entries.name.value.as_str(), entries.name.span));
    if let Some(namespace) = &entries.namespace {
        set_entry(&mut metadata, "namespace", Node::string(namespace.value.as_str(), namespace.span));
    }
    let mut node = Node::map(span);
    set_entry(&mut node, "apiVersion", Node::string("v1", span));
    set_entry(&mut node, "kind", Node::string(if is_secret { "Secret" } else { "ConfigMap" }, span));
    set_entry(&mut node, "metadata", metadata);
    if is_secret {
        let kind = entries.kind.as_ref().map_or(("Opaque", span), |kind| (kind.value.as_str(), kind.span));
        set_entry(&mut node, "type", Node::string(kind.0, kind.1));
    }
    node
}

fn write(node: &mut Node, entries: Vec<Entry>, is_secret: bool, span: Span) {
    let (mut data, mut binary) = (Map::default(), Map::default());
    for Entry { key, value, span } in entries {
        let key = Key::new(key, span);
        match String::from_utf8(value) {
            Ok(text) if !is_secret => data.insert(key, Node::string(text, span)),
            Ok(text) => data.insert(key, Node::string(encoded(text.as_bytes()), span)),
            Err(error) => {
                let map = if is_secret { &mut data } else { &mut binary };
                map.insert(key, Node::string(encoded(error.as_bytes()), span))
            }
        };
    }
    if is_secret || !data.is_empty() {
        set_entry(node, "data", Node::new(Value::Map(data), span));
    }
    if !binary.is_empty() {
        set_entry(node, "binaryData", Node::new(Value::Map(binary), span));
    }
}

fn set_pairs(node: &mut Node, key: &str, pairs: &[(String, Spanned<String>)]) {
    let Some(metadata) = node.get_mut("metadata").filter(|_| !pairs.is_empty()) else { return };
    let pair = |(key, value): &(String, Spanned<String>)| {
        (Key::new(key.as_str(), value.span), Node::string(value.value.as_str(), value.span))
    };
    let map: Map = pairs.iter().map(pair).collect();
    let span = metadata.span;
    set_entry(metadata, key, Node::new(Value::Map(map), span));
}

/// Base64 in lines.
fn encoded(bytes: &[u8]) -> String {
    let whole = STANDARD.encode(bytes);
    if whole.len() < LINE_LENGTH {
        return whole;
    }
    let lines = whole.as_bytes().chunks(LINE_LENGTH);
    lines.map(|line| format!("{}\n", String::from_utf8_lossy(line))).collect()
}

/// The variables of a list. Of a list of secrets, lines that are parts of a value are left out: reports name keys.
fn of_env_file(
    env: &Spanned<String>,
    is_secret: bool,
    directory: &Utf8Path,
    reader: &mut Reader<'_>,
) -> Result<Vec<Entry>, Refusal> {
    let path = clean(&directory.join(&env.value));
    let (id, bytes) = reader.bytes(&path, directory, env.span)?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        let message = format!("`{}` is no text in UTF-8", env.value);
        return Err(reader.refuse(RefusalKind::Wrong, message, env.span));
    };
    let mut entries = Vec::new();
    for Variable { key, value, is_named, is_part, .. } in env_file::variables(text) {
        if is_secret && is_part {
            continue;
        }
        let value = value.unwrap_or_default();
        let at = key.as_ptr() as usize - text.as_ptr() as usize;
        let span = Span::new(id, at, at + key.len() + 1 + value.len());
        if key.len() + value.len() >= env_file::LINE_LIMIT {
            let line =
                if is_secret && !is_named { "a line".to_owned() } else { format!("the line of `{key}`") };
            let message = format!("{line} is too long for kustomize, which drops it in silence");
            return Err(reader.refuse(RefusalKind::Wrong, message, Span::new(id, at, at + key.len())));
        }
        entries.push(Entry { key: key.to_owned(), value: value.as_bytes().to_vec(), span });
    }
    Ok(entries)
}

fn of_literal(literal: &Spanned<String>, reader: &Reader<'_>) -> Result<Entry, Refusal> {
    let Some((key, value)) = literal.value.split_once('=').filter(|(key, _)| !key.is_empty()) else {
        let message = format!("the literal `{}` needs `KEY=VALUE`", literal.value);
        return Err(reader.refuse(RefusalKind::Wrong, message, literal.span));
    };
    let unquoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let value = unquoted('"').or_else(|| unquoted('\'')).unwrap_or(value);
    Ok(Entry { key: key.to_owned(), value: value.as_bytes().to_vec(), span: literal.span })
}

fn of_file(file: &Spanned<String>, directory: &Utf8Path, reader: &mut Reader<'_>) -> Result<Entry, Refusal> {
    let (key, path) = match file.value.split_once('=') {
        None => (file.value.rsplit('/').next().unwrap_or_default(), file.value.as_str()),
        Some((key, path)) if !key.is_empty() && !path.is_empty() && !path.contains('=') => (key, path),
        Some(_) => {
            let message = format!("`{}` needs `KEY=PATH`, or a path", file.value);
            return Err(reader.refuse(RefusalKind::Wrong, message, file.span));
        }
    };
    let (id, bytes) = reader.bytes(&clean(&directory.join(path)), directory, file.span)?;
    let length = if std::str::from_utf8(&bytes).is_ok() { bytes.len() } else { 0 };
    Ok(Entry { key: key.to_owned(), value: bytes.to_vec(), span: Span::new(id, 0, length) })
}
