//! Loading as a whole: what crosses stages.

use proptest::prelude::*;

use super::{
    Options, Project, Request, load,
    testing::{ROOT, loaded, loaded_text, request},
};
use crate::{
    diag::Report,
    text::{MemoryFiles, Part, Sources, Spanned},
};

#[test]
fn a_small_project_comes_out_in_its_long_form() {
    let found = loaded_text("services: {web: {image: nginx, ports: ['80:8080'], volumes: ['./a:/b']}}");
    assert_eq!(
        found.text(""),
        concat!(
            r#"{"name":"demo","services":{"web":{"image":"nginx","networks":{"default":null},"#,
            r#""ports":[{"mode":"ingress","target":8080,"published":"80","protocol":"tcp"}],"#,
            r#""volumes":[{"type":"bind","source":"/demo/a","target":"/b","bind":{"create_host_path":true}}]}},"#,
            r#""networks":{"default":{"name":"demo_default"}}}"#
        )
    );
    assert!(found.diagnostics.is_empty());
}

#[test]
fn everything_wrong_is_said_in_one_run_at_its_place() {
    let found = loaded(
        &[
            ("compose.yaml", "services:\n  web:\n    imagee: x\n    ports: [a:b]\n"),
            ("compose.override.yaml", "services:\n  web:\n    tty: maybe\n    volumes: 3\n"),
        ],
        &request(),
    );
    assert!(found.model.is_none());
    assert_eq!(
        found.places(),
        ["compose.yaml:3:5", "compose.yaml:4:15", "compose.override.yaml:3:10", "compose.override.yaml:4:14"]
    );
}

#[test]
fn a_value_keeps_the_place_in_the_file_that_set_it() {
    let files = [
        ("compose.yaml", "services: {web: {image: x, environment: {A: base}}}"),
        ("compose.override.yaml", "services: {web: {restart: sometimes}}"),
    ];
    let found = loaded(&files, &request());
    assert_eq!(found.messages(), ["services.web.restart has a value that docker does not know"]);
    assert_eq!(found.places(), ["compose.override.yaml:1:27"]);
}

/// The model of a project in memory.
fn model(files: &[(&str, &str)], request: &Request) -> Project {
    let files = MemoryFiles::new(files.iter().map(|(path, text)| (format!("{ROOT}/{path}"), *text)));
    let mut report = Report::default();
    let project = load(request, &files, &mut Sources::default(), &mut report);
    project.unwrap_or_else(|| panic!("refused: {report:?}"))
}

/// The parts of a value as `text` and `${variable=value}`.
fn parts<T>(value: &Spanned<T>) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Variable { reference, value, .. } => format!("${{{}={value}}}", reference.name),
    };
    value.template.iter().flat_map(|template| &template.parts).map(part).collect()
}

#[test]
fn templates_come_through_all_stages() {
    let files = [
        (
            "compose.yaml",
            "include: [sub/i.yaml]\nservices:\n  a:\n    extends: {file: sub/b.yaml, service: b}\n    image: 'x:${TAG:-1}'\n    environment: [A=a-$A, BARE]\n    ports: ['80:${PORT:-90}']\n",
        ),
        (
            "compose.override.yaml",
            "services: {a: {environment: {C: 'c$$-${A}', PLAIN: x}, entrypoint: [run, $A], volumes: ['./${DIR:-d}:/x']}}",
        ),
        ("sub/b.yaml", "services: {b: {env_file: b.env, labels: {l: $A}}}"),
        ("sub/i.yaml", "services: {i: {image: $A, command: run $A}}"),
        ("sub/b.env", "E=\"e\\t${A}\"\nF=${E}"),
        (".env", "A=va\nBARE=vb"),
    ];
    let project = model(&files, &request());
    let (a, i) = (&project.services["a"], &project.services["i"]);
    let environment = &a.environment.as_ref().unwrap().value;
    let variables = |name: &str| parts(&environment[name]);
    for (name, expected) in [
        ("A", "a-${A=va}"),
        ("BARE", "${BARE=vb}"),
        ("C", "c$-${A=va}"),
        ("E", "e\t${A=va}"),
        ("F", "${E=e\tva}"),
        ("PLAIN", ""),
    ] {
        assert_eq!(variables(name), expected, "{name}");
    }
    let (port, mount) = (&a.ports.as_ref().unwrap().value[0], &a.volumes.as_ref().unwrap().value[0]);
    let places = [
        (parts(a.image.as_ref().unwrap()), "x:${TAG=1}"),
        (parts(&a.labels.as_ref().unwrap().value["l"]), "${A=va}"),
        (parts(&a.entrypoint.as_ref().unwrap().value[1]), "${A=va}"),
        (parts(port.target.as_ref().unwrap()), "${PORT=90}"),
        (parts(port.published.as_ref().unwrap()), "80"),
        (parts(mount.source.as_ref().unwrap()), "./${DIR=d}"),
        (parts(i.image.as_ref().unwrap()), "${A=va}"),
        (parts(i.command.as_ref().unwrap()), "run ${A=va}"),
    ];
    for (found, expected) in places {
        assert_eq!(found, expected);
    }
}

