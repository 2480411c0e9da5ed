//! Whether a condition holds, and what it looks at.

use std::{collections::BTreeSet, rc::Rc, sync::LazyLock};

use regex::Regex;

use super::{
    clock::Clock,
    functions::Functions,
    quotes::{bare, unquoted},
    syntax::{Command, Condition, Link, List, Pipeline, Simple, Statement},
    test::{self, Test},
    value::Scope,
    visit, words,
};

/// Whether it holds. None if only a run can tell.
pub(super) fn holds(condition: &Condition, scope: &mut Scope<'_>) -> Option<bool> {
    match condition {
        Condition::List(list) => list_holds(list, scope),
        Condition::Arithmetic(None) => Some(true),
        Condition::Arithmetic(Some(expression)) => arithmetic_holds(expression, scope),
    }
}

/// Whether the last of some statements succeeds.
pub(super) fn list_holds(list: &List, scope: &mut Scope<'_>) -> Option<bool> {
    let statement = list.last()?;
    let mut result = Some(true);
    for (link, pipeline) in &statement.chain {
        result = match (link, result) {
            (Link::And, Some(false)) => Some(false),
            (Link::Or, Some(true)) => Some(true),
            (Link::First, _) | (Link::And, Some(true)) | (Link::Or, Some(false)) => {
                pipeline_holds(pipeline, scope)
            }
            (Link::And, None) => pipeline_holds(pipeline, scope).filter(|holds| !holds),
            (Link::Or, None) => pipeline_holds(pipeline, scope).filter(|holds| *holds),
        };
    }
    result
}

/// The branch that is taken if what nobody says is unset; none if one is certain, or nobody knows.
pub(super) fn likely<'s>(
    arms: &'s [(List, List)],
    otherwise: Option<&'s List>,
    scope: &mut Scope<'_>,
) -> Option<&'s List> {
    for (test, body) in arms {
        if list_holds(test, scope).is_some() {
            return None;
        }
        scope.suppose();
        let holds = scope.trusting(|scope| list_holds(test, scope));
        scope.forget();
        if holds? {
            return Some(body);
        }
    }
    otherwise
}

/// Whether a pipeline succeeds.
pub(super) fn pipeline_holds(pipeline: &Pipeline, scope: &mut Scope<'_>) -> Option<bool> {
    let [command] = &pipeline.commands[..] else { return None };
    let holds = match command {
        Command::Simple(simple) => simple_holds(simple, scope),
        Command::Group(list) | Command::Subshell(list) => list_holds(list, scope),
        Command::Arithmetic(expression) => arithmetic_holds(expression, scope),
        Command::Test(test) => test_holds(test, scope),
        _ => None,
    }?;
    Some(holds != pipeline.negated)
}

