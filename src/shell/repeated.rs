//! Loops within a round that only wait: `for _ in $(seq 60); do sleep 1; done` waits for a minute, and can be interrupted.

use super::{
    clock, condition,
    quotes::unquoted,
    syntax::{Command, Condition, List, Loop, Simple},
    test::{self, Test},
    value::Scope,
    visit, words,
};

/// How often a loop goes round that does nothing but to wait, and its body.
pub(super) fn waits<'s>(command: &'s Command, scope: &mut Scope<'_>) -> Option<(f64, &'s List)> {
    let (times, body) = match command {
        Command::For { items, body, .. } => (items_of(items, scope)?, body),
        Command::Loop(Loop { condition, body, until: false, .. }) => (limit(condition, scope)?, body),
        _ => return None,
    };
    let only_waits = visit::commands(body).into_iter().all(|command| match command {
        Command::Simple(simple) => words::is_inert(simple) && !is_exit(simple),
        other => matches!(other, Command::Arithmetic(_)),
    });
    let sleeps = visit::simple(body).any(|simple| words::sleep(simple).is_some());
    (only_waits && sleeps).then_some((times, body))
}

fn is_exit(simple: &Simple) -> bool {
    simple.name().is_some_and(|name| words::is_exit(name) || name == "continue")
}

/// `$(seq 60)`, `{1..60}`, or the items themselves.
fn items_of(items: &[String], scope: &mut Scope<'_>) -> Option<f64> {
    let [only] = items else { return (!items.is_empty()).then_some(items.len() as f64) };
    let text = unquoted(only);
    let number = |word: &str, scope: &mut Scope<'_>| scope.evaluate(word).text?.trim().parse::<f64>().ok();
    let command = text.strip_prefix("$(").and_then(|text| text.strip_suffix(')'));
    if let Some(command) = command.or_else(|| text.strip_prefix('`').and_then(|text| text.strip_suffix('`')))
    {
        let words: Vec<&str> = command.split_whitespace().collect();
        return match words[..] {
            ["seq", last] => number(last, scope),
            ["seq", first, last] => Some(number(last, scope)? - number(first, scope)? + 1.0),
            _ => None,
        };
    }
    let (first, last) = text.strip_prefix('{')?.strip_suffix('}')?.split_once("..")?;
    Some(number(last, scope)? - number(first, scope)? + 1.0)
}

/// `[ $i -lt 60 ]`, `(( i < 60 ))`, where `i` begins at 0.
fn limit(condition: &Condition, scope: &mut Scope<'_>) -> Option<f64> {
    let arithmetic = |text: &str, scope: &mut Scope<'_>| {
        let (name, limit) = text.split_once('<')?;
        let (limit, more) = limit.strip_prefix('=').map_or((limit, 0.0), |limit| (limit, 1.0));
        let is_counter = condition::identifiers(name).count() == 1;
        let limit: f64 = scope.arithmetic(limit.trim()).text?.parse().ok()?;
        is_counter.then_some(limit + more)
    };
    let list = match condition {
        Condition::Arithmetic(text) => return arithmetic(text.as_deref()?, scope),
        Condition::List(list) => list,
    };
    let [statement] = &list[..] else { return None };
    let [(_, pipeline)] = &statement.chain[..] else { return None };
    let test = match &pipeline.commands[..] {
        [Command::Arithmetic(text)] => return arithmetic(text, scope),
        [Command::Test(test)] => test.clone(),
        [Command::Simple(simple)] if matches!(simple.name(), Some("[" | "test")) => {
            test::of_words(&simple.words[1..])
        }
        _ => return None,
    };
    let Test::Compare(operator @ ("-lt" | "-le"), counter, limit) = test else { return None };
    let seconds = scope.evaluate(&limit).text.as_deref().and_then(clock::seconds_of)?;
    let is_counter = condition::names(&counter).count() == 1;
    is_counter.then_some(seconds + if operator == "-le" { 1.0 } else { 0.0 })
}
