//! What a large project's tree does when nothing changes, and when one thing does.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test makes a project of its own on the disk, and may panic"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs, io,
    path::Path,
};

use camino::{Utf8Path, Utf8PathBuf};
use kustompose::{
    cli::{self, Io},
    kustomize::build,
    text::MemoryFiles,
};
use proptest::{collection::btree_set, prelude::*, sample::select};

type Files = BTreeMap<String, String>;

const SERVICES: usize = 100;
const ENVIRONMENTS: [&str; 3] = ["staging", "sandbox", "production"];

/// A hundred services in four environments, which share variables and differ in values and replicas.
fn project(directory: &Path) -> io::Result<()> {
    let mut base = "x-common: &common\n  LOG_LEVEL: info\n  DB_HOST: ${DB_HOST:-db}\nservices:\n".to_owned();
    for index in 0..SERVICES {
        let service = format!(
            "  svc{index}:\n    image: example.com/svc{index}:1\n    environment:\n      <<: *common\n      OWN_{index}: here\n"
        );
        base.push_str(&service);
    }
    fs::write(directory.join("compose.yaml"), base)?;
    for environment in ENVIRONMENTS {
        let mut own = "services:\n".to_owned();
        for index in (0..SERVICES).step_by(3) {
            let _ = writeln!(own, "  svc{index}:\n    deploy: {{replicas: 2}}");
        }
        fs::write(directory.join(format!("compose.{environment}.yaml")), own)?;
        fs::write(directory.join(format!(".env.{environment}")), format!("DB_HOST={environment}.example\n"))?;
    }
    Ok(())
}

fn convert(directory: &Path) -> io::Result<(u8, Files)> {
    let directory =
        Utf8PathBuf::from_path_buf(directory.canonicalize()?).map_err(|_| io::ErrorKind::Other)?;
    let io = Io {
        stdin: &|| Ok(Vec::new()),
        answer: &|| None,
        progress: &|_| {},
        environment: BTreeMap::new(),
        directory: directory.clone(),
        stdout: &mut io::sink(),
        stderr: &mut io::sink(),
        color: false,
        unicode: false,
        width: 80,
    };
    let exit = cli::run(&["convert".to_owned()], io);
    let mut files = Files::new();
    if directory.join("k8s").is_dir() {
        read(directory.join("k8s").as_std_path(), "", &mut files)?;
    }
    Ok((exit, files))
}

fn read(directory: &Path, prefix: &str, files: &mut Files) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, fs::read_to_string(entry.path())?);
        }
    }
    Ok(())
}

