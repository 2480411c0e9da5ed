use super::{
    super::{
        Owners,
        testing::{data, read, workload},
    },
    *,
};
use crate::settings;

/// The directory of the overlay.
const OVERLAY: &str = "overlays/local";

/// The three states as texts, and what is known of files.
#[derive(Default)]
struct Case<'a> {
    compose: &'a str,
    written: Option<&'a str>,
    cluster: &'a str,
    /// Files that were edited by hand.
    edited: &'a [&'a str],
    settings: &'a str,
}

/// Compose asks for it in `compose.yaml`; what is written stands in `base.yaml`, the rest of the cluster in
/// `overlay.yaml`. Facts of the Compose side are taken for those of the same file that was written.
fn drifts(case: &Case<'_>) -> Vec<Drift> {
    let mut sources = Sources::default();
    let services: BTreeSet<String> = ["web", "api"].map(str::to_owned).into();
    let owners = if case.written.is_some() { Owners::Own } else { Owners::Any(&services) };
    let compose = read("base.yaml", case.compose, Owners::Own, &mut sources);
    let written = case.written.map(|text| read("base.yaml", text, owners, &mut sources));
    let path = if case.written == Some(case.cluster) { "base.yaml" } else { "overlay.yaml" };
    let cluster = read(path, case.cluster, owners, &mut sources);
    let settings = settings_of(case.settings);
    let layer = |path: &Utf8Path| match path.as_str() {
        file if case.edited.contains(&file) => Layer::Edited,
        "overlay.yaml" => Layer::Yours,
        _ => Layer::Generated,
    };
    let terms = Terms {
        sources: &sources,
        layer: &layer,
        settings: &settings,
        hidden: &Hidden::default(),
        is_live: false,
        overlay: OVERLAY,
    };
    let sides =
        Sides { environment: "local", compose: &compose, written: written.as_ref(), cluster: &cluster };
    compare(&sides, &terms).drifts
}

fn settings_of(text: &str) -> Check {
    let files = crate::text::MemoryFiles::new([("/p/kustompose.yaml", text)]);
    let mut report = crate::diag::Report::default();
    let settings = settings::read("/p/kustompose.yaml".into(), &files, &mut Sources::default(), &mut report);
    assert_eq!(report.diagnostics(), [], "{text}");
    settings.unwrap_or_default().check
}

/// `kind path direction` of each.
fn shown(drifts: &[Drift]) -> Vec<String> {
    drifts
        .iter()
        .map(|drift| format!("{} {} {}", drift.kind, drift.path, drift.direction).replace("  ", " "))
        .collect()
}

fn web(container: &str) -> String {
    workload("Deployment", "web", container, "")
}

/// What is found if compose, the written state and the cluster are these.
fn found(compose: &str, written: &str, cluster: &str) -> Vec<String> {
    shown(&drifts(&Case { compose, written: Some(written), cluster, ..Case::default() }))
}

const ONE: &str = "env: [{name: A, value: one}]";
const TWO: &str = "env: [{name: A, value: two}]";
const THREE: &str = "env: [{name: A, value: three}]";

