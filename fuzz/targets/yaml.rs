//! The YAML reader gives documents or an error for any text, and what is written of them reads back.

#![no_main]

use kustompose::{
    diag::Report,
    text::Sources,
    yaml::{
        Node,
        emit::{self, Yaml},
        parse,
    },
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut report = Report::default();
    for document in read(text, &mut report).unwrap_or_default() {
        let written = emit::document(&Yaml::from(document));
        let mut report = Report::default();
        let again = read(&written, &mut report).unwrap_or_default();
        assert!(!report.has_errors(), "{written}\n{report:?}");
        let again: Vec<String> = again.into_iter().map(|node| emit::document(&Yaml::from(node))).collect();
        assert_eq!(again, [written]);
    }
});

fn read(text: &str, report: &mut Report) -> Option<Vec<Node>> {
    let mut sources = Sources::default();
    let id = sources.add("compose.yaml", text);
    parse::documents(&sources, id, report)
}
