//! Findings in Markdown, for the comment at a pull request and for the summary of a CI step.
//!
//! Messages hold names from files, so everything that Markdown, HTML or the platform would act on is escaped.

use super::{Finding, Run, Severity};

/// Characters that a comment of GitHub and of GitLab may have, with room for what CI jobs add.
pub const COMMENT_LIMIT: usize = 60_000;
/// Bytes that the summary of a step may have, with room for what other steps add.
pub const SUMMARY_LIMIT: usize = 900_000;

/// A comment. Its first line is invisible and always the same, so that a job finds its earlier comment.
pub fn comment(findings: &[Finding], run: &Run<'_>) -> String {
    format!("<!-- {} -->\n{}", run.title(), table(findings, run, COMMENT_LIMIT))
}

/// The summary of a step.
pub fn summary(findings: &[Finding], run: &Run<'_>) -> String {
    table(findings, run, SUMMARY_LIMIT)
}

/// A heading with the counts, and a table of the findings, worst first, as many as fit.
fn table(findings: &[Finding], run: &Run<'_>, limit: usize) -> String {
    let mut text = format!("### {}: {}\n", run.title(), counts(findings));
    if findings.is_empty() {
        return text;
    }
    text.push_str("\n| severity | place | finding |\n| --- | --- | --- |\n");
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for (shown, finding) in sorted.iter().enumerate() {
        let row = row(finding, run);
        if text.len() + row.len() > limit {
            text.push_str(&format!("\n{} more are not shown here.\n", sorted.len() - shown));
            break;
        }
        text.push_str(&row);
    }
    text
}

/// `2 errors, 1 warning`.
fn counts(findings: &[Finding]) -> String {
    let words = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")];
    let counts = words.into_iter().filter_map(|(severity, word)| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        (count > 0).then(|| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
    });
    let counts: Vec<String> = counts.collect();
    if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") }
}

fn row(finding: &Finding, run: &Run<'_>) -> String {
    let line = finding.place().map_or_else(String::new, |place| format!(":{}", place.line));
    let place = code(&format!("{}{line}", run.file_of(finding)));
    let name = format!("{} {}", finding.code.id, finding.name);
    let name = match &finding.url {
        Some(url) => format!("[{name}]({url})"),
        None => name,
    };
    let help = finding.help.as_deref().map_or_else(String::new, |help| format!("<br>{}", prose(help)));
    format!("| {} | {place} | {name}: {}{help} |\n", finding.severity.word(), prose(&finding.message))
}

/// Text, with code where it stands between backticks.
fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // The last backtick of an odd number of them opens nothing.
    let is_open = parts.len().is_multiple_of(2);
    let last = parts.len() - 1;
    let part = |(at, part): (usize, &&str)| match at % 2 {
        1 if is_open && at == last => format!("`{}", escaped(part)),
        1 => code(part),
        _ => escaped(part),
    };
    parts.iter().enumerate().map(part).collect()
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// Everything but letters, digits and harmless signs as an entity, which shows it as it is.
fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '\n' => "<br>".to_owned(),
        c if c.is_alphanumeric() || " .,;:/-()=%+?".contains(c) => c.to_string(),
        c if c.is_control() => "\u{fffd}".to_owned(),
        c => format!("&#{};", u32::from(c)),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::testing;

    #[test]
    fn worst_first_with_everything_escaped() {
        let shown = comment(&testing::findings(), &testing::RUN);
        let expected = "\
<!-- kustompose check -->
### kustompose check: 1 error, 1 warning, 1 note

| severity | place | finding |
| --- | --- | --- |
| error | <code>app/compose.yaml:2</code> | KL141 wrong-type: <code>x</code> &#124; 100% &#60;b&#62;<br>say <code>y</code> |
| warning | <code>app/compose.yaml:1</code> | KL145 obsolete: &#64;team: gone |
| info | <code>app/compose.yaml</code> | KL121 include-conflict: no place |
";
        let linked = |text: &str| text.contains("](");
        assert!(linked(&shown) || shown == expected, "{shown}");
        assert_eq!(summary(&[], &testing::RUN), "### kustompose check: no findings\n");
    }

    #[test]
    fn a_long_table_says_how_much_it_leaves_out() {
        let many: Vec<Finding> = std::iter::repeat_n(testing::findings(), 100).flatten().collect();
        let shown = table(&many, &testing::RUN, 2000);
        assert!(shown.len() < 2100 && shown.contains(" more are not shown here.\n"), "{shown}");
        let rows = shown.lines().filter(|line| line.starts_with("| error")).count();
        assert!(shown.ends_with(&format!("\n{} more are not shown here.\n", 300 - rows)), "{shown}");
    }

    #[test]
    fn backticks() {
        for (text, expected) in
            [("a `b` c", "a <code>b</code> c"), ("a ` b", "a ` b"), ("`a` `b", "<code>a</code> `b"), ("", "")]
        {
            assert_eq!(prose(text), expected);
        }
    }
}
