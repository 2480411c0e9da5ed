//! What a CronJob runs in place of a loop: the words of its command, or a text for a shell.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    flow::Found,
    functions::Functions,
    quotes::bare,
    round,
    setup::{Need, Setup, Used, need_of},
    source::{LONGEST, Source, has_here_document},
    split,
    syntax::{Command, Link, List, Simple, Statement},
    visit, words,
};
use crate::catalog::{self, Property};

/// What runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Built {
    /// Its words.
    pub(super) words: Vec<String>,
    /// How many of the first words the script says; the others are arguments that it was given.
    pub(super) fixed: usize,
    /// What stands before the loop runs before each command now.
    pub(super) repeats_setup: bool,
    /// It is longer than a CronJob should carry.
    pub(super) is_long: bool,
}

/// The command of one round of a loop.
pub(super) fn of(found: &Found<'_>, source: &Source<'_>) -> Built {
    // Nobody looks at all of what is far too long.
    if found.body.range.len() > 4 * LONGEST {
        let start = found.body.inner.start;
        let text: String = source.slice(&(start..found.body.inner.end)).chars().take(LONGEST).collect();
        return Built { is_long: true, ..in_shell(tidy(&text), source) };
    }
    // On its way through functions and pipes, the text around it is kept.
    let around = if source.stands_alone(found) { &[][..] } else { &found.before };
    let passed = around.iter();
    let used = Used::by(source.slice(&statement_range(found, source)), found, source);
    let passed = passed.map(|statement| need_of(statement, &used, source)).max().unwrap_or(Need::None);
    let plain = plain(found).filter(|_| passed <= Need::Option);
    if let Some((statement, simple)) = plain.filter(|_| !found.is_wrapped)
        && !Setup::of(found, source.slice(&statement.range), source).is_needed
        && let Some(built) = words_of(simple, source)
    {
        return built;
    }
    let edits = edits(found, source);
    let text = match plain {
        // `cd /app && while …; do x; done > log` is `cd /app && x > log`.
        Some((statement, simple))
            if found.is_wrapped && source.stands_alone(found) && simple.redirections.is_empty() =>
        {
            let before = found.statement.range.start..found.body.range.start;
            let behind = found.body.range.end..found.pipeline.end;
            [before, statement.range.clone(), behind].iter().map(|range| source.slice(range)).collect()
        }
        _ => edited(source.text, statement_range(found, source), &edits),
    };
    let setup = Setup::of(found, &text, source);
    let built = text_of(found, setup, &text, &edits, source);
    let led = found.led_by.iter().map(|(statement, count)| {
        let chain = statement.chain.get(..*count).unwrap_or_default().to_vec();
        need_of(&Statement { chain, ..(*statement).clone() }, &used, source)
    });
    let repeats_setup = built.repeats_setup || led.max().unwrap_or(Need::None).max(passed) == Need::Command;
    Built { repeats_setup, ..built }
}

/// The command of a single line, such as one of a crontab.
pub(super) fn of_line(list: &List, text: &str, shell: &[String]) -> Built {
    let functions = Functions::none();
    let source = Source {
        text,
        list,
        functions: &functions,
        arguments: &[],
        name: "",
        shell,
        environment: &|_| None,
        looks_at_clock: false,
    };
    if let [statement] = &list[..]
        && !statement.background
        && let Some(simple) = round::only_simple(statement)
        && let Some(built) = words_of(simple, &source)
    {
        return built;
    }
    in_shell(text.trim().to_owned(), &source)
}

/// The one command of a round, if that is all there is to it.
fn plain<'s>(found: &Found<'s>) -> Option<(&'s Statement, &'s Simple)> {
    let [(position, statement)] = found.round.payload[..] else { return None };
    let others = found.body.body.iter().enumerate().filter(|(index, _)| *index != position);
    // A round that can be left early is more than its command.
    if others.into_iter().any(|(_, other)| leaves(other)) {
        return None;
    }
    heeded(statement).map(|simple| (statement, simple))
}

/// The only command of a statement. `job || exit` ends as `job` does.
fn heeded(statement: &Statement) -> Option<&Simple> {
    let [(Link::First, pipeline), (Link::Or, last)] = &statement.chain[..] else {
        return round::only_simple(statement);
    };
    let [Command::Simple(exit)] = &last.commands[..] else { return None };
    let status: Vec<&str> = exit.words.iter().map(String::as_str).collect();
    let fails = match status[..] {
        ["exit"] | ["exit", "$?"] => true,
        ["exit", status] => status.parse::<u8>().is_ok_and(|status| status > 0),
        _ => false,
    };
    match &pipeline.commands[..] {
        [Command::Simple(simple)] if fails && !pipeline.negated => Some(simple),
        _ => None,
    }
}

/// Whether a statement can end the round.
fn leaves(statement: &Statement) -> bool {
    let mut all = visit::simple(std::slice::from_ref(statement));
    all.any(|simple| simple.name().is_some_and(|name| words::is_exit(name) || name == "continue"))
}

