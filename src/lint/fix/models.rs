//! What files come to: the models of Compose, and what kustomizations render to. Fixes are judged by them.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    lint::{
        findings::Written,
        load::{Inputs, Rendering},
    },
    text::{Sources, Span},
    yaml::Node,
};

/// The models of all environments, in order, and what kustomizations render to, once these variables are written. What
/// cannot be rendered is its message.
pub(super) fn models(inputs: &Inputs, sources: &Sources, written: &[&Written]) -> Vec<Value> {
    let environments = inputs.projects.iter().flat_map(|project| &project.environments);
    let models = environments.map(|environment| environment.model.write().to_json());
    let renderings = inputs.rendered.renderings.iter();
    models.chain(renderings.map(|rendering| rendered(rendering, sources, written))).collect()
}

/// The objects of a rendering by kind and name.
fn rendered(rendering: &Rendering, sources: &Sources, written: &[&Written]) -> Value {
    if let Some((refusal, _)) = &rendering.refusal {
        return refusal.message.clone().into();
    }
    let digests = digests(rendering);
    let mut all = serde_json::Map::new();
    for object in &rendering.objects {
        let mut json = object.node.to_json();
        write(&object.node, &mut json, sources, written);
        without_digests(&mut json, &digests);
        let (kind, name) = (kind(&object.node), name(&object.node));
        let name = format!("{kind}/{}", digests.get(name).map_or(name, String::as_str));
        // Of two with one name, both count.
        let name = if all.contains_key(&name) { format!("{name} {}", all.len()) } else { name };
        all.insert(name, json);
    }
    all.into()
}

fn kind(node: &Node) -> &str {
    node.get("kind").and_then(Node::as_str).unwrap_or_default()
}

fn name(node: &Node) -> &str {
    node.get("metadata").and_then(|metadata| metadata.get("name")?.as_str()).unwrap_or_default()
}

/// The names with a digest of their content, and what stands for them: the content is compared by itself.
fn digests(rendering: &Rendering) -> BTreeMap<String, String> {
    let plain: BTreeSet<(&str, &str)> =
        rendering.accumulated.iter().map(|object| (kind(&object.node), name(&object.node))).collect();
    let digest = |node| {
        let (kind, name) = (kind(node), name(node));
        let (before, _) = name.rsplit_once('-')?;
        let is_digest = !plain.contains(&(kind, name)) && plain.contains(&(kind, before));
        is_digest.then(|| (name.to_owned(), format!("{before}-DIGEST")))
    };
    rendering.objects.iter().filter_map(|object| digest(&object.node)).collect()
}

fn without_digests(json: &mut Value, digests: &BTreeMap<String, String>) {
    match json {
        Value::String(text) => {
            if let Some(plain) = digests.get(text) {
                plain.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| without_digests(item, digests)),
        Value::Object(map) => map.values_mut().for_each(|value| without_digests(value, digests)),
        _ => {}
    }
}

/// Puts the variables in the place of what their statements gave to a ConfigMap or a Secret.
fn write(node: &Node, json: &mut Value, sources: &Sources, written: &[&Written]) {
    if written.is_empty() || !matches!(kind(node), "ConfigMap" | "Secret") {
        return;
    }
    let is_secret = kind(node) == "Secret";
    let Some(entries) = node.get("data").and_then(Node::as_map) else { return };
    let Some(data) = json.get_mut("data").and_then(Value::as_object_mut) else { return };
    let mut new = Vec::new();
    for (key, value) in entries {
        if let Some(written) = written.iter().find(|written| is_within(value.span, written.span, sources)) {
            data.remove(&*key.text);
            new.push(*written);
        }
    }
    for Written { name, value, .. } in new {
        let value = if is_secret { STANDARD.encode(value) } else { value.clone() };
        data.insert(name.clone(), value.into());
    }
}

/// Whether a part of a file begins in another one. What is rendered has read the file once more.
fn is_within(part: Span, whole: Span, sources: &Sources) -> bool {
    part != Span::NOWHERE
        && (whole.start..whole.end).contains(&part.start)
        && sources.get(part.source).path() == sources.get(whole.source).path()
}
