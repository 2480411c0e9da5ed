//! The words of a container as the kubelet reads them.

use super::referring::{Command, Places, Referring};
use crate::k8s::expansion;

/// The words of entrypoint and arguments, which are one command, as the kubelet has to read them: the secret values
/// that the container has as variables stand as `$(NAME)`.
pub(super) fn refer_words(
    referring: &Referring<'_>,
    image: &str,
    [command, arguments]: [&[String]; 2],
) -> [Option<Vec<String>>; 2] {
    let words: Vec<&str> = command.iter().chain(arguments).map(String::as_str).collect();
    let places = referring.places(&words, image, Command::Own);
    let referred = words.iter().zip(&places);
    let mut referred: Vec<String> = referred.map(|(word, places)| refer_word(word, places)).collect();
    let arguments = referred.split_off(command.len());
    [referred, arguments].map(|words| (!words.is_empty()).then_some(words))
}

fn refer_word(word: &str, places: &Places<'_>) -> String {
    let mut text = String::new();
    let mut done = 0;
    for (range, key) in places {
        text.push_str(&expansion::escape(&word[done..range.start]));
        if text.ends_with('$') {
            text.push('$');
        }
        text.push_str(&expansion::reference(key));
        done = range.end;
    }
    text + &expansion::escape(&word[done..])
}
