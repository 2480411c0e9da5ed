//! **Facts**: what can be found out about the services of one environment before anything is decided.

pub(in crate::plan) mod context;
pub(in crate::plan) mod dockerfiles;
pub(in crate::plan) mod files;
pub(in crate::plan) mod hosts;
pub(in crate::plan) mod image;
pub(in crate::plan) mod kompose;
pub(in crate::plan) mod named;
pub(in crate::plan) mod secrets;
pub(in crate::plan) mod source;
pub(in crate::plan) mod texts;
pub(in crate::plan) mod volumes;

use std::collections::BTreeMap;

use self::{context::Context, dockerfiles::Brought, hosts::Hosts};
use super::{
    input::{Input, Options},
    naming::Naming,
};
use crate::{
    compose::model::{Healthcheck, Service},
    text::{Files, Spanned},
};

/// What is known of one environment.
pub(in crate::plan) struct Facts<'a> {
    pub(in crate::plan) context: Context<'a>,
    pub(in crate::plan) hosts: Hosts,
    /// Health checks that Dockerfiles bring, by service.
    brought: BTreeMap<String, Brought>,
}

impl<'a> Facts<'a> {
    /// Finds out what is to be known of one environment.
    pub(in crate::plan) fn find(
        input: &'a Input<'_>,
        naming: &'a Naming,
        options: &'a Options,
        files: &'a dyn Files,
    ) -> Self {
        let context = Context::of(input, naming, options, files);
        let hosts = hosts::find(&context);
        let brought = dockerfiles::checks(context.project, context.files);
        Self { context, hosts, brought }
    }

    /// The health check of a service, with what its Dockerfile says of it.
    pub(in crate::plan) fn health<'b>(
        &'b self,
        name: &str,
        service: &'b Service,
    ) -> Option<&'b Spanned<Healthcheck>> {
        match self.brought.get(name) {
            Some(Brought::Check(check)) => Some(check),
            _ => service.healthcheck.as_ref(),
        }
    }

    /// Does the Dockerfile of a service bring a check that is not made for what the service runs?
    pub(in crate::plan) fn has_check_of_another_command(&self, name: &str) -> bool {
        self.brought.get(name) == Some(&Brought::OfAnotherCommand)
    }
}
