//! **compose**: loading a project as `docker compose` does. Knows nothing of Kubernetes.

pub mod dotenv;
pub mod model;
pub mod template;
pub mod values;
