//! Variables that commands set.

use std::collections::BTreeSet;

use super::{
    condition,
    functions::DEEPEST_CALL,
    functions::Functions,
    quotes::unquoted,
    syntax::{Command, List, Simple},
    value::{Scope, Value},
    visit,
};

/// Enters a command's assignments, `export`ed and `local` ones too.
pub(super) fn enter(simple: &Simple, scope: &mut Scope<'_>) {
    // `NAME=value command` sets it for the command alone.
    if simple.words.is_empty() {
        for (name, word) in &simple.assignments {
            let value = word.as_deref().map_or_else(Value::default, |word| scope.evaluate(word));
            scope.assign(name, value);
        }
    }
    match simple.words.split_first() {
        Some((name, rest))
            if matches!(name.as_str(), "export" | "local" | "declare" | "readonly" | "typeset") =>
        {
            let computes = rest.iter().any(|word| word.starts_with('-') && word.contains('i'));
            for word in rest {
                if let Some((name, word)) = word.split_once('=') {
                    let value = if computes { scope.arithmetic(word) } else { scope.evaluate(word) };
                    scope.assign(name, value);
                }
            }
        }
        Some((name, rest)) if name == "unset" => rest.iter().for_each(|name| scope.unset(name)),
        Some((name, rest)) if name == "let" => {
            rest.iter().for_each(|word| compute(&unquoted(word), scope));
        }
        // `: ${X:=5}` sets X as it is read.
        Some((_, rest)) => {
            for word in rest.iter().filter(|word| word.contains(":=")) {
                scope.evaluate(word);
            }
        }
        None => {}
    }
}

/// Enters what `((X = 5 * 60))` sets.
pub(super) fn compute(expression: &str, scope: &mut Scope<'_>) {
    if let Some((name, value)) = expression.split_once('=')
        && crate::compose::template::is_name(name.trim())
        && !value.starts_with('=')
    {
        let value = scope.arithmetic(value);
        scope.assign(name.trim(), value);
    }
}

/// The variables that some statements set.
pub(super) fn names(list: &List, functions: &Functions<'_>, depth: usize) -> BTreeSet<String> {
    let mut set = BTreeSet::new();
    let mut called = BTreeSet::new();
    let name_of = |word: &String| word.split('=').next().unwrap_or(word).to_owned();
    for command in visit::commands(list) {
        match command {
            Command::Simple(simple) => {
                match simple.words.split_first().map(|(name, rest)| (name.as_str(), rest)) {
                    None => set.extend(simple.assignments.iter().map(|(name, _)| name.clone())),
                    Some(("export" | "local" | "declare" | "readonly", rest)) => {
                        set.extend(rest.iter().filter(|word| word.contains('=')).map(name_of));
                    }
                    Some(("read" | "unset" | "let" | "mapfile" | "readarray", rest)) => {
                        set.extend(rest.iter().map(name_of));
                    }
                    Some((name, _)) if functions.has(name) => {
                        called.insert(name);
                    }
                    Some(_) => {}
                }
            }
            Command::For { variable, .. } => {
                set.insert(variable.clone());
            }
            Command::Arithmetic(expression) if expression.contains('=') || expression.contains("++") => {
                set.extend(condition::identifiers(expression).map(str::to_owned));
            }
            _ => {}
        }
    }
    if depth < DEEPEST_CALL {
        for name in called {
            if let Some(body) = functions.get(name) {
                set.extend(names(body, functions, depth + 1));
            }
        }
    }
    set
}

/// Variables that grow from round to round have no value that could be told.
pub(super) fn forget_counters(body: &List, scope: &mut Scope<'_>) {
    for simple in visit::simple(body) {
        for (name, word) in &simple.assignments {
            let own = word.as_deref().is_some_and(|word| {
                condition::names(word).any(|read| read == name)
                    || word.contains("$((") && condition::identifiers(word).any(|read| read == name)
            });
            // `X=${X:-5}` stays what it is.
            if own && !word.as_deref().is_some_and(|word| word.contains(":-") || word.contains(":=")) {
                scope.assign(name, Value::default());
            }
        }
    }
}
