//! Environments as the command line names them.

use std::collections::BTreeSet;

use super::Loaded;
use crate::{
    diag::{Diagnostic, Report, codes},
    text::nearest,
};

impl Loaded {
    /// The environments of these names; all if there are none. Nothing if one of them does not exist, which is
    /// reported.
    pub(in crate::cli) fn named(&self, names: &[String], report: &mut Report) -> Option<BTreeSet<String>> {
        let known = || self.environments.iter().map(|it| it.name.as_str());
        let mut are_known = true;
        for name in names.iter().filter(|name| !known().any(|own| own == *name)) {
            let all = known().collect::<Vec<_>>().join(", ");
            let help = match nearest(name, known()) {
                Some(nearest) => format!("did you mean `{nearest}`? known are {all}"),
                None => format!("known are {all}"),
            };
            let message = format!("there is no environment `{name}`");
            report.push(Diagnostic::error(codes::INVALID_ENVIRONMENT, message).help(help));
            are_known = false;
        }
        let named = names.iter().cloned();
        let chosen = if names.is_empty() { known().map(str::to_owned).collect() } else { named.collect() };
        are_known.then_some(chosen)
    }
}
