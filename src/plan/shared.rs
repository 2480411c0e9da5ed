//! What the files that all environments share say by themselves: that is what the base holds.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    compose::{model::Project, template},
    text::{Files, SourceId, Span},
};

/// The paths of the files that every one of several projects was read from; nothing is shared by one alone.
pub(super) fn files(projects: &[&Project]) -> BTreeSet<Utf8PathBuf> {
    let paths = |project: &Project| -> BTreeSet<Utf8PathBuf> {
        project.inputs.iter().map(|input| input.path.clone()).collect()
    };
    let Some((first, rest)) = projects.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return BTreeSet::new();
    };
    rest.iter().fold(paths(first), |shared, project| shared.intersection(&paths(project)).cloned().collect())
}

/// The texts of the shared files of a project.
#[derive(Debug, Default)]
pub(super) struct Shared {
    texts: BTreeMap<SourceId, String>,
}

impl Shared {
    pub(super) fn of(project: &Project, shared: &BTreeSet<Utf8PathBuf>, files: &dyn Files) -> Self {
        let text = |path: &Utf8Path| String::from_utf8(files.read(path).ok()?).ok();
        let inputs = project.inputs.iter().filter(|input| shared.contains(&input.path));
        Self { texts: inputs.filter_map(|input| Some((input.source, text(&input.path)?))).collect() }
    }

    /// Does a shared file say this value at this place, with no variable set that it needs?
    pub(super) fn says(&self, span: Span, value: &str) -> bool {
        let text = self.texts.get(&span.source);
        let Some(raw) = text.and_then(|text| text.get(span.start as usize..span.end as usize)) else {
            return false;
        };
        if !raw.contains('$') {
            return true;
        }
        // The place of a scalar has its quotes, and that of an item of a list its key.
        let Ok(alone) = template::expand(raw, &|_| None) else { return false };
        let is_unset = |reference: &template::Reference| reference.resolved == template::Resolved::Empty;
        !alone.references.iter().any(is_unset) && alone.text.trim_end_matches(['"', '\'']).ends_with(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Sources;

    #[test]
    fn what_hangs_on_a_variable_is_not_said() {
        let text = "A=plain ${B:-default} \"${C}\" D=${E:-x}-$F";
        let id = Sources::default().add("compose.yaml", text);
        let shared = Shared { texts: [(id, text.to_owned())].into() };
        let cases = [
            ("A=plain", "plain", true),
            ("${B:-default}", "default", true),
            ("${B:-default}", "set", false),
            ("\"${C}\"", "set", false),
            ("\"${C}\"", "", false),
            ("D=${E:-x}-$F", "x-", false),
            ("D=${E:-x}-$F", "x-1", false),
        ];
        for (raw, value, expected) in cases {
            let start = text.find(raw).unwrap();
            assert_eq!(
                shared.says(Span::new(id, start, start + raw.len()), value),
                expected,
                "{raw} {value}"
            );
        }
    }
}
