//! The scripts of a run. Each text is parsed once, however often and by whomever it is asked for.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use super::syntax::{self, List, Program, Unreadable};

/// A text, parsed.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The text with the ends of lines that Unix has, without a byte order mark. Places are in this one.
    pub(super) text: String,
    /// What it says, or why it is no script.
    pub(super) program: Result<Program, Unreadable>,
}

impl Parsed {
    /// The statements of a script.
    pub(super) fn list(&self) -> Option<&List> {
        self.program.as_ref().ok().map(|program| &program.list)
    }
}

/// Scripts that were parsed, by their texts.
#[derive(Debug, Default)]
pub struct Scripts {
    known: RefCell<BTreeMap<String, Rc<Parsed>>>,
    parses: Cell<usize>,
}

impl Scripts {
    /// The script that a text is.
    pub(super) fn parse(&self, text: &str) -> Rc<Parsed> {
        if let Some(known) = self.known.borrow().get(text) {
            return Rc::clone(known);
        }
        let unified = unified(text);
        let program = syntax::program(&unified);
        let parsed = Rc::new(Parsed { text: unified, program });
        self.parses.set(self.parses.get() + 1);
        self.known.borrow_mut().insert(text.to_owned(), Rc::clone(&parsed));
        parsed
    }

    /// How many texts were parsed.
    pub fn parses(&self) -> usize {
        self.parses.get()
    }
}

/// Lines that end as they do on Unix, without a byte order mark.
fn unified(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\0', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parsed_once() {
        let scripts = Scripts::default();
        for _ in 0..3 {
            assert!(scripts.parse("a; b").list().is_some_and(|list| list.len() == 2));
            assert!(scripts.parse("if").list().is_none());
        }
        assert_eq!(scripts.parses(), 2);
        assert_eq!(scripts.parse("\u{feff}a\r\nb").text, "a\nb");
    }
}
