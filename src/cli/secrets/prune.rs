//! `kustompose secrets prune`: what nothing reads leaves the files of secret values.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use clap::Args;

use super::{Place, Scene, confirm};
use crate::{
    cli::{Io, say},
    diag::{Diagnostic, Report, codes},
    disk::place::SecretFile as Placed,
    kustomize::env_file,
    secret_files::{self, SecretFile, State},
    text::shown::one_line,
};

#[derive(Debug, Args)]
pub(super) struct Prune {
    #[command(flatten)]
    pub(super) place: Place,
    /// Environment; all unless set
    #[arg(value_name = "ENV")]
    pub(super) environment: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

/// Deletes what nothing reads, once that is confirmed.
pub(super) fn prune(
    arguments: &Prune,
    scene: &Scene,
    io: &mut Io<'_>,
    report: &mut Report,
) -> Option<String> {
    let (mut gone, mut lists, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for environment in &scene.environments {
        let found = secret_files::read(&scene.output, environment, &scene.disk, report);
        let folder = secret_files::directory("".into(), environment);
        for file in &found.files {
            let keys = unasked(file);
            if let Some(content) = file.content.as_ref().filter(|_| !keys.is_empty()) {
                let path = folder.join(&file.name);
                lines.push(format!("{path}: {}", keys.iter().cloned().collect::<Vec<_>>().join(", ")));
                lists.push(Placed { path, bytes: without(content, &keys), replaces: true });
            }
        }
        gone.extend(found.unread.iter().map(|name| folder.join(name)));
    }
    if report.has_errors() {
        return None;
    }
    lines.extend(gone.iter().map(Utf8PathBuf::to_string));
    if lines.is_empty() {
        return Some("nothing to remove: every value is read\n".to_owned());
    }
    say(io.stdout, "Nothing reads these files, and these keys of lists:\n");
    lines.iter().for_each(|line| say(io.stdout, &format!("  {}\n", one_line(line))));
    if !confirm(arguments.yes, "Delete them?", io, report) {
        return None;
    }
    let written = scene.disk.write_secret_files(&scene.output, &lists);
    if let Err(why) = written.and_then(|()| scene.disk.remove_secret_files(&scene.output, &gone)) {
        report.push(Diagnostic::error(codes::NOT_UNPACKED, format!("not everything is deleted: {why}")));
        return None;
    }
    Some(format!("{}: {} files changed, {} deleted\n", scene.output, lists.len(), gone.len()))
}

/// The variables of a list that its Secret must not have.
fn unasked(file: &SecretFile) -> BTreeSet<String> {
    let State::Variables { unasked, .. } = file.state() else { return BTreeSet::new() };
    let text = String::from_utf8_lossy(file.content.as_deref().unwrap_or_default()).into_owned();
    let named = env_file::variables(&text).into_iter().filter(|variable| variable.is_named);
    named.map(|variable| variable.key.to_owned()).filter(|key| unasked.contains(key)).collect()
}

/// A list without the lines of some variables.
fn without(content: &[u8], keys: &BTreeSet<String>) -> Vec<u8> {
    let text = String::from_utf8_lossy(content);
    let is_kept = |line: &&str| env_file::read(line).first().is_none_or(|(key, _)| !keys.contains(*key));
    text.split_inclusive('\n').filter(is_kept).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_variables_go() {
        let keys = BTreeSet::from(["B".to_owned()]);
        let content = b"# B\nA=1\nB=2\n\nBC=3\nB=4";
        assert_eq!(without(content, &keys), b"# B\nA=1\n\nBC=3\n");
    }
}
