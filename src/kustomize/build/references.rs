//! Names of objects in other objects, which follow when the objects get other names.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use super::{
    fields::{FieldPath, Made, Scope, set_entry},
    resource::{Name, Resource, text},
};
use crate::{
    text::Span,
    yaml::{Node, Value},
};

/// A field that names an object.
struct Reference {
    /// What it names.
    target: Scope,
    /// Where.
    field: FieldPath,
}

/// What is named within pods: its kind, and where.
const IN_PODS: &[(&str, &str)] = &[
    ("ConfigMap", "volumes/configMap/name"),
    ("ConfigMap", "containers/env/valueFrom/configMapKeyRef/name"),
    ("ConfigMap", "initContainers/env/valueFrom/configMapKeyRef/name"),
    ("ConfigMap", "containers/envFrom/configMapRef/name"),
    ("ConfigMap", "initContainers/envFrom/configMapRef/name"),
    ("ConfigMap", "volumes/projected/sources/configMap/name"),
    ("Secret", "volumes/secret/secretName"),
    ("Secret", "containers/env/valueFrom/secretKeyRef/name"),
    ("Secret", "initContainers/env/valueFrom/secretKeyRef/name"),
    ("Secret", "containers/envFrom/secretRef/name"),
    ("Secret", "initContainers/envFrom/secretRef/name"),
    ("Secret", "imagePullSecrets/name"),
    ("Secret", "volumes/projected/sources/secret/name"),
];

