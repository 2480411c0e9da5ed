//! What people read at the top of files.

use crate::{
    kustomize::GENERATED_FROM,
    text::shown::one_line,
    yaml::emit::{self, Entry, Yaml},
};

/// At the top of files of the user.
pub(super) const YOURS: &str = "\
Yours: kustompose wrote this once and never touches it again. CI sets image tags here
(`kustomize edit set image`), and your own resources and patches go here.";

/// At the top of what somebody else may have made already.
pub(super) const EXTERNAL: &str = "\
Yours: kustompose wrote this once and never touches it again.
Compose calls these volumes external. Where the claims exist already, delete them from this file.";

/// At the top of the patches that put secrets back into fields where compose has them in clear.
pub(super) const CONCEALED: &str = "\
Yours, never in git. Compose has a secret in clear in these fields: better is a variable or a file.";

/// At the top of generated files.
pub(super) fn header(origin: &[String]) -> String {
    format!("{GENERATED_FROM}{}. Do not edit; see README.md of this tree.", files(origin))
}

/// At the top of generated files beside the tree.
pub(super) fn header_beside(origin: &[String]) -> String {
    format!(
        "{GENERATED_FROM}{}. Do not edit: `kustompose convert` rewrites this file.\n\
         Say it in the compose files or in kustompose.yaml.",
        files(origin),
    )
}

/// The names of files in a comment, which none of them may end.
fn files(origin: &[String]) -> String {
    one_line(&origin.join(" + ")).into_owned()
}

/// Documents behind a header, with short lists of words and references in one line each. A comment of the first one stands
/// apart from the header.
pub(super) fn documents(header: &str, documents: &[Yaml]) -> String {
    let documents: Vec<Yaml> = documents.iter().map(|document| in_line(document.clone(), true)).collect();
    let first = documents.first().and_then(|document| match document {
        Yaml::Map(fields) => fields.values().next(),
        _ => None,
    });
    if first.is_none_or(|entry| entry.above.is_empty()) {
        return emit::documents(Some(header), &documents);
    }
    format!("{}\n{}", emit::documents(Some(header), &[]), emit::documents(None, &documents))
}

/// A patch behind a header. It is read to see what is different, so that each word has a line.
pub(super) fn patch(header: &str, patch: Yaml) -> String {
    emit::documents(Some(header), &[in_line(patch, false)])
}

/// The lists that are written in one line if they are short.
const WORDS: [&str; 5] = ["command", "args", "accessModes", "add", "drop"];

/// References to objects, which are written in one line.
const REFERENCES: [&str; 4] = ["configMapRef", "secretRef", "configMapKeyRef", "secretKeyRef"];

/// Characters of the longest list that is written in one line.
const LINE: usize = 100;

/// With references, and perhaps short lists of words, in one line each.
fn in_line(yaml: Yaml, words: bool) -> Yaml {
    match yaml {
        Yaml::Map(entries) => {
            let entries = entries.into_iter().map(|(key, entry)| {
                let value = match entry.value {
                    Yaml::Seq(items) if words && WORDS.contains(&key.as_str()) => words_in_line(items),
                    Yaml::Map(fields) if REFERENCES.contains(&key.as_str()) => Yaml::FlowMap(fields),
                    other => in_line(other, words),
                };
                (key, Entry { value, ..entry })
            });
            Yaml::Map(entries.collect())
        }
        Yaml::Seq(items) => {
            let items = items.into_iter().map(|entry| Entry { value: in_line(entry.value, words), ..entry });
            Yaml::Seq(items.collect())
        }
        other => other,
    }
}

/// A list in one line, if it is short, and no word needs an escape within quotes.
fn words_in_line(items: Vec<Entry>) -> Yaml {
    let length = |entry: &Entry| match &entry.value {
        Yaml::String(word) if !word.contains(['\n', '"', '\\']) => word.len() + 4,
        _ => LINE,
    };
    if !items.is_empty() && items.iter().map(length).sum::<usize>() < LINE {
        Yaml::FlowSeq(items.into_iter().map(|entry| entry.value).collect())
    } else {
        Yaml::Seq(items)
    }
}

/// At the top of generated env files; kustomize takes whole lines of comment only.
pub(super) fn env_header(origin: &[String]) -> String {
    format!("# {}\n", header(origin))
}

/// Values of secrets stay out of git.
pub(super) fn gitignore() -> &'static str {
    "overlays/*/secrets/*\n!overlays/*/secrets/*.example\n!overlays/*/secrets/kustomization.yaml\n"
}