/// Containers of Compose, of what was written and of the cluster; and what is found.
const MOVES: &[([&str; 3], &[&str])] = &[
    ([ONE, ONE, ONE], &[]),
    ([TWO, ONE, ONE], &["env-value env.A behind"]),
    ([ONE, ONE, TWO], &["env-value env.A override"]),
    ([TWO, ONE, TWO], &["env-value env.A converged"]),
    ([TWO, ONE, THREE], &["env-value env.A conflict"]),
    (["", ONE, ONE], &["env-extra env.A behind"]),
    ([ONE, "", ""], &["env-missing env.A behind"]),
    ([ONE, ONE, ""], &["env-missing env.A diverged"]),
    (["", "", ONE], &["env-extra env.A override"]),
    (["", ONE, ""], &["env-extra env.A converged"]),
    (["args: [a]", "args: [a]", "args: [b]"], &["command argv diverged"]),
    (["args: [a]", "args: [b]", "args: [b]"], &["command argv behind"]),
    (["args: [a]", "args: [a]", "command: [a]"], &["command argv diverged"]),
    (["", "", "workingDir: /x"], &["command workingDir diverged"]),
    (["", "", "securityContext: {runAsUser: 5}"], &[]),
    (["", "securityContext: {runAsUser: 5}", "securityContext: {runAsUser: 5}"], &["command user behind"]),
    (
        [
            "securityContext: {runAsUser: 5}",
            "securityContext: {runAsUser: 5}",
            "securityContext: {runAsUser: 6}",
        ],
        &["command user diverged"],
    ),
    (["image: a:1", "image: a:1", "image: a:2"], &["image image override"]),
    (["image: a:1", "image: a:1", "image: r.io/a:1"], &["image image override"]),
    (["image: a:1", "image: a:1", "image: b:1"], &["image image diverged"]),
    (["image: a:2", "image: a:1", "image: a:1"], &["image image behind"]),
    (["image: a:2", "image: a:1", "image: a:3"], &["image image conflict"]),
    (["image: a", "image: a", "image: a:3"], &[]),
    (["image: a", "image: a:1", "image: a:1"], &["image image behind"]),
    (
        ["readinessProbe: {exec: {command: [a]}}", "readinessProbe: {exec: {command: [a]}}", ""],
        &["probe probe.readiness diverged"],
    ),
    (
        [
            "readinessProbe: {exec: {command: [a]}}",
            "readinessProbe: {exec: {command: [a]}}",
            "readinessProbe: {exec: {command: [a]}, periodSeconds: 1}",
        ],
        &[],
    ),
    (["", "", "livenessProbe: {exec: {command: [a]}}"], &[]),
    (["ports: [{containerPort: 80}]", "", ""], &["port ports.80/TCP behind"]),
    (["", "ports: [{containerPort: 80}]", "ports: [{containerPort: 80}]"], &["port ports.80/TCP behind"]),
    (["", "", "ports: [{containerPort: 80}]"], &[]),
    (
        [
            "ports: [{containerPort: 80}]",
            "ports: [{containerPort: 80}]",
            "ports: [{containerPort: 80, protocol: UDP}]",
        ],
        &["port ports.80/TCP diverged"],
    ),
    (["volumeMounts: [{name: v, mountPath: /d}]", "", ""], &["mount mounts./d behind"]),
    (["", "", "volumeMounts: [{name: v, mountPath: /d}]"], &[]),
];

#[test]
fn the_side_that_moved_decides_the_direction() {
    for ([compose, written, cluster], expected) in MOVES {
        let found = found(&web(compose), &web(written), &web(cluster));
        assert_eq!(found, *expected, "{compose} | {written} | {cluster}");
    }
}

#[test]
fn what_was_edited_by_hand_has_diverged() {
    let case = |compose: &str, written: &str| {
        let (compose, written) = (web(compose), web(written));
        let case = Case {
            compose: &compose,
            written: Some(&written),
            cluster: &written,
            edited: &["base.yaml"],
            settings: "",
        };
        shown(&drifts(&case))
    };
    assert_eq!(case(TWO, ONE), ["env-value env.A diverged"]);
    assert_eq!(case("", ONE), ["env-extra env.A diverged"]);
    // What was removed stands in no file any more: the one that it would be written into counts.
    assert_eq!(case(ONE, ""), ["env-missing env.A diverged"]);
    assert_eq!(case("image: a:1", "image: a:2"), ["image image diverged"]);
    assert_eq!(case("", "ports: [{containerPort: 80}]"), ["port ports.80/TCP diverged"]);
    assert_eq!(case(ONE, ONE), [""; 0]);
}

