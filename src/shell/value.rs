//! What a word will say when the script runs, as far as the text and the given parameters tell.
//!
//! Nothing is run. A value that depends on a variable which nobody gave is unknown, or, where the
//! script has a default for it, assumed to be the default.

use std::collections::BTreeMap;

use brush_parser::{
    ParserOptions,
    ast::{ArithmeticExpr, ArithmeticTarget, BinaryOperator, UnaryOperator},
    word::{self, Parameter as Name, ParameterExpr, SpecialParameter, WordPiece, WordPieceWithSource},
};

use super::{IntervalParameter, clock::Clock};

/// What is known of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// The text, if it is known or has a default.
    pub(super) text: Option<String>,
    /// The parameter that it depends on, with the script's default.
    pub(super) parameter: Option<IntervalParameter>,
    /// Is it the default of a parameter that was not given?
    pub(super) assumed: bool,
    /// The time of day that it was computed from.
    pub(super) clock: Option<Clock>,
}

impl Value {
    pub(super) fn known(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    fn unknown() -> Self {
        Self::default()
    }

    /// The text, unless it is only assumed.
    pub(super) fn certain(&self) -> Option<&str> {
        self.text.as_deref().filter(|_| !self.assumed)
    }

    fn push(&mut self, other: Value) {
        self.text = match (self.text.take(), other.text) {
            (Some(left), Some(right)) => Some(left + &right),
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
    variables: BTreeMap<String, Value>,
    /// `$1` and on; nothing if nobody said.
    arguments: Option<Vec<String>>,
    environment: &'a dyn Fn(&str) -> Option<String>,
    depth: usize,
}

/// How deep values may stand within values.
const DEEPEST: usize = 8;

impl<'a> Scope<'a> {
    pub(super) fn new(arguments: &[String], environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        let arguments = (!arguments.is_empty()).then(|| arguments.to_vec());
        Self { variables: BTreeMap::new(), arguments, environment, depth: 0 }
    }

    /// The same variables within a function that is called with these words.
    pub(super) fn call(&mut self, words: &[String]) -> Option<Vec<String>> {
        let values: Option<Vec<String>> = words.iter().map(|word| self.evaluate(word).text).collect();
        std::mem::replace(&mut self.arguments, Some(values.unwrap_or_default()))
    }

    /// Back from the function.
    pub(super) fn leave(&mut self, arguments: Option<Vec<String>>) {
        self.arguments = arguments;
    }

    pub(super) fn assign(&mut self, name: &str, value: Value) {
        self.variables.insert(name.to_owned(), value);
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.variables.insert(name.to_owned(), Value::known(""));
    }

    /// The scope behind commands that may have run or not: `arm` is the scope if they did.
    pub(super) fn merge(&mut self, arm: &Scope<'_>) {
        for (name, theirs) in &arm.variables {
            let mine = self.variable(name);
            if mine == *theirs {
                continue;
            }
            let default = mine.text.clone().or_else(|| theirs.text.clone());
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
            self.assign(name, Value { text: default, parameter, assumed: true, clock });
        }
    }

    fn variable(&self, name: &str) -> Value {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        let parameter = Some(IntervalParameter { name: name.to_owned(), default: None });
        Value { text: (self.environment)(name), parameter, ..Value::default() }
    }

    fn parameter(&self, name: &Name) -> Value {
        match name {
            Name::Named(name) => self.variable(name),
            Name::Positional(0) => Value::unknown(),
            Name::Positional(number) => {
                let parameter = Some(IntervalParameter { name: format!("${number}"), default: None });
                let index = usize::try_from(*number).unwrap_or(usize::MAX).saturating_sub(1);
                let text = self.arguments.as_ref().map(|words| words.get(index).cloned().unwrap_or_default());
                Value { text, parameter, ..Value::default() }
            }
            Name::Special(SpecialParameter::PositionalParameterCount) => match &self.arguments {
                Some(words) => Value::known(words.len().to_string()),
                None => Value::unknown(),
            },
            Name::Special(SpecialParameter::AllPositionalParameters { .. }) => match &self.arguments {
                Some(words) => Value::known(words.join(" ")),
                None => Value::unknown(),
            },
            Name::Special(_) | Name::NamedWithIndex { .. } | Name::NamedWithAllIndices { .. } => {
                Value::unknown()
            }
        }
    }

    /// What a word says. `${X:=default}` sets the variable, as it does in the shell.
    pub(super) fn evaluate(&mut self, word: &str) -> Value {
        if self.depth >= DEEPEST {
            return Value::unknown();
        }
        self.depth += 1;
        let value = match pieces(word) {
            Some(pieces) => self.join(&pieces),
            None => Value::unknown(),
        };
        self.depth -= 1;
        value
    }

    fn join(&mut self, pieces: &[WordPieceWithSource]) -> Value {
        let mut whole = Value::known("");
        for piece in pieces {
            let value = self.piece(&piece.piece);
            whole.push(value);
        }
        whole
    }

    fn piece(&mut self, piece: &WordPiece) -> Value {
        match piece {
            WordPiece::Text(text) | WordPiece::SingleQuotedText(text) | WordPiece::AnsiCQuotedText(text) => {
                Value::known(text.as_str())
            }
            WordPiece::EscapeSequence(text) => Value::known(text.strip_prefix('\\').unwrap_or(text)),
            WordPiece::DoubleQuotedSequence(pieces) | WordPiece::GettextDoubleQuotedSequence(pieces) => {
                self.join(pieces)
            }
            WordPiece::ParameterExpansion(expression) => self.expansion(expression),
            WordPiece::CommandSubstitution(command) | WordPiece::BackquotedCommandSubstitution(command) => {
                self.substitution(command)
            }
            WordPiece::ArithmeticExpression(expression) => self.arithmetic(&expression.value),
            WordPiece::TildeExpansion(_) => Value::unknown(),
        }
    }

    fn expansion(&mut self, expression: &ParameterExpr) -> Value {
        match expression {
            ParameterExpr::Parameter { parameter, indirect: false }
            | ParameterExpr::IndicateErrorIfNullOrUnset { parameter, indirect: false, .. } => {
                self.parameter(parameter)
            }
            ParameterExpr::UseDefaultValues { parameter, indirect: false, default_value, .. } => {
                self.or_default(parameter, default_value.as_deref())
            }
            ParameterExpr::AssignDefaultValues { parameter, indirect: false, default_value, .. } => {
                let value = self.or_default(parameter, default_value.as_deref());
                if let Name::Named(name) = parameter {
                    self.assign(name, value.clone());
                }
                value
            }
            // `${X%s}` takes a unit away.
            ParameterExpr::RemoveSmallestSuffixPattern { parameter, indirect: false, pattern }
            | ParameterExpr::RemoveLargestSuffixPattern { parameter, indirect: false, pattern } => {
                let mut value = self.parameter(parameter);
                let plain = pattern.as_deref().filter(|pattern| pattern.chars().all(char::is_alphanumeric));
                value.text = match (value.text, plain) {
                    (Some(text), Some(suffix)) => Some(text.strip_suffix(suffix).unwrap_or(&text).to_owned()),
                    _ => None,
                };
                value
            }
            _ => Value::unknown(),
        }
    }

    fn or_default(&mut self, parameter: &Name, default: Option<&str>) -> Value {
        let given = self.parameter(parameter);
        let default = self.evaluate(default.unwrap_or_default());
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

    /// Only one thing is learnt from commands: a time of day that `date` is asked for.
    fn substitution(&mut self, command: &str) -> Value {
        let mut value = Value { clock: Clock::asked_of_date(command), ..Value::unknown() };
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
            return Value::unknown();
        }
        let Ok(parsed) = brush_parser::arithmetic::parse(expanded) else { return Value::unknown() };
        let number = self.number(&parsed, &mut text, 0);
        Value { text: number.map(|number| number.to_string()), ..text }
    }

    /// The result; what it depends on is noted in `from`.
    fn number(&mut self, expression: &ArithmeticExpr, from: &mut Value, depth: usize) -> Option<i64> {
        if depth > 40 {
            return None;
        }
        match expression {
            ArithmeticExpr::Literal(number) => Some(*number),
            ArithmeticExpr::Reference(ArithmeticTarget::Variable(name)) => {
                let value = self.variable(name);
                let text = value.text.clone();
                from.push(Value { text: Some(String::new()), ..value });
                let text = text?;
                if text.trim().is_empty() { Some(0) } else { text.trim().parse().ok() }
            }
            ArithmeticExpr::UnaryOp(operator, inner) => {
                let number = self.number(inner, from, depth + 1)?;
                match operator {
                    UnaryOperator::UnaryPlus => Some(number),
                    UnaryOperator::UnaryMinus => number.checked_neg(),
                    UnaryOperator::LogicalNot => Some(i64::from(number == 0)),
                    UnaryOperator::BitwiseNot => Some(!number),
                }
            }
            ArithmeticExpr::BinaryOp(operator, left, right) => {
                let left = self.number(left, from, depth + 1);
                let right = self.number(right, from, depth + 1);
                binary(operator, left?, right?)
            }
            ArithmeticExpr::Conditional(condition, yes, no) => {
                let condition = self.number(condition, from, depth + 1)?;
                self.number(if condition != 0 { yes } else { no }, from, depth + 1)
            }
            _ => None,
        }
    }
}

fn binary(operator: &BinaryOperator, left: i64, right: i64) -> Option<i64> {
    match operator {
        BinaryOperator::Add => left.checked_add(right),
        BinaryOperator::Subtract => left.checked_sub(right),
        BinaryOperator::Multiply => left.checked_mul(right),
        BinaryOperator::Divide => left.checked_div(right),
        BinaryOperator::Modulo => left.checked_rem(right),
        BinaryOperator::Equals => Some(i64::from(left == right)),
        BinaryOperator::NotEquals => Some(i64::from(left != right)),
        BinaryOperator::LessThan => Some(i64::from(left < right)),
        BinaryOperator::LessThanOrEqualTo => Some(i64::from(left <= right)),
        BinaryOperator::GreaterThan => Some(i64::from(left > right)),
        BinaryOperator::GreaterThanOrEqualTo => Some(i64::from(left >= right)),
        BinaryOperator::LogicalAnd => Some(i64::from(left != 0 && right != 0)),
        BinaryOperator::LogicalOr => Some(i64::from(left != 0 || right != 0)),
        _ => None,
    }
}

/// The pieces of a word, unless it is too long to be a value that matters.
fn pieces(word: &str) -> Option<Vec<WordPieceWithSource>> {
    if word.len() > 1_000 {
        return None;
    }
    word::parse(word, &ParserOptions::default()).ok()
}

/// The words that the shell makes of a written one, if the text alone and the arguments decide it:
/// quotes removed, positional parameters in place, unquoted ones split at blanks. Nothing if it takes
/// a shell to know: variables, commands, patterns.
pub(super) fn split_word(word: &str, arguments: &[String]) -> Option<Vec<String>> {
    let mut split = Split { words: Vec::new(), current: None };
    for piece in pieces(word)? {
        split.piece(&piece.piece, arguments, false)?;
    }
    split.end();
    Some(split.words)
}

/// Words in the making.
struct Split {
    words: Vec<String>,
    current: Option<String>,
}

impl Split {
    fn piece(&mut self, piece: &WordPiece, arguments: &[String], quoted: bool) -> Option<()> {
        match piece {
            WordPiece::Text(text) if quoted => self.add(text),
            WordPiece::Text(text) => {
                if has_pattern(text) || text.contains('{') {
                    return None;
                }
                self.add(text);
            }
            WordPiece::SingleQuotedText(text) => self.add(text),
            WordPiece::EscapeSequence(text) => match text.strip_prefix('\\') {
                Some("\n") => {}
                escaped => self.add(escaped.unwrap_or(text)),
            },
            WordPiece::DoubleQuotedSequence(pieces) => {
                // `"$@"` is as many words as there are arguments; none make none.
                let all = pieces.iter().any(|piece| is_all_arguments(&piece.piece));
                if !all {
                    self.add("");
                }
                for piece in pieces {
                    self.piece(&piece.piece, arguments, true)?;
                }
            }
            WordPiece::ParameterExpansion(ParameterExpr::Parameter { parameter, indirect: false }) => {
                self.parameter(parameter, arguments, quoted)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn parameter(&mut self, parameter: &Name, arguments: &[String], quoted: bool) -> Option<()> {
        match parameter {
            Name::Positional(number) if *number > 0 => {
                let index = usize::try_from(*number).ok()?.checked_sub(1)?;
                let text = arguments.get(index).map_or("", String::as_str);
                if quoted { self.add(text) } else { self.add_split(text)? }
            }
            Name::Special(SpecialParameter::AllPositionalParameters { concatenate }) => {
                if quoted && *concatenate {
                    self.add(&arguments.join(" "));
                    return Some(());
                }
                for (index, text) in arguments.iter().enumerate() {
                    if index > 0 {
                        self.end();
                    }
                    if quoted { self.add(text) } else { self.add_split(text)? }
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn add(&mut self, text: &str) {
        self.current.get_or_insert_default().push_str(text);
    }

    /// What an unquoted parameter says is split at blanks, and patterns in it are matched.
    fn add_split(&mut self, text: &str) -> Option<()> {
        if has_pattern(text) {
            return None;
        }
        if text.starts_with(char::is_whitespace) {
            self.end();
        }
        for (index, word) in text.split_whitespace().enumerate() {
            if index > 0 {
                self.end();
            }
            self.add(word);
        }
        if text.ends_with(char::is_whitespace) {
            self.end();
        }
        Some(())
    }

    fn end(&mut self) {
        self.words.extend(self.current.take());
    }
}

fn has_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn is_all_arguments(piece: &WordPiece) -> bool {
    matches!(
        piece,
        WordPiece::ParameterExpansion(ParameterExpr::Parameter {
            parameter: Name::Special(SpecialParameter::AllPositionalParameters { concatenate: false }),
            ..
        })
    )
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

    #[test]
    fn words_are_split_as_the_shell_does() {
        let arguments = ["app:sync --limit 10".to_owned(), "*".to_owned()];
        let cases = [
            ("$1", Some(vec!["app:sync", "--limit", "10"])),
            ("\"$1\"", Some(vec!["app:sync --limit 10"])),
            ("x$1", Some(vec!["xapp:sync", "--limit", "10"])),
            ("$2", None),
            ("\"$2\"", Some(vec!["*"])),
            ("$3", Some(vec![])),
            ("\"$3\"", Some(vec![""])),
            ("\"$@\"", Some(vec!["app:sync --limit 10", "*"])),
            ("*.txt", None),
            ("$HOME", None),
            ("'$HOME'", Some(vec!["$HOME"])),
        ];
        for (word, expected) in cases {
            let expected = expected.map(|words| words.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(split_word(word, &arguments), expected, "{word}");
        }
    }
}
