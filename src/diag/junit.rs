//! JUnit's XML, which nearly every CI system shows: a finding is a test case, and its file the test suite.
//!
//! Errors and warnings are failures, notes pass. A run without findings is one test case that passes, since
//! some systems take an empty report for a broken one.

use std::{collections::BTreeMap, io};

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

use super::{Finding, Run, Severity};

/// The report as a document.
pub fn report(findings: &[Finding], run: &Run<'_>) -> String {
    let mut suites: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        suites.entry(run.file_of(finding)).or_default().push(finding);
    }
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // A list of bytes takes everything that is written to it.
    let written = document(&mut writer, findings, &suites, run).map(|()| writer.into_inner());
    let mut text = String::from_utf8(written.unwrap_or_default()).unwrap_or_default();
    text.push('\n');
    text
}

fn document(
    writer: &mut Writer<Vec<u8>>,
    findings: &[Finding],
    suites: &BTreeMap<String, Vec<&Finding>>,
    run: &Run<'_>,
) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let title = run.title();
    let all: Vec<&Finding> = findings.iter().collect();
    writer
        .create_element("testsuites")
        .with_attribute(("name", title.as_str()))
        .with_attributes(counts(&all).iter().map(pair))
        .write_inner_content(|writer| {
            if suites.is_empty() {
                return nothing_found(writer, &title);
            }
            suites.iter().try_for_each(|(file, findings)| suite(writer, file, findings, run))
        })?;
    Ok(())
}

fn nothing_found(writer: &mut Writer<Vec<u8>>, title: &str) -> io::Result<()> {
    let counts = [("tests", "1"), ("failures", "0"), ("errors", "0")];
    let suite = writer.create_element("testsuite").with_attribute(("name", title)).with_attributes(counts);
    suite.write_inner_content(|writer| {
        let case = writer.create_element("testcase").with_attribute(("classname", title));
        case.with_attribute(("name", "no findings")).write_empty().map(drop)
    })?;
    Ok(())
}

fn suite(writer: &mut Writer<Vec<u8>>, file: &str, findings: &[&Finding], run: &Run<'_>) -> io::Result<()> {
    writer
        .create_element("testsuite")
        .with_attribute(("name", legal(file).as_str()))
        .with_attributes(counts(findings).iter().map(pair))
        .write_inner_content(|writer| {
            findings.iter().try_for_each(|finding| case(writer, file, finding, run))
        })?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, file: &str, finding: &Finding, run: &Run<'_>) -> io::Result<()> {
    let place = finding.place().map(|place| (place.line.to_string(), place.column.to_string()));
    let at = place.as_ref().map_or_else(String::new, |(line, column)| format!(" at {line}:{column}"));
    let name = format!("{} {}{at}", finding.code.id, finding.name);
    let mut attributes = vec![("classname", legal(file)), ("name", name), ("file", legal(file))];
    attributes.extend(place.map(|(line, _)| ("line", line)));
    let text = legal(&text(finding, run));
    let case = writer.create_element("testcase").with_attributes(attributes.iter().map(pair));
    case.write_inner_content(|writer| {
        let text = BytesText::new(&text);
        if finding.severity == Severity::Info {
            return writer.create_element("system-out").write_text_content(text).map(drop);
        }
        let message = legal(&finding.message).replace('\n', " ");
        let failure = writer.create_element("failure").with_attribute(("type", finding.severity.word()));
        failure.with_attribute(("message", message.as_str())).write_text_content(text).map(drop)
    })?;
    Ok(())
}

fn pair<'a>((name, value): &'a (&'static str, String)) -> (&'a str, &'a str) {
    (name, value)
}

fn counts(findings: &[&Finding]) -> Vec<(&'static str, String)> {
    let failures = findings.iter().filter(|finding| finding.severity != Severity::Info).count();
    let tests = findings.len().max(1);
    vec![("tests", tests.to_string()), ("failures", failures.to_string()), ("errors", "0".to_owned())]
}

/// Message, help and every place.
fn text(finding: &Finding, run: &Run<'_>) -> String {
    let places = finding.labels.iter().map(|place| {
        let file = run.file(&place.file);
        format!("\n{file}:{}:{} {}", place.line, place.column, place.text).trim_end().to_owned()
    });
    format!("{}\n{}", finding.text(), places.collect::<String>()).trim_end().to_owned()
}

/// The text with what XML cannot have, escaped or not, replaced.
fn legal(text: &str) -> String {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_legal(c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::testing;

    #[test]
    fn a_suite_for_each_file() {
        let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"kustompose check\" tests=\"3\" failures=\"2\" errors=\"0\">
  <testsuite name=\"app/compose.yaml\" tests=\"3\" failures=\"2\" errors=\"0\">
    <testcase classname=\"app/compose.yaml\" name=\"KL145 obsolete at 1:1\" file=\"app/compose.yaml\" line=\"1\">
      <failure type=\"warning\" message=\"@team: gone\">@team: gone

app/compose.yaml:1:1 here
app/a, b:c.env:1:1 said here</failure>
    </testcase>
    <testcase classname=\"app/compose.yaml\" name=\"KL141 wrong-type at 2:4\" file=\"app/compose.yaml\" line=\"2\">
      <failure type=\"error\" message=\"`x` | 100% &lt;b&gt;\">`x` | 100% &lt;b&gt;

say `y`

app/compose.yaml:2:4</failure>
    </testcase>
    <testcase classname=\"app/compose.yaml\" name=\"KL121 include-conflict\" file=\"app/compose.yaml\">
      <system-out>no place</system-out>
    </testcase>
  </testsuite>
</testsuites>
";
        assert_eq!(report(&testing::findings(), &testing::RUN), expected);
    }

    #[test]
    fn no_findings_are_a_test_that_passes() {
        let shown = report(&[], &testing::RUN);
        assert!(
            shown.contains("<testsuites name=\"kustompose check\" tests=\"1\" failures=\"0\""),
            "{shown}"
        );
        assert!(shown.contains("<testcase classname=\"kustompose check\" name=\"no findings\"/>"), "{shown}");
    }

    #[test]
    fn what_xml_cannot_have_is_replaced() {
        assert_eq!(legal("a\u{0}\u{1b}\u{fffe}\u{1f600}\n"), "a\u{fffd}\u{fffd}\u{fffd}\u{1f600}\n");
    }
}
