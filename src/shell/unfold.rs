//! Scripts that repeat themselves without a loop, and loops in other words, written as the loops that they stand for.
//!
//! `job; sleep 300; exec "$0"` is `while :; do job; sleep 300; done`. What is read of a script, and what a CronJob would
//! run, is taken from the text as it is written here.

use std::{borrow::Cow, ops::Range};

use super::{
    Script, clock,
    command_line::{self, Invocation},
    quotes::{bare, unquoted},
    round,
    source::has_here_document,
    split,
    syntax::{self, Command, Condition, Link, List, Loop, Pipeline, Simple, Statement},
    visit, words,
};

/// Seconds from which a loop that asks over HTTP is there to call something, not to wait until it stops to answer.
const CALLS: f64 = 60.0;

/// A text that is put in place of some bytes.
struct Edit {
    range: Range<usize>,
    text: String,
}

impl Edit {
    fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }
}

/// The text with its loops written as loops; nothing if they are.
pub(super) fn of(list: &List, text: &str, script: &Script<'_>) -> Option<String> {
    // Documents do not lie where the statements are that read them.
    if !(text.contains("sleep") || text.contains("read")) || has_here_document(text) {
        return None;
    }
    let edits = started_again(list, script)
        .or_else(|| timed_reads(list))
        .or_else(|| calls_itself(list))
        .or_else(|| fed(list))
        .or_else(|| kept_by_work(list, text))
        .or_else(|| expanded(list))?;
    applied(text, edits)
}

fn applied(text: &str, mut edits: Vec<Edit>) -> Option<String> {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let (mut result, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        result.push_str(text.get(at..edit.range.start)?);
        result.push_str(&edit.text);
        at = edit.range.end;
    }
    result.push_str(text.get(at..)?);
    Some(result)
}

/// `…; exec "$0"`: the script starts itself again.
fn started_again(list: &List, script: &Script<'_>) -> Option<Vec<Edit>> {
    let is_self = |simple: &Simple| starts_itself(simple, script);
    if script.name.is_empty() || !visit::simple(list).any(&is_self) {
        return None;
    }
    let first = list.iter().position(|statement| !is_preparation(statement))?;
    looped(&list[first..], &is_self, "break")
}

/// `f() { …; f; }`
fn calls_itself(list: &List) -> Option<Vec<Edit>> {
    let all = visit::commands(list).into_iter();
    let mut functions = all.filter_map(|command| match command {
        Command::Function { name, body } => Some((name, body)),
        _ => None,
    });
    functions.find_map(|(name, body)| {
        let is_self = |simple: &Simple| simple.name() == Some(name);
        let [Statement { chain, .. }] = &body[..] else { return None };
        let [(_, Pipeline { commands, .. })] = &chain[..] else { return None };
        let [Command::Group(inner)] = &commands[..] else { return None };
        if !visit::simple(inner).any(is_self) {
            return None;
        }
        looped(inner, &is_self, "return")
    })
}

/// Statements that begin again where they start themselves, as an endless loop. `leave` ends them otherwise.
fn looped(list: &[Statement], is_self: &dyn Fn(&Simple) -> bool, leave: &str) -> Option<Vec<Edit>> {
    let (first, last) = (list.first()?, list.last()?);
    let mut edits = vec![Edit::new(first.range.start..first.range.start, "while :; do ")];
    let (_, final_pipeline) = last.chain.last()?;
    let goes_round = !last.background && only_call(final_pipeline, is_self);
    let mut again = Again { is_self, edits: &mut edits, found: 0 };
    if goes_round && last.chain.iter().all(|(link, _)| *link != Link::Or) {
        again.statements(&list[..list.len() - 1], false)?;
        let before = &last.chain[..last.chain.len() - 1];
        for (_, pipeline) in before {
            again.pipeline(pipeline, false)?;
        }
        let edit = match before.last() {
            // `job && sleep 60 && again`: a failure ends it.
            Some((_, before)) => {
                Edit::new(before.range.end..final_pipeline.range.end, format!(" || {leave}\ndone"))
            }
            // A loop needs something in it; behind a command, it would hide how that ended.
            None if list.len() == 1 => Edit::new(final_pipeline.range.clone(), ":\ndone"),
            None => Edit::new(final_pipeline.range.clone(), "\ndone"),
        };
        edits.push(edit);
        return Some(edits);
    }
    again.statements(list, true)?;
    if again.found == 0 {
        return None;
    }
    let end = if last.background { " " } else { "\n" };
    edits.push(Edit::new(last.range.end..last.range.end, format!("{end}{leave}\ndone")));
    Some(edits)
}

/// Replaces what begins again by `continue`. It must be the last thing that is done.
struct Again<'a> {
    is_self: &'a dyn Fn(&Simple) -> bool,
    edits: &'a mut Vec<Edit>,
    found: usize,
}

