//! What a word will say when the script runs, as far as the text and the given parameters tell.
//!
//! Nothing is run. A value that depends on a variable which nobody gave is unknown, or, where the
//! script has a default for it, assumed to be the default.

use std::collections::BTreeMap;

use super::{
    IntervalParameter, arithmetic,
    clock::{self, Clock},
    word::{Name, Operation, Piece, pieces},
};

/// What is known of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// The text, if it is known or has a default.
    pub(super) text: Option<String>,
    /// The parameter that it depends on, with the script's default.
    pub(super) parameter: Option<IntervalParameter>,
    /// It is the default of a parameter that was not given.
    pub(super) assumed: bool,
    /// The time of day that it was computed from.
    pub(super) clock: Option<Clock>,
}

impl Value {
    pub(super) fn known(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    /// The text, unless it is only assumed.
    pub(super) fn certain(&self) -> Option<&str> {
        self.text.as_deref().filter(|_| !self.assumed)
    }

    fn push(&mut self, other: Value) {
        self.text = match (self.text.take(), other.text) {
            (Some(left), Some(right)) if left.len() + right.len() <= LONGEST => Some(left + &right),
            _ => None,
        };
        self.parameter = self.parameter.take().or(other.parameter);
        self.assumed |= other.assumed;
        self.clock = self.clock.or(other.clock);
    }
}

/// The variables and arguments of a script at a place in it.
#[derive(Clone)]
pub(super) struct Scope<'a> {
    /// The last layer holds what commands set that may have run or not.
    layers: Vec<BTreeMap<String, Value>>,
    /// `$1` and on; nothing if nobody said.
    arguments: Option<Vec<String>>,
    environment: &'a dyn Fn(&str) -> Option<String>,
    depth: usize,
    /// Variables that nobody knows are taken to be unset.
    trusting: bool,
    /// What the clock says, in seconds since 1970.
    now: Option<u64>,
    /// Seconds that pass before the clock is looked at again.
    pace: u64,
}

/// Bytes of the longest text that is followed: variables that are made of themselves would grow without end.
const LONGEST: usize = 10_000;

/// How deep values may stand within values.
const DEEPEST: usize = 8;

impl<'a> Scope<'a> {
    pub(super) fn new(arguments: &[String], environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let arguments = (!arguments.is_empty()).then(|| arguments.to_vec());
        Self {
            layers: vec![BTreeMap::new()],
            arguments,
            environment,
            depth: 0,
            trusting: false,
            now: None,
            pace: 0,
        }
    }

    /// The same variables within a function that is called with these words.
    pub(super) fn call(&mut self, words: &[String]) -> Option<Vec<String>> {
        let values: Option<Vec<String>> = words.iter().map(|word| self.evaluate(word).text).collect();
        self.arguments.replace(values.unwrap_or_default())
    }

    /// Back from the function.
    pub(super) fn leave(&mut self, arguments: Option<Vec<String>>) {
        self.arguments = arguments;
    }

