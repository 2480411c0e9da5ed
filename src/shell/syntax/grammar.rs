//! Tokens as statements: what the shell's grammar says, by recursive descent with one token ahead.

use std::{borrow::Cow, ops::Range};

use super::{
    Case, Command, Condition, HereDocument, Link, List, Loop, Pipeline, Program, Simple, Statement,
    Unreadable,
    lexer::{Lexer, Token, TokenKind},
};
use crate::shell::test;

/// How deep compound commands may stand in each other.
const DEEPEST: usize = 50;

/// Words that are no command where one begins.
const RESERVED: [&str; 10] = ["then", "elif", "else", "fi", "do", "done", "esac", "}", "in", "]]"];

pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    text: &'t str,
    /// The token that comes next.
    token: Token<'t>,
    /// The byte behind the last token that was taken.
    end: usize,
    depth: usize,
}

type Parsed<T> = Result<T, Unreadable>;

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Parsed<Self> {
        let mut lexer = Lexer::new(text);
        let token = lexer.next()?;
        Ok(Self { lexer, text, token, end: 0, depth: 0 })
    }

    /// All of the text.
    pub(super) fn program(mut self) -> Parsed<Program> {
        let list = self.statements(&[])?;
        if self.token.kind != TokenKind::End {
            return Err(self.unexpected());
        }
        Ok(Program { list, documents: self.lexer.into_documents() })
    }

    fn take(&mut self) -> Parsed<Token<'t>> {
        let next = self.lexer.next()?;
        self.end = self.token.range.end;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn unexpected(&self) -> Unreadable {
        let before = self.text.get(..self.token.range.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Unreadable::Syntax(match (self.token.kind, self.token.text.as_ref()) {
            (TokenKind::End, _) => "it ends in the middle of a command".to_owned(),
            (_, "\n") => format!("line {line} ends in the middle of a command"),
            (_, text) => {
                let text: String = text.chars().take(40).collect();
                format!("`{text}` is not allowed in line {line}")
            }
        })
    }

    /// Whether this word or operator comes next. No text is both.
    fn is(&self, text: &str) -> bool {
        self.token.text == text
    }

    /// Takes a word or an operator, if it comes next.
    fn skip(&mut self, text: &str) -> Parsed<bool> {
        let is_next = self.is(text);
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    fn skip_lines(&mut self) -> Parsed<()> {
        while self.skip("\n")? {}
        Ok(())
    }

    fn expect(&mut self, text: &str) -> Parsed<()> {
        if self.skip(text)? { Ok(()) } else { Err(self.unexpected()) }
    }

    /// Any word, as it is written.
    fn any_word(&mut self) -> Parsed<String> {
        if self.token.kind != TokenKind::Word {
            return Err(self.unexpected());
        }
        Ok(self.take()?.text.into_owned())
    }

    /// Whether one of these words or operators comes next, or the end.
    fn is_at(&self, ends: &[&str]) -> bool {
        self.token.kind == TokenKind::End || ends.contains(&self.token.text.as_ref())
    }

    /// At least one statement, up to one of these words or operators.
    fn list(&mut self, ends: &[&str]) -> Parsed<List> {
        let list = self.statements(ends)?;
        if list.is_empty() { Err(self.unexpected()) } else { Ok(list) }
    }

    fn statements(&mut self, ends: &[&str]) -> Parsed<List> {
        let mut list = List::new();
        loop {
            self.skip_lines()?;
            if self.is_at(ends) {
                return Ok(list);
            }
            let mut statement = self.statement()?;
            statement.background = self.skip("&")?;
            let is_separated = statement.background || self.skip(";")? || self.is("\n");
            list.push(statement);
            if !is_separated && !self.is_at(ends) {
                return Err(self.unexpected());
            }
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        let start = self.token.range.start;
        let mut chain = vec![(Link::First, self.pipeline()?)];
        loop {
            let link = match self.token.text.as_ref() {
                "&&" => Link::And,
                "||" => Link::Or,
                _ => return Ok(Statement { chain, background: false, range: start..self.end }),
            };
            self.take()?;
            self.skip_lines()?;
            chain.push((link, self.pipeline()?));
        }
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        let start = self.token.range.start;
        let mut negated = false;
        let mut is_redirected = false;
        if self.skip("time")? {
            self.skip("-p")?;
        }
        while self.skip("!")? {
            negated = !negated;
        }
        let mut commands = vec![self.command(&mut is_redirected)?];
        while self.skip("|")? || self.skip("|&")? {
            self.skip_lines()?;
            commands.push(self.command(&mut is_redirected)?);
        }
        Ok(Pipeline { negated, commands, is_redirected, range: start..self.end })
    }

    /// Notes whether a compound command is redirected.
    fn command(&mut self, is_redirected: &mut bool) -> Parsed<Command> {
        if self.depth >= DEEPEST {
            return Err(Unreadable::TooDeep);
        }
        self.depth += 1;
        let command = self.any_command(is_redirected)?;
        self.depth -= 1;
        Ok(command)
    }

    fn any_command(&mut self, is_redirected: &mut bool) -> Parsed<Command> {
        if self.token.kind == TokenKind::Word {
            if self.skip("function")? {
                let name = self.any_word()?;
                if self.skip("(")? {
                    self.expect(")")?;
                }
                return self.function(name);
            }
            if self.token.text == "coproc" {
                return self.coprocess();
            }
        }
        match self.compound()? {
            Some(command) => {
                let mut redirected = Simple::default();
                self.redirections(&mut redirected)?;
                *is_redirected |= !redirected.redirections.is_empty();
                Ok(command)
            }
            None => self.simple(),
        }
    }

    /// A compound command without its redirections. Nothing if none begins here.
    fn compound(&mut self) -> Parsed<Option<Command>> {
        Ok(match (self.token.kind, self.token.text.as_ref()) {
            (TokenKind::Operator, "(") => Some(self.parenthesis()?),
            (TokenKind::Word, "{") => Some(Command::Group(self.enclosed("{", "}")?.0)),
            (TokenKind::Word, "if") => Some(self.branches()?),
            (TokenKind::Word, "while") => Some(self.repeat(false)?),
            (TokenKind::Word, "until") => Some(self.repeat(true)?),
            (TokenKind::Word, "for" | "select") => Some(self.for_each()?),
            (TokenKind::Word, "case") => Some(self.case()?),
            (TokenKind::Word, "[[") => Some(self.test()?),
            (TokenKind::Word, word) if RESERVED.contains(&word) => return Err(self.unexpected()),
            _ => None,
        })
    }

    /// `(…)` or `((…))`
    fn parenthesis(&mut self) -> Parsed<Command> {
        if let Some(expression) = self.arithmetic()? {
            return Ok(Command::Arithmetic(expression.to_owned()));
        }
        Ok(Command::Subshell(self.enclosed("(", ")")?.0))
    }

    /// The expression of `((…))`, if this comes next.
    fn arithmetic(&mut self) -> Parsed<Option<&'t str>> {
        let start = self.token.range.start;
        let is_double = self.is("(") && self.lexer.is_before_parenthesis();
        let Some(expression) = is_double.then(|| self.lexer.arithmetic(start)).flatten() else {
            return Ok(None);
        };
        self.token.range.end = start + expression.len() + 4;
        self.take()?;
        Ok(Some(expression))
    }

    fn branches(&mut self) -> Parsed<Command> {
        let mut arms = Vec::new();
        loop {
            self.take()?;
            let condition = self.list(&["then"])?;
            self.expect("then")?;
            arms.push((condition, self.list(&["elif", "else", "fi"])?));
            if !self.is("elif") {
                break;
            }
        }
        let otherwise = if self.skip("else")? { Some(self.list(&["fi"])?) } else { None };
        self.expect("fi")?;
        Ok(Command::If { arms, otherwise })
    }

    fn repeat(&mut self, until: bool) -> Parsed<Command> {
        let start = self.take()?.range.start;
        let condition = Condition::List(self.list(&["do"])?);
        let (body, inner) = self.enclosed("do", "done")?;
        Ok(Command::Loop(Loop { until, condition, body, range: start..self.end, inner }))
    }

    /// `do … done` and the like, and the bytes between.
    fn enclosed(&mut self, opening: &str, closing: &str) -> Parsed<(List, Range<usize>)> {
        self.expect(opening)?;
        let start = self.end;
        let list = self.list(&[closing])?;
        let inner = start..self.token.range.start;
        self.expect(closing)?;
        Ok((list, inner))
    }

    fn for_each(&mut self) -> Parsed<Command> {
        let start = self.take()?.range.start;
        if let Some(expression) = self.arithmetic()? {
            let condition = expression.split(';').nth(1).map(str::trim).filter(|text| !text.is_empty());
            let condition = Condition::Arithmetic(condition.map(str::to_owned));
            self.skip(";")?;
            self.skip_lines()?;
            let (opening, closing) = if self.is("{") { ("{", "}") } else { ("do", "done") };
            let (body, inner) = self.enclosed(opening, closing)?;
            return Ok(Command::Loop(Loop { until: false, condition, body, range: start..self.end, inner }));
        }
        let variable = self.any_word()?;
        self.skip_lines()?;
        let mut items = Vec::new();
        if self.skip("in")? {
            while matches!(self.token.kind, TokenKind::Word | TokenKind::Process) {
                items.push(self.take()?.text.into_owned());
            }
        }
        self.skip(";")?;
        self.skip_lines()?;
        Ok(Command::For { variable, items, body: self.enclosed("do", "done")?.0 })
    }

    fn case(&mut self) -> Parsed<Command> {
        let start = self.take()?.range.start;
        let word = self.any_word()?;
        self.skip_lines()?;
        self.expect("in")?;
        let head = start..self.end;
        let mut arms = Vec::new();
        loop {
            self.skip_lines()?;
            if self.skip("esac")? {
                return Ok(Command::Case(Case { word, arms, head }));
            }
            self.skip("(")?;
            let mut patterns = vec![self.any_word()?];
            while self.skip("|")? {
                patterns.push(self.any_word()?);
            }
            self.expect(")")?;
            const ENDS: [&str; 4] = [";;", ";&", ";;&", "esac"];
            arms.push((patterns, self.statements(&ENDS)?));
            if self.token.kind == TokenKind::Operator {
                self.take()?;
            }
        }
    }

    /// `[[ … ]]`
    fn test(&mut self) -> Parsed<Command> {
        self.take()?;
        let mut words: Vec<Cow<'t, str>> = Vec::new();
        while !self.skip("]]")? {
            if self.token.kind == TokenKind::End {
                return Err(self.unexpected());
            }
            words.push(self.take()?.text);
        }
        Ok(Command::Test(test::of_brackets(&words)))
    }

    fn function(&mut self, name: String) -> Parsed<Command> {
        self.skip_lines()?;
        let start = self.token.range.start;
        let Some(body) = self.compound()? else { return Err(self.unexpected()) };
        let body = vec![alone(body, start..self.end)];
        self.redirections(&mut Simple::default())?;
        Ok(Command::Function { name, body })
    }

    /// `coproc NAME { … }`: something that runs beside.
    fn coprocess(&mut self) -> Parsed<Command> {
        let start = self.take()?.range.start;
        let mut command = self.command(&mut false)?;
        if matches!(&command, Command::Simple(simple) if simple.words.len() == 1) && self.is("{") {
            command = self.command(&mut false)?;
        }
        let statement = alone(command, start..self.end);
        Ok(Command::Subshell(vec![Statement { background: true, ..statement }]))
    }

    fn simple(&mut self) -> Parsed<Command> {
        let mut simple = Simple::default();
        let start = self.token.range.start;
        loop {
            self.redirections(&mut simple)?;
            match self.token.kind {
                TokenKind::Process => simple.words.push(self.take()?.text.into_owned()),
                TokenKind::Word => {
                    let word = self.take()?.text;
                    let is_first = simple.words.is_empty();
                    match assignment(&word).filter(|_| is_first) {
                        Some(assignment) => simple.assignments.push(assignment),
                        None => simple.words.push(word.into_owned()),
                    }
                    let begins = is_first && simple.assignments.is_empty() && simple.redirections.is_empty();
                    if begins && self.skip("(")? {
                        self.expect(")")?;
                        return self.function(simple.words.swap_remove(0));
                    }
                }
                TokenKind::Operator | TokenKind::End if self.end > start => {
                    return Ok(Command::Simple(simple));
                }
                TokenKind::Operator | TokenKind::End => return Err(self.unexpected()),
            }
        }
    }

    /// The redirections that come next.
    fn redirections(&mut self, simple: &mut Simple) -> Parsed<()> {
        loop {
            let is_number = self.token.kind == TokenKind::Word
                && self.lexer.is_before_redirection()
                && self.token.text.bytes().all(|byte| byte.is_ascii_digit());
            if is_number {
                self.take()?;
            }
            let operator = match (self.token.kind, self.token.text.as_ref()) {
                (TokenKind::Operator, text) if text.starts_with(['<', '>']) || text.starts_with("&>") => {
                    self.take()?.text
                }
                // `2>(…)`
                (TokenKind::Process, _) if is_number => {
                    simple.words.push(self.take()?.text.into_owned());
                    continue;
                }
                _ if is_number => return Err(self.unexpected()),
                _ => return Ok(()),
            };
            let target = match self.token.kind {
                TokenKind::Word => {
                    if matches!(operator.as_ref(), "<<" | "<<-") {
                        let is_indented = operator == "<<-";
                        let is_quoted = self.token.text.contains(['\'', '"', '\\']);
                        let index = self.lexer.expect_document(&self.token.text, is_indented);
                        simple.document = Some(HereDocument { index, is_quoted, is_indented });
                    }
                    Some(self.take()?.text)
                }
                TokenKind::Process => {
                    self.take()?;
                    None
                }
                TokenKind::Operator | TokenKind::End => return Err(self.unexpected()),
            };
            simple.redirections.push(match operator.as_ref() {
                "<<" | "<<-" | "<<<" => None,
                "<&" | ">&" => target.map(|target| format!("&{target}")),
                "<>" => Some(format!("<>{}", target.unwrap_or_default())),
                _ => target.map(Cow::into_owned),
            });
        }
    }
}

/// A command as a statement of its own.
fn alone(command: Command, range: Range<usize>) -> Statement {
    let pipeline =
        Pipeline { negated: false, commands: vec![command], is_redirected: false, range: range.clone() };
    Statement { chain: vec![(Link::First, pipeline)], background: false, range }
}

/// `NAME=word`; no word for `NAME+=word`, lists and their elements.
fn assignment(word: &str) -> Option<(String, Option<String>)> {
    let length = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
    let (name, rest) = word.split_at_checked(length)?;
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if let Some(value) = rest.strip_prefix('=') {
        return Some((name.to_owned(), (!value.starts_with('(')).then(|| value.to_owned())));
    }
    let is_element = rest.starts_with('[') && rest.contains("]=") || rest.contains("]+=");
    (rest.starts_with("+=") || is_element).then(|| (name.to_owned(), None))
}
