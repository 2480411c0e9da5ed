//! What becomes of one key, and how a table of such rows is written.

use crate::plan::{fate::FateKind, reasons::KnownReason};

/// What becomes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The way to it; `*` stands for a name that is the project's own, `[]` for an item of a list.
    pub path: &'static str,
    /// The fates that it may meet, by what it says.
    pub kinds: &'static [FateKind],
    /// What stands in its place, or why nothing does.
    pub text: &'static str,
    /// The text as a reason, where a key has it for one.
    pub reason: Option<KnownReason>,
}

impl Row {
    /// The fates in words: `mapped, ignored or unsupported`.
    pub fn fates(&self) -> String {
        let names: Vec<&str> = self.kinds.iter().map(|kind| kind.name()).collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => names.concat(),
        }
    }
}

/// Rows as a table: path, results, and a text, or a reason of the list.
macro_rules! rows {
    ($($path:literal: $($kind:ident),+ => $($text:literal)? $([$reason:ident])?;)*) => {
        &[$(Row {
            path: $path,
            kinds: &[$(rows!(@$kind)),+],
            text: rows!(@text $($text)? $($reason)?),
            reason: rows!(@reason $($reason)?),
        },)*]
    };
    (@text $text:literal) => { $text };
    (@text $reason:ident) => { $crate::plan::reasons::$reason.text };
    (@reason) => { None };
    (@reason $reason:ident) => { Some($crate::plan::reasons::$reason) };
    (@mapped) => { FateKind::Mapped };
    (@approximated) => { FateKind::Approximated };
    (@ignored) => { FateKind::Ignored };
    (@unsupported) => { FateKind::Unsupported };
}
pub(super) use rows;
