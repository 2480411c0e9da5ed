//! What the manifests say against what the Compose files say, fact by fact.
//!
//! Pure: objects and places in, differences out. It knows neither where the objects come from nor how differences
//! are shown.

mod kind;

pub use kind::Kind;
