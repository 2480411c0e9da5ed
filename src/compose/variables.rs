//! The variables that interpolation sees, each with the place that set it, and the files they come from.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Unset,
    context::Context,
    dotenv::{self, DotenvError, Form, Parsed},
    model::InputRole,
    secret_sources,
    template::{self, Defaults, TemplateError},
};
use crate::{
    diag::{Diagnostic, Report, codes},
    text::{FileError, SourceId, Span, Template},
};

/// The value of a variable and, if a file set it, where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) value: String,
    pub(crate) span: Option<Span>,
}

/// What stands in the place of a variable that is not known, while loading: a number, as that may be almost
/// anywhere. What is made of it is known by its template.
pub(crate) const STAND_IN: &str = "31415";

/// Variables by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Variables {
    set: BTreeMap<String, Variable>,
    /// What becomes of others.
    unset: Unset,
}

impl Variables {
    /// The variables of a process.
    pub(crate) fn of_process(environment: &BTreeMap<String, String>) -> Self {
        let variable = |value: &String| Variable { value: value.clone(), span: None };
        let set = environment.iter().map(|(name, value)| (name.clone(), variable(value))).collect();
        Self { set, unset: Unset::AsInCompose }
    }

    /// Decides what becomes of what is not set.
    pub(crate) fn treat_unset(&mut self, unset: Unset) {
        self.unset = unset;
    }

