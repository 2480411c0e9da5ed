//! The words of a container as the kubelet reads them.

use std::{collections::BTreeMap, ops::Range};

use crate::{
    k8s::expansion,
    plan::{facts::KnownSecrets, model::Variable},
    secret,
};

/// The words of entrypoint and arguments, which are one command, as the kubelet has to read them: the secret values
/// that the container has as variables stand as `$(NAME)`.
pub(super) fn refer_words(
    found: &KnownSecrets,
    image: &str,
    variables: &BTreeMap<String, Variable>,
    [command, arguments]: [&[String]; 2],
) -> [Option<Vec<String>>; 2] {
    let own = variables.iter().filter(|(_, variable)| variable.is_secret);
    let own = own.filter_map(|(name, variable)| Some((name.as_str(), variable.value.known()?)));
    let own: Vec<(&str, &str)> = own.filter(|(_, value)| !value.is_empty()).collect();
    let words: Vec<&str> = command.iter().chain(arguments).map(String::as_str).collect();
    let secrets = found.in_words(&words, image);
    let referred = words.iter().zip(secrets.iter());
    let mut referred: Vec<String> =
        referred.map(|(word, ranges)| refer_word(found, &own, word, ranges)).collect();
    let arguments = referred.split_off(command.len());
    [referred, arguments].map(|words| (!words.is_empty()).then_some(words))
}

fn refer_word(found: &KnownSecrets, own: &[(&str, &str)], word: &str, secrets: &[Range<usize>]) -> String {
    let mut places: Vec<(Range<usize>, &str)> = Vec::new();
    for (key, value) in own {
        if found.is_value(value) {
            places.extend(secret::occurrences(word, value).map(|range| (range, *key)));
        }
        // Where a secret stands, even a short one is no word like others.
        let equal = secrets.iter().filter(|range| word.get((*range).clone()) == Some(*value));
        places.extend(equal.map(|range| (range.clone(), *key)));
    }
    places.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let mut text = String::new();
    let mut done = 0;
    for (range, key) in places {
        if range.start < done {
            continue;
        }
        text.push_str(&expansion::escape(&word[done..range.start]));
        if text.ends_with('$') {
            text.push('$');
        }
        text.push_str(&expansion::reference(key));
        done = range.end;
    }
    text + &expansion::escape(&word[done..])
}
