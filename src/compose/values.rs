//! The grammars of single values: sizes, durations, ports, mounts and the like.
//!
//! Every function takes the text of one scalar, references already replaced, and reads it as docker
//! compose does. What attribute the text belongs to, and where it stands, is the caller's to know.

use std::fmt;

pub mod boolean;
pub mod bytes;
pub mod devices;
pub mod duration;
pub mod hosts;
pub mod mode;
pub mod number;
pub mod ports;
pub mod project_name;
pub mod volumes;
pub mod words;

/// Why a text is no value of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// What is wrong, in lower case without a full stop. It does not repeat the text.
    pub message: String,
    /// Where in the text the fault begins, in bytes.
    pub offset: usize,
    /// How many bytes are at fault.
    pub len: usize,
}

impl ValueError {
    /// Blames the whole text.
    fn whole(text: &str, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: 0, len: text.len() }
    }

    /// Blames a part of the text, which must be a slice of it.
    fn part(text: &str, part: &str, message: impl Into<String>) -> Self {
        let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len());
        Self { message: message.into(), offset, len: part.len().min(text.len() - offset) }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ValueError {}
