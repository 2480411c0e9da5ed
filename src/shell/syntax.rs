//! A script as a tree of statements, each with its place in the text.
//!
//! The parser is brush's. It knows neither bytes (its places count characters) nor the whole extent
//! of a command (redirections behind a command lie outside of its place), and it recurses: all that is
//! dealt with here, so that the other modules see plain statements with byte ranges.

use std::ops::Range;

use super::test::{self, Test};
use brush_parser::{
    ParserOptions, SourceSpan, Token,
    ast::{self, SourceLocation},
};

/// Statements that stand one after the other.
pub(super) type List = Vec<Statement>;

/// Pipelines, tied together by `&&` and `||`.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    /// The pipelines with what ties each to the one before it.
    pub(super) chain: Vec<(Link, Pipeline)>,
    /// Does the shell go on without waiting for it?
    pub(super) background: bool,
    /// Its bytes, redirections included, the separator behind it not.
    pub(super) range: Range<usize>,
}

/// What ties a pipeline to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    First,
    And,
    Or,
}

#[derive(Debug, Clone)]
pub(super) struct Pipeline {
    pub(super) negated: bool,
    pub(super) commands: Vec<Command>,
}

#[derive(Debug, Clone)]
pub(super) enum Command {
    Simple(Simple),
    If { arms: Vec<(List, List)>, otherwise: Option<List> },
    Case { word: String, arms: Vec<(Vec<String>, List)> },
    Loop(Loop),
    For { variable: String, body: List },
    Group(List),
    Subshell(List),
    Function { name: String, body: List },
    Arithmetic(String),
    Test(Test),
}

/// A command with its words as they are written, quotes and all.
#[derive(Debug, Clone, Default)]
pub(super) struct Simple {
    /// `NAME=word` before the command, or alone; no word for arrays and their elements.
    pub(super) assignments: Vec<(String, Option<String>)>,
    pub(super) words: Vec<String>,
    /// Where output goes or input comes from, as written; nothing for other kinds of redirection.
    pub(super) redirections: Vec<Option<String>>,
}

/// A loop that only its condition, or something in it, ends.
#[derive(Debug, Clone)]
pub(super) struct Loop {
    pub(super) until: bool,
    pub(super) condition: Condition,
    pub(super) body: List,
    /// From the first keyword to the last one.
    pub(super) range: Range<usize>,
    /// What stands between `do` and `done`.
    pub(super) inner: Range<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Condition {
    List(List),
    /// The middle of `for ((;;))`; without it the loop never ends.
    Arithmetic(Option<String>),
}

/// Why a text is no script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// The parser's own words.
    Syntax(String),
    /// Deeper than any script that a person writes.
    TooDeep,
    /// Longer than any script that a person writes.
    TooLong,
}

/// Bytes of the longest text that is read.
const LONGEST: usize = 1 << 20;

/// Opening words and signs of the most nested text that is read. Nothing is nested deeper than there
/// are openings, and the parser's stack is sized for this many.
const MOST_OPENINGS: usize = 6_000;

/// Words and signs of the longest script that is worth the time to parse it.
const MOST_TOKENS: usize = 20_000;

/// How many openings may stand without their closing.
const DEEPEST: usize = 48;

/// Parses a text. Recurses as deeply as the text is nested: call it where the stack is large.
pub(super) fn parse(text: &str) -> Result<List, Unreadable> {
    if text.len() > LONGEST {
        return Err(Unreadable::TooLong);
    }
    if !is_shallow(text) {
        return Err(Unreadable::TooDeep);
    }
    let options = ParserOptions::default();
    let tokens = brush_parser::uncached_tokenize_str(text, &options.tokenizer_options())
        .map_err(|error| Unreadable::Syntax(error.to_string()))?;
    if tokens.len() > MOST_TOKENS {
        return Err(Unreadable::TooLong);
    }
    if tokens.windows(2).any(is_no_descriptor) {
        return Err(Unreadable::Syntax("no file has a number as large as this".to_owned()));
    }
    let program = brush_parser::parse_tokens(&tokens, &options)
        .map_err(|error| Unreadable::Syntax(error.to_string()))?;
    let places = Places::new(text, &tokens);
    Ok(program.complete_commands.iter().flat_map(|list| lower_list(list, &places)).collect())
}

/// Is it a number before a redirection that is too large for the parser, which would panic?
fn is_no_descriptor(pair: &[Token]) -> bool {
    let [Token::Word(word, _), Token::Operator(sign, _)] = pair else { return false };
    let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    is_number && word.parse::<i32>().is_err() && sign.starts_with(['<', '>'])
}

