//! What files say at a place, and whether all environments share that.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    compose::{model::Project, template},
    text::{Files, SourceId, Span},
};

/// The texts of the files that a project was read from.
#[derive(Debug, Default)]
pub(in crate::plan) struct Texts {
    texts: BTreeMap<SourceId, String>,
    shared: BTreeSet<SourceId>,
}

impl Texts {
    pub(in crate::plan) fn of(project: &Project, shared: &BTreeSet<Utf8PathBuf>, files: &dyn Files) -> Self {
        let text = |path: &Utf8Path| String::from_utf8(files.read(path).ok()?).ok();
        let inputs = project.inputs.iter();
        let shared = inputs.clone().filter(|input| shared.contains(&input.path));
        Self {
            shared: shared.map(|input| input.source).collect(),
            texts: inputs.filter_map(|input| Some((input.source, text(&input.path)?))).collect(),
        }
    }

    /// What is written at a place: a scalar with its quotes, an item of a list with its key.
    pub(in crate::plan) fn at(&self, span: Span) -> Option<&str> {
        self.texts.get(&span.source)?.get(span.start as usize..span.end as usize)
    }

    /// Does nothing that is written at this place hang on a variable which is not set?
    pub(in crate::plan) fn is_certain(&self, span: Span, variables: &BTreeMap<String, String>) -> bool {
        let Some(written) = self.at(span).filter(|written| written.contains('$')) else { return true };
        let lookup = |name: &str| variables.get(name).cloned();
        template::expand(written, &lookup).is_ok_and(|expansion| {
            expansion.references.iter().all(|reference| reference.resolved == template::Resolved::Value)
        })
    }

    /// Does a file that all environments share say this value at this place, with no variable set that
    /// it needs?
    pub(in crate::plan) fn shares(&self, span: Span, value: &str) -> bool {
        let Some(written) = self.at(span).filter(|_| self.shared.contains(&span.source)) else {
            return false;
        };
        if !written.contains('$') {
            return true;
        }
        let Ok(alone) = template::expand(written, &|_| None) else { return false };
        let is_unset = |reference: &template::Reference| reference.resolved == template::Resolved::Empty;
        !alone.references.iter().any(is_unset) && alone.text.trim_end_matches(['"', '\'']).ends_with(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Sources;

    #[test]
    fn what_hangs_on_a_variable_is_not_shared() {
        let text = "A=plain ${B:-default} \"${C}\" D=${E:-x}-$F";
        let id = Sources::default().add("compose.yaml", text);
        let texts = Texts { texts: [(id, text.to_owned())].into(), shared: [id].into() };
        let cases = [
            ("A=plain", "plain", true),
            ("${B:-default}", "default", true),
            ("${B:-default}", "set", false),
            ("\"${C}\"", "set", false),
            ("\"${C}\"", "", false),
            ("D=${E:-x}-$F", "x-", false),
            ("D=${E:-x}-$F", "x-1", false),
        ];
        for (written, value, expected) in cases {
            let start = text.find(written).unwrap();
            let span = Span::new(id, start, start + written.len());
            assert_eq!(texts.shares(span, value), expected, "{written} {value}");
        }
    }
}