/// The kinds that have pods, with the way to them.
const PODS: &[(&str, &str)] = &[
    ("Pod", "spec"),
    ("PodTemplate", "template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicaSet", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
];

/// What is named within the pods of most kinds: its group, its kind, and where.
const IN_MOST_PODS: &[(&str, &str, &str)] = &[
    ("", "ServiceAccount", "serviceAccountName"),
    ("", "PersistentVolumeClaim", "volumes/persistentVolumeClaim/claimName"),
    ("scheduling.k8s.io", "PriorityClass", "priorityClassName"),
];

/// These kinds, with the way to the pods.
const MOST_PODS: &[(&str, &str)] = &[
    ("Pod", "spec"),
    ("StatefulSet", "spec/template/spec"),
    ("Deployment", "spec/template/spec"),
    ("ReplicationController", "spec/template/spec"),
    ("CronJob", "spec/jobTemplate/spec/template/spec"),
    ("Job", "spec/template/spec"),
    ("DaemonSet", "spec/template/spec"),
];

/// What is named, by group, version and kind; then group, kind and path of what names it.
const ELSEWHERE: &[([&str; 3], [&str; 3])] = &[
    (["", "", "Deployment"], ["", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"]),
    (["", "", "ReplicationController"], ["", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"]),
    (["", "", "ReplicaSet"], ["", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"]),
    (["", "", "StatefulSet"], ["", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name"]),
    (["", "v1", "ConfigMap"], ["", "Node", "spec/configSource/configMap"]),
    (["", "v1", "ConfigMap"], ["", "Role", "rules/resourceNames"]),
    (["", "v1", "ConfigMap"], ["", "ClusterRole", "rules/resourceNames"]),
    (
        ["", "v1", "ConfigMap"],
        ["", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap"],
    ),
    (["", "v1", "Secret"], ["", "Ingress", "spec/tls/secretName"]),
    (["", "v1", "Secret"], ["", "Ingress", "metadata/annotations/ingress.kubernetes.io\\/auth-secret"]),
    (["", "v1", "Secret"], ["", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret"]),
    (
        ["", "v1", "Secret"],
        ["", "Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret"],
    ),
    (["", "v1", "Secret"], ["", "ServiceAccount", "imagePullSecrets/name"]),
    (["", "v1", "Secret"], ["", "StorageClass", "parameters/secretName"]),
    (["", "v1", "Secret"], ["", "StorageClass", "parameters/adminSecretName"]),
    (["", "v1", "Secret"], ["", "StorageClass", "parameters/userSecretName"]),
    (["", "v1", "Secret"], ["", "StorageClass", "parameters/secretRef"]),
    (["", "v1", "Secret"], ["", "Role", "rules/resourceNames"]),
    (["", "v1", "Secret"], ["", "ClusterRole", "rules/resourceNames"]),
    (
        ["", "v1", "Secret"],
        ["serving.knative.dev", "Service", "spec/template/spec/containers/env/valueFrom/secretKeyRef/name"],
    ),
    (["", "v1", "Secret"], ["", "PersistentVolume", "spec/azureFile/secretName"]),
    (["", "v1", "Service"], ["apps", "StatefulSet", "spec/serviceName"]),
    (["", "v1", "Service"], ["", "Ingress", "spec/rules/http/paths/backend/serviceName"]),
    (["", "v1", "Service"], ["", "Ingress", "spec/backend/serviceName"]),
    (["", "v1", "Service"], ["", "Ingress", "spec/rules/http/paths/backend/service/name"]),
    (["", "v1", "Service"], ["", "Ingress", "spec/defaultBackend/service/name"]),
    (["", "v1", "Service"], ["apiregistration.k8s.io", "APIService", "spec/service/name"]),
    (
        ["", "v1", "Service"],
        ["admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "webhooks/clientConfig/service"],
    ),
    (
        ["", "v1", "Service"],
        ["admissionregistration.k8s.io", "MutatingWebhookConfiguration", "webhooks/clientConfig/service"],
    ),
    (["rbac.authorization.k8s.io", "", "Role"], ["rbac.authorization.k8s.io", "RoleBinding", "roleRef/name"]),
    (
        ["rbac.authorization.k8s.io", "", "ClusterRole"],
        ["rbac.authorization.k8s.io", "RoleBinding", "roleRef/name"],
    ),
    (
        ["rbac.authorization.k8s.io", "", "ClusterRole"],
        ["rbac.authorization.k8s.io", "ClusterRoleBinding", "roleRef/name"],
    ),
    (["", "v1", "ServiceAccount"], ["rbac.authorization.k8s.io", "RoleBinding", "subjects"]),
    (["", "v1", "ServiceAccount"], ["rbac.authorization.k8s.io", "ClusterRoleBinding", "subjects"]),
    (["", "v1", "PersistentVolume"], ["", "PersistentVolumeClaim", "spec/volumeName"]),
    (["", "v1", "PersistentVolume"], ["", "ClusterRole", "rules/resourceNames"]),
    (["storage.k8s.io", "v1", "StorageClass"], ["", "PersistentVolume", "spec/storageClassName"]),
    (["storage.k8s.io", "v1", "StorageClass"], ["", "PersistentVolumeClaim", "spec/storageClassName"]),
    (
        ["storage.k8s.io", "v1", "StorageClass"],
        ["", "StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"],
    ),
    (
        ["admissionregistration.k8s.io", "", "ValidatingAdmissionPolicy"],
        ["admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding", "spec/policyName"],
    ),
];

/// Gives every name of an object the form that the object has now. The error says which name has several meanings.
pub(super) fn follow(resources: &mut [Resource]) -> Result<(), (String, Span)> {
    let renamed = Renamed::of(resources);
    if renamed.all.is_empty() {
        return Ok(());
    }
    for resource in resources {
        let referrer = Referrer::of(resource);
        let place = resource.node.span;
        for reference in REFERENCES.iter().filter(|reference| referrer.is_in(&reference.field.scope)) {
            let mut set = |field: &mut Node| renamed.set(field, reference, &referrer);
            let changed = reference.field.change(
                Arc::make_mut(&mut resource.node),
                Made::Nothing,
                Span::NOWHERE,
                &mut set,
            );
            changed.map_err(|why| (why, place))?;
        }
    }
    Ok(())
}

static REFERENCES: LazyLock<Vec<Reference>> = LazyLock::new(|| {
    let mut references = Vec::new();
    for (kind, pod) in PODS {
        for (target, path) in IN_PODS {
            references.push(reference(["", "v1", target], ["", kind, &format!("{pod}/{path}")]));
        }
    }
    for (kind, pod) in MOST_PODS {
        for (group, target, path) in IN_MOST_PODS {
            references.push(reference([group, "v1", target], ["", kind, &format!("{pod}/{path}")]));
        }
    }
    references.extend(ELSEWHERE.iter().map(|(target, field)| reference(*target, *field)));
    references
});

fn reference(target: [&str; 3], [group, kind, path]: [&str; 3]) -> Reference {
    let [target_group, version, target_kind] = target.map(str::to_owned);
    let target = Scope { group: target_group, version, kind: target_kind };
    Reference { target, field: FieldPath::new(group, kind, path, false) }
}

/// An object that names others.
struct Referrer {
    api_version: String,
    /// Its first kind.
    kind: String,
    /// None if it belongs to no namespace.
    namespace: Option<String>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    /// The group and kind of its `roleRef`.
    role: Option<Scope>,
    /// Other namespaces that it may name ServiceAccounts of.
    account_namespaces: Vec<String>,
}

impl Referrer {
    fn of(resource: &Resource) -> Self {
        let role = resource.node.get("roleRef").and_then(|role| {
            let (group, kind) = (role.get("apiGroup")?.as_str()?, role.get("kind")?.as_str()?);
            Some(Scope { group: group.to_owned(), version: String::new(), kind: kind.to_owned() })
        });
        let subjects = resource.node.get("subjects").and_then(Node::as_seq).unwrap_or_default();
        let accounts = subjects.iter().filter(|subject| text(subject, "kind") == "ServiceAccount");
        let account_namespaces = match resource.kind() {
            "RoleBinding" => accounts.map(|subject| text(subject, "namespace").to_owned()).collect(),
            _ => Vec::new(),
        };
        Self {
            api_version: resource.api_version().to_owned(),
            kind: resource.first_id().kind.to_owned(),
            namespace: resource.id().namespace.map(str::to_owned),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            role,
            account_namespaces,
        }
    }

    fn is_in(&self, scope: &Scope) -> bool {
        scope.holds(&self.api_version, &self.kind)
    }

    /// Whether it can name this object.
    fn reaches(&self, target: &Target) -> bool {
        let (Some(own), Some(other)) = (&self.namespace, &target.namespace) else { return true };
        own == other
            || target.kind == "ServiceAccount" && self.account_namespaces.contains(&target.written_namespace)
    }
}

/// An object that was called something else before.
struct Target {
    api_version: String,
    kind: String,
    name: String,
    /// None if it belongs to no namespace.
    namespace: Option<String>,
    /// Empty if none is written.
    written_namespace: String,
    first_namespace: Option<String>,
    previous: Vec<Name>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

impl Target {
    fn of(resource: &Resource) -> Self {
        Self {
            api_version: resource.api_version().to_owned(),
            kind: resource.kind().to_owned(),
            name: resource.name().to_owned(),
            namespace: resource.id().namespace.map(str::to_owned),
            written_namespace: resource.namespace().to_owned(),
            first_namespace: resource.first_id().namespace.map(str::to_owned),
            previous: resource.previous.clone(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
        }
    }

    fn was_in(&self, scope: &Scope) -> bool {
        self.previous.iter().any(|name| scope.holds(&self.api_version, &name.kind))
    }

    /// Was it renamed where the referrer was? `lenient`: as far as both were.
    fn goes_with(&self, referrer: &Referrer, lenient: bool) -> bool {
        let pairs = [(&self.prefixes, &referrer.prefixes), (&self.suffixes, &referrer.suffixes)];
        pairs.iter().all(|(own, other)| {
            lenient && (own.is_empty() || other.is_empty())
                || own.is_empty() == other.is_empty() && end_alike(own, other)
        })
    }
}

fn end_alike(one: &[String], other: &[String]) -> bool {
    one.iter().rev().zip(other.iter().rev()).all(|(one, other)| one == other)
}

/// All objects that were called something else before.
struct Renamed {
    all: Vec<Target>,
    /// Their positions by earlier names.
    by_name: BTreeMap<String, Vec<usize>>,
}

impl Renamed {
    fn of(resources: &[Resource]) -> Self {
        let all: Vec<Target> =
            resources.iter().filter(|it| !it.previous.is_empty()).map(Target::of).collect();
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, target) in all.iter().enumerate() {
            for Name { name, .. } in &target.previous {
                let positions = by_name.entry(name.clone()).or_default();
                if positions.last() != Some(&at) {
                    positions.push(at);
                }
            }
        }
        Self { all, by_name }
    }

    fn set(&self, field: &mut Node, reference: &Reference, referrer: &Referrer) -> Result<(), String> {
        match &mut field.value {
            Value::Null => Ok(()),
            Value::Seq(items) => items.iter_mut().try_for_each(|item| self.set(item, reference, referrer)),
            Value::Map(_) => self.set_mapping(field, reference, referrer),
            Value::String(name) => {
                let found = self.find(name, reference, referrer, |_| true)?;
                if let Some(target) = found {
                    name.clone_from(&target.name);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A mapping names an object by `name` and `namespace`.
    fn set_mapping(
        &self,
        field: &mut Node,
        reference: &Reference,
        referrer: &Referrer,
    ) -> Result<(), String> {
        let path = &reference.field.path;
        let name =
            field.get("name").and_then(Node::as_str).ok_or_else(|| format!("`{path}` has no `name`"))?;
        let namespace = field.get("namespace").and_then(Node::as_str);
        let was_there = |target: &Target| target.first_namespace.as_deref() == namespace;
        let any_was = self.all.iter().any(|target| referrer.reaches(target) && was_there(target));
        let found = self.find(name, reference, referrer, |target| match namespace {
            None => true,
            Some(_) if any_was => was_there(target),
            Some(_) => target.namespace.as_deref() == namespace,
        })?;
        let Some(target) = found else { return Ok(()) };
        let span = field.span;
        set_entry(field, "name", Node::string(target.name.as_str(), span));
        if !target.written_namespace.is_empty() {
            set_entry(field, "namespace", Node::string(target.written_namespace.as_str(), span));
        }
        Ok(())
    }

    fn find(
        &self,
        name: &str,
        reference: &Reference,
        referrer: &Referrer,
        is_there: impl Fn(&Target) -> bool,
    ) -> Result<Option<&Target>, String> {
        let named = self.by_name.get(name).into_iter().flatten().filter_map(|at| self.all.get(*at));
        let role = referrer.role.as_ref().filter(|_| reference.field.path.ends_with("roleRef/name"));
        let mut fitting: Vec<&Target> = named
            .filter(|target| target.was_in(&reference.target) && role.is_none_or(|role| target.was_in(role)))
            .filter(|target| referrer.reaches(target) && is_there(target))
            .collect();
        for lenient in [true, false] {
            if fitting.len() > 1 {
                fitting.retain(|target| target.goes_with(referrer, lenient));
            }
        }
        match fitting.as_slice() {
            [] => Ok(None),
            [first, others @ ..] if others.iter().all(|other| other.name == first.name) => Ok(Some(first)),
            _ => Err(format!("`{name}` may be one of several objects")),
        }
    }
}
