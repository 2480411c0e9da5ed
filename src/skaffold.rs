//! **Skaffold**: its file. Knows nothing of compose.
//!
//! See the [reference](https://skaffold.dev/docs/references/yaml/). Version `v4beta7` is what Skaffold 2.8
//! reads, and newer ones too.

use serde_json::{Value, json};

use crate::{
    plan::{Artifact, BuildSecret, Development, Environment, Forward, Kind, Plan},
    yaml::emit::{self, Entry, Yaml},
};

/// The name of the file.
pub const FILE_NAME: &str = "skaffold.yaml";

/// The version of its schema.
const API_VERSION: &str = "skaffold/v4beta7";

/// Seconds until what was deployed has to run: databases take their time, and images have to be pulled.
const DEADLINE: i64 = 600;

/// The file for a project that is developed.
pub fn text(plan: &Plan, development: &Development, header: &str) -> Option<String> {
    let environment = plan.environments.get(development.environment)?;
    let mut fields = vec![
        ("apiVersion", Entry::new(API_VERSION)),
        ("kind", Entry::new("Config")),
        ("metadata", Entry::new(Yaml::from(json!({"name": plan.project})))),
        ("build", Entry::new(build(development))),
        ("manifests", Entry::new(Yaml::from(manifests(development, environment)))),
        ("deploy", deployed(environment, true)),
    ];
    if !development.forwards.is_empty() {
        let forwards = development.forwards.iter().map(|forward| port_forward(forward, environment));
        let comment = "`ports` of the compose files";
        fields
            .push(("portForward", Entry::new(Yaml::from(Value::Array(forwards.collect()))).beside(comment)));
    }
    let profiles = profiles(plan, development, environment);
    if !profiles.is_empty() {
        fields.push(("profiles", Entry::new(Yaml::Seq(profiles))));
    }
    Some(emit::documents(Some(header), &[Yaml::map(fields)]))
}

fn build(development: &Development) -> Yaml {
    let local = Yaml::map([
        ("push", Entry::new(Yaml::Bool(false)).beside("built where the cluster runs, or loaded into it")),
        ("useBuildkit", Entry::new(Yaml::Bool(true))),
    ]);
    let artifacts = development.artifacts.iter().map(|each| {
        let mut fields = artifact(each);
        if development.always_syncs && !each.sync.is_empty() {
            fields["sync"] = copied(each);
        }
        Yaml::from(fields)
    });
    let fields = [
        ("tagPolicy", Entry::new(Yaml::from(json!({"inputDigest": {}})))),
        ("local", Entry::new(local)),
        ("artifacts", Entry::new(Yaml::seq(artifacts)).beside("`build` of the compose files")),
    ];
    Yaml::map(fields)
}

fn artifact(artifact: &Artifact) -> Value {
    let Artifact {
        image,
        context,
        dockerfile,
        target,
        arguments,
        network,
        hosts,
        cache_from,
        no_cache,
        platforms,
        secrets,
        sync: _,
    } = artifact;
    let arguments: serde_json::Map<String, Value> = arguments
        .iter()
        .map(|(name, value)| (name.clone(), Value::String(argument(name, value.as_deref()))))
        .collect();
    let secrets: Vec<Value> = secrets.iter().map(|(id, secret)| build_secret(id, secret)).collect();
    let docker = present([
        ("dockerfile", json!(dockerfile)),
        ("target", json!(target)),
        ("buildArgs", Value::Object(arguments)),
        ("network", json!(network)),
        ("addHost", json!(hosts)),
        ("cacheFrom", json!(cache_from)),
        ("noCache", if *no_cache { json!(true) } else { Value::Null }),
        ("secrets", Value::Array(secrets)),
    ]);
    present([
        ("image", json!(image)),
        ("context", json!(context)),
        ("platforms", json!(platforms)),
        ("docker", docker),
    ])
}

/// Skaffold takes values for templates. One that is not said comes from its own environment.
fn argument(name: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => value.replace("{{", "{{\"{{\"}}"),
        None => format!("{{{{.{name}}}}}"),
    }
}

fn build_secret(id: &str, secret: &BuildSecret) -> Value {
    match secret {
        BuildSecret::File(path) => json!({"id": id, "src": path}),
        BuildSecret::Variable(name) => json!({"id": id, "env": name}),
    }
}

/// The fields that say something.
fn present<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    let kept = fields.into_iter().filter(|(_, value)| !empty(value));
    Value::Object(kept.map(|(name, value)| (name.to_owned(), value)).collect())
}

fn manifests(development: &Development, environment: &Environment) -> Value {
    let overlay = development.tree.join("overlays").join(&environment.name);
    json!({"kustomize": {"paths": [overlay]}})
}

/// How and where an environment is deployed.
fn deployed(environment: &Environment, is_developed: bool) -> Entry {
    let entry = Entry::new(deploy(environment, is_developed));
    if environment.context.is_some() {
        return entry;
    }
    entry.beside("to whatever cluster kubectl points at: `context` in kustompose.yaml says which one")
}