impl Again<'_> {
    /// Nothing if it begins again in a place where `continue` would do something else. `is_end`: nothing follows.
    fn statements(&mut self, list: &[Statement], is_end: bool) -> Option<()> {
        for (index, statement) in list.iter().enumerate() {
            let is_end = is_end && index + 1 == list.len() && !statement.background;
            for (index, (_, pipeline)) in statement.chain.iter().enumerate() {
                let is_last = index + 1 == statement.chain.len();
                self.pipeline(pipeline, is_end && is_last)?;
            }
        }
        Some(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline, is_end: bool) -> Option<()> {
        if only_call(pipeline, self.is_self) {
            // What replaces the script needs no end: nothing behind it is reached.
            let replaces =
                matches!(&pipeline.commands[..], [Command::Simple(simple)] if simple.name() == Some("exec"));
            if !is_end && !replaces {
                return None;
            }
            self.found += 1;
            self.edits.push(Edit::new(pipeline.range.clone(), "continue"));
            return Some(());
        }
        match &pipeline.commands[..] {
            [Command::If { arms, otherwise }] => {
                for (test, body) in arms {
                    self.nowhere(test)?;
                    self.statements(body, is_end)?;
                }
                otherwise.as_ref().map_or(Some(()), |body| self.statements(body, is_end))
            }
            [Command::Case(case)] => case.arms.iter().try_for_each(|(_, body)| self.statements(body, is_end)),
            [Command::Group(body)] => self.statements(body, is_end),
            commands => commands.iter().try_for_each(|command| match command {
                Command::Simple(simple) => (!(self.is_self)(simple)).then_some(()),
                other => other.lists().into_iter().try_for_each(|list| self.nowhere(list)),
            }),
        }
    }

    /// Nothing if it begins again anywhere in some statements.
    fn nowhere(&self, list: &[Statement]) -> Option<()> {
        (!visit::simple(list).any(|simple| (self.is_self)(simple))).then_some(())
    }
}

fn only_call(pipeline: &Pipeline, is_self: &dyn Fn(&Simple) -> bool) -> bool {
    !pipeline.negated && matches!(&pipeline.commands[..], [Command::Simple(simple)] if is_self(simple))
}

/// `exec "$0"`, `exec bash "$0" "$@"`, `. "$0"`, or the same by the script's own path.
fn starts_itself(simple: &Simple, script: &Script<'_>) -> bool {
    let mut words = simple.words.iter().map(|word| unquoted(word)).peekable();
    let is_starter =
        |word: &String| matches!(word.as_str(), "exec" | "." | "source") || command_line::is_shell(word);
    let starts = words.next_if(|word| word == "exec").is_some();
    if starts && words.next_if(|word| word == "-a").is_some() {
        words.next();
    }
    let Some(word) = words.find(|word| !is_starter(word) && !word.starts_with('-')) else { return false };
    let is_path = script.name.contains('/') && word == script.name;
    is_path
        || matches!(word.as_str(), "$0" | "${0}" | "$BASH_SOURCE" | "${BASH_SOURCE}" | "${BASH_SOURCE[0]}")
}

/// Whether a statement only sets the scene: it is the same however often it is done.
fn is_preparation(statement: &Statement) -> bool {
    if let [(_, pipeline)] = &statement.chain[..]
        && let [Command::Function { .. }] = &pipeline.commands[..]
    {
        return true;
    }
    let scene = ["set", "trap", "cd", "export", "umask", "shopt", "readonly"];
    round::only_simple(statement)
        .is_some_and(|simple| !statement.background && simple.name().is_none_or(|name| scene.contains(&name)))
}

/// `yes | while read -r _; do …; done`, or `seq inf |`: what is read says nothing, and there is always more of it.
fn fed(list: &List) -> Option<Vec<Edit>> {
    let pipelines = list.iter().flat_map(|statement| &statement.chain).map(|(_, pipeline)| pipeline);
    pipelines.into_iter().find_map(|pipeline| {
        let [Command::Simple(source), Command::Loop(fed), ..] = &pipeline.commands[..] else { return None };
        let Condition::List(condition) = &fed.condition else { return None };
        let [statement] = &condition[..] else { return None };
        let read = round::only_simple(statement).filter(|_| !fed.until)?;
        let names = read.words.iter().skip(1).filter(|word| !word.starts_with('-'));
        let is_used = names.into_iter().any(|name| {
            let simple = visit::simple(&fed.body);
            simple.flat_map(|simple| &simple.words).any(|word| word.contains(&format!("${name}")))
        });
        let is_fed = feeds(source) && read.name() == Some("read") && !is_used;
        is_fed.then(|| vec![Edit::new(pipeline.range.start..fed.inner.start, "while :; do")])
    })
}

/// What never ends to write lines: `yes`, `seq inf`.
fn feeds(source: &Simple) -> bool {
    match words::program_words(source)[..] {
        ["yes", ..] => true,
        ["seq", .., last] => matches!(last, "inf" | "infinity"),
        _ => false,
    }
}

