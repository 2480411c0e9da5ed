//! The report of `check`, in every format that is asked for.

use std::{fmt, str::FromStr};

use camino::{Utf8Path, Utf8PathBuf};

use super::Arguments;
use crate::{
    cli::{self, Io, put, say, show},
    diag::{self, Report, Run, github, gitlab, junit, markdown, sarif},
    disk::Disk,
    drift::report::{self, Checked, Context},
    page::Page,
    settings,
    text::{Files, Sources, shown},
};

/// A format, and the file that the report goes to.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Form {
    pub(in crate::cli) format: Format,
    pub(in crate::cli) file: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Format {
    Text,
    Json,
    Sarif,
    Github,
    Gitlab,
    Junit,
    Markdown,
}

const FORMATS: [(&str, Format); 7] = [
    ("text", Format::Text),
    ("json", Format::Json),
    ("sarif", Format::Sarif),
    ("github", Format::Github),
    ("gitlab", Format::Gitlab),
    ("junit", Format::Junit),
    ("markdown", Format::Markdown),
];

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
        let format = FORMATS.iter().find(|(own, _)| *own == name).map(|(_, format)| *format);
        let known = || FORMATS.map(|(name, _)| name).join(", ");
        let format = format.ok_or_else(|| format!("there is no format `{name}`; known are {}", known()))?;
        Ok(Self { format, file: file.map(Utf8PathBuf::from) })
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = FORMATS.iter().find(|(_, format)| *format == self.format).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// Writes the report. What there is to say of the run itself goes to the standard error, too.
pub(super) fn write(
    arguments: &Arguments,
    checked: &Checked,
    sources: &Sources,
    report: &Report,
    io: &mut Io<'_>,
) {
    show(report, sources, io);
    let context = Context { sources, report };
    for form in &arguments.format {
        let text = match form.format {
            Format::Text if arguments.quiet && !checked.drifts.iter().any(|drift| drift.fails()) => {
                String::new()
            }
            Format::Text => shown::lines(&report::text(checked, &context, arguments.verbose)),
            Format::Json => shown::json(&report::json(checked, &context)),
            machine => of_platform(machine, checked, &context, io),
        };
        let file = form.file.as_ref().or(arguments.output.as_ref().filter(|_| arguments.format.len() == 1));
        match file {
            None => put(io.stdout, &text),
            Some(path) => {
                if let Err(error) = Disk::new(io.directory.clone()).write_report(path, text.as_bytes()) {
                    say(io.stderr, &format!("error: `{path}` cannot be written: {error}\n"));
                }
            }
        }
    }
}

/// Writes the report as a page.
pub(super) fn write_page(
    page: Option<Page>,
    path: &Utf8Path,
    checked: &Checked,
    sources: &Sources,
    report: &mut Report,
    io: &Io<'_>,
) {
    let mut page =
        page.unwrap_or_else(|| Page { project: "project".to_owned(), command: "check", ..Page::default() });
    let context = Context { sources, report };
    page.result = report::text(checked, &context, false).lines().last().unwrap_or_default().to_owned();
    page.findings = diag::findings(&report::diagnostics(checked, &context), sources, report.hidden());
    cli::page::write(&page, path, io, report);
}

/// The report as a platform takes it, files named from the root of the repository.
fn of_platform(format: Format, checked: &Checked, context: &Context<'_>, io: &Io<'_>) -> String {
    let diagnostics = report::diagnostics(checked, context);
    let findings = diag::findings(&diagnostics, context.sources, context.report.hidden());
    findings_of_platform(format, &findings, "check", io)
}

/// Findings of a command as a platform takes them, files named from the root of the repository.
pub(in crate::cli) fn findings_of_platform(
    format: Format,
    findings: &[diag::Finding],
    command: &str,
    io: &Io<'_>,
) -> String {
    let disk = Disk::new(io.directory.clone());
    let root = io.directory.ancestors().find(|directory| disk.kind(&directory.join(".git")).is_some());
    let directory = root.and_then(|root| io.directory.strip_prefix(root).ok());
    let run = Run {
        command,
        directory: directory.unwrap_or(Utf8Path::new("")),
        anchor: Utf8Path::new(settings::FILE_NAME),
    };
    match format {
        Format::Text | Format::Json => String::new(),
        Format::Sarif => shown::json(&sarif::log(findings, &run)),
        Format::Gitlab => shown::json(&gitlab::code_quality(findings, &run)),
        Format::Github => github::annotations(findings, &run),
        Format::Junit => shown::lines(&junit::report(findings, &run)),
        Format::Markdown => markdown::comment(findings, &run),
    }
}
