//! Values that compose files put together of others, and that stay so: `mysql://$(DB_USER):$(DB_PASSWORD)@…`.
//!
//! Only what would otherwise be a secret for a part of it is worth that: the part then stands once, and what
//! surrounds it can be read. The container must have the parts as variables of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, Drafted, secrets::Found, workload::Draft};
use crate::{
    compose::template,
    k8s::{expansion, name},
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
pub(super) fn take(contexts: &[Context<'_>], environments: &mut [Drafted<'_>], found: &Found) {
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
                draft.composed.insert(key.clone(), text.clone());
            }
        }
    }
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
    parts(context.texts.at(declared.span)?, declared.value.as_deref()?, &context.project.variables)
}

/// The parts of what is written, behind a quote or a key; nothing if that is not what makes the value.
fn parts(written: &str, value: &str, variables: &BTreeMap<String, String>) -> Option<Vec<Part>> {
    let lookup = |name: &str| variables.get(name).cloned();
    let expanded = template::expand(written, &lookup).ok()?;
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
        let whole = template::expand(written.get(reference.offset..behind)?, &lookup).ok()?;
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
            assert_eq!(parts(written, value, &variables), expected, "{written}");
        }
    }
}
