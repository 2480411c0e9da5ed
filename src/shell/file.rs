//! Files that hold a script, or say which one runs: scripts, Dockerfiles, crontabs, supervisor's.

use std::collections::BTreeMap;

use super::{
    Fit, Kind, Loop, Script, Scripts, Verdict,
    command_line::{self, Invocation},
    crontab::{self, Crontab, Format},
    dockerfile::{Dockerfile, Stage},
    read,
};

/// Says what a file is that may be a script, a Dockerfile, a crontab or supervisor's configuration. Its path tells
/// crontabs of the system from those of a user.
pub fn read_file(script: &Script<'_>, path: &str, scripts: &Scripts) -> Loop {
    if is_dockerfile(script.text) {
        return image(script, scripts);
    }
    if crontab::is_crontab(script.text) {
        return of_crontab(script, crontab::format_of(path, script.text));
    }
    let programs = supervised(script.text);
    match &programs[..] {
        [] => read(script, scripts),
        [command] => read(&Script { text: command, ..*script }, scripts),
        _ => Loop { kind: Kind::Daemon, ..Loop::other("supervisor runs several programs") },
    }
}

/// Its first instruction is `FROM`, arguments aside.
fn is_dockerfile(text: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut lines = lines.skip_while(|line| line.to_ascii_uppercase().starts_with("ARG "));
    lines.next().is_some_and(|line| line.to_ascii_uppercase().starts_with("FROM "))
}

/// What an image runs by itself.
fn image(script: &Script<'_>, scripts: &Scripts) -> Loop {
    let Some(dockerfile) = Dockerfile::read(script.text, "", &BTreeMap::new()) else {
        return Loop::other("has no stage");
    };
    let stage = dockerfile.built();
    let Stage { environment, runs, .. } = stage;
    let lookup = |name: &str| (script.environment)(name).or_else(|| environment.get(name).cloned());
    let mut words = stage.entrypoint.clone().unwrap_or_default();
    words.extend(if script.arguments.is_empty() {
        stage.command.clone().unwrap_or_default()
    } else {
        script.arguments.to_vec()
    });
    match command_line::read(&words) {
        Some(Invocation::Inline { shell, text, name, arguments }) => {
            let name = name.as_deref().unwrap_or_default();
            let (arguments, shell, environment) = (&arguments, &shell, &lookup);
            read(&Script { text: &text, name, arguments, shell, environment, ..*script }, scripts)
        }
        Some(Invocation::File { .. }) => {
            let text = words.iter().map(|word| super::quoted(word)).collect::<Vec<_>>().join(" ");
            let mut found = read(&Script { text: &text, arguments: &[], shell: &[], ..*script }, scripts);
            if found.kind == Kind::Crontab && runs.iter().any(|run| run.contains("crontab")) {
                found.reasons = vec!["the image brings its crontab and runs a cron daemon".to_owned()];
            }
            found
        }
        None => Loop::other("its command is unknown"),
    }
}

fn of_crontab(script: &Script<'_>, format: Format) -> Loop {
    let crontab: Crontab = crontab::parse(script.text, format, script.stagger);
    let said = crontab.problems.iter().chain(&crontab.notes);
    let mut reasons: Vec<String> = said.map(|(line, text)| format!("line {line}: {text}")).collect();
    let is_one = crontab.entries.len() == 1;
    for entry in &crontab.entries {
        let zone = entry.time_zone.as_ref().map_or_else(String::new, |zone| format!(" in {zone}"));
        if !is_one || !zone.is_empty() {
            reasons.push(format!("line {}: `{}`{zone}", entry.line, entry.schedule));
        }
        reasons.extend(entry.user.iter().map(|user| format!("line {}: `{user}` runs it", entry.line)));
        reasons.extend(entry.notes.iter().map(|note| format!("line {}: {note}", entry.line)));
    }
    if let Some(word) = crontab::doubtful_user(script.text).filter(|_| format != Format::System) {
        reasons.push(format!(
            "`{word}` is taken for the command: if it is the user of a system crontab, put the file into a folder `cron.d`"
        ));
    }
    let is_noted = !crontab.notes.is_empty() || crontab.entries.iter().any(|entry| !entry.notes.is_empty());
    let convert = match crontab.is_understood() {
        true if is_noted => Verdict::WithWarning,
        true => Verdict::Yes,
        false => Verdict::No,
    };
    Loop {
        kind: Kind::Crontab,
        commands: crontab.entries.iter().map(|entry| entry.words.clone()).collect(),
        fit: Fit::Exact,
        schedule: match &crontab.entries[..] {
            [entry] => Some(entry.schedule.clone()),
            _ => None,
        },
        convert,
        reasons,
        ..Loop::other("")
    }
}

/// The commands of supervisor's `[program:…]` sections.
fn supervised(text: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut in_program = false;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            in_program = section.starts_with("program:") && line.ends_with(']');
        } else if in_program
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "command"
        {
            commands.push(value.trim().to_owned());
        }
    }
    commands
}