/// How an environment is deployed. A finished Job cannot be changed: it goes before it comes again.
fn deploy(environment: &Environment, is_developed: bool) -> Yaml {
    let mut fields = Vec::new();
    if let Some(context) = &environment.context {
        let pinned = Entry::new(context.as_str()).beside("no other cluster is ever reached");
        fields.push(("kubeContext", pinned));
    }
    if is_developed {
        fields.push(("statusCheckDeadlineSeconds", Entry::new(DEADLINE)));
    }
    if has_jobs(environment) {
        let command = format!(
            "kubectl --context=\"$SKAFFOLD_KUBE_CONTEXT\" -n {} delete job -l app.kubernetes.io/component=job \
             --ignore-not-found",
            environment.namespace
        );
        let command = Yaml::flow_seq(["sh", "-c", &command]);
        let host = Yaml::map([("command", Entry::new(command))]);
        let hook = Yaml::map([("host", Entry::new(host))]);
        let hooks =
            Yaml::map([("before", Entry::new(Yaml::seq([hook])).beside("a finished Job cannot be changed"))]);
        fields.push(("kubectl", Entry::new(Yaml::map([("hooks", Entry::new(hooks))]))));
    } else {
        fields.push(("kubectl", Entry::new(Yaml::map([] as [(&str, Entry); 0]))));
    }
    Yaml::map(fields)
}

fn has_jobs(environment: &Environment) -> bool {
    let mut workloads = environment.apps.iter().flat_map(|app| &app.workloads);
    workloads.any(|workload| matches!(workload.kind, Kind::Job { .. }))
}

fn port_forward(forward: &Forward, environment: &Environment) -> Value {
    let Forward { service, port, local_port, address } = forward;
    present([
        ("resourceType", json!("service")),
        ("resourceName", json!(service)),
        ("namespace", json!(environment.namespace)),
        ("port", json!(port)),
        ("localPort", json!(local_port)),
        ("address", json!(address)),
    ])
}

/// A profile for each environment, if there are several, and the one that copies files.
fn profiles(plan: &Plan, development: &Development, developed: &Environment) -> Vec<Entry> {
    let mut profiles = Vec::new();
    let copies = development.artifacts.iter().any(|artifact| !artifact.sync.is_empty());
    if copies && developed.code.is_empty() && !development.always_syncs {
        let taken = plan.environments.iter().any(|environment| environment.name == "sync");
        profiles.push(sync(if taken { "sync-files" } else { "sync" }, development));
    }
    if plan.environments.len() > 1 {
        for (index, environment) in plan.environments.iter().enumerate() {
            let is_developed = index == development.environment;
            profiles.push(profile(development, developed, environment, is_developed));
        }
    }
    profiles
}

fn sync(name: &str, development: &Development) -> Entry {
    let rules = development.artifacts.iter().enumerate().filter(|(_, artifact)| !artifact.sync.is_empty());
    let patches = rules.map(|(index, artifact)| {
        json!({"op": "add", "path": format!("/build/artifacts/{index}/sync"), "value": copied(artifact)})
    });
    let patches: Vec<Value> = patches.collect();
    let comment =
        "changed files are copied into running containers; pods that start later run the last build";
    Entry::new(Yaml::map([
        ("name", Entry::new(name).beside(comment)),
        ("patches", Entry::new(Yaml::from(Value::Array(patches)))),
    ]))
}

fn copied(artifact: &Artifact) -> Value {
    let manual = artifact.sync.iter().map(|rule| {
        present([("src", json!(rule.source)), ("dest", json!(rule.target)), ("strip", json!(rule.strip))])
    });
    json!({"manual": manual.collect::<Vec<_>>()})
}

/// What is not developed takes its images from a registry, as a pipeline set them in its overlay.
fn profile(
    development: &Development,
    developed: &Environment,
    environment: &Environment,
    is_developed: bool,
) -> Entry {
    let mut fields = vec![("name", Entry::new(environment.name.as_str()))];
    let manifests = Yaml::from(manifests(development, environment));
    if is_developed {
        fields.push(("manifests", Entry::new(manifests)));
        return Entry::new(Yaml::map(fields));
    }
    let removed = [
        ("/build/artifacts", true),
        ("/portForward", !development.forwards.is_empty()),
        ("/deploy/kubeContext", developed.context.is_some() && environment.context.is_none()),
        ("/deploy/kubectl/hooks", has_jobs(developed) && !has_jobs(environment)),
    ];
    let patches = removed.into_iter().filter(|(_, is_there)| *is_there);
    let patches = patches.map(|(path, _)| json!({"op": "remove", "path": path})).collect();
    fields.push(("patches", Entry::new(Yaml::from(Value::Array(patches)))));
    fields.push(("manifests", Entry::new(manifests)));
    fields.push(("deploy", deployed(environment, false)));
    Entry::new(Yaml::map(fields))
}