/// A rough count that errs towards depth: what closes within a comment is not counted, what opens is.
fn is_shallow(text: &str) -> bool {
    let (mut openings, mut depth) = (0_usize, 0_usize);
    for line in text.lines() {
        let comment = line.find(" #").or_else(|| line.starts_with('#').then_some(0)).unwrap_or(line.len());
        let mut at = 0;
        for piece in line.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let sign = piece.get(word.len()..).and_then(|sign| sign.chars().next());
            let opened = usize::from(matches!(word, "if" | "do" | "case"))
                + usize::from(matches!(sign, Some('(' | '{' | '[')));
            let closed = usize::from(matches!(word, "fi" | "done" | "esac"))
                + usize::from(matches!(sign, Some(')' | '}' | ']')));
            openings += opened;
            depth += opened;
            if at < comment {
                depth = depth.saturating_sub(closed);
            }
            if openings > MOST_OPENINGS || depth > DEEPEST {
                return false;
            }
            at += piece.len();
        }
    }
    true
}

/// From the parser's places to byte ranges.
struct Places<'a> {
    tokens: &'a [Token],
    /// The byte of each character; nothing where they are the same.
    bytes: Option<Vec<usize>>,
    length: usize,
}

impl<'a> Places<'a> {
    fn new(text: &str, tokens: &'a [Token]) -> Self {
        let bytes = (!text.is_ascii()).then(|| text.char_indices().map(|(byte, _)| byte).collect());
        Self { tokens, bytes, length: text.len() }
    }

    fn byte(&self, character: usize) -> usize {
        match &self.bytes {
            Some(bytes) => bytes.get(character).copied().unwrap_or(self.length),
            None => character.min(self.length),
        }
    }

    fn range(&self, span: &SourceSpan) -> Range<usize> {
        let start = self.byte(span.start.index);
        start..self.byte(span.end.index).max(start)
    }

    /// The first token at or behind a character.
    fn token_at(&self, character: usize) -> usize {
        self.tokens.partition_point(|token| token.location().start.index < character)
    }

    /// Back over what belongs to a command but stands before its first word: `!`, `time`, redirections.
    fn first_token(&self, mut token: usize) -> usize {
        loop {
            let before = |by: usize| token.checked_sub(by).and_then(|index| self.tokens.get(index));
            match (before(2), before(1)) {
                (_, Some(Token::Word(word, _))) if word == "!" || word == "time" => token -= 1,
                (Some(Token::Operator(operator, _)), Some(Token::Word(..))) if is_redirection(operator) => {
                    token -= 2;
                }
                _ => return token,
            }
        }
    }

    /// Forward over words and redirections: the end, in characters, of the command that a token is in.
    fn end_of_words(&self, token: usize, least: usize) -> usize {
        let rest = self.tokens.get(token..).unwrap_or_default();
        let own = rest.iter().take_while(|token| match token {
            Token::Word(..) => true,
            Token::Operator(operator, _) => is_redirection(operator),
        });
        own.last().map_or(least, |token| token.location().end.index.max(least))
    }

    /// Forward over the redirections behind a compound command.
    fn end_of_redirections(&self, token: usize, least: usize) -> usize {
        let mut end = least;
        let mut rest = self.tokens.get(token..).unwrap_or_default();
        loop {
            rest = match rest {
                [Token::Operator(operator, _), word @ Token::Word(..), rest @ ..]
                    if is_redirection(operator) =>
                {
                    end = end.max(word.location().end.index);
                    rest
                }
                [Token::Word(number, _), Token::Operator(operator, _), ..]
                    if is_redirection(operator) && number.parse::<u8>().is_ok() =>
                {
                    rest.get(1..).unwrap_or_default()
                }
                _ => return end,
            };
        }
    }
}

fn is_redirection(operator: &str) -> bool {
    operator.starts_with(['<', '>']) || operator.starts_with("&>")
}

fn lower_list(list: &ast::CompoundList, places: &Places<'_>) -> List {
    list.0
        .iter()
        .map(|ast::CompoundListItem(chain, separator)| lower_item(chain, separator, places))
        .collect()
}