#[test]
fn secrets_are_compared_by_being_there() {
    let supply = data("Secret", "s", "A: aHVudGVyMg==") + &data("Secret", "other", "A: b3RoZXI=");
    let of = |container: &str| web(container) + &supply;
    let (secret, other) = ("envFrom: [{secretRef: {name: s}}]", "envFrom: [{secretRef: {name: other}}]");
    let elsewhere = "envFrom: [{secretRef: {name: vault}}]";
    let both = "envFrom: [{secretRef: {name: vault}}, {secretRef: {name: s}}]";
    let composed = "envFrom: [{secretRef: {name: s}}], env: [{name: URL, value: 'u:$(A)@h'}]";
    let clear = "envFrom: [{secretRef: {name: s}}], env: [{name: URL, value: 'u:hunter2@h'}]";
    let cases: &[([&str; 3], &[&str])] = &[
        ([secret, secret, other], &[]),
        ([secret, other, other], &[]),
        ([secret, secret, elsewhere], &["reference-missing references.Secret/vault diverged"]),
        ([elsewhere, elsewhere, elsewhere], &[]),
        ([secret, secret, both], &["reference-missing references.Secret/vault override"]),
        ([secret, secret, ""], &["env-missing env.A diverged"]),
        ([secret, "", ""], &["env-missing env.A behind"]),
        ([secret, secret, "env: [{name: A, value: hunter2}]"], &["env-plain env.A diverged"]),
        ([secret, ONE, ONE], &["env-plain env.A behind"]),
        ([ONE, secret, secret], &["env-value env.A behind"]),
        ([ONE, ONE, secret], &["env-value env.A override"]),
        ([composed, composed, composed], &[]),
        ([composed, composed, clear], &["env-plain env.URL diverged"]),
    ];
    for ([compose, written, cluster], expected) in cases {
        let texts = [of(compose), of(written), of(cluster)];
        let case =
            Case { compose: &texts[0], written: Some(&texts[1]), cluster: &texts[2], ..Case::default() };
        let drifts = drifts(&case);
        assert_eq!(shown(&drifts), *expected, "{compose} | {written} | {cluster}");
        assert!(!format!("{drifts:?}").contains("hunter2"), "{drifts:?}");
    }
}

#[test]
fn a_word_in_a_file_of_secret_values_is_any_word() {
    let placeholder = format!("args: [a, --password, {}]", crate::plan::CONCEALED);
    let cases: &[(&str, &[&str])] = &[
        ("args: [a, --password, hunter2]", &[]),
        ("args: [b, --password, hunter2]", &["command argv diverged"]),
        ("args: [a, --password]", &["command argv diverged"]),
    ];
    for (real, expected) in cases {
        let mut sources = Sources::default();
        let compose = read("base.yaml", &web(&placeholder), Owners::Own, &mut sources);
        let cluster = read("overlays/local/secrets/web.patch.yaml", &web(real), Owners::Own, &mut sources);
        let sides =
            Sides { environment: "local", compose: &compose, written: Some(&compose), cluster: &cluster };
        let layer = |path: &Utf8Path| if path == "base.yaml" { Layer::Generated } else { Layer::Yours };
        let (settings, hidden) = (Check::default(), Hidden::default());
        let terms = Terms {
            sources: &sources,
            layer: &layer,
            settings: &settings,
            hidden: &hidden,
            is_live: false,
            overlay: OVERLAY,
        };
        let drifts = compare(&sides, &terms).drifts;
        assert_eq!(shown(&drifts), *expected, "{real}");
        assert!(!format!("{drifts:?}").contains("hunter2"), "{drifts:?}");
    }
}

#[test]
fn services_come_and_go() {
    let api = workload("Deployment", "api", "", "");
    let both = web("") + &api;
    let ghost = web("") + &workload("Deployment", "ghost", "", "");
    let daemon = workload("DaemonSet", "web", "", "");
    let cases: &[([&str; 3], &[&str])] = &[
        ([&both, &web(""), &web("")], &["service-missing behind"]),
        ([&web(""), &both, &both], &["service-extra behind"]),
        ([&both, &both, &web("")], &["service-missing diverged"]),
        ([&web(""), &web(""), &ghost], &["service-extra diverged"]),
        ([&web(""), &both, &web("")], &["service-extra converged"]),
        ([&web(""), &daemon, &daemon], &["workload-kind kind behind"]),
    ];
    for ([compose, written, cluster], expected) in cases {
        let found: Vec<String> = found(compose, written, cluster);
        assert_eq!(found, *expected, "{compose} | {written} | {cluster}");
    }
}