/// The words of a simple command, if no shell is needed to run it.
fn words_of(simple: &Simple, source: &Source<'_>) -> Option<Built> {
    let name = simple.words.first()?;
    let to_log = simple.redirections.iter().all(|target| target.as_deref().is_some_and(is_log));
    if !to_log || !simple.assignments.is_empty() || catalog::is(name, Property::Builtin) {
        return None;
    }
    if source.functions.has(name) {
        return None;
    }
    let mut all = Vec::new();
    let mut fixed = None;
    for word in &simple.words {
        if word.contains('$') && fixed.is_none() {
            fixed = Some(all.len());
        }
        all.extend(split::split_word(word, source.arguments)?);
    }
    let first = all.first()?;
    // A word that became empty, or an assignment, is no program.
    if first.is_empty() || first.contains('=') {
        return None;
    }
    let fixed = fixed.unwrap_or(all.len());
    Some(Built { words: all, fixed, ..Built::default() })
}

/// Where the output of a container goes anyway.
fn is_log(target: &str) -> bool {
    matches!(
        bare(target),
        "/dev/stdout" | "/dev/stderr" | "/proc/1/fd/1" | "/proc/1/fd/2" | "/proc/self/fd/1" | "&1" | "&2"
    )
}

/// The statement at the top that holds the loop, or calls the function that does.
fn container(found: &Found<'_>, source: &Source<'_>) -> Range<usize> {
    source.list.get(found.top).map_or(found.body.range.clone(), |statement| statement.range.clone())
}

/// A change to the text.
struct Edit {
    range: Range<usize>,
    text: &'static str,
}

