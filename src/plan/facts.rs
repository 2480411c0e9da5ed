//! **Facts**: what can be found out about the services of one environment before anything is decided.

pub(in crate::plan) mod anonymous;
pub(in crate::plan) mod bound;
pub(in crate::plan) mod context;
pub(in crate::plan) mod dockerfiles;
pub(in crate::plan) mod files;
pub(in crate::plan) mod hosts;
pub(in crate::plan) mod kompose;
pub(in crate::plan) mod named;
pub(in crate::plan) mod reader;
pub(in crate::plan) mod renamed;
pub(in crate::plan) mod secrets;
pub(in crate::plan) mod service;
pub(in crate::plan) mod source;
pub(in crate::plan) mod starts;
pub(in crate::plan) mod volumes;

pub(in crate::plan) use self::{
    context::Context,
    hosts::Hosts,
    secrets::{KnownSecrets, Secrets},
};
use self::{dockerfiles::Brought, reader::Reader, service::Services};
use super::{
    input::{Input, Options},
    naming::Naming,
};
use crate::{
    catalog::{self, Image, reference::Reference},
    compose::model::{Healthcheck, Service},
    shell::dockerfile::{self, Dockerfile, ImageUser, Stage},
    text::Spanned,
};

/// What is known of one environment.
pub(in crate::plan) struct Facts<'a> {
    pub(in crate::plan) context: Context<'a>,
    pub(in crate::plan) services: Services,
    pub(in crate::plan) hosts: Hosts,
}

impl<'a> Facts<'a> {
    /// Finds out what is to be known of one environment.
    pub(in crate::plan) fn find(
        input: &'a Input<'_>,
        naming: &'a Naming,
        options: &'a Options,
        reader: &'a Reader<'a>,
    ) -> Self {
        let context = Context::of(input, naming, options, reader);
        let services = Services::find(&context);
        let hosts = hosts::find(&context, &services);
        Self { context, services, hosts }
    }

    /// The health check of a service, with what its Dockerfile says of it.
    pub(in crate::plan) fn health<'b>(
        &'b self,
        name: &str,
        service: &'b Service,
    ) -> Option<&'b Spanned<Box<Healthcheck>>> {
        match self.brought(name) {
            Some(Brought::Check(check)) => Some(check),
            _ => service.healthcheck.as_ref(),
        }
    }

    /// Who the program of a service runs as by its image or its Dockerfile; none if it begins as root, or nobody
    /// knows.
    pub(in crate::plan) fn image_user(&self, name: &str) -> Option<ImageUser> {
        let service = self.context.project.services.get(name)?;
        let stage = self.services.get(name)?.dockerfile.as_deref().map(Dockerfile::built);
        if let Some(user) = stage.and_then(Stage::runs_as) {
            return Some(user).filter(|user| !matches!(user, ImageUser::Number { user: 0, .. }));
        }
        let image = service.image.as_ref().map(|image| image.value.as_str());
        let image = stage.map(|stage| stage.base.as_str()).or(image)?;
        let group = catalog::group_of_image(image)?;
        Some(ImageUser::Number { user: group, group })
    }

    /// Whether nothing tells as whom the image of a service runs, neither its Dockerfile nor its name. What is official,
    /// and what takes the numbers of its user from variables, begins as root.
    pub(in crate::plan) fn may_run_as_anybody(&self, name: &str) -> bool {
        const NUMBERS: [&str; 2] = ["PUID", "PGID"];
        let Some(service) = self.context.project.services.get(name) else { return false };
        let stage = self.services.get(name).and_then(|it| it.dockerfile.as_deref()).map(Dockerfile::built);
        let image = service.image.as_ref().map(|image| image.value.as_str());
        let Some(image) = stage.map(|stage| stage.base.as_str()).or(image) else { return false };
        let reference = Reference::parse(image);
        let mut variables = service.environment.iter().flat_map(|field| field.value.keys());
        stage.is_none_or(|stage| stage.runs_as().is_none())
            && !["", "library", "linuxserver"].contains(&reference.maker())
            && Image::of(&reference).is_none()
            && !variables.any(|key| NUMBERS.contains(&key.as_str()))
    }

    /// The number of a user of a service's image, as far as its Dockerfile or its name tells.
    pub(in crate::plan) fn number_of_user(&self, name: &str, user: &str) -> Option<i64> {
        let service = self.context.project.services.get(name)?;
        let image = service.image.as_ref().map_or("", |image| image.value.as_str());
        match self.services.get(name)?.dockerfile.as_deref() {
            Some(dockerfile) => dockerfile.built().number_of_user(user),
            None => dockerfile::brought(user, image),
        }
    }

    /// Whether the Dockerfile of a service brings a check that is not made for what the service runs.
    pub(in crate::plan) fn has_check_of_another_command(&self, name: &str) -> bool {
        self.brought(name) == Some(&Brought::OfAnotherCommand)
    }

    fn brought(&self, name: &str) -> Option<&Brought> {
        self.services.get(name)?.brought.as_ref()
    }
}
