//! What mounting needs to look at and to add to.

use super::delivered::Delivered;
use crate::{
    compose::model::Service,
    plan::{
        decide::storage::Storage,
        facts::{Context, Facts, Secrets},
    },
};

/// The service whose mounts are decided, and what all services share.
pub(in crate::plan) struct Mounting<'a, 'b, 'c> {
    pub(in crate::plan) context: &'a Context<'a>,
    pub(in crate::plan) facts: &'a Facts<'a>,
    pub(in crate::plan) app: &'a str,
    pub(in crate::plan) key: &'a str,
    pub(in crate::plan) service: &'a Service,
    pub(in crate::plan) storage: &'b mut Storage,
    pub(in crate::plan) secrets: &'b mut Secrets<'c>,
    pub(in crate::plan) delivered: &'b mut Delivered,
}