fn lower_item(chain: &ast::AndOrList, separator: &ast::SeparatorOperator, places: &Places<'_>) -> Statement {
    let more = chain.additional.iter().map(|next| match next {
        ast::AndOr::And(pipeline) => (Link::And, pipeline),
        ast::AndOr::Or(pipeline) => (Link::Or, pipeline),
    });
    let pipelines: Vec<(Link, &ast::Pipeline)> =
        std::iter::once((Link::First, &chain.first)).chain(more).collect();
    let commands = || pipelines.iter().flat_map(|(_, pipeline)| &pipeline.seq);
    let start = commands().next().and_then(start_of).map_or(0, |start| {
        let token = places.first_token(places.token_at(start));
        places.tokens.get(token).map_or(start, |token| token.location().start.index)
    });
    let end = commands().last().map_or(start, |command| end_of(command, places)).max(start);
    Statement {
        chain: pipelines.iter().map(|(link, pipeline)| (*link, lower_pipeline(pipeline, places))).collect(),
        background: matches!(separator, ast::SeparatorOperator::Async),
        range: places.byte(start)..places.byte(end),
    }
}

/// The character at which a command begins.
fn start_of(command: &ast::Command) -> Option<usize> {
    command.location().map(|span| span.start.index)
}

/// The character behind a command and its redirections.
fn end_of(command: &ast::Command, places: &Places<'_>) -> usize {
    let span = command.location();
    let (start, end) = span.map_or((0, 0), |span| (span.start.index, span.end.index));
    let end = match command {
        ast::Command::Simple(_) => return places.end_of_words(places.token_at(start), end),
        ast::Command::Compound(compound, _) => end_of_compound(compound, end, places),
        ast::Command::Function(function) => end_of_compound(&function.body.0, end, places),
        ast::Command::ExtendedTest(..) => end,
    };
    places.end_of_redirections(places.token_at(end), end)
}

/// The parser says of an `if` only where the word stands: its end is the `fi` behind its last statement.
fn end_of_compound(compound: &ast::CompoundCommand, end: usize, places: &Places<'_>) -> usize {
    let ast::CompoundCommand::IfClause(clause) = compound else { return end };
    let last = clause.elses.iter().flatten().last().map_or(&clause.then, |branch| &branch.body);
    let commands = last.0.last().map(|ast::CompoundListItem(chain, _)| chain);
    let pipeline = commands.map(|chain| match chain.additional.last() {
        Some(ast::AndOr::And(pipeline) | ast::AndOr::Or(pipeline)) => pipeline,
        None => &chain.first,
    });
    let inner =
        pipeline.and_then(|pipeline| pipeline.seq.last()).map_or(end, |command| end_of(command, places));
    let rest = places.tokens.get(places.token_at(inner)..).unwrap_or_default();
    rest.iter().find(|token| token.to_str() == "fi").map_or(end, |token| token.location().end.index)
}

fn lower_pipeline(pipeline: &ast::Pipeline, places: &Places<'_>) -> Pipeline {
    Pipeline {
        negated: pipeline.bang,
        commands: pipeline.seq.iter().map(|command| lower_command(command, places)).collect(),
    }
}

fn lower_command(command: &ast::Command, places: &Places<'_>) -> Command {
    match command {
        ast::Command::Simple(simple) => Command::Simple(lower_simple(simple)),
        ast::Command::Compound(compound, _) => lower_compound(compound, places),
        ast::Command::Function(function) => Command::Function {
            name: function.fname.value.clone(),
            body: vec![alone(lower_compound(&function.body.0, places), &function.body.0, places)],
        },
        ast::Command::ExtendedTest(test, _) => Command::Test(test::lower(&test.expr)),
    }
}

/// A compound command as a statement of its own.
fn alone(command: Command, compound: &ast::CompoundCommand, places: &Places<'_>) -> Statement {
    let range = compound.location().map_or(0..0, |span| places.range(&span));
    let pipeline = Pipeline { negated: false, commands: vec![command] };
    Statement { chain: vec![(Link::First, pipeline)], background: false, range }
}