    /// Replaces the variables of a text, by no more bytes than are left.
    pub(super) fn expand(&self, text: &str, left: usize) -> Result<Template, TemplateError> {
        let lookup = |name: &str| self.value(name);
        match self.unset {
            Unset::AsInCompose => template::expand_within(text, &lookup, left),
            Unset::Unknown => template::expand_in_part(text, &lookup, (STAND_IN, Defaults::AreGuesses), left),
            Unset::UnknownWithoutDefault => {
                template::expand_in_part(text, &lookup, (STAND_IN, Defaults::Hold), left)
            }
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Variable> {
        self.set.get(name)
    }

    /// The value alone.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.set.get(name).map(|variable| variable.value.clone())
    }

    /// All values by name.
    pub(crate) fn values(&self) -> BTreeMap<String, String> {
        self.set.iter().map(|(name, variable)| (name.clone(), variable.value.clone())).collect()
    }

    /// The places of those that a file sets.
    pub(crate) fn places(&self) -> BTreeMap<String, Span> {
        let place = |(name, variable): (&String, &Variable)| Some((name.clone(), variable.span?));
        self.set.iter().filter_map(place).collect()
    }

    /// Sets a variable, whatever it was before.
    pub(crate) fn set(&mut self, name: &str, value: &str, span: Option<Span>) {
        self.set.insert(name.to_owned(), Variable { value: value.to_owned(), span });
    }

    /// Takes over the names that are not set yet.
    pub(crate) fn add_missing(&mut self, others: Variables) {
        for (name, variable) in others.set {
            self.set.entry(name).or_insert(variable);
        }
    }
}

/// What the environment files say, the later over the earlier; their references see `known` first.
pub(super) fn from_files(
    files: &[(Utf8PathBuf, Option<Span>)],
    known: &Variables,
    role: InputRole,
    context: &mut Context<'_>,
) -> Variables {
    let mut found = Variables::default();
    for (path, named_at) in files {
        match context.text(path, role) {
            // A file that is missing is read as an empty one, and may set again what earlier ones set.
            Ok(id) if known.unset == Unset::Unknown && context.sources.get(id).text().is_empty() => {
                found = Variables::default();
            }
            Ok(id) => {
                let lookup = |name: &str| known.value(name).or_else(|| found.value(name));
                let parsed = parse(id, &lookup, Reading::Alone, context);
                found = merged(found, parsed, id);
            }
            Err(error) => context.unreadable("environment file", path, &error, *named_at),
        }
    }
    found
}

/// The `.env` of a directory, if there is one; a directory of that name is none.
pub(super) fn dotenv_of(directory: &Utf8Path, known: &Variables, context: &mut Context<'_>) -> Variables {
    let path = directory.join(".env");
    match context.text(&path, InputRole::Dotenv) {
        Ok(id) => {
            let parsed = parse(id, &|name| known.value(name), Reading::Alone, context);
            merged(Variables::default(), parsed, id)
        }
        Err(FileError::NotFound | FileError::IsDirectory) => Variables::default(),
        Err(error) => {
            context.unreadable("environment file", &path, &error, None);
            Variables::default()
        }
    }
}

/// How an environment file is read.
pub(super) enum Reading {
    /// In its own right.
    Alone,
    /// After others that have set these variables.
    After(BTreeMap<String, String>),
    /// To the letter.
    Raw,
}

/// Reads one environment file that is a text already; its problems are reported where they stand.
pub(super) fn parse(
    id: SourceId,
    lookup: &dyn Fn(&str) -> Option<String>,
    reading: Reading,
    context: &mut Context<'_>,
) -> Parsed {
    let text = context.sources.get(id).text();
    let parsed = match reading {
        Reading::Alone => dotenv::parse(text, lookup),
        Reading::After(set) => dotenv::parse_after(text, lookup, set),
        Reading::Raw => dotenv::parse_raw(text, lookup),
    };
    match parsed {
        Ok(parsed) if !is_affordable(&parsed, context) => {
            let span = Span::new(id, 0, context.sources.get(id).line(0).len());
            context.exhausted(template::too_large(), span);
            Parsed::default()
        }
        Ok(parsed) => {
            surprises(&parsed, id, context.report);
            context.hide(secret_sources::in_env_file(&parsed));
            parsed
        }
        Err(DotenvError { offset, len, message }) => {
            context.hide(secret_sources::in_text(text));
            context.report.push(
                Diagnostic::error(codes::INVALID_ENV_FILE, message)
                    .at(Span::new(id, offset, offset + len), "here"),
            );
            Parsed::default()
        }
    }
}

/// Spends what the values of a file come to beyond what it says itself.
fn is_affordable(parsed: &Parsed, context: &Context<'_>) -> bool {
    let made = |variable: &dotenv::Variable| match (&variable.template, &variable.value) {
        (Some(_), Some(value)) => value.len(),
        _ => 0,
    };
    context.sources.budget().spend_bytes(parsed.variables.iter().map(made).sum())
}

/// What docker compose does silently, and authors rarely mean.
fn surprises(parsed: &Parsed, id: SourceId, report: &mut Report) {
    for unset in &parsed.unset {
        let message =
            format!("the variable `{}` is not set; Compose substitutes an empty string", unset.name);
        report.push(
            Diagnostic::warning(codes::UNSET_VARIABLE, message)
                .at(Span::new(id, unset.range.start, unset.range.end), "not set"),
        );
    }
    for variable in &parsed.variables {
        let span = Span::new(id, variable.name_range.start, variable.name_range.end);
        let message = match variable.form {
            _ if variable.after_quote => {
                format!("the text after the closing quote is read as a variable `{}`", variable.name)
            }
            Form::Colon => format!("`{}:` sets a variable as `{}=` does", variable.name, variable.name),
            Form::Nameless => "the last line is taken for the value of a variable without a name".to_owned(),
            Form::Equals | Form::Bare => continue,
        };
        report.push(Diagnostic::warning(codes::ENV_FILE_SURPRISE, message).at(span, "here"));
    }
}

fn merged(mut known: Variables, parsed: Parsed, id: SourceId) -> Variables {
    for variable in parsed.variables {
        if let Some(value) = &variable.value {
            let span = Span::new(id, variable.value_range.start, variable.value_range.end);
            known.set(&variable.name, value, Some(span));
        }
    }
    known
}
