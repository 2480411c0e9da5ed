//! Projects as descriptions, from which their files are made.

use std::{collections::BTreeMap, fmt::Write};

use crate::project::Files;

/// A project.
#[derive(Debug, Clone)]
pub(crate) struct Outline {
    pub(crate) name: &'static str,
    /// Its environments; a single one needs no file of its own.
    pub(crate) environments: Vec<&'static str>,
    pub(crate) services: Vec<Service>,
    /// Lines at the end of the Compose file.
    pub(crate) top: &'static str,
    pub(crate) style: Style,
    pub(crate) files: Files,
}

/// A service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) variables: Vec<(String, String)>,
    /// Variables that come from `.env`.
    pub(crate) secrets: Vec<String>,
    /// What an environment's own file sets.
    pub(crate) of: BTreeMap<&'static str, Vec<(String, String)>>,
    pub(crate) words: Vec<String>,
    /// The loop that it runs: seconds and command.
    pub(crate) round: Option<(u32, String)>,
    pub(crate) directory: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) ports: Vec<u16>,
    pub(crate) check: Vec<String>,
    /// Files that are mounted, by target.
    pub(crate) mounts: Vec<(String, String)>,
    /// Further lines, of which none changes a fact.
    pub(crate) more: Vec<String>,
}

/// How the files are written. It changes no fact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Style {
    #[default]
    Plain,
    /// Variables and ports as lists and long forms.
    Other,
    /// Services from last to first, with comments.
    Reversed,
    /// Every text in quotes.
    Quoted,
    /// The variables behind an anchor.
    Anchors,
}

impl Outline {
    /// With the files of what is described now.
    pub(crate) fn written(mut self) -> Self {
        self.files = self.texts();
        self
    }

