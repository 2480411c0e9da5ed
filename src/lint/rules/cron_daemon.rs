//! KS006: cron daemons and schedulers in containers.

use crate::{
    catalog::{Image, Role, base_name},
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
    shell::Behaviour,
};

pub(super) static RULE: Rule = Rule {
    code: "KS006",
    name: "cron-daemon",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a container runs a cron daemon, where Kubernetes has CronJobs",
    explain: "\
One pod then runs all jobs: nobody sees which failed, none is tried again, and a rollout kills a job
that is running. Schedulers that start containers through the socket of Docker do not work in a
cluster at all. `convert` makes a CronJob of each line of the crontab.

The rule finds services that start `cron`, `crond`, `supercronic` and their kin, and images of
schedulers such as ofelia.",
    bad: &[("compose.yaml", "services:\n  jobs:\n    image: app:1.2\n    command: crond -f\n")],
    good: &[(
        "compose.yaml",
        "services:\n  jobs:\n    image: app:1.2\n    restart: on-failure\n    command: bin/console app:sync\n",
    )],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let image = service.model.image.as_ref().filter(|_| service.model.build.is_none());
    if let Some(image) = image
        && Image::written(&image.value).is_some_and(|known| known.role == Role::Scheduler)
    {
        let message = format!("`{}` runs a scheduler of containers", service.name);
        let finding = findings.at(image.span, message, "starts containers through Docker");
        finding.subject(format!("services.{}.image", service.name));
        finding.help("make each of its jobs a CronJob");
        return;
    }
    let Some(start) = service.start() else { return };
    let Behaviour::Cron(daemon) = start.behaviour() else { return };
    let name = daemon.words.first().map_or("cron", String::as_str);
    let message = format!("`{}` runs the cron daemon `{}`", service.name, base_name(name));
    let finding = findings.at(start.place(), message, "starts it");
    finding.subject(format!("services.{}.{}", service.name, start.attribute()));
    finding.help("make each line of its crontab a CronJob");
}
