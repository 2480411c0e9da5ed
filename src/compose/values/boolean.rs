//! Truth values written as strings, in the places where compose wants a boolean. It warns of the words of YAML 1.1.

use super::ValueError;
use crate::yaml::boolean;
pub use crate::yaml::boolean::Boolean;

/// Reads `true`, `false` and the words of YAML 1.1, upper and lower case alike.
///
/// # Errors
/// On anything else, `1`, `t` and the empty text included.
pub fn parse(text: &str) -> Result<Boolean, ValueError> {
    boolean::parse(text).ok_or_else(|| ValueError::whole(text, "expected `true` or `false`"))
}