#[test]
fn a_new_variable_is_one_line_of_one_file() {
    let directory = tempfile::tempdir().unwrap();
    project(directory.path()).unwrap();
    let (exit, first) = convert(directory.path()).unwrap();
    assert_eq!(exit, 0);
    assert_eq!(convert(directory.path()).unwrap(), (0, first.clone()), "a second run changes nothing");

    let path = directory.path().join("compose.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("LOG_LEVEL: info", "LOG_LEVEL: info\n  NEW_VARIABLE: new")).unwrap();
    let (exit, second) = convert(directory.path()).unwrap();
    assert_eq!(exit, 0);
    let keys: Vec<_> = first.keys().collect();
    assert_eq!(keys, second.keys().collect::<Vec<_>>());
    let is_changed = |path: &&String| *path != "kustompose.lock" && first[*path] != second[*path];
    let changed: Vec<&String> = second.keys().filter(is_changed).collect();
    assert_eq!(changed, ["base/common.env"]);
    let (old, new) = (&first[changed[0]], &second[changed[0]]);
    assert_eq!(new.replace("NEW_VARIABLE=new\n", ""), *old);
}

#[test]
fn the_order_of_services_decides_nothing() {
    let services = [
        "  shop:\n    build: ./app\n    env_file: [app.env]\n    volumes: ['media:/media', './conf:/etc/shop']\n    secrets: [key]\n    ports: ['8080:80']\n",
        "  mail:\n    build: ./app\n    env_file: [app.env]\n    volumes: ['media:/mail/media', './conf:/etc/mail']\n    secrets: [key]\n    networks: {default: {aliases: [front]}}\n",
        "  tidy:\n    image: shop/tidy:1\n    volumes_from: [cache]\n    volumes: ['./conf/one.conf:/one.conf']\n    environment: {TOKEN: tok-12345678}\n",
        "  cache:\n    image: redis:8\n    volumes: [/data]\n    networks: {default: {aliases: [front]}}\n    environment: {TOKEN: tok-12345678}\n",
    ];
    let tree = |order: &[usize]| {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let services: String = order.iter().map(|at| services[*at]).collect();
        let ends = "volumes: {media: }\nsecrets: {key: {file: ./key.pem}}\n";
        write("compose.yaml", &format!("name: shop\nservices:\n{services}{ends}"));
        write("app.env", "LEVEL=info\nREGION=eu\nFORMAT=json\n");
        write("conf/one.conf", "one\n");
        write("app/Dockerfile", "FROM nginx:1.29\n");
        write("key.pem", "-----BEGIN PRIVATE KEY-----\n");
        let (exit, mut files) = convert(directory.path()).unwrap();
        assert_eq!(exit, 0);
        // It has a digest of the compose file.
        files.remove("kustompose.lock");
        files
    };
    let first = tree(&[0, 1, 2, 3]);
    assert!(first.len() > 10);
    for order in [[3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1], [3, 0, 2, 1]] {
        assert_eq!(tree(&order), first, "{order:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_clone_gives_the_same_manifests() {
    use std::os::unix::fs::{PermissionsExt, chown};

    const COMPOSE: &str = "services:
  db:
    image: example.com/db:1
    volumes: [./db.conf:/etc/db/db.conf:ro, ./conf:/etc/db/conf.d:ro, ./run:/opt/run/run:ro]
";
    const FILES: [(&str, &str, u32); 5] = [
        ("compose.yaml", COMPOSE, 0o644),
        ("db.conf", "workers = 4\n", 0o600),
        ("conf/a.conf", "cache = 1\n", 0o600),
        ("conf/b.conf", "cache = 2\n", 0o640),
        ("run", "exec db\n", 0o700),
    ];
    let write = |directory: &Path, mode: fn(u32) -> u32, owner: Option<u32>| {
        fs::create_dir_all(directory.join("conf")).unwrap();
        fs::create_dir_all(directory.join(".git")).unwrap();
        for (name, text, own) in FILES {
            let path = directory.join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode(own))).unwrap();
            // Only root may give files away.
            let _ = chown(&path, owner, owner);
        }
        convert(directory).unwrap()
    };
    let (here, clone) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let of_git = |mode: u32| if mode & 0o100 == 0 { 0o644 } else { 0o755 };
    let first = write(&here.path().join("p"), |mode| mode, Some(4711));
    assert_eq!(first.0, 0);
    assert_eq!(first, write(&clone.path().join("p"), of_git, None));
    assert!(first.1["base/db/deployment.yaml"].contains("defaultMode: 493"), "git keeps that it may be run");
    fs::write(here.path().join("p/.gitignore"), "db.conf\n").unwrap();
    let (_, ignored) = convert(&here.path().join("p")).unwrap();
    assert!(ignored["base/db/deployment.yaml"].contains("defaultMode: 384"), "no clone has this file");
}

/// Names of services and environments whose parts make up each other.
const NAMES: [&str; 7] = ["web", "tests", "web-tests", "web_tests", "tests-web", "secrets", "generated"];

/// A project of environments that run different services.
fn layered(shared: &BTreeSet<&str>, environments: &BTreeMap<String, BTreeSet<&str>>) -> Files {
    let service = |name: &str, more: &str| {
        format!(
            "  {name}:\n    image: example.com/{name}:1\n    environment: {{NAME: {name}, TOKEN: tok-{name}-4711{more}}}\n"
        )
    };
    let mut files = Files::new();
    let mut settings = "environments:\n".to_owned();
    let of_all: String = shared.iter().map(|name| service(name, "")).collect();
    files.insert("compose.yaml".to_owned(), format!("services:\n{of_all}"));
    for (environment, own) in environments {
        let services: String =
            own.iter().map(|name| service(name, &format!(", STAGE: {environment}"))).collect();
        files.insert(format!("compose.{environment}.yaml"), format!("services:\n{services}"));
        let _ =
            writeln!(settings, "  {environment}: {{compose: [compose.yaml, compose.{environment}.yaml]}}");
    }
    files.insert("kustompose.yaml".to_owned(), settings);
    files
}

/// The services of the workloads that an overlay renders to, each with its image.
fn rendered(files: &Files, environment: &str) -> BTreeMap<String, String> {
    let root = Utf8Path::new("/k8s");
    let files =
        MemoryFiles::new(files.iter().map(|(path, text)| (root.join(path), text.clone().into_bytes())));
    let built = build::build(&root.join("overlays").join(environment), root, &files).unwrap();
    let text = |value: &serde_json::Value, pointer: &str| value.pointer(pointer)?.as_str().map(str::to_owned);
    let workload = |object: &build::Object| {
        let value = object.node.to_json();
        let service = text(&value, "/spec/template/metadata/labels/kustompose.dev~1service")?;
        Some((service, text(&value, "/spec/template/spec/containers/0/image")?))
    };
    built.objects.iter().filter_map(workload).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn paths_never_collide(
        shared in btree_set(select(&NAMES[..]), 1..4),
        environments in prop::collection::btree_map(
            select(&["web", "tests", "dev"][..]).prop_map(str::to_owned),
            btree_set(select(&NAMES[..]), 0..4),
            2..4,
        ),
    ) {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in layered(&shared, &environments) {
            fs::write(directory.path().join(path), text).unwrap();
        }
        let names: BTreeSet<&str> = environments.values().flatten().chain(&shared).copied().collect();
        let (exit, files) = convert(directory.path()).unwrap();
        // Two services may not have one name in a cluster: that is refused.
        prop_assert_eq!(exit, if names.contains("web_tests") && names.contains("web-tests") { 2 } else { 0 });
        for (environment, own) in environments.iter().filter(|_| exit == 0) {
            let services = shared.union(own);
            let expected: BTreeMap<String, String> = services
                .map(|name| (name.replace('_', "-"), format!("example.com/{name}:1")))
                .collect();
            prop_assert_eq!(rendered(&files, environment), expected);
        }
    }
}
