//! How much work a plan is: each file is opened once, and each script parsed once, in all environments together.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use camino::{Utf8Path, Utf8PathBuf};

use super::*;
use crate::{
    compose::{self, Request},
    secret::split::counted,
    settings::cluster::Cluster,
    text::{FileError, FileKind, MemoryFiles, Remembered, Sources},
};

const ROOT: &str = "/demo";

const SERVICES: usize = 20;

const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "prod"];

const LOOP: &str = "#!/bin/sh\nwhile :; do curl -u admin:hunter2 http://web0/refresh; sleep 300; done\n";

/// Files that count how often each is opened.
struct Counting {
    files: MemoryFiles,
    opened: RefCell<BTreeMap<Utf8PathBuf, usize>>,
}

impl Files for Counting {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        *self.opened.borrow_mut().entry(path.to_owned()).or_default() += 1;
        self.files.read(path)
    }

    fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        self.files.kind(path)
    }

    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError> {
        self.files.list(path)
    }

    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.files.resolve_links(path)
    }
}

/// Services that are built with a proxy in their image, and each with a loop beside it.
fn project() -> Counting {
    let mut compose = "name: demo\nservices:\n".to_owned();
    let mut files = Vec::new();
    for index in 0..SERVICES {
        let inline = format!("while :; do work {index} --token s3cret-{index}; sleep 600; done");
        compose += &format!(
            "  web{index}: {{build: ./web{index}, volumes: [\"./conf{index}:/etc/app:ro\"]}}\n  \
             loop{index}: {{build: ./web{index}, entrypoint: [/loop.sh]}}\n  \
             inline{index}: {{image: acme/tools, command: [sh, -c, \"{inline}\"]}}\n"
        );
        let dockerfile =
            "FROM nginx\nCOPY nginx.conf /etc/nginx/nginx.conf\nCOPY loop.sh /loop.sh\nEXPOSE 80\n";
        files.extend([
            (format!("web{index}/Dockerfile"), dockerfile.to_owned()),
            (format!("web{index}/nginx.conf"), format!("proxy_pass http://web{index}:80;\n")),
            (format!("web{index}/loop.sh"), format!("{LOOP}# {index}\n")),
            (format!("conf{index}/app.conf"), format!("host = web{index}\n")),
        ]);
    }
    files.push(("compose.yaml".to_owned(), compose));
    files.extend(ENVIRONMENTS.map(|name| (format!("compose.{name}.yaml"), "services: {}\n".to_owned())));
    let files = files.into_iter().map(|(path, text)| (format!("{ROOT}/{path}"), text));
    Counting { files: MemoryFiles::new(files), opened: RefCell::default() }
}

fn load(name: &str, files: &dyn Files, report: &mut Report) -> Project {
    let request = Request {
        files: vec!["compose.yaml".into(), format!("compose.{name}.yaml").into()],
        working_directory: ROOT.into(),
        ..Request::default()
    };
    let project = compose::load(&request, files, &mut Sources::default(), report);
    project.unwrap_or_else(|| panic!("{name} is refused"))
}

#[test]
fn every_file_is_opened_once_and_every_script_parsed_once() {
    let counting = project();
    let files = Remembered::new(&counting);
    let mut report = Report::default();
    let projects = ENVIRONMENTS.map(|name| (name, load(name, &files, &mut report)));
    let inputs = projects.each_ref().map(|(name, project)| Input {
        name: (*name).to_owned(),
        project,
        origin: Vec::new(),
        namespace: None,
        store: None,
        known: Known::All,
        cluster: Cluster::default(),
    });
    let options = Options { output: format!("{ROOT}/k8s").into(), ..Options::default() };
    let reader = Reader::new(&files);
    counted::take();
    let planned = plan_with((&inputs, None), &options, &reader, &mut report);
    let counts = counted::take();

    let kinds = planned.environments.iter().flat_map(|it| &it.apps).flat_map(|app| &app.workloads);
    let loops = kinds.filter(|workload| matches!(workload.kind, Kind::CronJob { .. })).count();
    assert_eq!(loops, 2 * SERVICES * ENVIRONMENTS.len(), "{report:?}");

    let opened = counting.opened.borrow();
    let again: Vec<_> = opened.iter().filter(|(_, count)| **count > 1).collect();
    assert!(again.is_empty(), "opened more than once: {again:?}");
    assert!(opened.contains_key(Utf8Path::new("/demo/web7/nginx.conf")));

    let of_loops = |wanted: &str| -> Vec<usize> {
        let of_loops = counts.iter().filter(|((what, text), _)| *what == wanted && text.contains("while :"));
        of_loops.map(|(_, count)| *count).collect()
    };
    assert_eq!(of_loops("parsed"), vec![1; 2 * SERVICES]);

    // Once to decide, and once for what the report says of its keys in each environment.
    let most = 1 + ENVIRONMENTS.len();
    let cut = of_loops("cut");
    assert!(cut.iter().all(|count| *count <= most), "cut for secrets too often: {cut:?}");
}

#[test]
fn environments_share_what_a_file_was_parsed_into() {
    let files = project();
    let reader = Reader::new(&files);
    let loaded = load("dev", &files, &mut Report::default());
    let build = |name: &str| loaded.services[name].build.as_ref().and_then(|build| reader.dockerfile(build));
    let (one, other) = (build("web3"), build("loop3"));
    assert!(one.zip(other).is_some_and(|(one, other)| Rc::ptr_eq(&one, &other)));
}

#[test]
fn the_intent_names_the_place_of_every_variable() {
    let compose = "\
name: demo
services:
  web:
    image: acme/web
    command: [serve]
    environment:
      MODE: fast
      API_TOKEN: s3cret-4711-abc
      URL: http://${HOST:-db}/
    ports: ['80:8080']
    volumes: ['data:/data']
volumes: {data: {}}
";
    let files = MemoryFiles::new([
        (format!("{ROOT}/compose.yaml"), compose.to_owned()),
        (format!("{ROOT}/compose.dev.yaml"), "services: {}\n".to_owned()),
    ]);
    let mut report = Report::default();
    let project = load("dev", &files, &mut report);
    let input = |known| Input {
        name: "dev".to_owned(),
        project: &project,
        origin: Vec::new(),
        namespace: None,
        store: None,
        known,
        cluster: Cluster::default(),
    };
    let options = Options { output: format!("{ROOT}/k8s").into(), ..Options::default() };
    let planned = plan(&[input(Known::All)], None, &options, &files, &mut report);

    let web = &planned.environments[0].intent.units["web"];
    let said = |span: crate::text::Span| &compose[span.start as usize..span.end as usize];
    let variables = web.variables.iter().map(|(name, variable)| {
        (name.as_str(), said(variable.span), variable.is_secret, variable.value.known().unwrap_or("?"))
    });
    assert_eq!(
        variables.collect::<Vec<_>>(),
        [
            ("API_TOKEN", "s3cret-4711-abc", true, "s3cret-4711-abc"),
            ("MODE", "fast", false, "fast"),
            ("URL", "http://${HOST:-db}/", false, "http://db/"),
        ]
    );
    let [run] = web.runs.as_slice() else { panic!("{:?}", web.runs) };
    assert_eq!((run.start.command.len(), run.start.arguments.as_slice()), (0, &["serve".to_owned()][..]));
    assert!(run.workload.pod.containers[0].env.is_none());
    assert_eq!(web.places.command.map(said), Some("[serve]"));
    assert_eq!(web.places.ports.get(&8080).copied().map(said), Some("'80:8080'"));
    assert_eq!(web.places.mounts.get("/data").copied().map(said), Some("'data:/data'"));
}
