//! `kustompose config`: the loaded model, as `docker compose config` prints it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use super::{Io, project, put, show};
use crate::{
    compose::{
        self, Options, Project, Request, hash, print,
        template::{self, TemplateError},
    },
    diag::{Diagnostic, Report, codes},
    disk::Disk,
    settings,
    text::{OperatorKind, Reference, Sources},
    yaml::{
        Node, Value,
        emit::{self, Yaml},
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

/// Lets the disk read what `convert` may read, too. What is wrong with the settings is said there.
fn allow_outside(flags: &project::Flags, disk: &Disk, io: &Io<'_>) {
    let (mut sources, mut unsaid) = (Sources::default(), Report::default());
    let directory = flags.locate(Utf8Path::new("."), false, io, &mut unsaid);
    let directory = directory.unwrap_or_else(|| io.directory.clone());
    if let Some(settings) =
        settings::read(&directory.join(settings::FILE_NAME), disk, &mut sources, &mut unsaid)
    {
        project::allow_outside(disk, &settings, &directory);
    }
}

/// The flags of `docker compose config`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) project: project::Flags,
    /// Only these services, and those they depend on
    services: Vec<String>,
    /// Format of the model
    #[arg(long, value_enum, default_value = "yaml")]
    format: Format,
    /// Leave variables as they are
    #[arg(long)]
    no_interpolate: bool,
    /// Do not write out what is implied
    #[arg(long)]
    no_normalize: bool,
    /// Leave relative paths as they are
    #[arg(long)]
    no_path_resolution: bool,
    /// Do not check that the parts of the project fit together
    #[arg(long)]
    no_consistency: bool,
    /// Print nothing, only check whether the project is valid
    #[arg(short, long)]
    quiet: bool,
    /// Write the output to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    #[command(flatten)]
    list: Lists,
}

/// Lists in place of the model.
#[derive(Debug, Args)]
struct Lists {
    /// Print the names of the services
    #[arg(long = "services", id = "list-services")]
    services: bool,
    /// Print the names of the volumes
    #[arg(long = "volumes", id = "list-volumes")]
    volumes: bool,
    /// Print the names of the profiles
    #[arg(long = "profiles", id = "list-profiles")]
    profiles: bool,
    /// Print the images
    #[arg(long = "images", id = "list-images")]
    images: bool,
    /// Print the names of the networks
    #[arg(long = "networks", id = "list-networks")]
    networks: bool,
    /// Print the names of the models
    #[arg(long = "models", id = "list-models")]
    models: bool,
    /// Print the variables that the Compose files refer to, with their defaults
    #[arg(long = "variables", id = "list-variables")]
    variables: bool,
    /// Print the hash of the configuration of these services; `*` is all
    #[arg(long = "hash", id = "list-hash", value_name = "SERVICE,…")]
    hash: Option<String>,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Printed<'a> {
    Model,
    Services,
    Volumes,
    Networks,
    Models,
    /// Of the services with these names.
    Hashes(&'a str),
    Profiles,
    Images,
    Variables,
}

impl Lists {
    /// The first that is asked for, in the order in which docker compose looks at its flags: it ignores the others.
    fn asked_for(&self) -> Printed<'_> {
        let hashes = self.hash.as_deref().unwrap_or_default();
        let flags = [
            (self.services, Printed::Services),
            (self.volumes, Printed::Volumes),
            (self.networks, Printed::Networks),
            (self.models, Printed::Models),
            (!hashes.is_empty(), Printed::Hashes(hashes)),
            (self.profiles, Printed::Profiles),
            (self.images, Printed::Images),
            (self.variables, Printed::Variables),
        ];
        flags.into_iter().find(|(is_set, _)| *is_set).map_or(Printed::Model, |(_, printed)| printed)
    }
}

impl Printed<'_> {
    /// Whether it is made from the services that are named only; else docker compose does not look at the names.
    fn is_of_named_services(self) -> bool {
        matches!(self, Printed::Model | Printed::Profiles | Printed::Images | Printed::Variables)
    }
}

/// Exit status 0 if the project is accepted, 1 if it is refused or the output cannot be written.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let asked_for = arguments.list.asked_for();
    let is_model = asked_for == Printed::Model;
    let options = Options {
        interpolate: !arguments.no_interpolate && asked_for != Printed::Variables,
        normalise: !arguments.no_normalize,
        resolve_paths: !arguments.no_path_resolution,
        check_consistency: !arguments.no_consistency,
        check_container_names: is_model,
        resolve_environment: is_model,
        ..Options::default()
    };
    let services = if asked_for.is_of_named_services() { arguments.services.clone() } else { Vec::new() };
    let request = flags.request(options, services, io);
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let disk = flags.disk(&request.working_directory, io);
    allow_outside(flags, &disk, io);
    let printed = printed((asked_for, arguments.format), &request, &disk, &mut sources, &mut report);
    let is_whole = !report.has_errors();
    if let (Some(path), Some(printed), true) = (&arguments.output, &printed, is_whole && !arguments.quiet) {
        if let Err(error) = disk.write_report(&io.directory.join(path), printed.as_bytes()) {
            report
                .push(Diagnostic::error(codes::NOT_WRITTEN, format!("`{path}` cannot be written: {error}")));
        }
        show(&report, &sources, io);
        return u8::from(report.has_errors());
    }
    show(&report, &sources, io);
    if let Some(printed) = printed.filter(|_| !arguments.quiet && arguments.output.is_none()) {
        put(io.stdout, &printed);
    }
    u8::from(!is_whole)
}

