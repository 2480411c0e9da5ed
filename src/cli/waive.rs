//! `kustompose waive`: writes into `kustompose.yaml` what `check` is to let pass, and why.

use camino::Utf8PathBuf;
use clap::Args;

use super::{Io, say, show, today};
use crate::{
    diag::{Code, Diagnostic, Report, Severity, codes},
    disk::Disk,
    kustomize::Owner,
    settings::{self, allow, check, date::Date, insert},
    text::{FileError, Files, MemoryFiles, Sources, clean, nearest},
    yaml::emit::{Entry, Yaml},
};

/// The section of the settings that the kinds of drift belong to.
const SECTION: &str = "check";

/// The flags of `waive`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What may differ: a kind of drift, such as `command`, or its code, such as KM008
    #[arg(value_name = "KIND")]
    kind: String,
    /// Directory of the project
    #[arg(default_value = ".", value_name = "DIR")]
    directory: Utf8PathBuf,
    /// Service; `*` matches any characters. All services unless given
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Environment; may be given several times. All environments unless given
    #[arg(short, long = "env", value_name = "NAME")]
    environments: Vec<String>,
    /// Part of the service, such as `argv` or `env.NAME`; `*` matches any characters
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Why it may differ
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Last day on which it may differ, such as 2027-03-31
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
}

/// Exit status 0 if the entry is written, 1 if the file cannot be written, 2 if the entry would not be sound.
pub(super) fn run(arguments: &Arguments, io: &mut Io<'_>) -> u8 {
    let directory = clean(&io.directory.join(&arguments.directory));
    let disk = Disk::new(directory);
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let status = match written(arguments, today(io), &disk, &mut sources, &mut report) {
        Ok(entry) => {
            say(io.stdout, &format!("added to {}, below `{SECTION}: allow:`:\n{entry}", settings::FILE_NAME));
            0
        }
        Err(status) => status,
    };
    show(&report, &sources, io);
    status
}

/// Writes the entry and gives its lines, or the exit status.
fn written(
    arguments: &Arguments,
    today: Date,
    disk: &Disk,
    sources: &mut Sources,
    report: &mut Report,
) -> Result<String, u8> {
    let code = known(&arguments.kind, report).ok_or(2)?;
    let fields = fields(arguments, code, today, report).ok_or(2)?;
    let path = Utf8PathBuf::from(settings::FILE_NAME);
    let before = match disk.read(&path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8", 1, report))?,
        Err(FileError::NotFound) => String::new(),
        Err(error) => return Err(refuse(&error.to_string(), 1, report)),
    };
    let after = insert::allow(&before, SECTION, &fields).map_err(|why| {
        let status = refuse(&why, 2, report);
        put_by_hand(&fields, report);
        status
    })?;
    if !is_sound(&before, &after, code, sources, report) {
        return Err(2);
    }
    disk.write_over(&path, after.as_bytes(), Owner::Yours).map_err(|error| {
        report.push(Diagnostic::error(
            codes::SETTINGS_NOT_WRITTEN,
            format!("`{}` could not be written: {error:?}", settings::FILE_NAME),
        ));
        1
    })?;
    Ok(insert::allow("", SECTION, &fields)
        .unwrap_or_default()
        .lines()
        .skip(2)
        .map(|line| format!("{line}\n"))
        .collect())
}

/// The kind of drift.
fn known(named: &str, report: &mut Report) -> Option<Code> {
    let kinds = check::kinds();
    let found = allow::find(named, &kinds);
    if found.is_none() {
        let help = match nearest(named, kinds.iter().flat_map(|code| [code.name, code.id])) {
            Some(name) => format!("did you mean `{name}`?"),
            None => {
                format!("known are {}", kinds.iter().map(|code| code.name).collect::<Vec<_>>().join(", "))
            }
        };
        let message = format!("`{named}` is not a kind of drift");
        report.push(Diagnostic::error(codes::UNKNOWN_NAME, message).help(help));
    }
    found
}

/// The fields of the entry.
fn fields(
    arguments: &Arguments,
    code: Code,
    today: Date,
    report: &mut Report,
) -> Option<Vec<(&'static str, Yaml)>> {
    let mut refuse = |message: String, help: &str| {
        report.push(Diagnostic::error(codes::INVALID_SETTING, message).help(help));
    };
    if arguments.reason.trim().is_empty() {
        refuse("the reason is empty".to_owned(), "say why this may differ: `--reason \"…\"`");
        return None;
    }
    if let Some(until) = &arguments.until {
        let Some(date) = Date::parse(until) else {
            refuse(format!("`{until}` is not a date"), "write it as YEAR-MONTH-DAY, such as `2027-03-31`");
            return None;
        };
        if date < today {
            let help = "name the last day on which it may differ: today or a later one";
            refuse(format!("`{until}` is in the past: the entry would never hold"), help);
            return None;
        }
    }
    let text = |text: &str| Yaml::from(text);
    let environments = match &arguments.environments[..] {
        [] => None,
        [one] => Some(text(one)),
        several => Some(Yaml::FlowSeq(several.iter().map(|name| text(name)).collect())),
    };
    let optional = |value: &Option<String>| value.as_deref().map(text);
    let all = [
        ("kind", Some(text(code.name))),
        ("service", optional(&arguments.service)),
        ("environment", environments),
        ("path", optional(&arguments.path)),
        ("reason", Some(text(arguments.reason.trim()))),
        ("until", optional(&arguments.until)),
    ];
    Some(all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
}

/// Has the new text one entry more, and are the settings otherwise as they were? What is wrong with them is
/// reported.
fn is_sound(before: &str, after: &str, code: Code, sources: &mut Sources, report: &mut Report) -> bool {
    let read = |text: &str, sources: &mut Sources, report: &mut Report| {
        let files = MemoryFiles::new([(settings::FILE_NAME, text)]);
        settings::read(settings::FILE_NAME.into(), &files, sources, report).unwrap_or_default()
    };
    let old = read(before, &mut Sources::default(), &mut Report::default());
    let new = read(after, sources, report);
    if report.count(Severity::Error) > 0 {
        return false;
    }
    let is_more = new.check.allow.len() == old.check.allow.len() + 1
        && new.check.allow.last().is_some_and(|entry| entry.code == code)
        && new.check.ownership.len() == old.check.ownership.len()
        && new.environments.len() == old.environments.len();
    if !is_more {
        refuse("its form is not one that can be changed", 2, report);
    }
    is_more
}

fn refuse(why: &str, status: u8, report: &mut Report) -> u8 {
    let message = format!("`{}` was not changed: {why}", settings::FILE_NAME);
    report.push(Diagnostic::error(codes::SETTINGS_NOT_WRITTEN, message));
    status
}

/// The entry, to be added by hand.
fn put_by_hand(fields: &[(&'static str, Yaml)], report: &mut Report) {
    let entry = Yaml::map(fields.iter().map(|(key, value)| (*key, Entry::new(value.clone()))));
    let list = crate::yaml::emit::document(&Yaml::FlowSeq(vec![entry]));
    let entry = list.trim().trim_start_matches('[').trim_end_matches(']');
    let message = format!("add this line below `{SECTION}: allow:` by hand: - {entry}");
    report.push(Diagnostic::info(codes::SETTINGS_NOT_WRITTEN, message));
}
