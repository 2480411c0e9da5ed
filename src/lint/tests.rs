//! The examples of every rule are executed, and the rules are consistent.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::{
    FixKind, Options, RULES,
    findings::Finding,
    load::{self, Request},
    rule::{Example, Rule},
    run,
    select::{Selection, Selector},
};
use crate::text::{MemoryFiles, Sources};

/// What a rule finds in some files.
pub(super) fn found(rule: &Rule, files: Example) -> Vec<Finding> {
    let files = MemoryFiles::new(files.iter().map(|(path, text)| (format!("/p/{path}"), *text)));
    let mut sources = Sources::default();
    let root = Utf8PathBuf::from("/p");
    let request = Request { paths: vec![root.clone()], directory: root, ..Request::default() };
    let inputs = load::load(&request, &files, &mut sources);
    let selection = Selection { select: vec![Selector::Rule(rule.code)], ..Selection::default() };
    run(&inputs, &Options { selection, today: None }, &sources, &files).findings
}

#[test]
fn bad_examples_fire_and_good_ones_do_not() {
    for rule in RULES {
        let bad = found(rule, rule.bad);
        assert!(!bad.is_empty(), "{}: the bad example gives nothing", rule.code);
        for finding in &bad {
            assert_eq!(finding.code.id, rule.code, "{}: {}", rule.code, finding.message);
            let has_fix = finding.fix.as_ref().map_or(FixKind::None, |fix| fix.kind);
            assert!(has_fix <= rule.fix, "{} has a fix that its metadata does not tell", rule.code);
        }
        let is_fixed = bad.iter().any(|finding| finding.fix.is_some());
        assert_eq!(is_fixed, rule.fix != FixKind::None, "{}: the bad example shows the fix", rule.code);
        let good = found(rule, rule.good);
        let messages: Vec<&str> = good.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, [""; 0], "{}: the good example", rule.code);
    }
}

#[test]
fn codes_and_names_are_unique_and_sorted() {
    let codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
    assert!(codes.is_sorted(), "{codes:?}");
    let names: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), codes.iter().collect::<BTreeSet<_>>().len());
    assert_eq!(names.len(), RULES.len());
    for rule in RULES {
        assert!(rule.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", rule.name);
        assert!(!rule.summary.ends_with('.') && !rule.summary.is_empty(), "{}", rule.code);
        let is_long = |line: &str| line.chars().count() > 100;
        assert!(!rule.explain.lines().any(is_long), "{}: lines of at most 100 columns", rule.code);
    }
}