#[test]
fn what_hangs_on_missing_files_is_unknown() {
    let text =
        "services: {a: {image: 'x:$TAG', environment: {A: $A, B: '${B:-b}', C: '${C:?}', D: 'd$A$D', E: e}}}";
    let files = [("compose.yaml", text), (".env", "A=a")];
    let options = Options { unset: super::Unset::Unknown, ..Options::default() };
    let project = model(&files, &Request { options, ..request() });
    let service = &project.services["a"];
    let environment = &service.environment.as_ref().unwrap().value;
    let unknown: Vec<&str> =
        environment.iter().filter(|(_, value)| value.is_unknown()).map(|(name, _)| name.as_str()).collect();
    assert_eq!(unknown, ["B", "C", "D"]);
    assert!(service.image.as_ref().unwrap().is_unknown());
    let options = Options { unset: super::Unset::UnknownWithoutDefault, ..Options::default() };
    let alone = model(&files, &Request { options, ..request() });
    let environment = &alone.services["a"].environment.as_ref().unwrap().value;
    let unknown: Vec<&str> =
        environment.iter().filter(|(_, value)| value.is_unknown()).map(|(name, _)| name.as_str()).collect();
    assert_eq!(unknown, ["C", "D"]);
    let complete = model(&[("compose.yaml", "services: {a: {image: 'x:${TAG:-1}'}}")], &request());
    assert!(!complete.services["a"].image.as_ref().unwrap().is_unknown());
}

#[test]
fn surprises_are_warnings_at_their_place() {
    let cases = [
        (
            "services: {a: {image: x, command: one && two}}",
            "the rest of services.a.command is dropped: no shell is there to understand it",
            "compose.yaml:1:39",
        ),
        (
            "services: {a: {image: x, environment: {V: 1.10}}}",
            "services.a.environment.V is written anew: it is a number to YAML",
            "compose.yaml:1:43",
        ),
        (
            "services: {a: {image: 'x:$TAG'}}",
            "the variable `TAG` is not set; Compose substitutes an empty string",
            "compose.yaml:1:26",
        ),
        (
            "services: {a: {image: x, volumes: ['v:/data']}}",
            "`v:` is taken for a Windows drive, not for a volume `v`",
            "compose.yaml:1:37",
        ),
        (
            "services: {a: {image: x, volumes: ['vol:/data:bogus']}}\nvolumes: {vol: }",
            "`bogus` is no option of a mount, and is ignored",
            "compose.yaml:1:47",
        ),
        (
            "services: {a: {image: x, ports: ['80:1']}, b: {image: x, ports: ['80:2']}}",
            "port 80 of the host is published by `a` and by `b`",
            "compose.yaml:1:66",
        ),
        (
            "version: '3'\nservices: {a: {image: x}}",
            "the attribute `version` is obsolete and means nothing",
            "compose.yaml:1:1",
        ),
    ];
    for (text, message, place) in cases {
        let found = loaded_text(text);
        assert!(found.model.is_some(), "{text}: {:?}", found.messages());
        assert_eq!(found.messages(), [message], "{text}");
        assert_eq!(found.places(), [place], "{text}");
    }
}

