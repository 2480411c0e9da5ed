//! From a text to spanned trees: every document of a source, with anchors, aliases and merge keys
//! resolved.
//!
//! The scanner is granit's; what it leaves to its caller is done here, as go-yaml v3 does it, for
//! that is what compose reads with. It does not know what a compose file may say, nor that its top
//! is a mapping.

mod anchors;
mod build;
mod encoding;
mod findings;
mod mapping;
mod repair;
mod syntax;

pub use encoding::{NotText, decode};

use self::{
    build::{Builder, Outcome},
    repair::Repaired,
};
use super::{Node, Resets};
use crate::{
    diag::{Diagnostic, Report, codes},
    text::{SourceId, Sources, Span},
};

/// Collections that may stand within one another, aliases counted as what they stand for. Stages
/// walk the tree recursively, and so it is dropped.
pub const MAX_DEPTH: usize = 200;

/// Bytes that may be read over and over to find all texts that need a repair.
const REPAIR_BUDGET: usize = 64 << 20;

/// All documents of a source, as trees. A document that says nothing is null, a source without a
/// document gives none.
///
/// Nothing at all is returned if the source is no YAML, and the report then says where. Mistakes
/// that leave a tree (a key that is set twice, an alias of nothing) are reported too, and what
/// they touch is left out or null.
pub fn documents(sources: &Sources, id: SourceId, report: &mut Report) -> Option<Vec<Node>> {
    let documents = tagged_documents(sources, id, report)?;
    Some(documents.into_iter().map(|document| document.tree).collect())
}

/// A document, and what its tags drop of earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Tagged {
    /// The tree, in which the values keep the marks of their tags.
    pub tree: Node,
    /// The places of the tags, which are more than the marks: aliases and merge keys have some as well.
    pub resets: Resets,
}

/// The same as [`documents`], with what the tags `!reset` and `!override` drop.
pub fn tagged_documents(sources: &Sources, id: SourceId, report: &mut Report) -> Option<Vec<Tagged>> {
    let text = sources.get(id).text();
    if let Some(diagnostic) = control_character(text, id) {
        report.push(diagnostic);
        return None;
    }
    let mut repaired = Repaired::new(text);
    let mut budget = REPAIR_BUDGET;
    loop {
        budget = budget.saturating_sub(text.len());
        let (outcome, found) = Builder::new(&repaired, id, budget > 0, sources.budget().bytes_left()).run();
        if let Outcome::Repair(repair) = outcome {
            repaired.indent(repair.lines, repair.blanks);
            continue;
        }
        for diagnostic in found {
            report.push(diagnostic);
        }
        let Outcome::Read(documents, bytes_of_aliases) = outcome else { return None };
        sources.budget().spend_bytes(bytes_of_aliases);
        return Some(documents);
    }
}

fn control_character(text: &str, id: SourceId) -> Option<Diagnostic> {
    let (offset, character) = text.char_indices().find(|(_, character)| !is_allowed(*character))?;
    let message = format!("the control character U+{:04X} is not allowed in YAML", u32::from(character));
    let span = Span::new(id, offset, offset + character.len_utf8());
    Some(
        Diagnostic::error(codes::CONTROL_CHARACTER, message)
            .at(span, "here")
            .help("remove it, or write it as an escape in double quotes, such as `\"\\x1b\"`"),
    )
}

/// What YAML takes for a character: no controls but tab and line breaks.
fn is_allowed(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' | ' '..='~' => true,
        '\0'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
