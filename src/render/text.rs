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
pub(super) fn documents(header: &str, mut documents: Vec<Yaml>) -> String {
    documents.iter_mut().for_each(|document| put_in_line(document, true));
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
pub(super) fn patch(header: &str, mut patch: Yaml) -> String {
    put_in_line(&mut patch, false);
    emit::documents(Some(header), &[patch])
}

/// The lists that are written in one line if they are short.
const WORDS: [&str; 5] = ["command", "args", "accessModes", "add", "drop"];

/// References to objects, which are written in one line.
const REFERENCES: [&str; 4] = ["configMapRef", "secretRef", "configMapKeyRef", "secretKeyRef"];

/// Characters of the longest list that is written in one line.
const LINE: usize = 100;

/// Puts references, and perhaps short lists of words, in one line each.
fn put_in_line(yaml: &mut Yaml, words: bool) {
    match yaml {
        Yaml::Map(entries) => {
            for (key, Entry { value, .. }) in entries {
                match value {
                    Yaml::Seq(items) if words && WORDS.contains(&key.as_str()) => {
                        if are_short(items) {
                            let items = std::mem::take(items);
                            *value = Yaml::FlowSeq(items.into_iter().map(|entry| entry.value).collect());
                        }
                    }
                    Yaml::Map(fields) if REFERENCES.contains(&key.as_str()) => {
                        *value = Yaml::FlowMap(std::mem::take(fields));
                    }
                    other => put_in_line(other, words),
                }
            }
        }
        Yaml::Seq(items) => items.iter_mut().for_each(|item| put_in_line(&mut item.value, words)),
        _ => {}
    }
}

/// Whether a list fits into one line, and no word needs an escape within quotes.
fn are_short(items: &[Entry]) -> bool {
    let length = |entry: &Entry| match &entry.value {
        Yaml::String(word) if !word.contains(['\n', '"', '\\']) => word.len() + 4,
        _ => LINE,
    };
    !items.is_empty() && items.iter().map(length).sum::<usize>() < LINE
}

/// At the top of generated env files; kustomize takes whole lines of comment only.
pub(super) fn env_header(origin: &[String]) -> String {
    format!("# {}\n", header(origin))
}

/// Values of secrets stay out of git.
pub(super) fn gitignore() -> &'static str {
    "overlays/*/secrets/*\n!overlays/*/secrets/*.example\n!overlays/*/secrets/kustomization.yaml\n"
}