    /// The environments in which the shared file decides on a variable of a service.
    pub(crate) fn sharing(&self, service: &Service, variable: &str) -> Vec<&'static str> {
        let is_own = |environment: &&str| {
            let of = service.of.get(environment);
            of.is_some_and(|of| of.iter().any(|(name, _)| name == variable))
        };
        self.environments.iter().copied().filter(|environment| !is_own(environment)).collect()
    }

    fn texts(&self) -> Files {
        let mut files = Files::new();
        let mut services: Vec<&Service> = self.services.iter().collect();
        if self.style == Style::Reversed {
            services.reverse();
        }
        let mut text = format!("name: {}\n", self.name);
        if self.style == Style::Reversed {
            text.push_str("# Nothing in here depends on the order.\n\n");
        }
        text.push_str("services:\n");
        for service in &services {
            text.push_str(&self.service(service));
            for (target, content) in &service.mounts {
                files.insert(source(target), content.clone());
            }
        }
        text.push_str(self.top);
        files.insert("compose.yaml".to_owned(), text);
        for environment in &self.environments {
            let is_single = self.environments.len() == 1;
            let name = if is_single { ".env".to_owned() } else { format!(".env.{environment}") };
            let secrets = services.iter().flat_map(|service| &service.secrets);
            let lines: std::collections::BTreeSet<String> =
                secrets.map(|name| format!("{name}=s3-{name}-{environment}-9Kx\n")).collect();
            files.insert(name, lines.into_iter().collect());
            if !is_single {
                files.insert(format!("compose.{environment}.yaml"), own(&services, environment));
            }
        }
        let mut settings = String::new();
        if self.environments.len() > 1 {
            settings.push_str("environments:\n");
            for name in &self.environments {
                let _ = writeln!(
                    settings,
                    "  {name}:\n    compose: [compose.yaml, compose.{name}.yaml]\n    envFile: .env.{name}"
                );
            }
        }
        if !settings.is_empty() {
            files.insert("kustompose.yaml".to_owned(), settings);
        }
        files
    }

    fn service(&self, service: &Service) -> String {
        let quote =
            |text: &str| if self.style == Style::Quoted { format!("\"{text}\"") } else { text.to_owned() };
        let mut lines = vec![format!("  {}:", service.name), format!("    image: {}", quote(&service.image))];
        let all: Vec<(String, String)> = service
            .variables
            .iter()
            .cloned()
            .chain(service.secrets.iter().map(|name| (name.clone(), format!("${{{name}}}"))))
            .collect();
        let anchor =
            if self.style == Style::Anchors { format!(" &of-{}", service.name) } else { String::new() };
        if !all.is_empty() {
            lines.push(format!("    environment:{anchor}"));
        }
        lines.extend(all.iter().map(|(name, value)| match self.style {
            Style::Other => format!("      - \"{name}={value}\""),
            _ => format!("      {name}: \"{value}\""),
        }));
        if let Some((seconds, command)) = &service.round {
            let script = format!("while true; do {command}; sleep {seconds}; done");
            lines.push(format!("    entrypoint: [\"sh\", \"-c\", \"{script}\"]"));
        }
        if !service.words.is_empty() {
            lines.push(format!("    command: {:?}", service.words));
        }
        lines.extend(service.directory.iter().map(|path| format!("    working_dir: {}", quote(path))));
        lines.extend(service.user.iter().map(|user| format!("    user: \"{user}\"")));
        if !service.ports.is_empty() {
            lines.push("    ports:".to_owned());
        }
        lines.extend(service.ports.iter().map(|port| match self.style {
            Style::Other => format!("      - {{target: {port}, published: \"{port}\"}}"),
            _ => format!("      - \"{port}:{port}\""),
        }));
        if !service.check.is_empty() {
            lines.push(format!("    healthcheck:\n      test: {:?}", service.check));
        }
        if !service.mounts.is_empty() {
            lines.push("    volumes:".to_owned());
        }
        lines.extend(service.mounts.iter().map(|(target, _)| match self.style {
            Style::Other => {
                let source = source(target);
                format!("      - {{type: bind, source: ./{source}, target: {target}, read_only: true}}")
            }
            _ => format!("      - ./{}:{target}:ro", source(target)),
        }));
        lines.extend(service.more.iter().map(|line| format!("    {line}")));
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// Where the file of a mount is in the project.
pub(crate) fn source(target: &str) -> String {
    format!("files{target}")
}

fn own(services: &[&Service], environment: &str) -> String {
    let mut text = String::new();
    for service in services {
        let Some(variables) = service.of.get(environment).filter(|of| !of.is_empty()) else { continue };
        let _ = write!(text, "  {}:\n    environment:\n", service.name);
        for (name, value) in variables {
            let _ = writeln!(text, "      {name}: \"{value}\"");
        }
    }
    if text.is_empty() { "services: {}\n".to_owned() } else { format!("services:\n{text}") }
}

fn service(name: &str, image: &str) -> Service {
    Service { name: name.to_owned(), image: image.to_owned(), ..Service::default() }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The projects.
pub(crate) fn all() -> Vec<Outline> {
    vec![ferry(), museum(), orchard()]
}

/// One environment, without settings.
fn ferry() -> Outline {
    let services = vec![
        Service {
            variables: pairs(&[("PIER", "north"), ("LANES", "4"), ("BANNER", "Boarding: now, mind the gap")]),
            secrets: words(&["TICKET_SECRET"]),
            ports: vec![8443],
            check: words(&["CMD", "ferryctl", "ping"]),
            ..service("desk", "harbour.example.org/ferry/desk:5.1")
        },
        Service {
            variables: pairs(&[("HORN", "loud")]),
            words: words(&["sail", "--speed", "12"]),
            directory: Some("/srv/boat".to_owned()),
            user: Some("1200".to_owned()),
            ..service("boat", "harbour.example.org/ferry/boat:5.1")
        },
        Service {
            round: Some((1800, "tides --fetch".to_owned())),
            variables: pairs(&[("STATION", "K7")]),
            ..service("tides", "harbour.example.org/ferry/tides:5.1")
        },
        Service {
            mounts: pairs(&[("/etc/lamp/lamp.conf", "range 12\nflash 3\n")]),
            ports: vec![7007],
            ..service("lamp", "harbour.example.org/ferry/lamp:2.0")
        },
    ];
    outline("ferry", &["local"], services, "")
}

/// Three environments, with files of their own.
fn museum() -> Outline {
    let mut guide = Service {
        variables: pairs(&[("LANGUAGE_SET", "en"), ("ROOMS", "12"), ("THEME", "sepia")]),
        secrets: words(&["MAP_API_KEY", "GUIDE_PASSWORD"]),
        ports: vec![3010, 3011],
        check: words(&["CMD-SHELL", "guide --alive || exit 1"]),
        ..service("guide", "ghcr.io/museum/guide:2024.4")
    };
    guide.of.insert("live", pairs(&[("ROOMS", "40"), ("CACHE_MODE", "strict")]));
    guide.of.insert("rehearsal", pairs(&[("ROOMS", "3")]));
    let mut press = Service {
        words: words(&["print", "--copies", "2", "--paper=a4"]),
        variables: pairs(&[("INK", "black")]),
        ..service("press", "ghcr.io/museum/press:2024.4")
    };
    press.of.insert("drill", pairs(&[("INK", "none"), ("DRY_RUN", "yes")]));
    let clock = Service {
        round: Some((7200, "chime --soft".to_owned())),
        ..service("clock", "ghcr.io/museum/clock:2024.4")
    };
    outline("museum", &["drill", "live", "rehearsal"], vec![guide, press, clock], "")
}

/// Two environments, with a database and files.
fn orchard() -> Outline {
    let mut picker = Service {
        variables: pairs(&[("BASKET", "large"), ("LADDER", "3m"), ("DATABASE_HOST", "barn")]),
        secrets: words(&["BARN_PASSWORD"]),
        mounts: pairs(&[
            ("/etc/picker/rows.ini", "[rows]\ncount = 9\n"),
            ("/etc/picker/weather.ini", "[sun]\nmin = 3\n"),
        ]),
        user: Some("1001:1001".to_owned()),
        ..service("picker", "registry.example.net/orchard/picker:0.9")
    };
    picker.of.insert("spring", pairs(&[("BASKET", "small")]));
    let barn = Service {
        secrets: words(&["POSTGRES_PASSWORD"]),
        variables: pairs(&[("POSTGRES_DB", "apples")]),
        more: words(&["volumes: [\"apples:/var/lib/postgresql/data\"]"]),
        ..service("barn", "postgres:16")
    };
    let scale = Service {
        ports: vec![5600],
        words: words(&["weigh", "--unit", "kg"]),
        check: words(&["CMD", "weigh", "--self-test"]),
        directory: Some("/scale".to_owned()),
        ..service("scale", "registry.example.net/orchard/scale:0.9")
    };
    outline("orchard", &["autumn", "spring"], vec![picker, barn, scale], "volumes: {apples: {}}\n")
}

fn outline(
    name: &'static str,
    environments: &[&'static str],
    services: Vec<Service>,
    top: &'static str,
) -> Outline {
    let environments = environments.to_vec();
    let style = Style::Plain;
    Outline { name, environments, services, top, style, files: Files::new() }.written()
}
