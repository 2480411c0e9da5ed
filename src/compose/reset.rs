//! What the tags `!reset` and `!override` of a document do to what is said before it (specification, "Merge"):
//! they take it away, and what the document itself says is merged onto the rest.

use super::entry;
use crate::yaml::{Node, Resets, Value};

/// A key that stands for every key, as in docker compose.
const ANY_KEY: &str = "*";

/// Takes away what a tree has at the places. Items of lists stay, but for those of a `KEY=value` list.
pub(super) fn apply(resets: &Resets, root: &mut Node) {
    match &mut root.value {
        Value::Map(map) => {
            for (key, resets) in resets.below() {
                if key == ANY_KEY {
                    map.retain(|_, _| !resets.is_here());
                    map.values_mut().for_each(|value| apply(resets, value));
                } else if resets.is_here() {
                    map.shift_remove(key);
                } else if let Some(value) = map.get_mut(key) {
                    apply(resets, value);
                }
            }
        }
        Value::Seq(items) if !resets.is_empty() => {
            let is_dropped = |text: &str| resets.at(entry::name(text)).is_some_and(Resets::is_here);
            items.retain(|item| !item.as_str().is_some_and(is_dropped));
        }
        _ => {}
    }
}

/// The same for a part of a tree. If that is to be dropped as a whole, it stays.
pub(super) fn apply_within(resets: &Resets, place: &[&str], node: &mut Node) {
    if resets.is_here() {
        return;
    }
    let Some((first, rest)) = place.split_first() else { return apply(resets, node) };
    for resets in [first, ANY_KEY].iter().filter_map(|key| resets.at(key)) {
        apply_within(resets, rest, node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        compose::testing::{json, tree},
        diag::Report,
        text::Sources,
        yaml::parse,
    };

    fn dropped(base: &str, over: &str) -> String {
        let mut sources = Sources::default();
        let id = sources.add("over.yaml", over);
        let documents = parse::tagged_documents(&sources, id, &mut Report::default()).unwrap();
        let mut root = tree(base);
        apply(&documents[0].resets, &mut root);
        json(&root)
    }

    #[test]
    fn what_tags_are_set_on_goes_away() {
        let cases = [
            ("{a: 1, b: 2}", "a: !reset null", r#"{"b":2}"#),
            ("{a: {b: {c: 1, d: 2}}}", "a: {b: {c: !override 3}}", r#"{"a":{"b":{"d":2}}}"#),
            ("{a: {b: 1}, c: {b: 1}}", "a: &x {b: !reset 2}\nc: *x", r#"{"a":{},"c":{"b":1}}"#),
            ("{a: {b: 1}, c: {b: 1}}", "a: &x {b: !override 2}\nc: *x", r#"{"a":{},"c":{}}"#),
            ("{a: {b: 1}, c: {b: 1}}", "a: &x !reset {b: 2}\nc: *x", "{}"),
            ("{a: {b: 1, c: 1}}", "x: &x {b: !override 2}\na: {<<: *x, b: 3}", r#"{"a":{"c":1}}"#),
            ("{a: {b: 1}}", "a: {<<: !reset {b: 2}}", "{}"),
            ("{a: {b: 1}}", "<<: {a: !reset 1}", r#"{"a":{"b":1}}"#),
            ("{a: {b: 1}}", "a: {<<: [{b: !override 2}]}", r#"{"a":{"b":1}}"#),
            ("{a: {b: {c: 1}}}", "a: !override {b: {c: !reset 1}}", "{}"),
            ("{a: {b: 1, c: 1}}", "a: {'*': !reset 1}", r#"{"a":{}}"#),
            ("{a: ['b=1', c=2, b]}", "a: {b: !reset null}", r#"{"a":["c=2"]}"#),
            ("{a: [1, 2]}", "a: [!reset 1]", r#"{"a":[1,2]}"#),
        ];
        for (base, over, expected) in cases {
            assert_eq!(dropped(base, over), expected, "{base} below {over}");
        }
    }
}
