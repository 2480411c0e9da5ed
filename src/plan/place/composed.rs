//! Values that compose files put together of others, and that stay so: `mysql://$(DB_USER):$(DB_PASSWORD)@…`.
//!
//! Only what would otherwise be a secret for a part of it is worth that: the part then stands once, and what
//! surrounds it can be read. The container must have the parts as variables of its own. A secret that is
//! just another name for one that several apps share, as `MYSQL_PASSWORD` is for `DB_PASSWORD`, refers to
//! theirs.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, SecretKeySelector};

use crate::{
    compose::template,
    k8s::{expansion, name},
    plan::{
        decide::{Drafted, draft::Draft},
        facts::{context::Context, secrets::Found},
        model::Known,
    },
    secret,
};

/// A part of a value as compose files write it.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A variable of the files, with what stands in its place.
    Reference(String, String),
}

/// Takes out of the variables what is composed in every environment alike.
pub(super) fn take(contexts: &[&Context<'_>], environments: &mut [Drafted<'_>], found: &Found) {
    let mut composed: BTreeMap<(String, String), BTreeSet<Option<String>>> = BTreeMap::new();
    for (context, drafted) in contexts.iter().zip(environments.iter()) {
        for draft in &drafted.drafts {
            let keys = draft.variables.keys().filter(|key| name::is_variable_name(key));
            for key in keys.filter(|key| found.is_secret(key) && !secret::is_secret_key(key)) {
                let text = compose(context, draft, key, found);
                composed.entry((draft.key.clone(), key.clone())).or_default().insert(text);
            }
        }
    }
    for draft in environments.iter_mut().flat_map(|drafted| &mut drafted.drafts) {
        for ((_, key), texts) in composed.iter().filter(|((service, _), _)| *service == draft.key) {
            let mut texts = texts.iter();
            if let (Some(Some(text)), None) = (texts.next(), texts.next())
                && draft.variables.remove(key).is_some()
            {
                let variable = EnvVar { name: key.clone(), value: Some(text.clone()), value_from: None };
                draft.composed.insert(key.clone(), variable);
            }
        }
    }
}

/// A secret variable that several apps have.
pub(super) struct SharedSecret {
    /// The Secret that holds it.
    pub(super) object: String,
    pub(super) key: String,
    pub(super) apps: BTreeSet<String>,
    /// Its value in each environment that has it.
    pub(super) values: Vec<Option<String>>,
}

/// Takes out of the variables what in every environment is written as nothing but the variable of the files
/// that a shared secret is, too.
pub(super) fn refer(contexts: &[&Context<'_>], environments: &mut [Drafted<'_>], shared: &[SharedSecret]) {
    let mut references: BTreeMap<(String, String), EnvVar> = BTreeMap::new();
    // Of several secrets of one variable of the files, the one that is named like it is what a reader expects.
    let passes =
        [true, false].into_iter().flat_map(|by_name| shared.iter().map(move |secret| (by_name, secret)));
    for (by_name, secret) in passes {
        for draft in environments.iter().flat_map(|drafted| &drafted.drafts) {
            for key in draft.variables.keys().filter(|key| name::is_variable_name(key)) {
                let id = (draft.key.clone(), key.clone());
                // What is shared itself is what others refer to.
                let mut all = shared.iter();
                let is_shared = all.any(|other| other.key == *key && other.apps.contains(&draft.app));
                let is_free = !is_shared && !references.contains_key(&id);
                let is_tried = is_free && (!by_name || is_named(contexts, draft, key, secret));
                if is_tried && is_same(contexts, environments, (&draft.key, key), secret) {
                    references.insert(id, reference(key, draft, secret));
                }
            }
        }
    }
    for draft in environments.iter_mut().flat_map(|drafted| &mut drafted.drafts) {
        for ((_, key), variable) in references.iter().filter(|((service, _), _)| *service == draft.key) {
            if draft.variables.remove(key).is_some() {
                draft.referred.insert(key.clone(), variable.clone());
            }
        }
    }
}

/// Has the secret the name of the variable, or that of the one of the files that the variable is?
fn is_named(contexts: &[&Context<'_>], draft: &Draft, key: &str, secret: &SharedSecret) -> bool {
    let is_written_so = |context: &&Context<'_>| match parts_of(context, draft, key).as_deref() {
        Some([Part::Reference(name, _)]) => *name == secret.key,
        _ => false,
    };
    secret.key == key || contexts.iter().any(is_written_so)
}

/// A container that has the secret refers to its own variable, any other to the Secret.
fn reference(key: &str, draft: &Draft, secret: &SharedSecret) -> EnvVar {
    let own = secret.apps.contains(&draft.app);
    let source = SecretKeySelector { name: secret.object.clone(), key: secret.key.clone(), optional: None };
    EnvVar {
        name: key.to_owned(),
        value: own.then(|| expansion::reference(&secret.key)),
        value_from: (!own).then(|| EnvVarSource { secret_key_ref: Some(source), ..EnvVarSource::default() }),
    }
}

