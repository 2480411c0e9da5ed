//! `convert:` of `kustompose.yaml`: which findings are accepted.
//!
//! Which kinds of findings there are is not known here: who converts resolves their names.

use super::{each, keys};
use crate::{diag::Report, yaml::Node};

/// What `convert` is told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Convert {
    /// The list of what is accepted, as it is written.
    pub accept: Option<Node>,
}

pub(super) fn read(node: &Node, report: &mut Report) -> Convert {
    let mut convert = Convert::default();
    each(node, keys::CONVERT, report, |_, value, _| convert.accept = Some(value.clone()));
    convert
}
