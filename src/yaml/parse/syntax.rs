//! The scanner's errors in plain words.

use granit_parser::ErrorKind;

/// What is wrong, and what may help.
pub(super) fn explain(kind: &ErrorKind) -> (String, Option<&'static str>) {
    match common(kind) {
        Some((message, help)) => (message.to_owned(), help),
        None => (special(kind), None),
    }
}

/// What people meet.
fn common(kind: &ErrorKind) -> Option<(&'static str, Option<&'static str>)> {
    const QUOTE: Option<&str> = Some("if this is meant as text, write the whole value in quotes");
    const ALIGN: Option<&str> =
        Some("entries of one mapping or list begin in the same column; check the lines above too");
    const SPACES: Option<&str> = Some("indent with spaces");
    Some(match kind {
        ErrorKind::TabInIndentation | ErrorKind::TabInBlockIndentation | ErrorKind::TabNotAllowed => {
            ("a tab is used where YAML requires spaces", SPACES)
        }
        ErrorKind::TabAtBlockScalarStart => ("the first line of this text is indented with a tab", SPACES),
        ErrorKind::TabInPlainScalar => ("a tab indents the next line of this text", SPACES),
        ErrorKind::UnclosedQuotedScalar => ("this quote is never closed", None),
        ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("a document ends within quotes", Some("close the quotes"))
        }
        ErrorKind::InvalidQuotedScalarIndent => {
            ("a quoted text goes on without being indented past its key", Some("indent the text further"))
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "text follows a closed quote",
            Some("put the whole value in quotes; double a single quote within single quotes"),
        ),
        ErrorKind::UnknownQuotedScalarEscape => {
            ("this escape does not exist", Some("double the backslash, or use single quotes"))
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => (
            "a mapping value is not allowed here",
            Some("a value with a colon and a space within needs quotes; else check the indentation"),
        ),
        ErrorKind::MappingKeyNotAllowed => ("a mapping key is not allowed here", QUOTE),
        ErrorKind::BlockSequenceEntryNotAllowed => {
            ("a list entry is not allowed here", Some("begin the list on the next line"))
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            ("a `:` is missing behind this key", Some("write `key: value`, with a space behind the colon"))
        }
        ErrorKind::ExpectedBlockMappingKey => ("this is no key of the mapping it is indented like", ALIGN),
        ErrorKind::ExpectedBlockSequenceEntry => ("a `-` is missing in this list", ALIGN),
        ErrorKind::InvalidIndentation => ("this line is not indented as YAML asks for", ALIGN),
        ErrorKind::InvalidBlockScalarIndent => {
            ("this line of the text is indented less than its first one", None)
        }
        ErrorKind::ExpectedFlowMappingSeparator => ("a `,` or `}` is missing here", None),
        ErrorKind::ExpectedFlowSequenceSeparator => ("a `,` or `]` is missing here", None),
        ErrorKind::UnexpectedEofFlowSequence => ("this `[` is never closed", None),
        ErrorKind::UnexpectedEofFlowMapping | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            ("this `{` is never closed", None)
        }
        ErrorKind::MisplacedFlowCollectionEnd => ("this bracket closes nothing", QUOTE),
        ErrorKind::MissingAnchorOrAliasName => ("the name of an anchor or alias is missing", QUOTE),
        ErrorKind::UndeclaredTagHandle => ("the handle of this tag is not declared", QUOTE),
        ErrorKind::CommentNotSeparated => ("a comment needs a space before its `#`", None),
        ErrorKind::CommentInterceptedScalar => ("a comment is inside a text of several lines", None),
        ErrorKind::InvalidBlockScalarHeader => {
            ("text follows `|` or `>` on the same line", Some("begin the text on the next line"))
        }
        ErrorKind::ExpectedNodeContent => ("a value is missing here", QUOTE),
        _ => return None,
    })
}

fn special(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            format!("this `{open}` is closed by a `{close}`")
        }
        ErrorKind::UnclosedFlowCollection { open } => format!("this `{open}` is never closed"),
        ErrorKind::UnexpectedCharacter { character } => {
            format!("a value cannot begin with `{}` unless it is quoted", character.escape_default())
        }
        other => other.to_string(),
    }
}
