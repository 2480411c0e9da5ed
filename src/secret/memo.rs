//! Answers that are kept: a project asks the same of the same names and values in each environment and each stage.

use std::{cell::RefCell, collections::HashMap, thread::LocalKey};

/// Texts longer than this, in bytes, are rarely asked for twice.
const LONGEST: usize = 256;

/// As many answers are kept; behind them, all are forgotten.
const MOST: usize = 1 << 14;

/// Answers by what was asked.
pub(super) type Memo<T> = RefCell<HashMap<String, T, foldhash::fast::RandomState>>;

/// The answer for a text, which depends on nothing but the text.
pub(super) fn remembered<T: Copy>(
    memo: &'static LocalKey<Memo<T>>,
    text: &str,
    answer: impl FnOnce(&str) -> T,
) -> T {
    if text.len() > LONGEST {
        return answer(text);
    }
    if let Some(known) = memo.with_borrow(|known| known.get(text).copied()) {
        return known;
    }
    let answer = answer(text);
    memo.with_borrow_mut(|known| {
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(text.to_owned(), answer);
    });
    answer
}