fn simple_holds(simple: &Simple, scope: &mut Scope<'_>) -> Option<bool> {
    let (name, rest) = match simple.words.split_first() {
        Some((name, rest)) => (name.as_str(), rest),
        None => return simple.assignments.iter().all(|(_, value)| value.is_some()).then_some(true),
    };
    match name {
        "[" | "test" => test_holds(&test::of_words(rest), scope),
        "false" | "/bin/false" => Some(false),
        name if words::always_succeeds(bare(name)) => Some(true),
        // `while $running` with `running=true`.
        name if name.starts_with(['$', '"']) && rest.is_empty() => match scope.evaluate(name).certain()? {
            "true" | ":" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn arithmetic_holds(expression: &str, scope: &mut Scope<'_>) -> Option<bool> {
    let value = scope.arithmetic(expression);
    value.certain()?.parse::<i64>().ok().map(|number| number != 0)
}

fn test_holds(test: &Test, scope: &mut Scope<'_>) -> Option<bool> {
    match test {
        Test::Not(inner) => test_holds(inner, scope).map(|holds| !holds),
        Test::And(left, right) => match (test_holds(left, scope), test_holds(right, scope)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (left, right) => left.and(right),
        },
        Test::Or(left, right) => match (test_holds(left, scope), test_holds(right, scope)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (left, right) => left.and(right),
        },
        Test::Empty(word) => Some(scope.evaluate(word).certain()?.is_empty()),
        Test::Compare(operator @ ("=" | "==" | "!="), left, right) => {
            let is_equal = scope.evaluate(left).certain()? == scope.evaluate(right).certain()?;
            Some(is_equal != (*operator == "!="))
        }
        Test::Compare(operator, left, right) => {
            let mut number = |word: &str| scope.evaluate(word).certain()?.trim().parse::<i64>().ok();
            let (left, right) = (number(left)?, number(right)?);
            Some(match *operator {
                "-eq" => left == right,
                "-ne" => left != right,
                "-lt" => left < right,
                "-le" => left <= right,
                "-gt" => left > right,
                _ => left >= right,
            })
        }
        Test::Unknown => None,
    }
}

/// Whether a condition looks at the world, and neither at what a command did nor at what the loop itself counts.
pub(super) fn looks_at_world(condition: &Condition, changed: &BTreeSet<String>) -> bool {
    let Condition::List(list) = condition else { return false };
    visit::commands(list).into_iter().all(|command| match command {
        Command::Simple(simple) => {
            let counts = simple.words.iter().flat_map(|word| names(word)).any(|name| changed.contains(name));
            matches!(words::program(simple), Some("[" | "test")) && !counts
        }
        other => matches!(other, Command::Test(_)),
    })
}

/// Which of the arms of a `case` a text chooses. Nothing if it takes a run to tell.
pub(super) fn chosen(arms: &[(Vec<String>, List)], text: &str) -> Option<Option<usize>> {
    let is_plain = |pattern: &String| pattern == "*" || !pattern.contains(['*', '?', '[', '$']);
    let matches = |pattern: &String| pattern == "*" || unquoted(pattern) == text;
    let all_plain = arms.iter().all(|(patterns, _)| patterns.iter().all(is_plain));
    all_plain.then(|| arms.iter().position(|(patterns, _)| patterns.iter().any(matches)))
}

/// What a condition looks at: at …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// Variables that the loop does not touch, and arguments.
    Settings,
    /// What a command does: it holds if the command succeeds.
    Success,
    /// What came of commands, or the state of the world.
    Results,
}

/// What a loop changes, and the functions by which it may ask.
pub(super) struct Changing<'c, 's> {
    /// The variables that it sets.
    pub(super) names: Rc<BTreeSet<String>>,
    pub(super) functions: &'c Functions<'s>,
}

/// What some statements look at.
pub(super) fn looks(list: &List, changing: &Changing<'_, '_>) -> Looks {
    let pipelines = list.iter().flat_map(|statement| &statement.chain).map(|(_, pipeline)| pipeline);
    pipelines.map(|pipeline| pipeline_looks(pipeline, changing)).fold(Looks::Settings, |all, one| {
        match (all, one) {
            (Looks::Settings, one) => one,
            (all, Looks::Settings) => all,
            (Looks::Success, Looks::Success) => Looks::Success,
            _ => Looks::Results,
        }
    })
}

/// What a pipeline looks at.
pub(super) fn pipeline_looks(pipeline: &Pipeline, changing: &Changing<'_, '_>) -> Looks {
    let [command] = &pipeline.commands[..] else { return Looks::Success };
    match command {
        Command::Simple(simple) => simple_looks(simple, changing),
        Command::Group(list) | Command::Subshell(list) => looks(list, changing),
        Command::Arithmetic(expression) => {
            let reads_change = identifiers(expression).any(|name| changing.names.contains(name));
            if reads_change || is_result(expression) { Looks::Results } else { Looks::Settings }
        }
        Command::Test(test) => test_looks(test, changing),
        _ => Looks::Results,
    }
}

fn simple_looks(simple: &Simple, changing: &Changing<'_, '_>) -> Looks {
    match simple.words.first().map(String::as_str) {
        Some("[" | "test") => test_looks(&test::of_words(&simple.words[1..]), changing),
        Some(":" | "true" | "false" | "echo" | "printf") => Looks::Settings,
        Some(word) if word.starts_with('$') && simple.words.len() == 1 => words_look(&simple.words, changing),
        // A function that only asks for settings.
        Some(name) if changing.functions.get(name).is_some_and(|body| only_tests(body, changing)) => {
            Looks::Settings
        }
        Some(_) => Looks::Success,
        None => Looks::Results,
    }
}

/// Whether a function is nothing but tests of settings. Functions that it calls are not followed.
fn only_tests(body: &List, changing: &Changing<'_, '_>) -> bool {
    let none = Functions::none();
    let inner = Changing { names: Rc::clone(&changing.names), functions: &none };
    let [Statement { chain, .. }] = &body[..] else { return false };
    let [(_, Pipeline { commands, .. })] = &chain[..] else { return false };
    let [Command::Group(body)] = &commands[..] else { return false };
    looks(body, &inner) == Looks::Settings
}

/// What a test looks at.
pub(super) fn test_looks(test: &Test, changing: &Changing<'_, '_>) -> Looks {
    match test {
        Test::Not(inner) => test_looks(inner, changing),
        Test::And(left, right) | Test::Or(left, right) => {
            match (test_looks(left, changing), test_looks(right, changing)) {
                (Looks::Settings, Looks::Settings) => Looks::Settings,
                _ => Looks::Results,
            }
        }
        Test::Empty(word) => words_look(std::slice::from_ref(word), changing),
        Test::Compare(_, left, right) => words_look(&[left.clone(), right.clone()], changing),
        Test::Unknown => Looks::Results,
    }
}

fn words_look(words: &[String], changing: &Changing<'_, '_>) -> Looks {
    let result =
        words.iter().any(|word| is_result(word) || names(word).any(|name| changing.names.contains(name)));
    if result { Looks::Results } else { Looks::Settings }
}

/// Whether a word says what came of a command.
fn is_result(word: &str) -> bool {
    word.contains("$?")
        || word.contains("${?")
        || word.contains("$(") && !word.contains("$((")
        || word.contains('`')
}

/// The variables that a text names with a `$`.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    static NAME: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\$\{?[#!]?(?P<name>[A-Za-z_][A-Za-z0-9_]*)").ok());
    let name = NAME.as_ref().filter(|_| text.contains('$'));
    let found = name.into_iter().flat_map(move |name| name.captures_iter(text));
    found.filter_map(|found| found.name("name")).map(|name| name.as_str())
}

/// The same with those that are computed with: `$((I % 60))` names no `$I`.
pub(super) fn read_names(text: &str) -> impl Iterator<Item = &str> {
    let computed = text.split("$((").skip(1).filter_map(|rest| rest.split("))").next());
    names(text).chain(computed.flat_map(identifiers))
}

/// The variables that `[[ … ]]` or `(( … ))` asks for. `((I++))` only counts.
pub(super) fn asked_names(command: &Command) -> BTreeSet<String> {
    match command {
        Command::Arithmetic(text) => {
            let text = text.trim();
            let counts = text.trim_end_matches(|c: char| !c.is_ascii_alphabetic() && c != '_');
            let is_counter = text.contains(['+', '-'])
                && identifiers(counts).count() == 1
                && !text.contains(['%', '<', '>']);
            let names = identifiers(text).filter(|_| !is_counter);
            names.map(str::to_owned).collect()
        }
        Command::Test(test) => {
            let mut all = BTreeSet::new();
            test_names(test, &mut all);
            all
        }
        _ => BTreeSet::new(),
    }
}

fn test_names(test: &Test, all: &mut BTreeSet<String>) {
    match test {
        Test::Not(inner) => test_names(inner, all),
        Test::And(left, right) | Test::Or(left, right) => {
            test_names(left, all);
            test_names(right, all);
        }
        Test::Empty(word) => all.extend(read_names(word).map(str::to_owned)),
        Test::Compare(_, left, right) => {
            all.extend(read_names(left).chain(read_names(right)).map(str::to_owned));
        }
        Test::Unknown => {}
    }
}

/// All that could be a name in a text.
pub(super) fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_'))
}

/// A condition that compares the time of day: what with, and whether it holds when they are equal.
pub(super) fn time_of_day(list: &[Statement], scope: &mut Scope<'_>) -> Option<(Option<Clock>, bool)> {
    let [statement] = list else { return None };
    let [(Link::First, pipeline)] = &statement.chain[..] else { return None };
    let test = match &pipeline.commands[..] {
        [Command::Simple(simple)]
            if matches!(simple.words.first().map(String::as_str), Some("[" | "test")) =>
        {
            test::of_words(&simple.words[1..])
        }
        [Command::Test(test)] => test.clone(),
        _ => return None,
    };
    let Test::Compare(operator @ ("=" | "==" | "!=" | "-eq" | "-ne"), left, right) = test else {
        return None;
    };
    let equal = matches!(operator, "=" | "==" | "-eq");
    let asks = |word: &str| {
        word.contains("date") && ["%H:%M", "%H%M", "+%R", "%T"].iter().any(|format| word.contains(format))
    };
    let other = match (asks(&left), asks(&right)) {
        (true, false) => right,
        (false, true) => left,
        _ => return None,
    };
    let clock = scope.evaluate(&other).certain().and_then(Clock::parse);
    Some((clock, equal != pipeline.negated))
}