#[test]
fn jobs_of_a_service_are_told_apart_by_name() {
    let job = |name: &str, schedule: &str| {
        let text = workload("CronJob", name, "", "").replace("dev/service", "dev/jobs-of");
        let text = text.replace(&format!("jobs-of: {name}"), "jobs-of: web");
        text.replace("'0 * * * *'", &format!("'{schedule}'"))
    };
    let compose = web("") + &job("one", "1 * * * *") + &job("two", "2 * * * *");
    let written = web("") + &job("one", "1 * * * *") + &job("two", "5 * * * *") + &job("three", "3 * * * *");
    let case = Case { compose: &compose, written: Some(&written), cluster: &written, ..Case::default() };
    let drifts = drifts(&case);
    assert_eq!(shown(&drifts), ["service-extra behind", "schedule schedule behind"]);
    let workloads: Vec<_> = drifts.iter().map(|drift| drift.workload.as_deref()).collect();
    assert_eq!(workloads, [Some("three"), Some("two")]);
}

#[test]
fn services_lead_to_ports() {
    let port = web("ports: [{containerPort: 80}]");
    let service = |name: &str| {
        format!(
            "---\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{kustompose.dev/service: web}}, ports: [{{port: 80}}]}}\n"
        )
    };
    let (own, more) = (port.clone() + &service("web"), port.clone() + &service("web") + &service("www"));
    assert_eq!(found(&own, &own, &port), ["port ports.80/TCP.service diverged"]);
    assert_eq!(found(&own, &port, &port), ["port ports.80/TCP.service behind"]);
    assert_eq!(found(&own, &own, &more), [""; 0]);
    assert_eq!(found(&more, &own, &own), ["port ports.80/TCP.service behind"]);
}

#[test]
fn the_content_of_files_is_compared() {
    let of = |data_: &str, volume: &str| {
        workload(
            "Deployment",
            "web",
            "volumeMounts: [{name: v, mountPath: /etc/app}]",
            &format!("volumes: [{{name: v, {volume}}}]"),
        ) + &data("ConfigMap", "c", data_)
            + &data("Secret", "s", "a: eA==")
    };
    let (one, other) = (of("a: x", "configMap: {name: c}"), of("a: y", "configMap: {name: c}"));
    let (more, empty) = (of("a: x, b: z", "configMap: {name: c}"), of("a: x", "emptyDir: {}"));
    let secret = of("a: x", "secret: {secretName: s}");
    assert_eq!(found(&other, &one, &one), ["mount mounts./etc/app/a behind"]);
    assert_eq!(found(&more, &one, &one), ["mount mounts./etc/app/b behind"]);
    assert_eq!(found(&one, &one, &empty), ["mount mounts./etc/app/a diverged"]);
    assert_eq!(found(&secret, &secret, &one), ["mount mounts./etc/app/a diverged"]);
    assert_eq!(found(&one, &one, &one), [""; 0]);
}

#[test]
fn the_settings_can_change_who_decides() {
    let case = |settings: &str, cluster: &str| {
        let (base, cluster) = (web(&format!("{ONE}, args: [a]")), web(cluster));
        shown(&drifts(&Case {
            compose: &base,
            written: Some(&base),
            cluster: &cluster,
            settings,
            edited: &[],
        }))
    };
    let command = format!("{ONE}, args: [b]");
    assert_eq!(case("", &command), ["command argv diverged"]);
    assert_eq!(case("check: {ownership: {command: kubernetes}}", &command), ["command argv override"]);
    assert_eq!(case("check: {ownership: {argv: kubernetes}}", &command), ["command argv override"]);
    assert_eq!(
        case("check: {ownership: {'env.A*': kubernetes}}", "args: [a]"),
        ["env-missing env.A override"]
    );
    let value = format!("{TWO}, args: [a]");
    assert_eq!(case("check: {ownership: {env.A: compose}}", &value), ["env-value env.A diverged"]);
}

