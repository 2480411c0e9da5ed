//! What clusters keep of the manifests as they were: `kubectl apply` deletes nothing, and cannot change everything.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::{
    diag::{Diagnostic, codes},
    disk::tree::Tree,
    kustomize::{
        build::Builder,
        outermost::{self, Outermost},
    },
    plan::{Known, Plan},
    text::{Files, MemoryFiles, Sources, clean},
};

/// The kinds of workloads.
const WORKLOADS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];

/// The fields of a StatefulSet's `spec` that an API server changes.
const CHANGEABLE: [&str; 6] = [
    "replicas",
    "template",
    "updateStrategy",
    "minReadySeconds",
    "persistentVolumeClaimRetentionPolicy",
    "revisionHistoryLimit",
];

/// Kind and name of an object, without the digest of a generated one.
type Id = (String, String);

/// The objects of an environment, each with the name that it has in a cluster.
type Objects = BTreeMap<Id, (String, Value)>;

/// The generated objects of the environments of an output directory.
#[derive(Debug, Default)]
pub(super) struct Before {
    environments: BTreeMap<String, (Option<Outermost>, Objects)>,
}

/// Reads what an output directory holds. `generated` are the files that the last run wrote.
pub(super) fn read(generated: &[Utf8PathBuf], output: &Utf8Path, files: &dyn Files) -> Before {
    let names: BTreeSet<&str> = generated
        .iter()
        .filter_map(|path| {
            path.as_str().strip_prefix("overlays/")?.strip_suffix("/generated/kustomization.yaml")
        })
        .collect();
    let mut sources = Sources::default();
    let mut builder = Builder::new(output, files, &mut sources);
    let mut read = |name: &str| {
        let objects = objects(output, name, &mut builder)?;
        let outermost = outermost::read(&output.join(format!("overlays/{name}")), &mut builder);
        Some((name.to_owned(), (outermost, objects)))
    };
    Before { environments: names.into_iter().filter_map(&mut read).collect() }
}

/// The objects of the generated part of an overlay; none if it cannot be rendered, which is told elsewhere.
fn objects(output: &Utf8Path, environment: &str, builder: &mut Builder<'_>) -> Option<Objects> {
    let built = builder.build(&output.join(format!("overlays/{environment}/generated"))).ok()?;
    let object = built.iter().map(|object| {
        let value = object.node.to_json();
        let text = |pointer| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, name) = (text("/kind"), text("/metadata/name"));
        let first = if object.first_name.is_empty() { name.clone() } else { object.first_name.clone() };
        ((kind, first), (name, value))
    });
    Some(object.collect())
}

impl Before {
    /// What people have to do in clusters once the manifests are those of `tree`.
    pub(super) fn left_in_clusters(&self, plan: &Plan, tree: &Tree, output: &Utf8Path) -> Vec<Diagnostic> {
        let files = tree.files.iter().map(|file| (clean(&output.join(&file.path)), file.bytes.clone()));
        let files = MemoryFiles::new(files);
        let mut sources = Sources::default();
        let mut builder = Builder::new(output, &files, &mut sources);
        let mut told = Vec::new();
        for (name, (outermost, before)) in &self.environments {
            let planned = plan.environments.iter().find(|environment| environment.name == *name);
            if planned.is_some_and(|environment| environment.known != Known::All) {
                continue;
            }
            let now = match planned {
                Some(_) => objects(&clean(output), name, &mut builder),
                None => Some(Objects::new()),
            };
            let Some(now) = now else { continue };
            let namespace = outermost.as_ref().and_then(|outermost| outermost.namespace.as_deref());
            let context = planned.and_then(|environment| environment.context.as_deref());
            let cluster = Cluster { environment: name, namespace, context };
            told.extend(cluster.compare(before, &now));
        }
        told
    }
}

/// Where an environment runs.
struct Cluster<'a> {
    environment: &'a str,
    namespace: Option<&'a str>,
    context: Option<&'a str>,
}

