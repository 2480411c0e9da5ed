//! Step 3: variables in every scalar string, then the types that some attributes ask for
//! (specification, "Interpolation").

use std::{ops::Range, sync::Arc};

use super::{
    context::place_within,
    key_path::{KeyPath, Pattern},
    template::TemplateError,
    values::{self, boolean::Boolean},
    variables::Variables,
};
use crate::{
    diag::{Diagnostic, Report, codes},
    secret,
    text::{Reference, Resolved, Sources, Span, Template},
    yaml::{Node, Value},
};

/// What a string becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cast {
    Integer,
    Number,
    Boolean,
}

/// The attributes whose strings become something else. Everything else may stay a string until it
/// is read into the model.
const CASTS: &[(Pattern, Cast)] = &[
    (&["services", "*", "deploy", "replicas"], Cast::Integer),
    (&["services", "*", "deploy", "update_config", "parallelism"], Cast::Integer),
    (&["services", "*", "deploy", "rollback_config", "parallelism"], Cast::Integer),
    (&["services", "*", "deploy", "restart_policy", "max_attempts"], Cast::Integer),
    (&["services", "*", "deploy", "placement", "max_replicas_per_node"], Cast::Integer),
    (&["services", "*", "healthcheck", "retries"], Cast::Integer),
    (&["services", "*", "ports", "[]", "target"], Cast::Integer),
    (&["services", "*", "scale"], Cast::Integer),
    (&["services", "*", "ulimits", "*"], Cast::Integer),
    (&["services", "*", "ulimits", "*", "hard"], Cast::Integer),
    (&["services", "*", "ulimits", "*", "soft"], Cast::Integer),
    (&["services", "*", "cpu_count"], Cast::Integer),
    (&["services", "*", "cpu_period"], Cast::Integer),
    (&["services", "*", "cpu_quota"], Cast::Integer),
    (&["services", "*", "cpu_rt_period"], Cast::Integer),
    (&["services", "*", "cpu_rt_runtime"], Cast::Integer),
    (&["services", "*", "cpu_shares"], Cast::Integer),
    (&["services", "*", "oom_score_adj"], Cast::Integer),
    (&["services", "*", "pids_limit"], Cast::Integer),
    (&["services", "*", "cpus"], Cast::Number),
    (&["services", "*", "cpu_percent"], Cast::Number),
    (&["services", "*", "deploy", "update_config", "max_failure_ratio"], Cast::Number),
    (&["services", "*", "deploy", "rollback_config", "max_failure_ratio"], Cast::Number),
    (&["services", "*", "depends_on", "*", "required"], Cast::Boolean),
    (&["services", "*", "depends_on", "*", "restart"], Cast::Boolean),
    (&["services", "*", "healthcheck", "disable"], Cast::Boolean),
    (&["services", "*", "init"], Cast::Boolean),
    (&["services", "*", "oom_kill_disable"], Cast::Boolean),
    (&["services", "*", "privileged"], Cast::Boolean),
    (&["services", "*", "read_only"], Cast::Boolean),
    (&["services", "*", "stdin_open"], Cast::Boolean),
    (&["services", "*", "tty"], Cast::Boolean),
    (&["services", "*", "volumes", "[]", "read_only"], Cast::Boolean),
    (&["services", "*", "volumes", "[]", "volume", "nocopy"], Cast::Boolean),
    (&["networks", "*", "attachable"], Cast::Boolean),
    (&["networks", "*", "enable_ipv4"], Cast::Boolean),
    (&["networks", "*", "enable_ipv6"], Cast::Boolean),
    (&["networks", "*", "external"], Cast::Boolean),
    (&["networks", "*", "internal"], Cast::Boolean),
    (&["volumes", "*", "external"], Cast::Boolean),
    (&["secrets", "*", "external"], Cast::Boolean),
    (&["configs", "*", "external"], Cast::Boolean),
];

/// The attributes that name files which say more of the project.
const FILES: &[Pattern] = &[
    &["services", "*", "env_file"],
    &["services", "*", "env_file", "path"],
    &["services", "*", "env_file", "[]"],
    &["services", "*", "env_file", "[]", "path"],
    &["services", "*", "label_file"],
    &["services", "*", "label_file", "[]"],
    &["services", "*", "extends", "file"],
    &["include", "[]"],
    &["include", "[]", "path"],
    &["include", "[]", "path", "[]"],
    &["include", "[]", "env_file"],
    &["include", "[]", "env_file", "[]"],
];

/// Replaces the variables in every string below `node`, which is the root of a file, and casts what
/// is to be cast. Keys stay as they are.
pub(super) fn interpolate(node: &mut Node, variables: &Variables, sources: &Sources, report: &mut Report) {
    Interpolator { variables, sources, report }.node(node, &mut KeyPath::root());
}