    /// Asks for something, where all is taken to be known: what nobody says is unset.
    pub(super) fn trusting<T>(&mut self, ask: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.trusting, true);
        let answer = ask(self);
        self.trusting = before;
        answer
    }

    /// From here on it is this time, in seconds since 1970, and so many seconds pass until it is looked at again.
    pub(super) fn set_clock(&mut self, now: u64, pace: u64) {
        (self.now, self.pace) = (Some(now), pace);
    }

    /// Nobody knows how late it is. Says how late it was.
    pub(super) fn stop_clock(&mut self) -> u64 {
        self.now.take().unwrap_or_default()
    }

    pub(super) fn assign(&mut self, name: &str, value: Value) {
        if let Some(layer) = self.layers.last_mut() {
            layer.insert(name.to_owned(), value);
        }
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.assign(name, Value::known(""));
    }

    /// From here on commands are looked at that may run or not.
    pub(super) fn suppose(&mut self) {
        self.layers.push(BTreeMap::new());
    }

    /// What they set, taken back.
    pub(super) fn forget(&mut self) -> BTreeMap<String, Value> {
        if self.layers.len() > 1 { self.layers.pop().unwrap_or_default() } else { BTreeMap::new() }
    }

    /// Behind commands that may have run or not: what they set is a default at most.
    pub(super) fn merge(&mut self, supposed: BTreeMap<String, Value>) {
        for (name, theirs) in supposed {
            let mine = self.variable(&name);
            if mine == theirs {
                continue;
            }
            let parameter = match (&mine.text, &theirs.parameter, &mine.parameter) {
                (Some(_), Some(theirs), _) => {
                    Some(IntervalParameter { default: mine.text.clone(), ..theirs.clone() })
                }
                (None, _, Some(mine)) => {
                    Some(IntervalParameter { default: theirs.text.clone(), ..mine.clone() })
                }
                (_, _, mine) => mine.clone(),
            };
            let clock = mine.clock.or(theirs.clock);
            let text = mine.text.or(theirs.text);
            self.assign(&name, Value { text, parameter, assumed: true, clock });
        }
    }

    fn variable(&self, name: &str) -> Value {
        if let Some(value) = self.layers.iter().rev().find_map(|layer| layer.get(name)) {
            return value.clone();
        }
        let parameter = Some(IntervalParameter { name: name.to_owned(), default: None });
        let unset = self.trusting.then(String::new);
        Value { text: (self.environment)(name).or(unset), parameter, ..Value::default() }
    }

    fn parameter(&self, name: &Name) -> Value {
        match name {
            Name::Variable(name) => self.variable(name),
            Name::Positional(number) => {
                let parameter = Some(IntervalParameter { name: format!("${number}"), default: None });
                let index = number.saturating_sub(1);
                let text = self.arguments.as_ref().map(|words| words.get(index).cloned().unwrap_or_default());
                Value { text, parameter, ..Value::default() }
            }
            Name::Count => self.of_arguments(|words| words.len().to_string()),
            Name::All { .. } => self.of_arguments(|words| words.join(" ")),
            Name::Other => Value::default(),
        }
    }

    fn of_arguments(&self, say: impl FnOnce(&[String]) -> String) -> Value {
        Value { text: self.arguments.as_deref().map(say), ..Value::default() }
    }

    /// What a word says. `${X:=default}` sets the variable, as it does in the shell.
    pub(super) fn evaluate(&mut self, word: &str) -> Value {
        if self.depth >= DEEPEST {
            return Value::default();
        }
        self.depth += 1;
        let value = match pieces(word) {
            Some(pieces) => self.join(&pieces),
            None => Value::default(),
        };
        self.depth -= 1;
        Value { assumed: value.assumed && !self.trusting, ..value }
    }

    fn join(&mut self, pieces: &[Piece]) -> Value {
        let mut whole = Value::known("");
        for piece in pieces {
            let value = self.piece(piece);
            whole.push(value);
        }
        whole
    }

    fn piece(&mut self, piece: &Piece) -> Value {
        match piece {
            Piece::Text(text) | Piece::Quoted(text) | Piece::Ansi(text) | Piece::Escaped(text) => {
                Value::known(text.as_str())
            }
            Piece::Double(pieces) => self.join(pieces),
            Piece::Parameter(name, operation) => self.expansion(name, operation),
            Piece::Command(command) => self.substitution(command),
            Piece::Arithmetic(expression) => self.arithmetic(expression),
            Piece::Home => Value::default(),
        }
    }

    fn expansion(&mut self, name: &Name, operation: &Operation) -> Value {
        match operation {
            Operation::Plain => self.parameter(name),
            Operation::Default(default) => self.or_default(name, default),
            Operation::Assign(default) => {
                let value = self.or_default(name, default);
                if let Name::Variable(name) = name {
                    self.assign(name, value.clone());
                }
                value
            }
            // `${X%s}` takes a unit away.
            Operation::WithoutSuffix(suffix) => {
                let mut value = self.parameter(name);
                let is_plain = suffix.chars().all(char::is_alphanumeric);
                value.text = value
                    .text
                    .filter(|_| is_plain)
                    .map(|text| text.strip_suffix(suffix.as_str()).unwrap_or(&text).to_owned());
                value
            }
            Operation::Other => Value::default(),
        }
    }

    fn or_default(&mut self, parameter: &Name, default: &str) -> Value {
        let given = self.parameter(parameter);
        let default = self.evaluate(default);
        let name = given.parameter.map(|parameter| match parameter.default {
            Some(_) => parameter,
            None => IntervalParameter { default: default.text.clone(), ..parameter },
        });
        match given.text {
            Some(text) if !text.is_empty() => {
                Value { text: Some(text), parameter: name, assumed: given.assumed, clock: given.clock }
            }
            known => Value {
                text: default.text,
                parameter: name.or(default.parameter),
                assumed: known.is_none() || default.assumed,
                clock: default.clock,
            },
        }
    }

    /// Only the time is learnt from commands: what it is, or a time of day that `date` is asked for.
    fn substitution(&mut self, command: &str) -> Value {
        if let Some(now) = self.now
            && let Some(said) = clock::said_by_date(command, now)
        {
            self.now = Some(now + self.pace);
            return Value::known(said);
        }
        if let Some(computed) = command.trim().strip_prefix("expr ") {
            return self.arithmetic(&computed.replace('\\', ""));
        }
        let mut value = Value { clock: Clock::asked_of_date(command), ..Value::default() };
        if value.clock.is_none()
            && let Some(echoed) = command.trim().strip_prefix("echo ")
            && !echoed.contains(['|', ';', '&', '>', '<'])
        {
            value = self.evaluate(echoed.trim());
        }
        // `$(cat "$1" | yq .interval)` is no parameter, but its words may say which one to look at.
        value
    }

    /// `$((…))`, after the `$` in it.
    pub(super) fn arithmetic(&mut self, expression: &str) -> Value {
        let mut text = self.evaluate(expression);
        let Some(expanded) = &text.text else { return text };
        if expanded.len() > 200 {
            return Value::default();
        }
        let expanded = expanded.clone();
        let number = arithmetic::evaluate(&expanded, &mut |name| {
            let value = self.variable(name);
            let known = value.text.clone();
            text.push(Value { text: Some(String::new()), ..value });
            let known = known?;
            if known.trim().is_empty() { Some(0) } else { known.trim().parse().ok() }
        });
        match number {
            Ok(number) => Value { text: number.map(|number| number.to_string()), ..text },
            Err(arithmetic::Malformed) => Value::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        (name == "GIVEN").then(|| "7".to_owned())
    }

    #[test]
    fn words_are_evaluated_as_far_as_they_are_known() {
        let arguments = ["app:sync".to_owned(), "300".to_owned()];
        let cases = [
            ("$2", Some("300"), Some(("$2", None))),
            ("${2:-60}", Some("300"), Some(("$2", Some("60")))),
            ("${3:-60}", Some("60"), Some(("$3", Some("60")))),
            ("\"${INTERVAL:-5}m\"", Some("5m"), Some(("INTERVAL", Some("5")))),
            ("${A:=${B:-24h}}", Some("24h"), Some(("A", Some("24h")))),
            ("$((5 * 60))", Some("300"), None),
            ("$((GIVEN * (2 + 1)))", Some("21"), Some(("GIVEN", None))),
            ("$(($GIVEN*60))", Some("420"), Some(("GIVEN", None))),
            ("$(( UNSET * 60 ))", None, Some(("UNSET", None))),
            ("$UNSET", None, Some(("UNSET", None))),
            ("'a b'\\ c", Some("a b c"), None),
            ("$(cat file)", None, None),
        ];
        for (word, text, parameter) in cases {
            let mut scope = Scope::new(&arguments, &environment);
            let value = scope.evaluate(word);
            assert_eq!(value.text.as_deref(), text, "{word}");
            let actual = value.parameter.as_ref().map(|p| (p.name.as_str(), p.default.as_deref()));
            assert_eq!(actual, parameter, "{word}");
        }
    }
}
