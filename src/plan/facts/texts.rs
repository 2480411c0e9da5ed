//! What the files that all environments share say by themselves.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use crate::{
    compose::model::{InputRole, Project},
    text::{SourceId, Spanned},
};

/// The shared files of one project.
#[derive(Debug, Default)]
pub(in crate::plan) struct SharedTexts {
    sources: BTreeSet<SourceId>,
    /// Those of them that set variables: what is read from there is the value itself.
    variables: BTreeSet<SourceId>,
}

impl SharedTexts {
    pub(in crate::plan) fn of(project: &Project, shared: &BTreeSet<Utf8PathBuf>) -> Self {
        let inputs = || project.inputs.iter().filter(|input| shared.contains(&input.path));
        let sets_variables = |role| matches!(role, InputRole::Dotenv | InputRole::EnvironmentFile);
        let variables = inputs().filter(|input| sets_variables(input.role));
        Self {
            variables: variables.map(|input| input.source).collect(),
            sources: inputs().map(|input| input.source).collect(),
        }
    }

    /// Whether a file that all environments share says `text` where the value is, with no variable set that it
    /// needs.
    pub(in crate::plan) fn say<T>(&self, value: &Spanned<T>, text: &str) -> bool {
        let source = value.span.source;
        self.sources.contains(&source)
            && match &value.template {
                Some(template) if !self.variables.contains(&source) => {
                    template.without_variables().as_deref() == Some(text)
                }
                _ => true,
            }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        compose::template,
        text::{Sources, Span},
    };

    #[test]
    fn what_hangs_on_a_variable_is_not_shared() {
        let variables = |name: &str| (name == "C" || name == "F").then(|| "set".to_owned());
        let id = Sources::default().add("compose.yaml", "");
        let texts = SharedTexts { sources: [id].into(), variables: BTreeSet::new() };
        let cases = [
            ("plain", "plain", true),
            ("${B:-default}", "default", true),
            ("${C:-default}", "set", false),
            ("${C:-set}", "set", true),
            ("${C}", "set", false),
            ("${B}", "", false),
            ("${E:-x}-${B+y}", "x-", true),
            ("${E:-x}-$F", "x-set", false),
        ];
        for (written, value, expected) in cases {
            let template = template::expand(written, &variables).unwrap();
            let value =
                Spanned { template: Some(Arc::new(template)), ..Spanned::new(value, Span::new(id, 0, 1)) };
            assert_eq!(texts.say(&value, value.value), expected, "{written}");
        }
    }
}
