//! Takes a part of what may not be there.

use minijinja::{Error, Value};

/// The part of a value, or what is missing: never an error for a gap.
pub(super) fn part(value: &Value, key: &Value) -> Result<Value, Error> {
    if value.is_undefined() || key.is_undefined() {
        return Ok(Value::UNDEFINED);
    }
    let part = value.get_item(key)?;
    if part.kind() == minijinja::value::ValueKind::Invalid {
        return Err(crate::template::convert::failure(&part));
    }
    Ok(part)
}
