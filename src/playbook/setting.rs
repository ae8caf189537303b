//! Values of keys that expressions come to.

use crate::value::Value;

/// What a boolean key wants, for messages.
pub(super) const FLAG_WANTED: &str = "`true` or `false`";

/// A boolean from what an expression came to.
///
/// # Errors
/// What is wrong with it.
pub(super) fn flag_of(key: &str, value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(it) => Ok(*it),
        other => Err(format!(
            "`{key}` takes a boolean, not a value of type {}",
            other.type_name()
        )),
    }
}