#[test]
fn manifests_of_other_tools_have_no_direction() {
    let foreign = |kind: &str, container: &str| {
        workload(kind, "web", container, "").replace("kustompose.dev/service", "io.kompose.service")
    };
    let case = |compose: &str, cluster: &str| shown(&drifts(&Case { compose, cluster, ..Case::default() }));
    let probe = |kind: &str| format!("{kind}Probe: {{exec: {{command: [a]}}}}");
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (ONE, "Deployment", ONE, &[]),
        ("", "StatefulSet", "", &[]),
        ("", "DaemonSet", "", &["workload-kind kind unknown"]),
        (ONE, "Deployment", TWO, &["env-value env.A unknown"]),
        (ONE, "Deployment", "", &["env-missing env.A unknown"]),
        ("", "Deployment", "env: [{name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]", &[]),
        ("image: mysql:8", "Deployment", "image: docker.io/library/mysql:8", &[]),
        ("image: built", "Deployment", "image: built:1.2", &[]),
        (&probe("readiness"), "Deployment", &probe("liveness"), &[]),
        (&probe("readiness"), "Deployment", "", &["probe probe.readiness unknown"]),
    ];
    for (compose, kind, cluster, expected) in cases {
        assert_eq!(case(&web(compose), &foreign(kind, cluster)), *expected, "{compose} | {kind} {cluster}");
    }
    let gone = web("")
        + &foreign("Deployment", "")
            .replace("service: web", "service: gone")
            .replace("name: web", "name: gone");
    assert_eq!(case(&web(""), &gone), ["service-extra unknown"]);
}

#[test]
fn what_a_missing_file_gives_is_taken_from_the_manifests() {
    let mut sources = Sources::default();
    let mut compose = read("base.yaml", &web(ONE), Owners::Own, &mut sources);
    let more = web("env: [{name: A, value: two}, {name: B, value: b}]");
    let written = read("base.yaml", &more, Owners::Own, &mut sources);
    let service = compose.services.get_mut("web").unwrap();
    service.more_variables = MoreVariables::Any;
    service.workloads[0].containers[0].facts.get_mut(&Path::Env("A".to_owned())).unwrap().value =
        Value::Unknown;
    let (settings, hidden) = (Check::default(), Hidden::default());
    let terms = Terms {
        sources: &sources,
        layer: &|_| Layer::Generated,
        settings: &settings,
        hidden: &hidden,
        is_live: false,
        overlay: OVERLAY,
    };
    let sides = Sides { environment: "local", compose: &compose, written: Some(&written), cluster: &written };
    let found = compare(&sides, &terms);
    assert_eq!((shown(&found.drifts), found.from_tree), (vec![], 2));
    // A variable that is known to be asked for is missing, whatever its value.
    let empty = read("base.yaml", &web(""), Owners::Own, &mut Sources::default());
    let sides = Sides { environment: "local", compose: &compose, written: Some(&empty), cluster: &empty };
    assert_eq!(shown(&compare(&sides, &terms).drifts), ["env-missing env.A behind"]);
}

#[test]
fn values_are_shown_but_for_secrets() {
    let found = |compose: &str, written: &str| {
        let (compose, written) = (web(compose), web(written));
        let drift = drifts(&Case {
            compose: &compose,
            written: Some(&written),
            cluster: &written,
            ..Case::default()
        })
        .remove(0);
        (drift.compose.value, drift.kubernetes.value)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(found(TWO, ONE), (some("two"), some("one")));
    assert_eq!(found(ONE, ""), (some("one"), None));
    // A secret by its name alone, which settings made a plain variable.
    let (one, two) = ("env: [{name: PASSWORD, value: hunter2}]", "env: [{name: PASSWORD, value: hunter3}]");
    assert_eq!(found(one, two), (some("(secret)"), some("(secret)")));
}
