//! Texts in which secrets were looked for: each is read once, however often it is asked for.

use std::{cell::RefCell, collections::BTreeMap, ops::Range, rc::Rc};

/// The ranges of secrets, for each of some words.
type Found = Rc<Vec<Vec<Range<usize>>>>;

/// The answers that were given.
#[derive(Debug, Default)]
pub struct Searched {
    words: RefCell<BTreeMap<Vec<String>, Found>>,
}

impl Searched {
    /// [`super::in_words`], once for the same words of the same image.
    pub fn in_words(&self, words: &[&str], image: &str) -> Found {
        let asked: Vec<String> =
            std::iter::once(&image).chain(words).map(|word| (*word).to_owned()).collect();
        if let Some(known) = self.words.borrow().get(&asked) {
            return Rc::clone(known);
        }
        let found = Rc::new(super::in_words(words, image));
        self.words.borrow_mut().insert(asked, Rc::clone(&found));
        found
    }
}
