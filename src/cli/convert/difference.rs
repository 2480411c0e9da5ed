//! Differences between the files of a tree and what is to be there.

use camino::Utf8Path;
use similar::TextDiff;

use crate::{
    disk::{
        lock,
        tree::{Action, Change, Outcome},
    },
    text::clean,
};

/// Everything that would change, secrets left out.
pub(super) fn of_all(output: &Utf8Path, outcome: &Outcome) -> String {
    let mut text = String::new();
    // Of the lock there is nothing to read.
    for change in outcome.changes.iter().filter(|change| change.path != lock::FILE_NAME) {
        let path = clean(&output.join(&change.path));
        let name = |prefix: &str, side: &Option<Vec<u8>>| match side {
            Some(_) => format!("{prefix}/{path}"),
            None => "/dev/null".to_owned(),
        };
        if change.before != change.after && !matches!(change.action, Action::Kept | Action::Unchanged) {
            let (before, after) = (name("a", &change.before), name("b", &change.after));
            text.push_str(&unified((&before, &change.before), (&after, &change.after)));
        }
    }
    text
}

/// What people changed in generated files, which is why these are refused, or overwritten by force.
pub(super) fn of_edits(output: &Utf8Path, outcome: &Outcome) -> String {
    let edited = outcome.changes.iter().filter(|change| change.is_edited);
    let edited = edited.filter(|change| change.before.is_some() && change.after.is_some());
    let difference = |change: &Change| {
        let path = clean(&output.join(&change.path));
        unified(
            (&format!("{path} (generated)"), &change.after),
            (&format!("{path} (edited)"), &change.before),
        )
    };
    edited.map(difference).collect()
}

pub(super) fn unified(before: (&str, &Option<Vec<u8>>), after: (&str, &Option<Vec<u8>>)) -> String {
    let side =
        |bytes: &Option<Vec<u8>>| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    let (old, new) = (side(before.1), side(after.1));
    TextDiff::from_lines(&old, &new).unified_diff().header(before.0, after.0).to_string()
}
