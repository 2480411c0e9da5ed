use super::{
    super::{
        Facts,
        testing::{data, read, workload},
    },
    *,
};
use std::collections::BTreeSet;

use crate::text::Sources;

/// Each fact of the container as a line; without the kind of workload.
fn lines(facts: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    for (service, facts) in &facts.services {
        for workload in &facts.workloads {
            let of_container = workload.containers.iter().take(1).flat_map(|container| &container.facts);
            let all = workload.facts.iter().chain(of_container).filter(|(path, _)| **path != Path::Kind);
            lines.extend(all.map(|(path, fact)| format!("{service} {path} = {}", fact.value)));
        }
    }
    lines
}

fn said(text: &str) -> Vec<String> {
    lines(&read("k8s.yaml", text, Owners::Own, &mut Sources::default()))
}

fn web(container: &str) -> String {
    workload("Deployment", "web", container, "")
}

#[test]
fn variables_are_those_that_the_kubelet_sets() {
    let supplies = [
        data("ConfigMap", "one", "A: from-one, B: from-one, 'not a name': x, N: '5'"),
        data("ConfigMap", "two", "B: from-two"),
        data("Secret", "hidden", "PW: aHVudGVyMg==, A: aHVudGVyMg=="),
    ]
    .concat();
    let cases: &[(&str, &[&str])] = &[
        (
            "envFrom: [{configMapRef: {name: one}}, {configMapRef: {name: two}}]",
            &["A = from-one", "B = from-two", "N = 5"],
        ),
        ("envFrom: [{configMapRef: {name: two}, prefix: X_}]", &["X_B = from-two"]),
        (
            "envFrom: [{configMapRef: {name: one}}, {secretRef: {name: hidden}}]",
            &["A = (secret)", "B = from-one", "N = 5", "PW = (secret)"],
        ),
        (
            "envFrom: [{secretRef: {name: hidden}}, {configMapRef: {name: one}}]",
            &["A = from-one", "B = from-one", "N = 5", "PW = (secret)"],
        ),
        ("envFrom: [{configMapRef: {name: two}}], env: [{name: B, value: own}]", &["B = own"]),
        ("envFrom: [{configMapRef: {name: gone, optional: true}}]", &[]),
        (
            "env: [{name: A, value: '$(B)'}, {name: B, value: b}, {name: C, value: 'x$(B)$$(B)'}]",
            &["A = $(B)", "B = b", "C = xb$(B)"],
        ),
        (
            "envFrom: [{secretRef: {name: hidden}}], env: [{name: A, value: ''}, {name: URL, value: 'u:$(PW)@h'}]",
            &["A = ", "PW = (secret)", "URL = u:(secret)@h"],
        ),
        ("env: [{name: A, valueFrom: {configMapKeyRef: {name: one, key: B}}}]", &["A = from-one"]),
        ("env: [{name: A, valueFrom: {configMapKeyRef: {name: one, key: NONE, optional: true}}}]", &[]),
        ("env: [{name: A, valueFrom: {secretKeyRef: {name: hidden, key: PW}}}]", &["A = (secret)"]),
        ("env: [{name: A, valueFrom: {secretKeyRef: {name: hidden, key: NONE}}}]", &[]),
        ("env: [{name: A, valueFrom: {secretKeyRef: {name: elsewhere, key: PW}}}]", &["A = (secret)"]),
        ("env: [{name: A}]", &["A = "]),
        (
            "env: [{name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]",
            &["IP = {\"fieldRef\":{\"fieldPath\":\"status.podIP\"}}"],
        ),
    ];
    for (container, expected) in cases {
        let expected: Vec<String> = expected.iter().map(|line| format!("web env.{line}")).collect();
        assert_eq!(said(&(web(container) + &supplies)), expected, "{container}");
    }
}

#[test]
fn secrets_of_operators_have_keys() {
    let external = "---\nkind: ExternalSecret\nmetadata: {name: ext}\nspec: {target: {name: s}, data: [{secretKey: PW}]}\n";
    let sealed = "---\nkind: SealedSecret\nmetadata: {name: s}\nspec: {encryptedData: {PW: abc}}\n";
    for supply in [external, sealed] {
        let text = web("envFrom: [{secretRef: {name: s}}]") + supply;
        assert_eq!(said(&text), ["web env.PW = (secret)"], "{supply}");
    }
}