/// Nothing, or for hashes a part, if something is wrong, which is reported.
fn printed(
    (asked_for, format): (Printed<'_>, Format),
    request: &Request,
    disk: &Disk,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<String> {
    if !request.options.interpolate
        && let Printed::Model | Printed::Services | Printed::Variables = asked_for
    {
        let tree = compose::load_tree(request, disk, sources, report)?;
        return Some(match asked_for {
            Printed::Variables => variables(&tree),
            Printed::Services => {
                let services = tree.get("services").and_then(Node::as_map).into_iter().flatten();
                lines(services.map(|(name, _)| name.text.clone()).collect())
            }
            _ => text(tree, format),
        });
    }
    let project = compose::load(request, disk, sources, report)?;
    Some(match (asked_for, format) {
        (Printed::Hashes(names), _) => hash::lines(&project, names, report),
        (Printed::Model, Format::Yaml) => print::yaml(&project),
        (Printed::Model, Format::Json) => text(print::for_json(print::printed(&project)), Format::Json),
        _ => lines(names(asked_for, &project)),
    })
}

fn lines(names: BTreeSet<String>) -> String {
    names.into_iter().map(|name| name + "\n").collect()
}

fn text(tree: Node, format: Format) -> String {
    match format {
        Format::Yaml => emit::document(&Yaml::from(tree)),
        Format::Json => print::escaped_as_in_go(format!("{:#}\n", tree.to_json())),
    }
}

fn names(asked_for: Printed<'_>, project: &Project) -> BTreeSet<String> {
    let services = project.services.iter();
    match asked_for {
        Printed::Services => project.services.keys().cloned().collect(),
        Printed::Volumes => project.volumes.keys().cloned().collect(),
        Printed::Networks => project.networks.keys().cloned().collect(),
        Printed::Models => {
            let models = project.models.values().filter_map(|model| model.value.model.as_ref());
            models.map(|model| model.value.clone()).filter(|model| !model.is_empty()).collect()
        }
        Printed::Images => {
            services.map(|(name, service)| service.value.image_or_built(&project.name, name)).collect()
        }
        Printed::Profiles => {
            let all = services.chain(&project.disabled_services);
            let profiles = all.flat_map(|(_, service)| &service.value.profiles);
            profiles.flat_map(|profiles| &profiles.value).map(|profile| profile.value.clone()).collect()
        }
        Printed::Model | Printed::Hashes(_) | Printed::Variables => BTreeSet::new(),
    }
}

/// What the references to a variable say of it.
#[derive(Default)]
struct Asked {
    is_required: bool,
    default: String,
    alternative: String,
}

/// The variables that a tree refers to, as `docker compose config --variables` lists them.
fn variables(tree: &Node) -> String {
    let mut asked: BTreeMap<String, Asked> = BTreeMap::new();
    visit_strings(tree, &mut |text| {
        for (reference, word) in references(text) {
            let of_variable = asked.entry(reference.name).or_default();
            let Some(operator) = reference.operator else { continue };
            match operator.kind {
                OperatorKind::Required => of_variable.is_required = true,
                OperatorKind::Default if of_variable.default.is_empty() => of_variable.default = word,
                OperatorKind::Alternative if of_variable.alternative.is_empty() => {
                    of_variable.alternative = word;
                }
                OperatorKind::Default | OperatorKind::Alternative => {}
            }
        }
    });
    let mut rows = vec![["NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"]];
    rows.extend(asked.iter().map(|(name, of_variable)| {
        let is_required = if of_variable.is_required { "true" } else { "false" };
        [name, is_required, &of_variable.default, &of_variable.alternative]
    }));
    let widths: Vec<usize> = (0..4)
        .map(|column| rows.iter().filter_map(|row| Some(row.get(column)?.chars().count() + 3)).max())
        .map(|longest| longest.unwrap_or(0).max(20))
        .collect();
    let mut text = String::new();
    for row in rows {
        let line: String = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn visit_strings(node: &Node, visitor: &mut dyn FnMut(&str)) {
    match &node.value {
        Value::String(text) => visitor(text),
        Value::Seq(items) => items.iter().for_each(|item| visit_strings(item, visitor)),
        Value::Map(map) => map.values().for_each(|value| visit_strings(value, visitor)),
        _ => {}
    }
}

/// The references in a text, and in the words of references, each with its word.
fn references(text: &str) -> Vec<(Reference, String)> {
    if !text.contains('$') {
        return Vec::new();
    }
    let mut required: BTreeSet<String> = BTreeSet::new();
    let template = loop {
        match template::expand(text, &|name| required.contains(name).then(|| "set".to_owned())) {
            Ok(template) => break template,
            Err(TemplateError::Required { name, .. }) if required.insert(name.clone()) => {}
            Err(_) => return Vec::new(),
        }
    };
    let word = |reference: Reference| {
        let word = template.written.get(reference.word.clone()).unwrap_or_default().to_owned();
        (reference, word)
    };
    template.evaluated().into_iter().cloned().map(word).collect()
}