fn lower_compound(compound: &ast::CompoundCommand, places: &Places<'_>) -> Command {
    match compound {
        ast::CompoundCommand::Arithmetic(arithmetic) => Command::Arithmetic(arithmetic.expr.value.clone()),
        ast::CompoundCommand::ArithmeticForClause(clause) => {
            let condition = clause.condition.as_ref().map(|condition| condition.value.clone());
            let condition = Condition::Arithmetic(condition.filter(|text| !text.trim().is_empty()));
            Command::Loop(lower_loop(false, condition, &clause.body, &clause.loc, places))
        }
        ast::CompoundCommand::BraceGroup(group) => Command::Group(lower_list(&group.list, places)),
        ast::CompoundCommand::Subshell(subshell) => Command::Subshell(lower_list(&subshell.list, places)),
        ast::CompoundCommand::ForClause(clause) => Command::For {
            variable: clause.variable_name.clone(),
            body: lower_list(&clause.body.list, places),
        },
        ast::CompoundCommand::CaseClause(clause) => Command::Case {
            word: clause.value.value.clone(),
            arms: clause
                .cases
                .iter()
                .map(|case| {
                    let patterns = case.patterns.iter().map(|pattern| pattern.value.clone()).collect();
                    (patterns, case.cmd.as_ref().map_or_else(Vec::new, |list| lower_list(list, places)))
                })
                .collect(),
        },
        ast::CompoundCommand::IfClause(clause) => lower_if(clause, places),
        ast::CompoundCommand::WhileClause(ast::WhileOrUntilClauseCommand(condition, body, span)) => {
            let condition = Condition::List(lower_list(condition, places));
            Command::Loop(lower_loop(false, condition, body, span, places))
        }
        ast::CompoundCommand::UntilClause(ast::WhileOrUntilClauseCommand(condition, body, span)) => {
            let condition = Condition::List(lower_list(condition, places));
            Command::Loop(lower_loop(true, condition, body, span, places))
        }
        ast::CompoundCommand::Coprocess(coprocess) => Command::Subshell(vec![Statement {
            chain: vec![(
                Link::First,
                Pipeline { negated: false, commands: vec![lower_command(&coprocess.body, places)] },
            )],
            background: true,
            range: places.range(&coprocess.loc),
        }]),
    }
}

fn lower_if(clause: &ast::IfClauseCommand, places: &Places<'_>) -> Command {
    let mut arms = vec![(lower_list(&clause.condition, places), lower_list(&clause.then, places))];
    let mut otherwise = None;
    for branch in clause.elses.iter().flatten() {
        let body = lower_list(&branch.body, places);
        match &branch.condition {
            Some(condition) => arms.push((lower_list(condition, places), body)),
            None => otherwise = Some(body),
        }
    }
    Command::If { arms, otherwise }
}

fn lower_loop(
    until: bool,
    condition: Condition,
    body: &ast::DoGroupCommand,
    span: &SourceSpan,
    places: &Places<'_>,
) -> Loop {
    let inner = places.range(&body.loc);
    // `do … done`, or braces behind `for ((;;))`.
    let (head, tail) = match places.tokens.get(places.token_at(body.loc.start.index)) {
        Some(token) if token.to_str() == "{" => (1, 1),
        _ => (2, 4),
    };
    let start = inner.start + head;
    Loop {
        until,
        condition,
        body: lower_list(&body.list, places),
        range: places.range(span),
        inner: start..inner.end.saturating_sub(tail).max(start),
    }
}

fn lower_simple(command: &ast::SimpleCommand) -> Simple {
    let mut simple = Simple::default();
    let prefix = command.prefix.iter().flat_map(|prefix| &prefix.0);
    for item in prefix {
        match item {
            ast::CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => {
                simple.assignments.push(lower_assignment(assignment));
            }
            other => lower_item_of_command(other, &mut simple),
        }
    }
    simple.words.extend(command.word_or_name.iter().map(|word| word.value.clone()));
    for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
        lower_item_of_command(item, &mut simple);
    }
    simple
}

fn lower_assignment(assignment: &ast::Assignment) -> (String, Option<String>) {
    let name = match &assignment.name {
        ast::AssignmentName::VariableName(name) | ast::AssignmentName::ArrayElementName(name, _) => {
            name.clone()
        }
    };
    match (&assignment.name, &assignment.value) {
        (ast::AssignmentName::VariableName(_), ast::AssignmentValue::Scalar(word)) if !assignment.append => {
            (name, Some(word.value.clone()))
        }
        _ => (name, None),
    }
}

fn lower_item_of_command(item: &ast::CommandPrefixOrSuffixItem, simple: &mut Simple) {
    match item {
        ast::CommandPrefixOrSuffixItem::Word(word) => simple.words.push(word.value.clone()),
        // `export NAME=word`: an argument like any other.
        ast::CommandPrefixOrSuffixItem::AssignmentWord(_, word) => simple.words.push(word.value.clone()),
        ast::CommandPrefixOrSuffixItem::IoRedirect(redirection) => {
            simple.redirections.push(match redirection {
                ast::IoRedirect::File(_, _, ast::IoFileRedirectTarget::Filename(word))
                | ast::IoRedirect::OutputAndError(word, _) => Some(word.value.clone()),
                ast::IoRedirect::File(_, _, ast::IoFileRedirectTarget::Duplicate(word)) => {
                    Some(format!("&{}", word.value))
                }
                ast::IoRedirect::File(_, _, ast::IoFileRedirectTarget::Fd(number)) => {
                    Some(format!("&{number}"))
                }
                _ => None,
            });
        }
        ast::CommandPrefixOrSuffixItem::ProcessSubstitution(..) => {
            simple.words.push("$(:)".to_owned());
        }
    }
}
