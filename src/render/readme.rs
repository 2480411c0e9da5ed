//! The tree's README: who owns what, and how this very project is deployed.

use super::{external_secrets, moving};
use crate::plan::{Environment, Plan, SERVICE_LABEL};

/// Who owns what, and how to deploy.
pub(super) fn readme(plan: &Plan) -> String {
    let project = &plan.project;
    let deploy = deploy(plan);
    let external = external_secrets::readme(plan);
    let moving = moving::readme(plan);
    format!(
        "# {project} on Kubernetes

| where | whose | what |
| --- | --- | --- |
| `base/` | kustompose | what every environment runs: a folder for each app |
| `components/` | kustompose | what only some environments run |
| `overlays/<environment>/generated/` | kustompose | what the environment changes |
| `overlays/<environment>/kustomization.yaml` and other files beside it | **you** | image tags, namespace, your own patches and resources |
| `overlays/<environment>/secrets/` | **you**, never in git | values; the `.example` files list the keys |

`kustompose convert` rewrites only what is its own. It never overwrites a file of its own that somebody
edited: it refuses, and the edit belongs in `overlays/<environment>/kustomization.yaml` as a patch.

## Secrets

Copy each `*.example` in `overlays/<environment>/secrets/` to the name without `.example` and fill it in;
`convert` has done so for the values that it found. A line is `KEY=value`, taken as it is: no quotes, no
comment behind a value.
{external}
## Deploy

{deploy}
Needs kubectl 1.23 or newer (kustomize 4.3), whatever the cluster's version. Changed configuration gets a
new name, so the pods that use it restart by themselves. `kubectl delete -k` removes the namespace, and
with it the volumes.
{moving}"
    )
}

/// What deploys the environments, once for those that are deployed alike.
fn deploy(plan: &Plan) -> String {
    let mut groups: Vec<(Vec<&Environment>, String)> = Vec::new();
    for environment in &plan.environments {
        let commands = commands(environment, ("\"${namespace:?}\"", "\"${overlay:?}\""));
        match groups.iter_mut().find(|(_, known)| *known == commands && !environment.steps.is_empty()) {
            Some((environments, _)) => environments.push(environment),
            None => groups.push((vec![environment], commands)),
        }
    }
    let texts = groups.into_iter().map(|(environments, text)| match environments.as_slice() {
        [one] => commands(one, (&one.namespace, &format!("overlays/{}", one.name))),
        several => moving::chosen(several, "overlays".into()) + &text,
    });
    texts.collect::<Vec<String>>().join("\n")
}

/// One command; with Jobs, what they prepare comes first: their pods cannot be changed once they ran.
fn commands(environment: &Environment, (namespace, overlay): (&str, &str)) -> String {
    let command = environment.apply();
    let apply = |selector: &str| format!("    {command} -k {overlay} -l '{selector}'\n");
    let named = |names: &mut dyn Iterator<Item = &String>| {
        let names: Vec<&str> = names.map(String::as_str).collect();
        format!("{SERVICE_LABEL} in ({})", names.join(","))
    };
    let wait = |selector: &str| {
        format!("    kubectl -n {namespace} wait --for=condition=complete job -l {selector} --timeout=10m\n")
    };
    let (commands, said) = match environment.steps.as_slice() {
        [] => return format!("    {command} -k {overlay}\n"),
        [step] => {
            let mut commands = apply("app.kubernetes.io/component notin (web,worker,cron)");
            if !step.services.is_empty() {
                commands += &apply(&named(&mut step.services.iter()));
            }
            let also =
                if step.services.is_empty() { "" } else { "; the next what jobs depend on beside them" };
            let said =
                format!("The first apply creates the configuration, the backing services and the Jobs{also}");
            (commands + &wait("app.kubernetes.io/component=job"), said)
        }
        steps => {
            let mut commands = apply("app.kubernetes.io/component notin (web,worker,cron,job)");
            for step in steps {
                commands += &apply(&named(&mut step.services.iter().chain(&step.jobs)));
                commands += &wait(&format!("'{}'", named(&mut step.jobs.iter())));
            }
            let said = "The first apply creates the configuration and the backing services; the next ones run the Jobs, one after the other";
            (commands, said.to_owned())
        }
    };
    format!(
        "    kubectl -n {namespace} delete job -l app.kubernetes.io/component=job --ignore-not-found
{commands}    {command} -k {overlay}

{said}; the last the services that wait for them.
"
    )
}
