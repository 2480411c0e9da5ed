//! Baselines: the findings of an earlier run, so that only new ones are reported.

use std::collections::BTreeSet;

use camino::Utf8Path;
use serde_json::{Value, json};

use crate::{
    diag::{self, Diagnostic, Severity, codes},
    disk::Disk,
    lint::{Finding, Outcome},
    secret::Hidden,
    text::{FileError, Files, Sources},
};

/// Takes the findings away that a baseline has, or writes it anew: then it gives what there is to say.
pub(super) fn apply(
    path: &Utf8Path,
    update: bool,
    outcome: &mut Outcome,
    (sources, hidden): (&Sources, &Hidden),
    disk: &Disk,
) -> Result<Option<String>, String> {
    let findings = std::mem::take(&mut outcome.findings);
    let diagnostics: Vec<Diagnostic> = findings.iter().map(Finding::diagnostic).collect();
    let known = diag::findings(&diagnostics, sources, hidden);
    if update {
        let kept = known.iter().filter(|finding| finding.allowed.is_none() && is_of_rule(finding.code.id));
        let entries: Vec<Value> = kept.map(entry).collect();
        let text = format!("{:#}\n", json!({ "version": 1, "findings": entries }));
        disk.write_report(path, text.as_bytes())
            .map_err(|error| format!("`{path}` cannot be written: {error}"))?;
        let plural = if entries.len() == 1 { "" } else { "s" };
        return Ok(Some(format!("{} finding{plural} written to `{path}`\n", entries.len())));
    }
    let baseline = read(path, disk)?;
    let mut met = BTreeSet::new();
    for (finding, resolved) in findings.into_iter().zip(&known) {
        if baseline.contains(&resolved.fingerprint) {
            met.insert(resolved.fingerprint.clone());
            outcome.known += 1;
        } else {
            outcome.findings.push(finding);
        }
    }
    let gone = baseline.len() - met.len();
    if gone > 0 {
        let are = if gone == 1 { "entry of the baseline is" } else { "entries of the baseline are" };
        let message = format!("{gone} {are} not found any more");
        let diagnostic = Diagnostic {
            severity: Severity::Info,
            ..Diagnostic::warning(codes::UNUSED_SUPPRESSION, message)
        };
        let help = format!("write it anew: `kustompose lint --baseline {path} --update`");
        outcome.findings.push(Finding::of_diagnostic(&diagnostic.help(help)));
    }
    Ok(None)
}

/// Whether it is the code of a rule, not of the run.
fn is_of_rule(code: &str) -> bool {
    crate::lint::rule(code).is_some()
}

fn entry(finding: &diag::Finding) -> Value {
    let file = finding.place().map(|place| place.file.clone());
    json!({ "code": finding.code.id, "name": finding.name, "file": file, "fingerprint": finding.fingerprint })
}

fn read(path: &Utf8Path, disk: &Disk) -> Result<BTreeSet<String>, String> {
    let bytes = disk.read(path).map_err(|error| match error {
        FileError::NotFound => format!("there is no baseline `{path}`: write it with `--update`"),
        error => format!("`{path}` cannot be read: {error}"),
    })?;
    let value: Value =
        serde_json::from_slice(&bytes).map_err(|error| format!("`{path}` is no baseline: {error}"))?;
    let findings = value.get("findings").and_then(Value::as_array);
    let findings = findings.filter(|_| value.get("version") == Some(&json!(1)));
    let findings = findings.ok_or_else(|| format!("`{path}` is no baseline of version 1"))?;
    let fingerprint = |finding: &Value| Some(finding.get("fingerprint")?.as_str()?.to_owned());
    Ok(findings.iter().filter_map(fingerprint).collect())
}
