//! Labels that users of kompose have.

pub(in crate::plan) mod claims;
mod labels;

pub(in crate::plan) use self::labels::{
    CONTROLLER, LABELS, Label, PREFIX, SCHEDULE, label, labels, unknown, words_of,
};
