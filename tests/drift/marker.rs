//! A word that stands in every kind of place in which a secret may stand, and in no report.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::project::{Edit, Files, Project, Said};

/// What each secret has in it. It looks like nothing else, so that it is found wherever it stands.
const MARKER: &str = "Zq7-mArK-xW93";

/// The formats of `check` besides its text.
const FORMATS: [&str; 6] = ["json", "sarif", "github", "gitlab", "junit", "markdown"];

const COMPOSE: &str = "\
name: vault
services:
  api:
    build: {context: ., args: {BUILD_TOKEN: MARKER-1}}
    image: example.org/vault/api:1
    env_file: [api.env]
    environment:
      API_PASSWORD: MARKER-2
      INDIRECT_TOKEN: ${INDIRECT_TOKEN}
      DATABASE_URL: postgres://api:MARKER-3@db:5432/api
      JOINED_URL: amqp://api:${INDIRECT_TOKEN}@queue/
      LEVEL: info
    command: [\"serve\", \"--password=MARKER-4\", \"--level\", \"info\"]
    healthcheck: {test: [\"CMD\", \"curl\", \"-u\", \"admin:MARKER-5\", \"http://localhost/\"]}
    labels: {com.example.password: MARKER-6}
    secrets: [pem, from_environment]
    configs: [site]
    volumes: [\"./app.conf:/etc/app.conf:ro\", \"./id_rsa:/root/.ssh/id_rsa:ro\"]
  db:
    image: postgres:17
    environment: {POSTGRES_PASSWORD: MARKER-3}
  job:
    image: example.org/vault/job:1
    entrypoint: [\"sh\", \"-c\", \"while true; do push --token MARKER-7; sleep 3600; done\"]
secrets:
  pem: {file: ./key.pem}
  from_environment: {environment: INDIRECT_TOKEN}
configs:
  site: {content: \"password = MARKER-8\\n\"}
";

/// Every report of `check` and `diff`, after each of many changes.
pub(crate) fn check() {
    let project = Project::converted(&files());
    let marked = |text: &str| text.replace("MARKER", MARKER);
    // Who has the digest of a secret can try guesses.
    let lock = project.read("k8s/kustompose.lock");
    for (path, text) in files().iter().filter(|(_, text)| text.contains(MARKER)) {
        assert!(
            !lock.contains(&kustompose::text::digest(text.as_bytes())),
            "the lock has the digest of {path}"
        );
    }
    let overlay = "k8s/overlays/local/kustomization.yaml";
    let patch = |container: &str| {
        Edit::Append(
            overlay.to_owned(),
            marked(&format!(
                "patches:\n- target: {{kind: Deployment, name: api}}\n  patch: |\n    apiVersion: apps/v1\n    \
                 kind: Deployment\n    metadata: {{name: api}}\n    spec: {{template: {{spec: {{containers: [{{name: api, \
                 {container}}}]}}}}}}"
            )),
        )
    };
    let compose = |old: &str, new: &str| Edit::replace("compose.yaml", &marked(old), &marked(new));
    let config = "k8s/base/api/config.env";
    let changes: Vec<Vec<Edit>> = vec![
        Vec::new(),
        vec![compose("API_PASSWORD: MARKER-2", "API_PASSWORD: MARKER-b")],
        vec![compose("API_PASSWORD", "OTHER_PASSWORD")],
        vec![compose("--password=MARKER-4", "--password=MARKER-c")],
        vec![compose("admin:MARKER-5", "admin:MARKER-d")],
        vec![compose("--token MARKER-7", "--token MARKER-e")],
        vec![compose("api:MARKER-3@db:5432/api", "api:MARKER-3@db:5432/other")],
        vec![compose("password = MARKER-8", "password = MARKER-f")],
        vec![compose("image: example.org/vault/job:1", "image: example.org/vault/job:2")],
        vec![Edit::Write("api.env".to_owned(), marked("FILE_SECRET=MARKER-g\nPLAIN=2\n"))],
        vec![Edit::Write(".env".to_owned(), marked("INDIRECT_TOKEN=MARKER-h\n"))],
        vec![Edit::Write("app.conf".to_owned(), marked("secret_key = MARKER-i\n"))],
        vec![Edit::Append(config.to_owned(), marked("API_PASSWORD=MARKER-2"))],
        vec![Edit::Append(config.to_owned(), marked("OTHER_TOKEN=MARKER-j"))],
        vec![Edit::Append(config.to_owned(), marked("PAGE_URL=https://user:MARKER-k@example.org/"))],
        vec![patch("env: [{name: API_PASSWORD, value: MARKER-2}]")],
        vec![patch("env: [{name: NEW_TOKEN, value: MARKER-l}]")],
        vec![patch("args: [serve, --password=MARKER-4]")],
        vec![patch("args: [serve, --password, MARKER-m]")],
        vec![patch(
            "livenessProbe: {exec: {command: [curl, -u, \"admin:MARKER-n\", \"http://localhost/\"]}}",
        )],
        vec![patch("readinessProbe: {exec: {command: [curl, -u, \"admin:MARKER-5\", \"http://other/\"]}}")],
        vec![Edit::Append(
            overlay.to_owned(),
            marked("secretGenerator:\n- name: mine\n  literals: [\"TOKEN=MARKER-o\"]"),
        )],
        vec![Edit::Remove(".env".to_owned()), Edit::Remove("api.env".to_owned())],
        vec![Edit::Append("k8s/overlays/local/broken.yaml".to_owned(), marked("password: MARKER-p: x"))],
        vec![Edit::Append(overlay.to_owned(), marked("helmCharts: [{name: MARKER-q}]"))],
        vec![Edit::Write("key.pem".to_owned(), marked("-----BEGIN PRIVATE KEY-----\nMARKER-r\n"))],
    ];
    for edits in &changes {
        let before = project.apply(edits).unwrap_or_else(|why| panic!("{why}"));
        reports(&project).iter().for_each(|said| none_in(said, edits));
        project.restore(before);
    }
}

fn files() -> Files {
    let key = "-----BEGIN PRIVATE KEY-----\nMARKER-9\n-----END PRIVATE KEY-----\n";
    [
        ("compose.yaml", COMPOSE),
        (".env", "INDIRECT_TOKEN=MARKER-10\n"),
        ("api.env", "FILE_SECRET=MARKER-11\nPLAIN=1\n"),
        ("key.pem", key),
        ("id_rsa", key),
        ("app.conf", "secret_key = MARKER-12\nlevel = info\n"),
        ("Dockerfile", "FROM alpine\nENV IMAGE_TOKEN=MARKER-13\n"),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.replace("MARKER", MARKER)))
    .collect()
}

/// Everything that a run of each command reports, in every format.
fn reports(project: &Project) -> Vec<Said> {
    let files = FORMATS.map(|format| format!("{format}=report-{format}"));
    let mut words = vec!["check", "--verbose", "--strict", "--format", "text"];
    words.extend(files.iter().flat_map(|file| ["--format", file.as_str()]));
    let mut said = project.run(&words);
    for format in FORMATS {
        let name = format!("report-{format}");
        said.stdout.push_str(&project.read(&name));
        project.restore(vec![(name, None)]);
    }
    vec![said, project.run(&["diff"])]
}

fn none_in(said: &Said, edits: &[Edit]) {
    let encoded: Vec<String> = (0..3)
        .map(|shift| {
            let text = STANDARD.encode(format!("{}{MARKER}", "x".repeat(shift)));
            text[4..text.len() - 4].to_owned()
        })
        .collect();
    let all = format!("{}\n{}", said.stdout, said.stderr);
    let lines =
        all.lines().filter(|line| line.contains(MARKER) || encoded.iter().any(|it| line.contains(it)));
    let found: Vec<&str> = lines.collect();
    assert!(found.is_empty(), "a report shows a secret after {edits:?}:\n{}", found.join("\n"));
    assert_ne!(said.exit, 101, "{}", said.stderr);
}
