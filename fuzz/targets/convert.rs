//! A whole project in memory becomes manifests that can be read and rendered, without a secret in what git has.
//!
//! An input is the texts of [`NAMES`], in that order, with a line `%%` between them. A service with secrets is beside it.

#![no_main]

use camino::Utf8Path;
use kustompose::{
    Project, Request,
    compose::{Unset, load_in_part},
    diag::{Report, terminal},
    kustomize::{Owner, TreeFile, build, characters},
    load,
    plan::{Input, Known, Options, Store, plan},
    render::{earlier::Earlier, render},
    settings::{self, Settings},
    text::{MemoryFiles, Sources},
    yaml::parse,
};
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, de::IgnoredAny};

const NAMES: [&str; 9] = [
    "/shop/compose.yaml",
    "/shop/compose.production.yaml",
    "/shop/kustompose.yaml",
    "/shop/.env",
    "/shop/.env.production",
    "/shop/app.env",
    "/shop/run.sh",
    "/shop/Dockerfile",
    "/shop/conf/app.conf",
];

/// What every secret begins with. No input has it.
const MARKER: &str = "q7Zk29XwVb41mTpe";

/// Secrets in all the places that tell of them, each of its own.
const PROBE: &str = r#"
services:
  probe-of-secrets:
    image: acme/probe:1
    environment:
      DB_PASSWORD: q7Zk29XwVb41mTpe0
      DATABASE_URL: postgres://app:q7Zk29XwVb41mTpe1@db/app
      GREETING: "hello ${PROBE_TOKEN}"
    env_file: [probe.env]
    command: [serve, --password, q7Zk29XwVb41mTpe3]
    labels: {"probe.api-token": q7Zk29XwVb41mTpe4}
    healthcheck: {test: "curl -H 'Authorization: Bearer q7Zk29XwVb41mTpe5' http://localhost/"}
    secrets: [probe]
    volumes: ["probe:/probe"]
secrets:
  probe: {file: ./secrets/probe.txt}
volumes:
  probe: {labels: {"probe.api-token": q7Zk29XwVb41mTpe8}}
"#;

const BESIDE: [(&str, &str); 3] = [
    ("/shop/probe.yaml", PROBE),
    ("/shop/probe.env", "SMTP_PASSWORD=q7Zk29XwVb41mTpe6\n"),
    ("/shop/secrets/probe.txt", "q7Zk29XwVb41mTpe7\n"),
];

fuzz_target!(|input: &str| {
    // What takes the value of a secret by itself may put it where nothing can be hidden, into the name of an image.
    if input.contains(MARKER) || input.contains("PROBE_TOKEN") {
        return;
    }
    let texts = NAMES.into_iter().zip(input.split("\n%%\n"));
    let files = MemoryFiles::new(texts.chain(BESIDE));
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let settings =
        settings::read(Utf8Path::new(NAMES[2]), &files, &mut sources, &mut report).unwrap_or_default();
    let usual = Request {
        files: vec![NAMES[0].into(), "/shop/probe.yaml".into()],
        environment: [("PROBE_TOKEN".to_owned(), format!("{MARKER}2"))].into(),
        working_directory: "/shop".into(),
        ..Request::default()
    };
    let mut production = Request { env_files: vec![NAMES[4].into()], ..usual.clone() };
    production.files.insert(1, NAMES[1].into());
    let mut shared = Request { profiles: vec!["*".to_owned()], ..usual.clone() };
    shared.options.unset = Unset::UnknownWithoutDefault;
    shared.options.check_consistency = false;
    shared.environment.insert("COMPOSE_DISABLE_ENV_FILE".to_owned(), "1".to_owned());

    let local = load(&usual, &files, &mut sources, &mut report);
    let production = load(&production, &files, &mut sources, &mut report);
    let shared = load_in_part(&shared, &files, &mut sources, &mut Report::default());
    let projects: Vec<(&str, Project)> = [("local", local), ("production", production)]
        .into_iter()
        .filter_map(|(name, it)| Some((name, it?)))
        .collect();
    if !projects.is_empty() {
        convert(&projects, shared.as_ref(), &settings, &files, &mut report);
    }
    let theme = terminal::Theme { color: false, unicode: true, width: 80 };
    let mut renderer = terminal::Renderer::new(&sources, theme, report.hidden());
    for diagnostic in report.diagnostics() {
        let shown = renderer.render(diagnostic);
        assert!(!shown.contains(MARKER), "{shown}");
    }
});

/// Plans and renders, and looks at all that is written.
fn convert(
    projects: &[(&str, Project)],
    shared: Option<&Project>,
    settings: &Settings,
    files: &MemoryFiles,
    report: &mut Report,
) {
    let inputs: Vec<Input<'_>> =
        projects.iter().map(|(name, project)| input(name, project, settings)).collect();
    let shared = shared
        .filter(|_| projects.len() > 1)
        .map(|project| Input { known: Known::SomeValues, ..Input::new("base", project) });
    let options = Options { output: "/shop/k8s".into(), stagger: true, ..Options::default() };
    let plan = plan(&inputs, shared.as_ref(), &options, files, report);
    let rendered = render(&plan, &Earlier::default());
    if report.has_errors() {
        return;
    }
    for file in &rendered.files {
        let text = String::from_utf8_lossy(&file.bytes);
        let is_tracked = !matches!(file.owner, Owner::Secret | Owner::Record);
        assert!(!is_tracked || !text.contains(MARKER), "{}:\n{text}", file.path);
        if file.path.extension() == Some("yaml") {
            readable(file, &text);
        }
    }
    // Such are refused before anything is written.
    if rendered.files.iter().any(|file| characters::lost(file).is_some()) {
        return;
    }
    let output = Utf8Path::new("/shop/k8s");
    let tree =
        MemoryFiles::new(rendered.files.iter().map(|file| (output.join(&file.path), file.bytes.clone())));
    for (name, _) in projects {
        let built = build::build(&output.join("overlays").join(name), output, &tree);
        assert!(built.is_ok(), "{name}: {}", built.expect_err("it is refused"));
    }
}

/// An environment with what the settings say of it.
fn input<'a>(name: &str, project: &'a Project, settings: &Settings) -> Input<'a> {
    let input = Input::new(name, project);
    let Some(named) = settings.environments.iter().find(|named| named.name.value == name) else {
        return input;
    };
    let store = named.external_secrets.as_ref();
    Input {
        namespace: named.namespace.as_ref().map(|namespace| namespace.value.clone()),
        store: store.map(|store| Store { name: store.store.value.clone(), kind: store.kind.clone() }),
        cluster: named.cluster.clone(),
        ..input
    }
}

/// By serde_yaml, and by our own parser.
fn readable(file: &TreeFile, text: &str) {
    for document in serde_yaml::Deserializer::from_str(text) {
        let read = IgnoredAny::deserialize(document);
        assert!(read.is_ok(), "{}: {read:?}\n{text}", file.path);
    }
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let id = sources.add(&file.path, text);
    parse::documents(&sources, id, &mut report);
    assert_eq!(report.diagnostics(), [], "{}\n{text}", file.path);
}
