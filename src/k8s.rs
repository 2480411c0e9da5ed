//! **Kubernetes**: what names, quantities and fields may look like. Knows nothing of compose.
//!
//! Objects are those of `k8s-openapi`; this module holds what its types do not say.

pub mod data;
pub mod expansion;
pub mod fields;
pub mod name;
pub mod quantity;
pub mod versions;