#[test]
fn commands_are_lists_of_words() {
    let cases: &[(&str, &[&str])] = &[
        ("command: [a, b], args: [c]", &["argv = [\"a\",\"b\",\"c\"]"]),
        (
            "args: ['$(A)', '$$(A)', 5], env: [{name: A, value: x}]",
            &["argv = [\"x\",\"$(A)\",\"5\"]", "env.A = x"],
        ),
        ("args: []", &[]),
        ("workingDir: /srv", &["workingDir = /srv"]),
        ("securityContext: {runAsUser: 1000, runAsNonRoot: true}", &["user = 1000"]),
        ("securityContext: {runAsUser: 1000, runAsGroup: 50}", &["user = 1000:50"]),
        ("securityContext: {readOnlyRootFilesystem: true}", &[]),
    ];
    for (container, expected) in cases {
        let expected: Vec<String> = expected.iter().map(|line| format!("web {line}")).collect();
        assert_eq!(said(&web(container)), expected, "{container}");
    }
    let of_pod = workload(
        "Deployment",
        "web",
        "securityContext: {runAsGroup: 7}",
        "securityContext: {runAsUser: 5, runAsGroup: 6}",
    );
    assert_eq!(said(&of_pod), ["web user = 5:7"]);
}

#[test]
fn services_lead_to_ports_by_number_or_by_name() {
    let container = "ports: [{name: http, containerPort: 8080}, {containerPort: 53, protocol: UDP}]";
    let service = |name: &str, spec: &str| {
        format!(
            "---\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{kustompose.dev/service: web}}, ports: [{spec}]}}\n"
        )
    };
    let ports = |services: &str| said(&(web(container) + services));
    let udp = "web ports.53/UDP = no Service";
    assert_eq!(ports(""), [udp, "web ports.8080/TCP = no Service"]);
    assert_eq!(ports(&service("web", "{port: 80, targetPort: http}")), [udp, "web ports.8080/TCP = web:80"]);
    assert_eq!(ports(&service("web", "{port: 8080}")), [udp, "web ports.8080/TCP = web:8080"]);
    assert_eq!(
        ports(&service("web", "{port: 53, protocol: UDP}, {port: 9000}")),
        ["web ports.53/UDP = web:53", "web ports.8080/TCP = no Service", "web ports.9000/TCP = web:9000"]
    );
    let of_others = service("web", "{port: 8080}").replace("service: web", "service: api");
    assert_eq!(ports(&of_others), [udp, "web ports.8080/TCP = no Service"]);
}

#[test]
fn files_are_told_by_the_paths_at_which_they_are_found() {
    let supplies =
        [data("ConfigMap", "conf", "a.ini: one, b.ini: two"), data("Secret", "keys", "key: aHVudGVyMg==")]
            .concat();
    let digest = |text: &str| super::super::text::Digest::of(text.as_bytes());
    let (one, two) = (digest("one"), digest("two"));
    let conf = "volumes: [{name: v, configMap: {name: conf}}]";
    let cases: &[(&str, &str, Vec<String>)] = &[
        (
            "{name: v, mountPath: /etc/app/}",
            conf,
            vec![format!("/etc/app/a.ini = file {one}"), format!("/etc/app/b.ini = file {two}")],
        ),
        ("{name: v, mountPath: /etc/x.ini, subPath: a.ini}", conf, vec![format!("/etc/x.ini = file {one}")]),
        (
            "{name: v, mountPath: /etc/x.ini, subPath: none.ini}",
            conf,
            vec!["/etc/x.ini = empty directory".to_owned()],
        ),
        (
            "{name: v, mountPath: /d}",
            "volumes: [{name: v, configMap: {name: conf, items: [{key: a.ini, path: sub/c.ini}]}}]",
            vec![format!("/d/sub/c.ini = file {one}")],
        ),
        (
            "{name: v, mountPath: /d, subPath: sub}",
            "volumes: [{name: v, configMap: {name: conf, items: [{key: a.ini, path: sub/c.ini}]}}]",
            vec![format!("/d/c.ini = file {one}")],
        ),
        (
            "{name: v, mountPath: /run/secrets}",
            "volumes: [{name: v, secret: {secretName: keys}}]",
            vec!["/run/secrets/key = (secret)".to_owned()],
        ),
        (
            "{name: v, mountPath: /d}",
            "volumes: [{name: v, projected: {sources: [{configMap: {name: conf}}, {secret: {name: keys}}]}}]",
            vec![
                format!("/d/a.ini = file {one}"),
                format!("/d/b.ini = file {two}"),
                "/d/key = (secret)".to_owned(),
            ],
        ),
        ("{name: v, mountPath: /d}", "volumes: [{name: v, emptyDir: {}}]", vec!["/d = emptyDir".to_owned()]),
        ("{name: c, mountPath: /d}", "volumes: []", vec!["/d = persistentVolumeClaim c".to_owned()]),
        (
            "{name: v, mountPath: /d}",
            "volumes: [{name: v, secret: {secretName: elsewhere}}]",
            vec!["/d = secret".to_owned()],
        ),
        (
            "{name: v, mountPath: /d/k, subPath: k}",
            "volumes: [{name: v, secret: {secretName: elsewhere}}]",
            vec!["/d/k = (unknown)".to_owned()],
        ),
    ];
    for (mount, pod, expected) in cases {
        let text = workload("Deployment", "web", &format!("volumeMounts: [{mount}]"), pod) + &supplies;
        let expected: Vec<String> = expected.iter().map(|line| format!("web mounts.{line}")).collect();
        assert_eq!(said(&text), expected, "{mount} {pod}");
    }
}

