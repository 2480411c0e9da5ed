//! The codes of everything that loading reports, in the order of the stages.

use crate::diag::Code;

const fn code(id: &'static str, name: &'static str) -> Code {
    Code { id, name }
}

pub(crate) const NO_COMPOSE_FILE: Code = code("KL101", "no-compose-file");
pub(crate) const SEVERAL_COMPOSE_FILES: Code = code("KL102", "several-compose-files");
pub(crate) const UNREADABLE_FILE: Code = code("KL103", "unreadable-file");
pub(crate) const EMPTY_COMPOSE_FILE: Code = code("KL104", "empty-compose-file");
pub(crate) const INVALID_PROJECT_NAME: Code = code("KL105", "invalid-project-name");
pub(crate) const INVALID_ENV_FILE: Code = code("KL106", "invalid-env-file");
pub(crate) const ENV_FILE_SURPRISE: Code = code("KL107", "env-file-surprise");
pub(crate) const REMOTE_RESOURCE: Code = code("KL108", "remote-resource");
pub(crate) const OPTIONAL_FILE: Code = code("KL109", "optional-file");
pub(crate) const TIMESTAMP: Code = code("KL110", "timestamp");
pub(crate) const INVALID_INTERPOLATION: Code = code("KL111", "invalid-interpolation");
pub(crate) const REQUIRED_VARIABLE: Code = code("KL112", "required-variable");
pub(crate) const UNSET_VARIABLE: Code = code("KL113", "unset-variable");
pub(crate) const INVALID_CAST: Code = code("KL114", "invalid-cast");
pub(crate) const OLD_BOOLEAN: Code = code("KL115", "old-boolean");
pub(crate) const INCLUDE_CYCLE: Code = code("KL120", "include-cycle");
pub(crate) const INCLUDE_CONFLICT: Code = code("KL121", "include-conflict");
pub(crate) const EXTENDS_CYCLE: Code = code("KL123", "extends-cycle");
pub(crate) const EXTENDS_UNKNOWN: Code = code("KL124", "extends-unknown-service");
pub(crate) const CANNOT_OVERRIDE: Code = code("KL130", "cannot-override");
pub(crate) const NO_UNIQUE_KEY: Code = code("KL131", "no-unique-key");
pub(crate) const UNKNOWN_ATTRIBUTE: Code = code("KL140", "unknown-attribute");
pub(crate) const WRONG_TYPE: Code = code("KL141", "wrong-type");
pub(crate) const MISSING_ATTRIBUTE: Code = code("KL142", "missing-attribute");
pub(crate) const DUPLICATE_ITEM: Code = code("KL143", "duplicate-item");
pub(crate) const NOT_ALLOWED: Code = code("KL144", "not-allowed");
pub(crate) const OBSOLETE: Code = code("KL145", "obsolete");
pub(crate) const INVALID_SHORT_FORM: Code = code("KL150", "invalid-short-form");
pub(crate) const SHORT_FORM_SURPRISE: Code = code("KL151", "short-form-surprise");
pub(crate) const INVALID_COMBINATION: Code = code("KL160", "invalid-combination");
pub(crate) const REFORMATTED_NUMBER: Code = code("KL161", "reformatted-number");
pub(crate) const TRUNCATED_COMMAND: Code = code("KL162", "truncated-command");
pub(crate) const UNKNOWN_WORD: Code = code("KL163", "unknown-word");
pub(crate) const UNDEFINED_REFERENCE: Code = code("KL170", "undefined-reference");
pub(crate) const DEPENDENCY_CYCLE: Code = code("KL171", "dependency-cycle");
pub(crate) const NO_IMAGE: Code = code("KL172", "no-image");
pub(crate) const CONFLICT: Code = code("KL173", "conflict");
pub(crate) const DUPLICATE_PORT: Code = code("KL174", "duplicate-port");
pub(crate) const UNKNOWN_SERVICE: Code = code("KL175", "unknown-service");
