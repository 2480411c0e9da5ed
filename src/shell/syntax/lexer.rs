//! A script as words, operators and line breaks.
//!
//! Each byte is looked at once, and nesting has a limit: any text takes time in proportion to its length. It
//! knows what belongs to a word, with all that stands in quotes and in `$(…)`, and skips here-documents. What a
//! word means is not known here.

use std::{borrow::Cow, ops::Range};

use super::{
    Unreadable,
    brackets::{arithmetic_length, brackets_length},
};
use crate::shell::quotes::unquoted;

/// A word, an operator, or the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind,
    /// As it is written, without continued lines; a line break is an operator.
    pub(super) text: Cow<'t, str>,
    /// Its bytes.
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    /// `<(…)`: a word whose text nobody knows.
    Process,
    Operator,
    End,
}

/// Operators, the longer of two that begin alike first.
const OPERATORS: [&str; 23] = [
    ";;&", "<<-", "<<<", "&>>", "&&", "||", ";;", ";&", "|&", "<<", "<&", "<>", ">>", ">&", ">|", "&>", "&",
    ";", "|", "<", ">", "(", ")",
];

/// How deep quotes, substitutions and brackets may stand in each other.
const DEEPEST: usize = 40;

pub(super) struct Lexer<'t> {
    text: &'t str,
    /// The byte that comes next.
    at: usize,
    /// Here-documents that begin behind the next line break.
    documents: Vec<Document>,
    /// The texts of those that were asked for.
    texts: Vec<&'t str>,
    /// Continued lines of the word that is read: bytes that are not part of it.
    cuts: Vec<usize>,
    depth: usize,
}

