//! Comments that allow a finding: `# kustompose: ignore[KC001] reason`, on its line or above it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::LazyLock,
};

use regex::Regex;

use super::{
    RULES,
    findings::Finding,
    load::Inputs,
    select::{Selection, Selector},
};
use crate::{
    diag::codes,
    text::{SourceId, SourceText, Sources, Span},
    yaml::notes,
};

static COMMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^#+\s*kustompose:\s*ignore\[(?P<rules>[^\]]*)\]\s*(?P<reason>.*?)\s*$").ok()
});

/// One comment.
struct Suppression {
    span: Span,
    /// The line of the findings that it allows, from 0.
    line: usize,
    /// What it allows, with the place of each word.
    rules: Vec<(Span, Result<Selector, String>)>,
    has_reason: bool,
}

/// Takes the findings away that comments allow, and adds what there is to say about the comments. Gives how
/// many were taken away.
pub(super) fn suppress(
    findings: &mut Vec<Finding>,
    inputs: &Inputs,
    selection: &Selection,
    sources: &Sources,
) -> usize {
    let unparsed: BTreeSet<SourceId> = inputs
        .problems
        .iter()
        .filter(|problem| problem.code == codes::PARSE_ERROR)
        .map(|problem| problem.span().source)
        .collect();
    let mut by_line: BTreeMap<(SourceId, usize), Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        let span = finding.span();
        let line = sources.get(span.source).line_column(span.start as usize).0;
        by_line.entry((span.source, line)).or_default().push(at);
    }
    let (mut gone, mut about) = (BTreeSet::new(), Vec::new());
    for (id, source) in sources.iter().filter(|(_, source)| source.text().contains("kustompose: ignore[")) {
        for suppression in suppressions(id, source) {
            let here = by_line.get(&(id, suppression.line)).map_or(&[][..], Vec::as_slice);
            let is_sure = !unparsed.contains(&id);
            gone.extend(judge(&suppression, here, findings, (selection, is_sure), &mut about));
        }
    }
    let mut at = 0;
    findings.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
    findings.extend(about);
    gone.len()
}

/// The positions of the findings that a comment allows; what is wrong with the comment goes to `about`.
fn judge(
    suppression: &Suppression,
    here: &[usize],
    findings: &[Finding],
    (selection, is_sure): (&Selection, bool),
    about: &mut Vec<Finding>,
) -> Vec<usize> {
    let mut allowed = Vec::new();
    for (span, selector) in &suppression.rules {
        let selector = match selector {
            Ok(selector) => selector,
            Err(problem) => {
                about.push(Finding::of_place(codes::INVALID_LINT_SETTING, problem.clone(), *span));
                continue;
            }
        };
        let before = allowed.len();
        allowed.extend(here.iter().copied().filter(|at| {
            let code = findings.get(*at).map(|finding| finding.code.id);
            RULES.iter().any(|rule| Some(rule.code) == code && selector.has(rule))
        }));
        let mut of_selector = RULES.iter().filter(|rule| selector.has(rule));
        if is_sure && allowed.len() == before && of_selector.all(|rule| selection.has(rule)) {
            let message = "this comment suppresses nothing".to_owned();
            let finding = Finding::of_place(codes::UNUSED_SUPPRESSION, message, *span);
            about.push(finding);
        }
    }
    if !suppression.has_reason {
        let message = "this comment does not say why".to_owned();
        let mut finding = Finding::of_place(codes::SUPPRESSION_WITHOUT_REASON, message, suppression.span);
        finding.help("write the reason behind the bracket");
        about.push(finding);
    }
    allowed
}

/// The comments of a file that say so.
fn suppressions(id: SourceId, source: &SourceText) -> Vec<Suppression> {
    let text = source.text();
    let is_yaml = matches!(source.path().extension(), Some("yaml" | "yml"));
    let comments = if is_yaml { notes::notes(text).comments } else { line_comments(text) };
    let lines: BTreeSet<usize> = comments
        .iter()
        .filter(|range| is_alone(text, range))
        .map(|range| source.line_column(range.start).0)
        .collect();
    let suppression = |range: &Range<usize>| {
        let captures = COMMENT.as_ref()?.captures(text.get(range.clone())?.trim_end())?;
        let place = |part: Range<usize>| Span::new(id, range.start + part.start, range.start + part.end);
        let list = captures.name("rules")?;
        let mut rules = Vec::new();
        let mut at = list.start();
        for word in list.as_str().split(',') {
            let start = at + word.len() - word.trim_start().len();
            rules.push((place(start..start + word.trim().len()), word.trim().parse()));
            at += word.len() + 1;
        }
        let mut line = source.line_column(range.start).0;
        // Above a finding: the next line that is neither a comment nor blank.
        if is_alone(text, range) {
            line += 1;
            while line < source.line_count() && (lines.contains(&line) || source.line(line).trim().is_empty())
            {
                line += 1;
            }
        }
        let has_reason = !captures.name("reason")?.as_str().is_empty();
        Some(Suppression { span: place(0..range.len()), line, rules, has_reason })
    };
    comments.iter().filter_map(suppression).collect()
}

/// Whether there is nothing before it on its line.
fn is_alone(text: &str, range: &Range<usize>) -> bool {
    let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    text[start..range.start].trim_start_matches('\u{feff}').trim().is_empty()
}

/// Comments of files in which `#` begins one at the start of a line or behind a blank.
fn line_comments(text: &str) -> Vec<Range<usize>> {
    let mut comments = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let begins = |at: usize| at == 0 || content[..at].ends_with([' ', '\t']);
        if let Some((at, _)) = content.match_indices('#').find(|(at, _)| begins(*at)) {
            comments.push(start + at..start + content.len());
        }
        start += line.len();
    }
    comments
}
