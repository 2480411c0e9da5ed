//! What a kustomization does to all of its objects: namespace, names, labels, annotations, replicas, images.

use std::sync::Arc;

use regex::Regex;

use super::{
    declared::{Declared, ImageChange, LabelSet, ReplicaCount},
    fields::{FieldPath, Made, Scope, set_entry},
    resource::Resource,
};
use crate::{
    text::{Span, Spanned},
    yaml::{Node, Value},
};

type Text = Spanned<String>;
/// What is wrong, and where.
type Wrong = (String, Span);

/// Kinds whose names stay without prefix and suffix.
const NAMED_FOR_GOOD: [(&str, &str); 3] =
    [("", "CustomResourceDefinition"), ("apiregistration.k8s.io", "APIService"), ("", "Namespace")];

/// Labels of objects and of what they are made from: group, kind, path.
const LABELS: &[[&str; 3]] = &[
    ["", "", "metadata/labels"],
    ["", "ReplicationController", "spec/template/metadata/labels"],
    ["", "Deployment", "spec/template/metadata/labels"],
    ["", "ReplicaSet", "spec/template/metadata/labels"],
    ["", "DaemonSet", "spec/template/metadata/labels"],
    ["apps", "StatefulSet", "spec/template/metadata/labels"],
    ["apps", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels"],
    ["batch", "Job", "spec/template/metadata/labels"],
    ["batch", "CronJob", "spec/jobTemplate/metadata/labels"],
    ["batch", "CronJob", "spec/jobTemplate/spec/template/metadata/labels"],
];

/// Selectors: group, kind, path, and whether they are made where they are missing.
const SELECTORS: &[([&str; 3], bool)] = &[
    (["", "Service", "spec/selector"], true),
    (["", "ReplicationController", "spec/selector"], true),
    (["", "Deployment", "spec/selector/matchLabels"], true),
    (["", "ReplicaSet", "spec/selector/matchLabels"], true),
    (["", "DaemonSet", "spec/selector/matchLabels"], true),
    (["apps", "StatefulSet", "spec/selector/matchLabels"], true),
    (["batch", "Job", "spec/selector/matchLabels"], false),
    (["batch", "CronJob", "spec/jobTemplate/spec/selector/matchLabels"], false),
    (["policy", "PodDisruptionBudget", "spec/selector/matchLabels"], false),
    (["networking.k8s.io", "NetworkPolicy", "spec/podSelector/matchLabels"], false),
    (["networking.k8s.io", "NetworkPolicy", "spec/ingress/from/podSelector/matchLabels"], false),
    (["networking.k8s.io", "NetworkPolicy", "spec/egress/to/podSelector/matchLabels"], false),
];

/// Selectors within the pods of Deployments and StatefulSets, which are never made.
const POD_SELECTORS: [&str; 5] = [
    "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "topologySpreadConstraints/labelSelector/matchLabels",
];

/// Annotations of objects and of what they are made from.
const ANNOTATIONS: &[[&str; 3]] = &[
    ["", "", "metadata/annotations"],
    ["", "ReplicationController", "spec/template/metadata/annotations"],
    ["", "Deployment", "spec/template/metadata/annotations"],
    ["", "ReplicaSet", "spec/template/metadata/annotations"],
    ["", "DaemonSet", "spec/template/metadata/annotations"],
    ["", "StatefulSet", "spec/template/metadata/annotations"],
    ["batch", "Job", "spec/template/metadata/annotations"],
    ["batch", "CronJob", "spec/jobTemplate/metadata/annotations"],
    ["batch", "CronJob", "spec/jobTemplate/spec/template/metadata/annotations"],
];

/// Kinds that have a number of replicas.
const REPLICATED: [&str; 4] = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"];

/// Sets the namespace of all objects that belong to one.
pub(super) fn namespace(resources: &mut [Resource], namespace: &Text) -> Result<(), Wrong> {
    let named = |node: &mut Node| {
        *node = Node::string(namespace.value.as_str(), namespace.span);
        Ok(())
    };
    for resource in resources {
        resource.remember_name();
        if !resource.is_cluster_scoped() {
            resource.set_metadata("namespace", &namespace.value, namespace.span);
        }
        let kind = resource.kind().to_owned();
        if (resource.api_version(), kind.as_str()) == ("v1", "Namespace") {
            resource.set_metadata("name", &namespace.value, namespace.span);
        }
        if ["RoleBinding", "ClusterRoleBinding"].contains(&kind.as_str()) {
            let subjects = Arc::make_mut(&mut resource.node).get_mut("subjects").and_then(Node::as_seq_mut);
            for subject in subjects.into_iter().flatten() {
                if subject.get("name").and_then(Node::as_str) == Some("default") {
                    set_entry(subject, "namespace", Node::string(namespace.value.as_str(), namespace.span));
                }
            }
        }
        let more = [
            FieldPath::new("apiregistration.k8s.io", "APIService", "spec/service/namespace", true),
            FieldPath::new(
                "apiextensions.k8s.io",
                "CustomResourceDefinition",
                "spec/conversion/webhook/clientConfig/service/namespace",
                false,
            ),
        ];
        for field in more.iter().filter(|field| field.scope.kind == kind) {
            change(resource, field, Made::Scalar, namespace.span, &mut { named })?;
        }
    }
    Ok(())
}

/// Puts texts before and behind the names of objects.
pub(super) fn names(resources: &mut [Resource], declared: &Declared) {
    let stays = |resource: &Resource| {
        NAMED_FOR_GOOD.iter().any(|(group, kind)| {
            let scope =
                Scope { group: (*group).to_owned(), version: String::new(), kind: (*kind).to_owned() };
            scope.holds(resource.api_version(), resource.first_id().kind)
        })
    };
    if let Some(prefix) = &declared.name_prefix {
        for resource in resources.iter_mut().filter(|resource| !stays(resource)) {
            resource.prefixes.push(prefix.value.clone());
            resource.remember_name();
            let name = format!("{}{}", prefix.value, resource.name());
            resource.set_metadata("name", &name, prefix.span);
        }
    }
    if let Some(suffix) = &declared.name_suffix {
        for resource in resources.iter_mut().filter(|resource| !stays(resource)) {
            resource.suffixes.push(suffix.value.clone());
            resource.remember_name();
            let name = format!("{}{}", resource.name(), suffix.value);
            resource.set_metadata("name", &name, suffix.span);
        }
    }
}

/// Gives objects labels.
pub(super) fn labels(resources: &mut [Resource], set: &LabelSet) -> Result<(), Wrong> {
    let mut fields = set.fields.clone();
    let default = |[group, kind, path]: &[&str; 3], creates: bool| FieldPath::new(group, kind, path, creates);
    if set.in_selectors {
        fields.extend(SELECTORS.iter().map(|(field, creates)| default(field, *creates)));
        for kind in ["Deployment", "StatefulSet"] {
            let paths = POD_SELECTORS.iter().map(|path| format!("spec/template/spec/{path}"));
            fields.extend(paths.map(|path| FieldPath::new("apps", kind, &path, false)));
        }
    }
    let count = if set.in_templates { LABELS.len() } else { 1 };
    fields.extend(LABELS.iter().take(count).map(|field| default(field, true)));
    pairs(resources, &fields, &set.pairs)
}

/// Gives objects and pods annotations.
pub(super) fn annotations(resources: &mut [Resource], annotations: &[(String, Text)]) -> Result<(), Wrong> {
    let fields = ANNOTATIONS.iter().map(|[group, kind, path]| FieldPath::new(group, kind, path, true));
    pairs(resources, &fields.collect::<Vec<_>>(), annotations)
}

fn pairs(resources: &mut [Resource], fields: &[FieldPath], pairs: &[(String, Text)]) -> Result<(), Wrong> {
    for (key, value) in pairs {
        let mut set = |map: &mut Node| {
            if map.as_map().is_none() {
                return Err(format!("a {} is used where labels or annotations should be", map.kind()));
            }
            set_entry(map, key, Node::string(value.value.as_str(), value.span));
            Ok(())
        };
        for resource in resources.iter_mut() {
            for field in fields {
                change(resource, field, Made::Mapping, value.span, &mut set)?;
            }
        }
    }
    Ok(())
}

/// Sets a number of replicas.
pub(super) fn replicas(resources: &mut [Resource], replicas: &ReplicaCount) -> Result<(), Wrong> {
    let ReplicaCount { name, count } = replicas;
    let was = |resource: &Resource| {
        let ids = resource.previous_ids().chain([resource.id()]);
        ids.into_iter().any(|id| id.name == name.value && REPLICATED.contains(&id.kind))
    };
    let mut found = false;
    for resource in resources.iter_mut().filter(|resource| was(resource)) {
        found = true;
        let kind = resource.kind().to_owned();
        let field = FieldPath::new("", &kind, "spec/replicas", true);
        change(resource, &field, Made::Scalar, count.span, &mut |node| {
            *node = Node::new(Value::Int(count.value.into()), count.span);
            Ok(())
        })?;
    }
    if found { Ok(()) } else { Err((format!("nothing with replicas is called `{}`", name.value), name.span)) }
}

/// Replaces images in all containers, each change after the one before; says of each whether there was one.
pub(super) fn images(resources: &mut [Resource], changes: &[ImageChange]) -> Result<Vec<bool>, Wrong> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = changes.iter().map(|change| Wanted::of(&change.name)).collect::<Result<Vec<_>, Wrong>>()?;
    let mut used = vec![false; changes.len()];
    for resource in resources.iter_mut().filter(|it| it.kind() != "CustomResourceDefinition") {
        let is_wanted = |image: &str| wanted.iter().any(|wanted| wanted.is(image));
        if !has_image(&resource.node, &is_wanted) {
            continue;
        }
        containers(Arc::make_mut(&mut resource.node), &mut |container| {
            let Some(own) = container.get_mut("image") else { return };
            for ((change, wanted), is_used) in changes.iter().zip(&wanted).zip(&mut used) {
                let matching = own.as_str().filter(|own| wanted.is(own));
                if let Some(new) = matching.map(|own| changed(own, change)) {
                    *own = new;
                    *is_used = true;
                }
            }
        });
    }
    Ok(used)
}