struct Document {
    end: String,
    is_indented: bool,
    /// Its place among the texts, unless it belongs to a word.
    index: Option<usize>,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, documents: Vec::new(), texts: Vec::new(), cuts: Vec::new(), depth: 0 }
    }

    /// The next token.
    ///
    /// # Errors
    /// If a quote or bracket has no end.
    pub(super) fn next(&mut self) -> Result<Token<'t>, Unreadable> {
        self.skip_blanks();
        let start = self.at;
        let (kind, text) = match self.byte(0) {
            None => (TokenKind::End, Cow::Borrowed("")),
            Some(b'\n') => {
                self.at += 1;
                self.skip_documents();
                return Ok(Token {
                    kind: TokenKind::Operator,
                    text: Cow::Borrowed("\n"),
                    range: start..start + 1,
                });
            }
            Some(b'<' | b'>') if self.byte(1) == Some(b'(') => {
                self.at += 1;
                self.parentheses()?;
                (TokenKind::Process, Cow::Borrowed("$(:)"))
            }
            Some(b'&' | b';' | b'|' | b'<' | b'>' | b'(' | b')') => {
                let operator = OPERATORS.iter().find(|operator| self.rest().starts_with(**operator));
                let operator = operator.copied().unwrap_or_default();
                self.at += operator.len();
                (TokenKind::Operator, Cow::Borrowed(operator))
            }
            Some(_) => (TokenKind::Word, self.word()?),
        };
        Ok(Token { kind, text, range: start..self.at })
    }

    /// The expression of `((…))`, whose first parenthesis stands at a byte. Nothing if this is no arithmetic;
    /// else reading goes on behind it.
    pub(super) fn arithmetic(&mut self, start: usize) -> Option<&'t str> {
        let rest = self.text.get(start..)?;
        let length = arithmetic_length(rest)?;
        self.at = start + length;
        rest.get(2..length - 2)
    }

    /// A here-document with this word for its end begins on the next line: its place among all.
    pub(super) fn expect_document(&mut self, word: &str, is_indented: bool) -> usize {
        let index = self.texts.len();
        self.texts.push("");
        self.documents.push(Document { end: unquoted(word), is_indented, index: Some(index) });
        index
    }

    /// The texts of the here-documents, in order.
    pub(super) fn into_documents(self) -> Vec<String> {
        self.texts.into_iter().map(str::to_owned).collect()
    }

    /// Whether a redirection follows at once, as in `2>`.
    pub(super) fn is_before_redirection(&self) -> bool {
        matches!(self.byte(0), Some(b'<' | b'>'))
    }

    /// Whether a parenthesis follows at once.
    pub(super) fn is_before_parenthesis(&self) -> bool {
        self.byte(0) == Some(b'(')
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        loop {
            match (self.byte(0), self.byte(1)) {
                (Some(b' ' | b'\t'), _) => self.at += 1,
                (Some(b'\\'), Some(b'\n')) => self.at += 2,
                (Some(b'#'), _) => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                _ => return,
            }
        }
    }

    fn skip_documents(&mut self) {
        for document in std::mem::take(&mut self.documents) {
            let start = self.at;
            let mut end = self.at;
            while self.at < self.text.len() {
                let rest = self.rest();
                let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
                self.at = (self.at + line.len() + 1).min(self.text.len());
                let line = if document.is_indented { line.trim_start_matches('\t') } else { line };
                if line == document.end {
                    break;
                }
                end = self.at;
            }
            let text = document.index.and_then(|index| self.texts.get_mut(index));
            if let (Some(text), Some(body)) = (text, self.text.get(start..end)) {
                *text = body;
            }
        }
    }

    fn word(&mut self) -> Result<Cow<'t, str>, Unreadable> {
        let start = self.at;
        let outer = std::mem::take(&mut self.cuts);
        while let Some(byte) = self.byte(0) {
            match byte {
                b' ' | b'\t' | b'\n' | b'&' | b';' | b'|' | b'<' | b'>' | b')' => break,
                // `list=(a b)` and `!(*.log)`.
                b'(' => match self.at.checked_sub(1).filter(|before| *before >= start) {
                    Some(before)
                        if matches!(
                            self.text.as_bytes().get(before),
                            Some(b'=' | b'@' | b'!' | b'?' | b'+' | b'*')
                        ) =>
                    {
                        self.parentheses()?;
                    }
                    _ => break,
                },
                b'\'' => self.single_quoted()?,
                other => self.piece(other, false)?,
            }
        }
        let cuts = std::mem::replace(&mut self.cuts, outer);
        let whole = self.text.get(start..self.at).unwrap_or_default();
        if cuts.is_empty() {
            return Ok(Cow::Borrowed(whole));
        }
        let mut joined = String::with_capacity(whole.len());
        let mut from = start;
        for cut in cuts {
            joined.push_str(self.text.get(from..cut).unwrap_or_default());
            from = cut + 2;
        }
        joined.push_str(self.text.get(from..self.at).unwrap_or_default());
        Ok(Cow::Owned(joined))
    }

    /// One step forward, over all that stands in each other.
    fn piece(&mut self, byte: u8, quoted: bool) -> Result<(), Unreadable> {
        match byte {
            b'\\' => {
                if self.byte(1) == Some(b'\n') {
                    self.cuts.push(self.at);
                }
                let escaped = self.rest().chars().nth(1);
                self.at += 1 + escaped.map_or(0, char::len_utf8);
                Ok(())
            }
            b'"' => self.within(|lexer| lexer.skip_to(1, b'"', |lexer, byte| lexer.piece(byte, true))),
            b'`' => self.escaping(1, b'`'),
            b'$' => self.dollar(quoted),
            _ => {
                self.at += 1;
                Ok(())
            }
        }
    }

    fn within(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Unreadable>) -> Result<(), Unreadable> {
        if self.depth >= DEEPEST {
            return Err(Unreadable::TooDeep);
        }
        self.depth += 1;
        read(self)?;
        self.depth -= 1;
        Ok(())
    }

    /// From an opening of so many bytes to behind the byte that ends it, step by step.
    fn skip_to(
        &mut self,
        opening: usize,
        end: u8,
        step: impl Fn(&mut Self, u8) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        let start = self.at;
        self.at += opening;
        while let Some(byte) = self.byte(0) {
            if byte == end {
                self.at += 1;
                return Ok(());
            }
            step(self, byte)?;
        }
        Err(self.open(start))
    }

    fn single_quoted(&mut self) -> Result<(), Unreadable> {
        self.skip_to(1, b'\'', |lexer, _| {
            lexer.at += 1;
            Ok(())
        })
    }

    /// Between quotes in which only a backslash means something.
    fn escaping(&mut self, opening: usize, end: u8) -> Result<(), Unreadable> {
        self.skip_to(opening, end, |lexer, byte| {
            let escaped = lexer.rest().chars().nth(1).filter(|_| byte == b'\\');
            lexer.at += 1 + escaped.map_or(0, char::len_utf8);
            Ok(())
        })
    }

    fn dollar(&mut self, quoted: bool) -> Result<(), Unreadable> {
        match self.byte(1) {
            Some(b'(') => {
                if let Some(length) = self.text.get(self.at + 1..).and_then(arithmetic_length) {
                    self.at += 1 + length;
                    return Ok(());
                }
                self.at += 1;
                self.parentheses()
            }
            Some(b'{') => self.within(|lexer| lexer.braces(quoted)),
            Some(b'[') => {
                self.at += 1 + self.text.get(self.at + 1..).and_then(brackets_length).unwrap_or(0);
                Ok(())
            }
            // `$'it\'s'`
            Some(b'\'') if !quoted => self.escaping(2, b'\''),
            _ => {
                self.at += 1;
                Ok(())
            }
        }
    }

    /// `${…}`
    fn braces(&mut self, quoted: bool) -> Result<(), Unreadable> {
        self.skip_to(2, b'}', |lexer, byte| match byte {
            b'\'' if !quoted => lexer.single_quoted(),
            other => lexer.piece(other, quoted),
        })
    }

    /// From a parenthesis to its partner: commands with words of their own.
    fn parentheses(&mut self) -> Result<(), Unreadable> {
        let outer = (std::mem::take(&mut self.documents), std::mem::take(&mut self.cuts));
        self.within(|lexer| lexer.commands())?;
        (self.documents, self.cuts) = outer;
        Ok(())
    }

    fn commands(&mut self) -> Result<(), Unreadable> {
        let start = self.at;
        self.at += 1;
        let (mut open, mut cases) = (1_usize, 0_usize);
        let mut begins = true;
        loop {
            let token = self.next()?;
            let is_document = matches!(token.text.as_ref(), "<<" | "<<-");
            match (token.kind, token.text.as_ref()) {
                (TokenKind::End, _) => return Err(self.open(start)),
                (TokenKind::Operator, "(") => {
                    let is_arithmetic =
                        self.is_before_parenthesis() && self.arithmetic(token.range.start).is_some();
                    open += usize::from(!is_arithmetic);
                }
                // The pattern of a `case` has a closing one alone.
                (TokenKind::Operator, ")") if cases > 0 && open == 1 => {}
                (TokenKind::Operator, ")") => open -= 1,
                (TokenKind::Word, "case") if begins => cases += 1,
                (TokenKind::Word, "esac") => cases = cases.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                return Ok(());
            }
            begins = token.kind == TokenKind::Operator
                || matches!(token.text.as_ref(), "do" | "then" | "else" | "{" | "!");
            if is_document {
                let end = self.next()?;
                if end.kind == TokenKind::Word {
                    let is_indented = token.text == "<<-";
                    self.documents.push(Document { end: unquoted(&end.text), is_indented, index: None });
                }
            }
        }
    }

    /// What stands at a byte has no end.
    fn open(&self, at: usize) -> Unreadable {
        let before = self.text.get(..at).unwrap_or_default();
        let sign: String = self.text.get(at..).unwrap_or_default().chars().take(1).collect();
        Unreadable::Syntax(format!("`{sign}` in line {} has no end", before.matches('\n').count() + 1))
    }
}

