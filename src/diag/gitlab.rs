//! GitLab's code quality report: a JSON list that merge requests show.

use serde_json::{Value, json};

use super::{Finding, Run, Severity};

/// The report, for `artifacts:reports:codequality`.
pub fn code_quality(findings: &[Finding], run: &Run<'_>) -> Value {
    findings.iter().map(|finding| issue(finding, run)).collect()
}

fn issue(finding: &Finding, run: &Run<'_>) -> Value {
    let (line, end_line) = finding.place().map_or((1, 1), |place| (place.line, place.last_line()));
    json!({
        "description": finding.text(),
        "check_name": format!("{} {}", finding.code.id, finding.name),
        "fingerprint": finding.fingerprint,
        "severity": severity(finding.severity),
        "location": {"path": run.file_of(finding), "lines": {"begin": line, "end": end_line}},
    })
}

/// GitLab's words: `blocker`, `critical`, `major`, `minor`, `info`.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::testing;

    #[test]
    fn every_finding_has_a_file_and_a_line() {
        let report = code_quality(&testing::findings(), &testing::RUN);
        let rows: Vec<String> = report.as_array().unwrap().iter().map(row).collect();
        let expected = [
            "minor KL145 obsolete app/compose.yaml:1-2 @team: gone",
            "major KL141 wrong-type app/compose.yaml:2-2 `x` | 100% <b>\n\nsay `y`",
            "info KL121 include-conflict app/compose.yaml:1-1 no place",
        ];
        assert_eq!(rows, expected);
    }

    fn row(issue: &Value) -> String {
        let text = |pointer: &str| issue.pointer(pointer).and_then(Value::as_str).unwrap();
        let line = |pointer: &str| issue.pointer(pointer).and_then(Value::as_u64).unwrap();
        assert_eq!(text("/fingerprint").len(), 16);
        format!(
            "{} {} {}:{}-{} {}",
            text("/severity"),
            text("/check_name"),
            text("/location/path"),
            line("/location/lines/begin"),
            line("/location/lines/end"),
            text("/description"),
        )
    }
}
