//! `kustompose config`: the loaded model, as `docker compose config` prints it.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};

use super::{Io, project, put, show};
use crate::{
    compose::{self, Options, Project, Request, print},
    diag::Report,
    disk::Disk,
    text::Sources,
    yaml::{
        Node,
        emit::{self, Yaml},
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Yaml,
    Json,
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
    #[command(flatten)]
    list: Lists,
}

/// Lists in place of the model, one a line.
#[derive(Debug, Args)]
#[group(multiple = false)]
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
}

/// Exit status 0 if the project is accepted, 1 if it is refused.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let options = Options {
        interpolate: !arguments.no_interpolate,
        normalise: !arguments.no_normalize,
        resolve_paths: !arguments.no_path_resolution,
        check_consistency: !arguments.no_consistency,
        ..Options::default()
    };
    let request = flags.request(options, arguments.services.clone(), io);
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let disk = flags.disk(&request.working_directory, io);
    let printed = printed(arguments, &request, &disk, &mut sources, &mut report);
    show(&report, &sources, io);
    let Some(printed) = printed else { return 1 };
    if !arguments.quiet {
        put(io.stdout, &printed);
    }
    0
}

fn printed(
    arguments: &Arguments,
    request: &Request,
    disk: &Disk,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<String> {
    if !request.options.interpolate {
        let tree = compose::load_tree(request, disk, sources, report)?;
        return Some(text(tree, arguments.format));
    }
    let project = compose::load(request, disk, sources, report)?;
    Some(match names(&arguments.list, &project) {
        Some(names) => names.into_iter().map(|name| name + "\n").collect(),
        None => match arguments.format {
            Format::Yaml => text(print::printed(&project), Format::Yaml),
            Format::Json => text(print::for_json(print::printed(&project)), Format::Json),
        },
    })
}

fn text(tree: Node, format: Format) -> String {
    match format {
        Format::Yaml => emit::document(&Yaml::from(tree)),
        Format::Json => format!("{:#}\n", tree.to_json()),
    }
}

fn names(list: &Lists, project: &Project) -> Option<BTreeSet<String>> {
    if list.services {
        return Some(project.services.keys().cloned().collect());
    }
    if list.volumes {
        return Some(project.volumes.keys().cloned().collect());
    }
    let services = project.services.iter();
    if list.images {
        return Some(
            services.map(|(name, service)| service.value.image_or_built(&project.name, name)).collect(),
        );
    }
    let all = services.chain(&project.disabled_services);
    let profiles =
        all.flat_map(|(_, service)| service.value.profiles.iter().flat_map(|profiles| &profiles.value));
    list.profiles.then(|| profiles.map(|profile| profile.value.clone()).collect())
}