/// The bytes of what a text begins with: something quoted, `$…`, or one character. Nothing if it has no end.
pub(super) fn piece_length(text: &str, quoted: bool) -> Option<usize> {
    let mut lexer = Lexer::new(text);
    let first = lexer.byte(0)?;
    lexer.piece(first, quoted).ok()?;
    Some(lexer.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<String>, Unreadable> {
        let mut lexer = Lexer::new(text);
        let mut all = Vec::new();
        loop {
            let token = lexer.next()?;
            if token.kind == TokenKind::End {
                return Ok(all);
            }
            all.push(token.text.into_owned());
        }
    }

    #[test]
    fn words_hold_all_that_is_quoted_or_nested() {
        let cases: [(&str, &[&str]); 18] = [
            ("a b;c&&d|e", &["a", "b", ";", "c", "&&", "d", "|", "e"]),
            ("'a b'\"c d\"\\ e f", &["'a b'\"c d\"\\ e", "f"]),
            ("a#b #c\nd", &["a#b", "\n", "d"]),
            ("a\\\nb \\\n c", &["ab", "c"]),
            ("$(a; (b) \"$(c)\") d", &["$(a; (b) \"$(c)\")", "d"]),
            ("$(case x in a) b;; (c) d;; esac) e", &["$(case x in a) b;; (c) d;; esac)", "e"]),
            ("$(( (1 << 2) * 3 )) $((a)) b", &["$(( (1 << 2) * 3 ))", "$((a))", "b"]),
            ("$((a); (b)) c", &["$((a); (b))", "c"]),
            ("${a:-${b:-'}'}} \"${c:-it's}\" d", &["${a:-${b:-'}'}}", "\"${c:-it's}\"", "d"]),
            ("`a \\` b` c $[1 + 2] d", &["`a \\` b`", "c", "$[1 + 2]", "d"]),
            ("$'it\\'s' x", &["$'it\\'s'", "x"]),
            ("x=(a 'b c') y", &["x=(a 'b c')", "y"]),
            ("diff <(a b) >(c)", &["diff", "$(:)", "$(:)"]),
            ("2>&1 >>x &>y", &["2", ">&", "1", ">>", "x", "&>", "y"]),
            ("$(a <<E\nit's)\nE\n) b", &["$(a <<E\nit's)\nE\n)", "b"]),
            ("$(a # it's\n) b", &["$(a # it's\n)", "b"]),
            ("grep 'x$' \"a$[b\" $", &["grep", "'x$'", "\"a$[b\"", "$"]),
            ("<<<a <<<\"b\"", &["<<<", "a", "<<<", "\"b\""]),
        ];
        for (text, expected) in cases {
            assert_eq!(tokens(text).unwrap_or_default(), expected, "{text}");
        }
        for wrong in ["'a", "\"a", "`a", "$(a", "${a", "$'a", "x=(a", "$(a <<E\n)", "\"$(a\""] {
            assert!(tokens(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        for text in ["\"$(".repeat(30), "$(".repeat(50_000), "${a:-".repeat(20_000), "x=(".repeat(30_000)] {
            assert_eq!(tokens(&text), Err(Unreadable::TooDeep));
        }
    }
}