#[test]
fn stages_can_be_left_out() {
    let text = "services: {a: {build: {context: ./$X}}}";
    let options = Options { resolve_paths: false, normalise: false, ..Options::default() };
    let found = loaded(&[("compose.yaml", text)], &super::Request { options, ..request() });
    assert_eq!(found.text("/services/a"), r#"{"build":{"context":"./"}}"#);
}

#[test]
fn what_is_remote_is_refused() {
    for text in [
        "include: ['https://github.com/a/b.git']\nservices: {a: {image: x}}",
        "services: {a: {image: x, extends: {service: b, file: 'oci://registry/x'}}}",
    ] {
        let found = loaded_text(text);
        assert!(found.messages()[0].ends_with("that is not on this machine"), "{:?}", found.messages());
    }
}

const SCALARS: &[&str] = &[
    "web",
    "x",
    "null",
    "true",
    "3",
    "80:80",
    "./a:/b",
    "${X}",
    "$",
    "!reset x",
    "!override [a]",
    "-1",
    "1.5",
    "all",
    "CMD",
    "2001-01-01",
    "1g",
    "",
    "a=b",
    "service:web",
    "a && b",
];

const KEYS: &[&str] = &[
    "services",
    "web",
    "image",
    "ports",
    "volumes",
    "environment",
    "extends",
    "include",
    "deploy",
    "build",
    "networks",
    "depends_on",
    "configs",
    "secrets",
    "healthcheck",
    "test",
    "gpus",
    "pid",
    "env_file",
    "command",
    "ulimits",
    "logging",
    "labels",
    "develop",
    "watch",
    "service",
    "file",
    "path",
    "target",
    "source",
    "type",
    "external",
    "name",
    "ipam",
    "config",
    "resources",
    "limits",
    "cpus",
    "x-y",
];

/// Trees that are nothing like compose files, and some that nearly are.
fn documents() -> impl Strategy<Value = String> {
    let quoted = prop::sample::select(SCALARS).prop_map(|text| format!("'{text}'"));
    let plain =
        prop::sample::select(SCALARS).prop_map(|text| if text == "$" { "~" } else { text }.to_owned());
    prop_oneof![quoted, plain].prop_recursive(5, 40, 5, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        let mapping = prop::collection::btree_map(prop::sample::select(KEYS), inner, 0..5);
        let entries = |map: std::collections::BTreeMap<&str, String>| {
            map.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join(", ")
        };
        prop_oneof![
            list.prop_map(|items| format!("[{}]", items.join(", "))),
            mapping.prop_map(move |map| format!("{{{}}}", entries(map))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Either there is a model or there is an error, and never a panic, whatever the files say.
    #[test]
    fn any_two_files_give_a_model_or_an_error(base in documents(), over in documents()) {
        let wrapped = format!("services: {{web: {base}}}");
        for (first, second) in [(&base, &over), (&wrapped, &over), (&wrapped, &wrapped)] {
            let found = loaded(&[("compose.yaml", first), ("compose.override.yaml", second)], &request());
            let errors = found.diagnostics.iter().any(|found| found.severity == crate::diag::Severity::Error);
            prop_assert_eq!(found.model.is_none(), errors);
        }
    }

    /// What is printed loads as what it was printed from.
    #[test]
    fn a_printed_model_loads_as_itself(value in "[ -~]{0,12}", command in "[a-z ]{0,12}") {
        let json = serde_json::json!({"services": {"web": {
            "image": "x", "environment": {"V": value.replace('$', "$$")}, "command": command, "ports": ["80:80/udp"],
            "volumes": ["data:/data:ro"], "depends_on": ["db"]}, "db": {"image": "y"}}, "volumes": {"data": {}}});
        let first = loaded_text(&json.to_string());
        prop_assert!(first.model.is_some(), "{:?}", first.messages());
        let second = loaded_text(&first.text(""));
        prop_assert_eq!(first.model, second.model);
    }
}
