//! Annotations of GitHub Actions: one workflow command a line, which the platform shows in the changed files.
//!
//! The platform shows few annotations a step, so the worst come first; [`super::markdown::summary`] has all.

use super::{Finding, Run, Severity};

/// A line `::error file=…,line=…::message` for each finding.
pub fn annotations(findings: &[Finding], run: &Run<'_>) -> String {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    sorted.into_iter().map(|finding| annotation(finding, run)).collect()
}

fn annotation(finding: &Finding, run: &Run<'_>) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let mut properties = vec![("file", run.file_of(finding))];
    if let Some(place) = finding.place() {
        properties.push(("line", place.line.to_string()));
        properties.push(("endLine", place.last_line().to_string()));
        // The platform takes columns of one line only.
        if place.line == place.end_line {
            properties.push(("col", place.column.to_string()));
            properties.push(("endColumn", place.end_column.to_string()));
        }
    }
    properties.push(("title", format!("{} {}", finding.code.id, finding.name)));
    let properties: Vec<String> =
        properties.into_iter().map(|(name, value)| format!("{name}={}", property(&value))).collect();
    format!("::{command} {}::{}\n", properties.join(","), data(&message(finding, run)))
}

/// Message, help, and the places that the platform cannot show.
fn message(finding: &Finding, run: &Run<'_>) -> String {
    let mut text = finding.text();
    for place in finding.related() {
        let file = run.file(&place.file);
        text.push_str(&format!("\n{file}:{}:{}: {}", place.line, place.column, place.text));
    }
    text
}

/// A text behind `::`, where a line break would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which a comma or a colon would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::testing;

    #[test]
    fn worst_first_in_files_of_the_repository() {
        let shown = annotations(&testing::findings(), &testing::RUN);
        let expected = "\
::error file=app/compose.yaml,line=2,endLine=2,col=4,endColumn=5,title=KL141 wrong-type::`x` | 100%25 <b>%0A%0Asay `y`
::warning file=app/compose.yaml,line=1,endLine=2,title=KL145 obsolete::@team: gone%0Aapp/a, b:c.env:1:1: said here
::notice file=app/compose.yaml,title=KL121 include-conflict::no place
";
        assert_eq!(shown, expected);
    }

    #[test]
    fn nothing_of_a_text_ends_a_command() {
        assert_eq!(property("a:b,c%\r\n"), "a%3Ab%2Cc%25%0D%0A");
        assert_eq!(data("a\n::error::b"), "a%0A::error::b");
    }
}
