//! The diagnostics of reading YAML.

use crate::diag::Code;

/// The text breaks YAML's grammar.
pub(super) const SYNTAX: Code = Code { id: "KL001", name: "yaml-syntax" };
/// A character that YAML does not have.
pub(super) const CONTROL_CHARACTER: Code = Code { id: "KL002", name: "control-character" };
/// A mapping says a key twice.
pub(super) const DUPLICATE_KEY: Code = Code { id: "KL003", name: "duplicate-key" };
/// A mapping key is a number, a boolean, null or a collection.
pub(super) const NON_STRING_KEY: Code = Code { id: "KL004", name: "non-string-key" };
/// An alias of an anchor that is not there.
pub(super) const UNDEFINED_ALIAS: Code = Code { id: "KL005", name: "undefined-alias" };
/// An anchor stands for something that holds an alias of it.
pub(super) const RECURSIVE_ANCHOR: Code = Code { id: "KL006", name: "recursive-anchor" };
/// Aliases of aliases that stand for very much.
pub(super) const ALIAS_EXPANSION: Code = Code { id: "KL007", name: "alias-expansion" };
/// Collections within collections, without end.
pub(super) const NESTING: Code = Code { id: "KL008", name: "nesting-depth" };
/// `<<` with something that cannot be merged.
pub(super) const MERGE_KEY: Code = Code { id: "KL009", name: "merge-key" };
/// A scalar that is not what its tag says.
pub(super) const TAG_MISMATCH: Code = Code { id: "KL010", name: "tag-mismatch" };
/// A quoted scalar goes on without being indented past its key.
pub(super) const QUOTED_INDENTATION: Code = Code { id: "KL011", name: "quoted-indentation" };