/// The images that a change is for. kustomize takes the name for a regular expression.
enum Wanted<'a> {
    /// As most names are: what is special in it are dots at most.
    Name(&'a str),
    Expression(Regex),
}

impl<'a> Wanted<'a> {
    fn of(name: &'a Text) -> Result<Self, Wrong> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/:_.-".contains(&byte);
        if name.value.bytes().all(is_plain) {
            return Ok(Self::Name(&name.value));
        }
        let pattern = format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", name.value);
        let regex = Regex::new(&pattern);
        let regex = regex.map_err(|_| (format!("`{}` is no name of an image", name.value), name.span))?;
        Ok(Self::Expression(regex))
    }

    fn is(&self, image: &str) -> bool {
        match self {
            Self::Name(name) => behind(name, image).is_some_and(is_version),
            Self::Expression(regex) => regex.is_match(image),
        }
    }
}

/// What stands behind a name, in which a dot is any character.
fn behind<'t>(name: &str, text: &'t str) -> Option<&'t str> {
    let mut rest = text.chars();
    let is_alike = |wanted: char, own: char| wanted == own || wanted == '.' && own != '\n';
    let begins = name.chars().all(|wanted| rest.next().is_some_and(|own| is_alike(wanted, own)));
    begins.then_some(rest.as_str())
}

