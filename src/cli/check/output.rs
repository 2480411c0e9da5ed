//! The report of `check`, in every format that is asked for.

use std::{fmt, str::FromStr};

use camino::Utf8PathBuf;

use super::Arguments;
use crate::{
    cli::{Io, put, show},
    diag::Report,
    disk::Disk,
    drift::report::{self, Checked, Context},
    text::Sources,
};

/// A format, and the file that the report goes to.
#[derive(Debug, Clone)]
pub(super) struct Form {
    format: Format,
    file: Option<Utf8PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

const FORMATS: [(&str, Format); 2] = [("text", Format::Text), ("json", Format::Json)];

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
            Format::Text => report::text(checked, &context, arguments.verbose),
            Format::Json => format!("{:#}\n", report::json(checked, &context)),
        };
        let file = form.file.as_ref().or(arguments.output.as_ref().filter(|_| arguments.format.len() == 1));
        match file {
            None => put(io.stdout, &text),
            Some(path) => {
                if let Err(error) = Disk::new(io.directory.clone()).write_report(path, text.as_bytes()) {
                    put(io.stderr, &format!("error: `{path}` cannot be written: {error}\n"));
                }
            }
        }
    }
}
