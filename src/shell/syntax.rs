//! A script as a tree of statements, each with its place in the text.
//!
//! It reads what `sh` and `bash` take, as far as it matters what is run, and a little more. Any text takes time
//! in proportion to its length: nothing is read twice, and what nests has a limit.

mod brackets;
mod grammar;
mod lexer;

use std::ops::Range;

use super::test::Test;

/// Statements that stand one after the other.
pub(super) type List = Vec<Statement>;

/// Pipelines, tied together by `&&` and `||`.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    /// The pipelines with what ties each to the one before it.
    pub(super) chain: Vec<(Link, Pipeline)>,
    /// The shell goes on without waiting for it.
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
    /// A compound command in it is redirected.
    pub(super) is_redirected: bool,
    /// Its bytes.
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum Command {
    Simple(Simple),
    If {
        arms: Vec<(List, List)>,
        otherwise: Option<List>,
    },
    Case(Case),
    Loop(Loop),
    /// `for variable in items`, as they are written.
    For {
        variable: String,
        items: Vec<String>,
        body: List,
    },
    Group(List),
    Subshell(List),
    Function {
        name: String,
        body: List,
    },
    Arithmetic(String),
    Test(Test),
}

impl Command {
    /// The statements directly within it; what a function does counts where it is called.
    pub(super) fn lists(&self) -> Vec<&List> {
        match self {
            Command::If { arms, otherwise } => {
                arms.iter().flat_map(|(test, body)| [test, body]).chain(otherwise).collect()
            }
            Command::Case(case) => case.arms.iter().map(|(_, body)| body).collect(),
            Command::Loop(Loop { condition: Condition::List(test), body, .. }) => vec![test, body],
            Command::Loop(Loop { body, .. })
            | Command::For { body, .. }
            | Command::Group(body)
            | Command::Subshell(body) => vec![body],
            Command::Simple(_) | Command::Function { .. } | Command::Arithmetic(_) | Command::Test(_) => {
                Vec::new()
            }
        }
    }
}

/// A command with its words as they are written, quotes and all.
#[derive(Debug, Clone, Default)]
pub(super) struct Simple {
    /// `NAME=word` before the command, or alone; no word for arrays and their elements.
    pub(super) assignments: Vec<(String, Option<String>)>,
    pub(super) words: Vec<String>,
    /// Where output goes or input comes from, as written, with `&` or `<>` before it; nothing for documents.
    pub(super) redirections: Vec<Option<String>>,
    /// The here-document that it reads.
    pub(super) document: Option<HereDocument>,
}

impl Simple {
    /// Where output goes or input comes from, as written.
    pub(super) fn targets(&self) -> impl Iterator<Item = &str> {
        self.redirections.iter().flatten().map(String::as_str)
    }

    /// The first word, as written.
    pub(super) fn name(&self) -> Option<&str> {
        self.words.first().map(String::as_str)
    }
}

/// A text that stands on the lines behind a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct HereDocument {
    /// Which it is in the script, counted from 0.
    index: usize,
    is_quoted: bool,
    is_indented: bool,
}

/// A script.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) list: List,
    documents: Vec<String>,
}

impl Program {
    /// The text of a here-document as the command gets it, variables apart.
    pub(super) fn document(&self, document: HereDocument) -> String {
        let mut text = self.documents.get(document.index).cloned().unwrap_or_default();
        if document.is_indented {
            text = text.lines().map(|line| line.trim_start_matches('\t')).collect::<Vec<_>>().join("\n");
        }
        if !document.is_quoted {
            for (written, meant) in [("\\\n", ""), ("\\$", "$"), ("\\`", "`"), ("\\\\", "\\")] {
                text = text.replace(written, meant);
            }
        }
        text
    }
}

/// `case word in …`
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) word: String,
    /// Patterns, and what runs if one of them matches.
    pub(super) arms: Vec<(Vec<String>, List)>,
    /// From `case` to `in`.
    pub(super) head: Range<usize>,
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
    /// What stands where it cannot.
    Syntax(String),
    /// Deeper than any script that a person writes.
    TooDeep,
    /// Longer than any script that a person writes.
    TooLong,
}

/// Bytes of the longest text that is read.
const LONGEST: usize = 1 << 20;

/// Parses a text.
pub(super) fn parse(text: &str) -> Result<List, Unreadable> {
    program(text).map(|program| program.list)
}

/// The same with its here-documents.
pub(super) fn program(text: &str) -> Result<Program, Unreadable> {
    #[cfg(test)]
    crate::secret::split::counted::add("parsed", text);
    if text.len() > LONGEST {
        return Err(Unreadable::TooLong);
    }
    grammar::Parser::new(text)?.program()
}

/// The bytes of what a text begins with: something quoted, `$…`, or one character. Nothing if it has no end.
pub(super) fn piece_length(text: &str, quoted: bool) -> Option<usize> {
    lexer::piece_length(text, quoted)
}

/// Whether a text begins with `((…))` that computes.
pub(super) fn is_arithmetic(text: &str) -> bool {
    brackets::arithmetic_length(text).is_some()
}
