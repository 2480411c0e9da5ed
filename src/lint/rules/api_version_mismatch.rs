//! KK006: API versions that clusters do not serve.

use crate::{
    diag::Severity,
    k8s::versions::{Version, lifetime},
    lint::{Category, Check, Findings, FixKind, Rule, views::Rendering},
};

pub(super) static RULE: Rule = Rule {
    code: "KK006",
    name: "api-version-mismatch",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::Safe,
    summary: "the cluster does not serve this API version",
    explain: "\
The API server refuses the object, and with it the deployment.

The rule finds API versions that the cluster of the environment (`kubernetes` in `kustompose.yaml`)
does not serve any more, or does not serve yet: both are errors. One that a later version removes
is a warning. Without `kubernetes`, what 1.29 does not serve is an error.",
    bad: &[(
        "job.yaml",
        "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: sync}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
    )],
    good: &[(
        "job.yaml",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: sync}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
    )],
    checks: &[Check::Rendering(check)],
};

/// The version of a cluster of which nothing is known, as far as it can be expected.
const EXPECTED: &str = "1.29";

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    let expected = Version::parse(EXPECTED).unwrap_or(Version::NEWEST);
    for object in rendering.objects() {
        let (kind, written) = (object.kind(), object.api_version());
        let Some(lifetime) = lifetime(kind, written) else { continue };
        let cluster = rendering.read.cluster;
        let too_new = cluster.is_some_and(|cluster| cluster < lifetime.since);
        let (message, severity) = match lifetime.gone {
            _ if too_new => {
                (format!("clusters serve `{written}` of {kind} from {} on", lifetime.since), Severity::Error)
            }
            Some(gone) if gone <= cluster.unwrap_or(expected) => {
                (format!("clusters do not serve `{written}` of {kind} from {gone} on"), Severity::Error)
            }
            Some(gone) => {
                (format!("clusters do not serve `{written}` of {kind} from {gone} on"), Severity::Warning)
            }
            None => continue,
        };
        let Some(node) = object.at(&["apiVersion"]) else { continue };
        let finding = findings.at(node.span, message, "this API version");
        finding.subject(object.subject("apiVersion")).severity(severity);
        finding.changes = vec![object.subject("apiVersion")];
        let Some((successor, since)) = lifetime.successor else { continue };
        finding.help(format!("write `{successor}`, which clusters serve from {since} on"));
        let is_served = since <= cluster.unwrap_or(expected);
        if is_served && lifetime.is_same && rendering.sources.slice(node.span) == written {
            finding.fix(FixKind::Safe, format!("write `{successor}`"), node.span, successor);
        }
    }
}
