//! What the manifests say against what the Compose files say, fact by fact.
//!
//! Pure: objects and places in, differences out. It knows neither where the objects come from nor how differences
//! are shown.

pub mod compare;
pub mod diff;
mod difference;
pub mod fact;
pub mod facts;
mod kind;
mod live;
mod message;
pub mod record;
pub mod report;
mod shown;
#[cfg(test)]
mod testing;
pub mod text;

pub use self::{
    compare::{Comparison, Layer, Sides, Terms, compare},
    fact::Facts,
    facts::{Owners, Reading, facts},
    kind::Kind,
    live::{placed, settled},
    record::{Direction, Drift, Side, Waiver},
};
