//! Loading gives a project or errors for any files, and everything it says can be shown.
//!
//! An input is the texts of [`NAMES`], in that order, with a line `%%` between them.

#![no_main]

use kustompose::{
    compose::{Request, load, print},
    diag::{Report, terminal},
    text::{MemoryFiles, Sources},
    yaml::emit::{self, Yaml},
};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 5] =
    ["/demo/compose.yaml", "/demo/compose.override.yaml", "/demo/base.yaml", "/demo/.env", "/demo/app.env"];

fuzz_target!(|input: &str| {
    let files = MemoryFiles::new(NAMES.into_iter().zip(input.split("\n%%\n")));
    let request = Request { working_directory: "/demo".into(), ..Request::default() };
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let project = load(&request, &files, &mut sources, &mut report);
    assert_eq!(project.is_none(), report.has_errors());
    let theme = terminal::Theme { color: false, unicode: true, width: 80 };
    for diagnostic in report.diagnostics() {
        assert!(!terminal::render(diagnostic, &sources, theme).contains("Failed to"));
    }
    if let Some(project) = project {
        emit::document(&Yaml::from(print::printed(&project)));
    }
});