fn text_of(found: &Found<'_>, setup: Setup, command: &str, edits: &[Edit], source: &Source<'_>) -> Built {
    let mut parts: Vec<String> = Vec::new();
    let text = source.text;
    let first = setup.kept.first().map(|(range, _)| range.start);
    match first {
        // The text of a here-document does not lie within its statement: all is kept as it stands.
        Some(first) if has_here_document(text.get(first..found.body.range.start).unwrap_or_default()) => {
            parts.push(edited(text, first..statement_range(found, source).start, edits));
        }
        _ => parts.extend(setup.kept.iter().map(|(range, background)| {
            edited(text, range.clone(), edits) + if *background { " &" } else { "" }
        })),
    }
    parts.push(command.to_owned());
    let mut script: String =
        parts.iter().map(|part| tidy(part)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    if found.round.background && found.round.payload.len() > 1 {
        script.push_str(" &\nwait");
        script = script.replace("& &\n", "&\n").replace("&\n &\n", "&\n");
    }
    let built = in_shell(script, source);
    Built { repeats_setup: setup.runs_commands, is_long: built.is_long || setup.is_cut, ..built }
}

fn statement_range(found: &Found<'_>, source: &Source<'_>) -> Range<usize> {
    match source.stands_alone(found) {
        true => found.statement.range.start..found.pipeline.end,
        false => container(found, source),
    }
}

/// The loop's head and tail go, and its delays.
fn edits(found: &Found<'_>, source: &Source<'_>) -> Vec<Edit> {
    let body = found.body;
    let is_bare = statement_range(found, source) == body.range;
    let keeps_loop = !is_bare || leaves_round(&body.body);
    let (head, tail) = if keeps_loop { ("for _ in once; do", "done") } else { ("", "") };
    let mut edits = vec![
        Edit { range: body.range.start..body.inner.start, text: head },
        Edit { range: body.inner.end..body.range.end, text: tail },
    ];
    if !source.stands_alone(found) {
        edits.push(Edit { range: found.pipeline.end..found.pipeline.end, text: "; exit" });
    }
    for delay in &found.round.delays {
        if delay.position.is_some_and(|position| found.round.is_within(position)) {
            continue;
        }
        for range in &delay.ranges {
            if delay.is_direct && found.body.body.len() > 1 {
                edits.push(Edit { range: with_separator(source.text, range), text: "" });
            } else {
                edits.push(Edit { range: range.clone(), text: ":" });
            }
        }
    }
    if source.looks_at_clock
        && let [(_, statement)] = found.round.payload[..]
    {
        edits.extend(without_clock(statement, source.text));
    }
    // A job waits for what it runs.
    if let [(_, statement)] = found.round.payload[..]
        && statement.background
    {
        let end = with_separator(source.text, &statement.range).end;
        edits.push(Edit { range: statement.range.end..end, text: ";" });
    }
    // What is only said around the command would hide its failure.
    for statement in &found.body.body {
        if round::only_simple(statement).is_some_and(words::is_message) && found.round.payload.len() == 1 {
            edits.push(Edit { range: with_separator(source.text, &statement.range), text: "" });
        }
    }
    edits
        .retain(|edit| edit.range.start <= edit.range.end && !edit.range.is_empty() || edit.text == "; exit");
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    edits
}

/// `[ "$(date +%H:%M)" = 03:05 ] && x`, or the same with `if`, as `x`.
fn without_clock(statement: &Statement, text: &str) -> Vec<Edit> {
    let range = &statement.range;
    let Some((_, pipeline)) = statement.chain.first() else { return Vec::new() };
    if let [Command::If { arms, .. }] = &pipeline.commands[..] {
        let body = arms.first().map(|(_, body)| body);
        let Some((first, last)) = body.and_then(|body| body.first().zip(body.last())) else {
            return Vec::new();
        };
        return vec![
            Edit { range: range.start..first.range.start, text: "" },
            Edit { range: last.range.end..range.end, text: "" },
        ];
    }
    // The test has no `&&` within its words.
    let end = text.get(range.clone()).and_then(|text| text.find("&&"));
    end.map(|end| Edit { range: range.start..range.start + end + 2, text: "" }).into_iter().collect()
}

/// Whether there is a `break` or `continue` that belongs to the loop.
fn leaves_round(body: &List) -> bool {
    visit::simple(body).any(|simple| matches!(simple.name(), Some("break" | "continue")))
}

/// A statement with the `;` or `&` behind it.
fn with_separator(text: &str, range: &Range<usize>) -> Range<usize> {
    let rest = text.get(range.end..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let separator = rest.trim_start_matches([' ', '\t']).chars().next().filter(|c| matches!(c, ';' | '&'));
    range.start..range.end + separator.map_or(0, |separator| blanks + separator.len_utf8())
}

/// A part of the text with the edits that lie in it.
fn edited(text: &str, range: Range<usize>, edits: &[Edit]) -> String {
    let mut result = String::new();
    let mut at = range.start;
    let first = edits.partition_point(|edit| edit.range.start < range.start);
    for edit in edits.get(first..).unwrap_or_default().iter().take_while(|edit| edit.range.start <= range.end)
    {
        if edit.range.start < at || edit.range.end > range.end {
            continue;
        }
        result.push_str(text.get(at..edit.range.start).unwrap_or_default());
        result.push_str(edit.text);
        at = edit.range.end;
    }
    result.push_str(text.get(at..range.end).unwrap_or_default());
    result
}

/// Without empty lines around, without the indentation that all lines have.
fn tidy(text: &str) -> String {
    let text = text.trim_matches(['\n', '\r']);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let indented = lines.iter().filter(|line| !line.is_empty());
    let indent =
        indented.map(|line| line.len() - line.trim_start_matches([' ', '\t']).len()).min().unwrap_or(0);
    // Lines of quoted texts and here-documents are not indentation.
    let is_plain = !has_here_document(text) && lines.iter().all(|line| closes_quotes(line));
    let cut: Vec<&str> = lines
        .iter()
        .map(|line| if is_plain { line.get(indent..).unwrap_or_default() } else { line })
        .collect();
    let mut joined = cut.join("\n");
    while let Some((rest, last)) = joined.rsplit_once('\n')
        && is_plain
        && (last.trim().is_empty() || last.trim_start().starts_with('#'))
    {
        joined = rest.to_owned();
    }
    let mut text = joined.trim();
    while let Some(rest) = text.strip_suffix(';').or_else(|| text.strip_suffix(" \\")) {
        text = rest.trim_end();
    }
    text.to_owned()
}

fn closes_quotes(line: &str) -> bool {
    line.matches('\'').count().is_multiple_of(2)
        && line.replace("\\\"", "").matches('"').count().is_multiple_of(2)
}

/// `sh -c TEXT`, with the name and as many arguments as the text asks for.
fn in_shell(script: String, source: &Source<'_>) -> Built {
    let arguments = arguments_of(&script, source.arguments);
    let is_long = script.len() > LONGEST;
    let mut words: Vec<String> = source.shell.to_vec();
    words.push(script);
    let mut fixed = words.len();
    if !arguments.is_empty() {
        words.push(if source.name.is_empty() {
            source.shell.first().cloned().unwrap_or_default()
        } else {
            source.name.to_owned()
        });
        fixed = words.len();
        words.extend_from_slice(arguments);
    }
    Built { words, fixed, is_long, ..Built::default() }
}

/// The arguments that a text reads.
fn arguments_of<'a>(script: &str, arguments: &'a [String]) -> &'a [String] {
    static READ: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\$\{?(?:#?[@*]|#|(?P<number>[1-9][0-9]?))|\bshift\b").ok());
    let mut most = 0;
    for found in READ.as_ref().into_iter().flat_map(|read| read.captures_iter(script)) {
        match found.name("number").and_then(|number| number.as_str().parse::<usize>().ok()) {
            Some(number) => most = most.max(number),
            None => return arguments,
        }
    }
    &arguments[..most.min(arguments.len())]
}