#[test]
fn bytes_are_the_same_file_however_they_are_written() {
    let mount = "volumeMounts: [{name: v, mountPath: /d}]";
    let of = |supply: &str| {
        said(&(workload("Deployment", "web", mount, "volumes: [{name: v, configMap: {name: c}}]") + supply))
    };
    let text = data("ConfigMap", "c", "f: one");
    let bytes = "---\nkind: ConfigMap\nmetadata: {name: c}\nbinaryData: {f: b25l}\n";
    assert_eq!(of(&text), of(bytes));
}

#[test]
fn probes_are_what_they_ask() {
    let cases: &[(&str, &str)] = &[
        (
            "readinessProbe: {exec: {command: [curl, -f, x]}, periodSeconds: 5}",
            "probe.readiness = exec [\"curl\",\"-f\",\"x\"]",
        ),
        ("livenessProbe: {httpGet: {port: 8080}}", "probe.liveness = httpGet [\"HTTP\",\"8080\",\"/\"]"),
        ("startupProbe: {tcpSocket: {port: 5432}}", "probe.startup = tcpSocket [\"5432\"]"),
        ("readinessProbe: {grpc: {port: 9000, service: s}}", "probe.readiness = grpc [\"9000\",\"s\"]"),
    ];
    for (container, expected) in cases {
        assert_eq!(said(&web(container)), [format!("web {expected}")], "{container}");
    }
    let named =
        "ports: [{name: http, containerPort: 80}], readinessProbe: {httpGet: {port: http, path: /ok}}";
    assert_eq!(said(&web(named))[0], "web ports.80/TCP = no Service");
    assert_eq!(said(&web(named))[1], "web probe.readiness = httpGet [\"HTTP\",\"80\",\"/ok\"]");
}

#[test]
fn schedules_have_the_defaults_of_the_api_server() {
    let text = workload("CronJob", "web", "", "");
    assert_eq!(
        said(&text),
        ["web schedule = 0 * * * *", "web concurrencyPolicy = Allow", "web suspend = false"]
    );
    let more = text
        .replace("schedule:", "timeZone: Europe/Berlin, suspend: true, concurrencyPolicy: Forbid, schedule:");
    assert_eq!(
        said(&more),
        [
            "web schedule = 0 * * * *",
            "web timeZone = Europe/Berlin",
            "web concurrencyPolicy = Forbid",
            "web suspend = true"
        ]
    );
}

#[test]
fn what_stands_in_a_file_of_secret_values_is_not_held() {
    let text = web(
        "args: [--password, hunter2], env: [{name: A, value: hunter2}], readinessProbe: {exec: {command: [c, hunter2]}}",
    ) + &data("ConfigMap", "c", "f: hunter2");
    let facts = read("k8s/secrets/web.patch.yaml", &text, Owners::Own, &mut Sources::default());
    assert!(!format!("{facts:?}").contains("hunter2"), "{facts:?}");
    assert_eq!(lines(&facts)[1], "web env.A = (secret)");
}

#[test]
fn workloads_are_matched_by_labels_then_by_name() {
    let workload = |name: &str, labels: &str| {
        format!("---\nkind: Deployment\nmetadata: {{name: {name}, labels: {{{labels}}}}}\nspec: {{}}\n")
    };
    let services: BTreeSet<String> = ["api", "mail_queue", "web"].map(str::to_owned).into();
    let of = |text: &str, owners: Owners<'_>| {
        let facts = read("k8s.yaml", text, owners, &mut Sources::default());
        facts.services.keys().cloned().collect::<Vec<_>>()
    };
    let cases: &[(&str, &str, &[&str], &[&str])] = &[
        ("x", "kustompose.dev/service: api", &["api"], &["api"]),
        ("x", "kustompose.dev/jobs-of: api", &["api"], &["api"]),
        ("x", "io.kompose.service: mail-queue", &[], &["mail_queue"]),
        ("x", "io.kompose.service: gone", &[], &["gone"]),
        ("x", "app.kubernetes.io/name: shop, app.kubernetes.io/component: web", &[], &["web"]),
        ("x", "app.kubernetes.io/name: tool", &[], &[]),
        ("mail-queue", "", &[], &["mail_queue"]),
        ("shop-mail-queue", "", &[], &["mail_queue"]),
        ("shop-tool", "", &[], &[]),
    ];
    for (name, labels, own, any) in cases {
        let text = workload(name, labels);
        assert_eq!(of(&text, Owners::Own), *own, "{name} {labels}");
        assert_eq!(of(&text, Owners::Any(&services)), *any, "{name} {labels}");
    }
}