/// `read -t 60` as a `sleep 60`, in a loop or as the condition of one: it waits for what nobody writes.
fn timed_reads(list: &List) -> Option<Vec<Edit>> {
    let loops = visit::commands(list).into_iter().filter_map(|command| match command {
        Command::Loop(own) => Some(own),
        _ => None,
    });
    let mut edits = Vec::new();
    for Loop { until, condition, body, range, inner } in loops {
        if let Condition::List(condition) = condition
            && let [Statement { chain, .. }] = &condition[..]
            && let [(_, pipeline)] = &chain[..]
            && pipeline.negated != *until
            && let Some(length) = only_timed_read(pipeline)
        {
            edits.push(Edit::new(range.start..inner.start, format!("while :; do sleep {length}; ")));
        }
        for statement in body {
            let Some(((_, first), rest)) = statement.chain.split_first() else { continue };
            let goes_on = rest.iter().all(|(link, pipeline)| {
                *link == Link::Or
                    && matches!(&pipeline.commands[..], [Command::Simple(simple)]
                        if matches!(simple.name(), Some(":" | "true")))
            });
            if let Some(length) = only_timed_read(first).filter(|_| goes_on) {
                edits.push(Edit::new(statement.range.clone(), format!("sleep {length}")));
            }
        }
    }
    (!edits.is_empty()).then_some(edits)
}

fn only_timed_read(pipeline: &Pipeline) -> Option<&str> {
    match &pipeline.commands[..] {
        [Command::Simple(simple)] => words::timed_read(simple),
        _ => None,
    }
}

/// `while job; do sleep 300; done` at the end: the condition is the work.
fn kept_by_work(list: &List, text: &str) -> Option<Vec<Edit>> {
    let (_, pipeline) = list.last().filter(|last| !last.background)?.chain.last()?;
    let [Command::Loop(own)] = &pipeline.commands[..] else { return None };
    let Loop { until: false, condition: Condition::List(condition), body, range, inner } = own else {
        return None;
    };
    let waits = visit::simple(body).find_map(words::sleep)?;
    let only_waits = visit::commands(body)
        .into_iter()
        .all(|command| matches!(command, Command::Simple(simple) if words::is_inert(simple)));
    if !only_waits || !is_work(condition, &waits) {
        return None;
    }
    let (first, last) = (condition.first()?, condition.last()?);
    let work = text.get(first.range.start..last.range.end)?;
    Some(vec![Edit::new(range.start..inner.start, format!("while :; do {work} || exit;"))])
}

/// Whether the commands of a condition are there for what they do.
fn is_work(condition: &List, waits: &[Cow<'_, str>]) -> bool {
    let is_long =
        waits.first().and_then(|word| clock::seconds_of(bare(word))).is_some_and(|own| own >= CALLS);
    let calls = |simple: &Simple| is_long && matches!(words::program(simple), Some("curl" | "wget"));
    let asks = |simple: &Simple| {
        let is_event =
            words::program(simple).is_some_and(|name| words::is_probe(name) || words::is_event(name));
        let is_builtin = matches!(words::program(simple), Some("kill" | "wait" | "read"));
        (is_event || is_builtin) && !calls(simple) && !words::is_inert(simple)
    };
    let negated =
        condition.iter().flat_map(|statement| &statement.chain).any(|(_, pipeline)| pipeline.negated);
    let only_commands = visit::commands(condition).into_iter().all(|command| {
        matches!(command, Command::Simple(simple)
            if !asks(simple) && !matches!(words::program(simple), Some("[" | "test")))
    });
    let works = visit::simple(condition).any(|simple| {
        // A variable says whether to go on.
        !words::is_inert(simple) && simple.name().is_some_and(|name| !name.starts_with(['$', '"']))
    });
    !negated && only_commands && works
}

/// `eval 'while …; done'`, `sh -c 'while …; done' &`: the text that is run, in its place.
fn expanded(list: &List) -> Option<Vec<Edit>> {
    let all = visit::pipelines(list).into_iter();
    let edits: Vec<Edit> = all
        .filter_map(|pipeline| match &pipeline.commands[..] {
            [Command::Simple(simple)] => Some(Edit::new(pipeline.range.clone(), inner_script(simple)?)),
            _ => None,
        })
        .collect();
    (!edits.is_empty()).then_some(edits)
}

fn inner_script(simple: &Simple) -> Option<String> {
    if !simple.assignments.is_empty() || !simple.targets().all(words::leaves_nothing) {
        return None;
    }
    let words = split::split_words(&simple.words, &[])?;
    let mut words = &words[..];
    while let [first, rest @ ..] = words {
        words = match (first.as_str(), rest) {
            ("nohup" | "setsid", rest) => rest,
            // Under another name.
            ("exec", [option, _, rest @ ..]) if option == "-a" => rest,
            _ => break,
        };
    }
    let (text, open, close) = match words {
        [eval, text] if eval == "eval" => (text.clone(), "{ ", "\n}"),
        words => match command_line::read(words)? {
            Invocation::Inline { text, name: None, .. } => (text, "( ", "\n)"),
            _ => return None,
        },
    };
    let is_loop = text.contains("sleep") && !has_here_document(&text);
    (is_loop && syntax::parse(&text).is_ok()).then(|| format!("{open}{text}{close}"))
}