/// A tag, a digest, both, or nothing.
fn is_version(text: &str) -> bool {
    let is_word =
        |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.{}-".contains(&byte));
    let (tag, digest) = text.split_once('@').map_or((text, None), |(tag, digest)| (tag, Some(digest)));
    (tag.is_empty() || tag.strip_prefix(':').is_some_and(is_word))
        && digest.is_none_or(|digest| digest.strip_prefix("sha256:").is_some_and(is_word))
}

/// Whether a container has such an image.
fn has_image(node: &Node, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    let has_own = |containers: &Node| {
        let images = containers.as_seq().into_iter().flatten().filter_map(|it| it.get("image")?.as_str());
        images.into_iter().any(is_wanted)
    };
    match &node.value {
        Value::Seq(items) => items.iter().any(|item| has_image(item, is_wanted)),
        Value::Map(map) => map.iter().any(|(key, value)| {
            CONTAINERS.contains(&key.text.as_str()) && has_own(value) || has_image(value, is_wanted)
        }),
        _ => false,
    }
}

const CONTAINERS: [&str; 2] = ["containers", "initContainers"];

/// All containers and initContainers, wherever they are.
fn containers(node: &mut Node, change: &mut dyn FnMut(&mut Node)) {
    match &mut node.value {
        Value::Seq(items) => items.iter_mut().for_each(|item| containers(item, change)),
        Value::Map(map) => {
            for (key, value) in map {
                containers(value, change);
                if CONTAINERS.contains(&key.text.as_str()) {
                    value.as_seq_mut().into_iter().flatten().for_each(&mut *change);
                }
            }
        }
        _ => {}
    }
}

/// An image with what replaces its parts; the place is that of the last part.
fn changed(own: &str, change: &ImageChange) -> Node {
    let host = own.find('/').unwrap_or(0);
    let end = own[host..].find(['@', ':']).map_or(own.len(), |at| host + at);
    let (name, version) = own.split_at(end);
    let said = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
    let version = match (said(&change.new_tag), said(&change.digest)) {
        (Some(tag), Some(digest)) => format!(":{tag}@{digest}"),
        (Some(tag), None) => format!(":{tag}"),
        (None, Some(digest)) => format!("@{digest}"),
        (None, None) => version.to_owned(),
    };
    let parts = [&change.digest, &change.new_tag, &change.new_name];
    let span = parts.iter().find_map(|part| part.as_ref()).map_or(change.name.span, |part| part.span);
    Node::string(format!("{}{version}", said(&change.new_name).as_deref().unwrap_or(name)), span)
}

fn change(
    resource: &mut Resource,
    field: &FieldPath,
    made: Made,
    span: Span,
    set: &mut dyn FnMut(&mut Node) -> Result<(), String>,
) -> Result<(), Wrong> {
    if !field.scope.holds(resource.api_version(), resource.kind()) {
        return Ok(());
    }
    field.change(Arc::make_mut(&mut resource.node), made, span, set).map_err(|why| (why, span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_of_images_find_what_expressions_find() {
        let images = [
            "a.b/c",
            "axb/c:1",
            "a.b/c:1.2@sha256:0f",
            "a.b/c@sha256:0f",
            "a.b/c:",
            "a.b/c:é",
            "a.b/cd",
            "a.b/c:1:2",
            "a.b/c@md5:0f",
            "a.b/c:1@",
            "a\nb/c",
            "éb/c",
            "a.b",
            "a.b/c:{x}",
        ];
        for name in ["a.b/c", "a.b/c:1"] {
            let pattern = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
            let expression = Wanted::Expression(Regex::new(&pattern).expect("a test knows it"));
            for image in images {
                assert_eq!(Wanted::Name(name).is(image), expression.is(image), "{name} {image}");
            }
        }
    }
}