/// The same for one string that stands at no place of interest.
pub(super) fn interpolate_text(
    node: &Node,
    variables: &Variables,
    sources: &Sources,
    report: &mut Report,
) -> Option<String> {
    let mut copy = node.clone();
    interpolate(&mut copy, variables, sources, report);
    copy.as_str().map(str::to_owned)
}

struct Interpolator<'a> {
    variables: &'a Variables,
    sources: &'a Sources,
    report: &'a mut Report,
}

impl Interpolator<'_> {
    fn node(&mut self, node: &mut Node, place: &mut KeyPath) {
        match &mut node.value {
            Value::Map(map) => {
                for (key, value) in map.iter_mut() {
                    place.enter_key(&key.text);
                    self.node(value, place);
                    place.leave();
                }
            }
            Value::Seq(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    place.enter_item(index);
                    self.node(item, place);
                    place.leave();
                }
            }
            Value::String(_) => self.text(node, place),
            _ => {}
        }
    }

    fn text(&mut self, node: &mut Node, place: &KeyPath) {
        let Some(text) = node.as_str() else { return };
        if text.contains('$') {
            let budget = self.sources.budget();
            let template = match self.variables.expand(text, budget.bytes_left()) {
                Ok(template) => template,
                Err(error) => return self.refuse(node, text, place, &error),
            };
            let made = template.references().next().map_or(0, |_| template.value().len());
            budget.spend_bytes(made);
            self.unset(node, &template);
            if template.is_unknown() {
                self.refuse_guess(node, place, &template);
            }
            node.value = Value::String(template.value());
            node.template = Some(Arc::new(template));
        }
        let cast = CASTS.iter().find(|(pattern, _)| place.matches(pattern)).map(|(_, cast)| *cast);
        if let Some(value) = cast.and_then(|cast| self.cast(node, cast, place)) {
            node.value = value;
        }
    }

    /// Where files are missing that set variables, a default may be wrong: no file is read by its name.
    fn refuse_guess(&mut self, node: &Node, place: &KeyPath, template: &Template) {
        let names_file = FILES.iter().any(|pattern| place.matches(pattern));
        let mut references = template.references();
        let unknown = references.find(|reference| reference.resolved == Resolved::Unknown);
        if let Some(reference) = unknown.filter(|_| names_file) {
            let message =
                format!("the variable `{}` is not set, and it is part of a file name", reference.name);
            let span = self.place(node, &template.written, &reference.range);
            self.report.push(Diagnostic::error(codes::REQUIRED_VARIABLE, message).at(span, "unknown"));
        }
    }

    /// The place of a part of what a node says.
    fn place(&self, node: &Node, text: &str, range: &Range<usize>) -> Span {
        place_within(self.sources, node.span, text, range.start, range.len())
    }

    fn unset(&mut self, node: &Node, template: &Template) {
        let text = template.written.as_str();
        let evaluated = template.evaluated().into_iter();
        let unset = evaluated.filter(|reference| reference.resolved == Resolved::Empty);
        // Nobody writes braces within a hash.
        let has_braces = |reference: &Reference| {
            text.get(reference.range.clone()).is_some_and(|reference| reference.starts_with("${"))
        };
        let holds_hash = secret::holds_hash(text);
        let (of_hash, others): (Vec<_>, Vec<_>) =
            unset.partition(|reference| holds_hash && !has_braces(reference));
        if !of_hash.is_empty() {
            let message =
                "parts of a password's hash are read as variables, and Compose substitutes empty strings";
            let diagnostic = Diagnostic::warning(codes::UNSET_VARIABLE, message);
            self.report
                .push(diagnostic.at(node.span, "this hash").help("write each `$` of the hash as `$$`"));
        }
        for reference in others {
            let message =
                format!("the variable `{}` is not set; Compose substitutes an empty string", reference.name);
            let span = self.place(node, text, &reference.range);
            let help = format!(
                "write `{name}=…` into `.env`, pass `--var {name}=…` or list it under `fromShell` in kustompose.yaml; or \
                 give a default as `${{{name}:-default}}`, or write `$${name}` if the container is meant to see it",
                name = reference.name
            );
            self.report
                .push(Diagnostic::warning(codes::UNSET_VARIABLE, message).at(span, "not set").help(help));
        }
    }

    fn refuse(&mut self, node: &Node, text: &str, place: &KeyPath, error: &TemplateError) {
        let is_too_large = matches!(error, TemplateError::TooLarge { .. });
        if is_too_large && !self.sources.budget().is_to_tell() {
            return;
        }
        let range = error.range();
        let span = self.place(node, text, &range);
        let diagnostic = match error {
            TemplateError::Invalid { .. } => Diagnostic::error(
                codes::INVALID_INTERPOLATION,
                format!("invalid interpolation format for {place}"),
            )
            .at(span, "no valid variable reference")
            .help(if text.get(range).is_some_and(|reference| reference.ends_with('}')) {
                "write `$$` where a dollar sign is meant"
            } else {
                "close it with `}`, or write `$$` where a dollar sign is meant"
            }),
            TemplateError::TooLarge { .. } => {
                Diagnostic::error(codes::LIMIT, error.to_string()).at(span, "with this one")
            }
            TemplateError::Required { name, .. } => {
                // The shell is not asked, so that manifests are the same on every machine.
                let help = format!(
                    "write `{name}=…` into `.env`; `convert` and `check` also take `--var {name}=…`, and variables of \
                     the shell that `fromShell` lists in kustompose.yaml"
                );
                Diagnostic::error(codes::REQUIRED_VARIABLE, error.to_string())
                    .at(span, "required here")
                    .help(help)
            }
        };
        self.report.push(diagnostic.within(node.span));
    }

    fn cast(&mut self, node: &Node, cast: Cast, place: &KeyPath) -> Option<Value> {
        let text = node.as_str()?;
        let (value, wanted) = match cast {
            Cast::Integer => (integer(text).map(|value| Value::Int(i128::from(value))), "an integer"),
            Cast::Number => (number(text).map(Value::Float), "a number"),
            Cast::Boolean => (self.boolean(node, text), "`true` or `false`"),
        };
        if value.is_none() {
            // What a variable holds may be a secret.
            let found = match text {
                "" => "an empty string".to_owned(),
                _ if node.template.is_some() => "what its variables come to".to_owned(),
                _ => format!("`{text}`"),
            };
            let message = format!("{place} must be {wanted}, not {found}");
            self.report.push(Diagnostic::error(codes::INVALID_CAST, message).at(node.span, "here"));
        }
        value
    }

    fn boolean(&mut self, node: &Node, text: &str) -> Option<Value> {
        let Boolean { value, yaml_1_1 } = values::boolean::parse(text).ok()?;
        if yaml_1_1 {
            let message = format!("`{text}` is no boolean of YAML 1.2");
            self.report.push(
                Diagnostic::warning(codes::OLD_BOOLEAN, message)
                    .at(node.span, "read as a boolean")
                    .help(format!("write `{value}`")),
            );
        }
        Some(Value::Bool(value))
    }
}