/// Is a variable of a service, wherever it runs with it, the same variable of the files as the secret?
fn is_same(
    contexts: &[&Context<'_>],
    environments: &[Drafted<'_>],
    (service, key): (&str, &str),
    secret: &SharedSecret,
) -> bool {
    let mut all = contexts.iter().zip(environments).zip(&secret.values);
    all.all(|((context, drafted), value)| {
        let drafts = || drafted.drafts.iter();
        let mut own = drafts().filter(|draft| draft.key == service && draft.variables.contains_key(key));
        let mut holders = drafts().filter(|draft| secret.apps.contains(&draft.app));
        own.all(|draft| {
            let written = parts_of(context, draft, key);
            draft.variables.get(key) == value.as_ref()
                && matches!(written.as_deref(), Some([Part::Reference(..)]))
                && holders.any(|holder| parts_of(context, holder, &secret.key) == written)
        })
    })
}

/// The value with `$(NAME)` for the parts that the container has as variables.
fn compose(context: &Context<'_>, draft: &Draft, key: &str, found: &Found) -> Option<String> {
    let parts = parts_of(context, draft, key)?;
    let mut text = String::new();
    let mut value = String::new();
    // As a compose file would write it.
    let mut written = String::new();
    let mut hides = false;
    for part in &parts {
        match part {
            Part::Text(part) => {
                text.push_str(&expansion::escape(part));
                value.push_str(part);
                written.push_str(part);
            }
            Part::Reference(name, content) => match variable(context, draft, key, name, content) {
                Some((variable, content)) => {
                    hides |= found.is_secret(&variable);
                    text.push_str(&expansion::reference(&variable));
                    value.push_str(&content);
                    written.push_str(&format!("${{{variable}}}"));
                }
                None => {
                    text.push_str(&expansion::escape(content));
                    value.push_str(content);
                    written.push_str(content);
                }
            },
        }
        // A dollar sign at the end of a part would make something else of the next one.
        if text.ends_with('$') {
            return None;
        }
    }
    let is_whole = parts.len() > 1 && hides && draft.variables.get(key) == Some(&value);
    let tells = found.holds_value(&written) || secret::is_written_secret(key, &written);
    (is_whole && !tells).then_some(text)
}

/// The variable of the container that is nothing but this reference, with its value there.
fn variable(
    context: &Context<'_>,
    draft: &Draft,
    key: &str,
    name: &str,
    content: &str,
) -> Option<(String, String)> {
    let alone = |other: &String| {
        let parts = parts_of(context, draft, other)?;
        (parts == [Part::Reference(name.to_owned(), content.to_owned())])
            .then(|| Some((other.clone(), draft.variables.get(other)?.clone())))?
    };
    let others = draft.variables.keys().filter(|other| *other != key && name::is_variable_name(other));
    let mut found: Vec<(String, String)> = others.filter_map(alone).collect();
    let same = found.iter().position(|(other, _)| other == name).unwrap_or_default();
    (!found.is_empty()).then(|| found.swap_remove(same))
}

/// How the files put a variable of a service together.
fn parts_of(context: &Context<'_>, draft: &Draft, key: &str) -> Option<Vec<Part>> {
    let service = context.project.services.get(&draft.key)?;
    let declared = service.environment.as_ref()?.value.get(key)?;
    let unknown = (context.known != Known::All).then_some(Known::UNKNOWN);
    let written = context.texts.at(declared.span)?;
    parts(written, declared.value.as_deref()?, &context.project.variables, unknown)
}

/// The parts of what is written, behind a quote or a key; nothing if that is not what makes the value.
fn parts(
    written: &str,
    value: &str,
    variables: &BTreeMap<String, String>,
    unknown: Option<&str>,
) -> Option<Vec<Part>> {
    let lookup = |name: &str| variables.get(name).cloned();
    let expanded = template::expand_in_part(written, &lookup, unknown).ok()?;
    let text = expanded.text.trim_end_matches(['"', '\'']);
    let mut at = text.strip_suffix(value)?.len();
    let end = written.trim_end_matches(['"', '\'']).len();
    let mut parts = Vec::new();
    for reference in &expanded.references {
        if reference.offset < at {
            // Within the word of another.
            continue;
        }
        let behind = reference.offset + reference.len;
        let before = written.get(at..reference.offset)?;
        let whole =
            template::expand_in_part(written.get(reference.offset..behind)?, &lookup, unknown).ok()?;
        parts.extend((!before.is_empty()).then(|| Part::Text(before.to_owned())));
        parts.push(Part::Reference(reference.name.clone(), whole.text));
        at = behind;
    }
    let rest = written.get(at..end)?;
    parts.extend((!rest.is_empty()).then(|| Part::Text(rest.to_owned())));
    // A doubled dollar sign stands for one; an escape of YAML for something else.
    let plain = |part: &Part| matches!(part, Part::Text(text) if text.contains(['$', '\\']));
    (!parts.iter().any(plain)).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_falls_into_texts_and_references() {
        let variables =
            BTreeMap::from([("U".to_owned(), "me".to_owned()), ("P".to_owned(), "pw".to_owned())]);
        let text = |text: &str| Part::Text(text.to_owned());
        let reference = |name: &str, value: &str| Part::Reference(name.to_owned(), value.to_owned());
        let cases = [
            ("${U}", "me", Some(vec![reference("U", "me")])),
            (
                "\"db://${U}:$P@${H:-db}/x\"",
                "db://me:pw@db/x",
                Some(vec![
                    text("db://"),
                    reference("U", "me"),
                    text(":"),
                    reference("P", "pw"),
                    text("@"),
                    reference("H", "db"),
                    text("/x"),
                ]),
            ),
            ("URL=a-${P}", "a-pw", Some(vec![text("a-"), reference("P", "pw")])),
            ("${H:-${P}}", "pw", Some(vec![reference("H", "pw")])),
            ("a$$b${P}", "a$bpw", None),
            ("${P}", "something else", None),
        ];
        for (written, value, expected) in cases {
            assert_eq!(parts(written, value, &variables, None), expected, "{written}");
        }
    }
}