impl Cluster<'_> {
    fn compare(&self, before: &Objects, now: &Objects) -> Vec<Diagnostic> {
        let mut told = Vec::new();
        let mut deleted: Vec<String> = Vec::new();
        let mut claims: Vec<&str> = Vec::new();
        for ((kind, name), (in_cluster, object)) in before {
            if let Some((_, new)) = now.get(&(kind.clone(), name.clone())) {
                told.extend(self.unchangeable(kind, name, object, new));
                continue;
            }
            let other = WORKLOADS.iter().filter(|_| WORKLOADS.contains(&kind.as_str()));
            let mut other = other.filter(|other| now.contains_key(&((**other).to_owned(), name.clone())));
            if let Some(other) = other.next() {
                told.push(self.another_kind((kind, other), name, object, now));
            } else if kind == "PersistentVolumeClaim" {
                claims.push(name);
            } else {
                deleted.push(format!("{}/{in_cluster}", kind.to_ascii_lowercase()));
            }
        }
        told.extend(self.gone(&deleted, &claims));
        told
    }

    /// Objects that nothing applies any more. Claims hold data: no command here deletes them.
    fn gone(&self, objects: &[String], claims: &[&str]) -> Option<Diagnostic> {
        if objects.is_empty() && claims.is_empty() {
            return None;
        }
        let all: Vec<String> = objects
            .iter()
            .cloned()
            .chain(claims.iter().map(|claim| format!("persistentvolumeclaim/{claim}")))
            .collect();
        let message =
            format!("{} no longer has {}, which its cluster keeps", self.environment, all.join(", "));
        let mut help = Vec::new();
        if !objects.is_empty() {
            help.push(format!("delete them: `{}`", self.kubectl(&format!("delete {}", objects.join(" ")))));
        }
        if !claims.is_empty() {
            let names = claims.join(" ");
            let command = self.kubectl(&format!("delete persistentvolumeclaim {names}"));
            help.push(format!("once nobody needs the data any more: `{command}`"));
        }
        Some(Diagnostic::info(codes::LEFT_IN_CLUSTER, message).help(help.join("\n")))
    }

    /// A workload that is another kind of object now: both would run.
    fn another_kind(
        &self,
        (kind, other): (&str, &str),
        name: &str,
        object: &Value,
        now: &Objects,
    ) -> Diagnostic {
        let message = format!("`{name}` of {} is a {other} now and was a {kind}", self.environment);
        let command = self.kubectl(&format!("delete {}/{name}", kind.to_ascii_lowercase()));
        let mut help = format!("delete the old one before you apply the new one: `{command}`");
        let new = now.get(&(other.to_owned(), name.to_owned())).map(|(_, object)| object);
        let (old, new) = (claims_of(name, object), new.map(|new| claims_of(name, new)).unwrap_or_default());
        let moved: Vec<String> = old
            .iter()
            .filter_map(|(volume, claim)| Some((claim, new.get(volume)?)))
            .filter(|(old, new)| old != new)
            .map(|(old, new)| format!("copy what is in the claim `{old}` into `{new}`, see docs/concepts.md"))
            .collect();
        for line in moved {
            help += &format!("\n{line}");
        }
        Diagnostic::warning(codes::ANOTHER_KIND, message).help(help)
    }

    /// What an API server refuses to change.
    fn unchangeable(&self, kind: &str, name: &str, old: &Value, new: &Value) -> Option<Diagnostic> {
        let (message, help) = match kind {
            "PersistentVolumeClaim" => {
                let modes = |object: &Value| object.pointer("/spec/accessModes").cloned();
                if modes(old) == modes(new) {
                    return None;
                }
                let mode = modes(new).and_then(|modes| modes.get(0)?.as_str().map(str::to_owned));
                let delete = self.kubectl(&format!("delete persistentvolumeclaim {name}"));
                (
                    format!(
                        "the claim `{name}` of {} is {} now, and a cluster does not change a claim that exists",
                        self.environment,
                        mode.unwrap_or_default()
                    ),
                    format!(
                        "stop its pods, copy its data into another claim, `{delete}`, apply, and copy the data back, \
                         see docs/concepts.md"
                    ),
                )
            }
            "StatefulSet" => {
                let fixed = |object: &Value| {
                    let mut spec = object.get("spec").cloned().unwrap_or_default();
                    if let Some(spec) = spec.as_object_mut() {
                        spec.retain(|key, _| !CHANGEABLE.contains(&key.as_str()));
                    }
                    spec
                };
                if fixed(old) == fixed(new) {
                    return None;
                }
                let delete = self.kubectl(&format!("delete statefulset/{name} --cascade=orphan"));
                (
                    format!(
                        "the claims or the Service of StatefulSet `{name}` of {} change, and a cluster does not \
                         change these",
                        self.environment
                    ),
                    format!("before you apply: `{delete}`; pods and claims stay"),
                )
            }
            "Service" => {
                let is_headless = |object: &Value| {
                    object.pointer("/spec/clusterIP").is_some_and(|address| address == "None")
                };
                // The other way round it stays as it is.
                if is_headless(old) || !is_headless(new) {
                    return None;
                }
                let delete = self.kubectl(&format!("delete service/{name}"));
                (
                    format!(
                        "the Service `{name}` of {} is headless now, and a cluster does not take an address away",
                        self.environment
                    ),
                    format!("before you apply: `{delete}`; nobody reaches it until then"),
                )
            }
            _ => return None,
        };
        Some(Diagnostic::warning(codes::UNCHANGEABLE, message).help(help))
    }

    fn kubectl(&self, command: &str) -> String {
        let option =
            |name: &str, value: Option<&str>| value.map_or_else(String::new, |it| format!(" --{name} {it}"));
        format!("kubectl{}{} {command}", option("context", self.context), option("namespace", self.namespace))
    }
}

/// The claims of a workload's first pod, by the names that its volumes have.
fn claims_of(name: &str, workload: &Value) -> BTreeMap<String, String> {
    let list = |pointer: &str| workload.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    let text =
        |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let templates = list("/spec/volumeClaimTemplates").filter_map(|template| {
        let volume = text(template, "/metadata/name")?;
        let claim = format!("{volume}-{name}-0");
        Some((volume, claim))
    });
    let volumes = list("/spec/template/spec/volumes").filter_map(|volume| {
        Some((text(volume, "/name")?, text(volume, "/persistentVolumeClaim/claimName")?))
    });
    templates.chain(volumes).collect()
}