/// Decimal digits with an optional sign.
fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::Span;

    fn interpolated(text: &str, place: &[&str]) -> (Option<Value>, Vec<String>) {
        let mut sources = Sources::default();
        let id = sources.add("compose.yaml", text);
        let mut variables = Variables::default();
        variables.set("A", "a", None);
        variables.set("N", "3", None);
        let mut root = Node::string(text, Span::new(id, 0, text.len()));
        for key in place.iter().rev() {
            let span = root.span;
            root = Node::new(
                Value::Map([(crate::yaml::Key::new(*key, span), root)].into_iter().collect()),
                span,
            );
        }
        let mut report = Report::default();
        interpolate(&mut root, &variables, &sources, &mut report);
        let leaf = place.iter().try_fold(&root, |node, key| node.get(key)).map(|node| node.value.clone());
        (leaf, report.diagnostics().iter().map(|found| found.message.clone()).collect())
    }

    #[test]
    fn strings_are_expanded_and_cast_by_their_place() {
        let replicas = ["services", "web", "deploy", "replicas"];
        let tty = ["services", "web", "tty"];
        let image = ["services", "web", "image"];
        let cases: [(&str, &[&str], Value); 5] = [
            ("$A:$N", &image, Value::String("a:3".into())),
            ("3", &image, Value::String("3".into())),
            ("$N", &replicas, Value::Int(3)),
            ("+4", &replicas, Value::Int(4)),
            ("Yes", &tty, Value::Bool(true)),
        ];
        for (text, place, expected) in cases {
            assert_eq!(interpolated(text, place).0, Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_missing_or_malformed_is_reported() {
        let (_, messages) = interpolated("$MISSING", &["services", "web", "image"]);
        assert_eq!(messages, ["the variable `MISSING` is not set; Compose substitutes an empty string"]);
        let (_, messages) = interpolated("${}", &["services", "web", "image"]);
        assert_eq!(messages, ["invalid interpolation format for services.web.image"]);
        let (_, messages) = interpolated("1", &["services", "web", "tty"]);
        assert_eq!(messages, ["services.web.tty must be `true` or `false`, not `1`"]);
    }

    proptest! {
        #[test]
        fn text_without_a_dollar_sign_stays_as_it_is(text in "[^$]*") {
            let (value, messages) = interpolated(&text, &["services", "web", "image"]);
            prop_assert_eq!(value, Some(Value::String(text)));
            prop_assert!(messages.is_empty());
        }
    }
}
