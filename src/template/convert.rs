//! Data to the engine's values and back.

use minijinja::value::ValueKind;

use crate::template::omit;
use crate::value::{Map, Value};

/// How deep data may be nested on its way back.
const DEPTH: usize = 96;

/// Data as the engine sees it.
pub(super) fn into_engine(value: &Value) -> minijinja::Value {
    match value {
        Value::Null => minijinja::Value::from(()),
        Value::Bool(it) => minijinja::Value::from(*it),
        Value::Int(it) => minijinja::Value::from(*it),
        Value::Uint(it) => minijinja::Value::from(*it),
        Value::Float(it) => minijinja::Value::from(*it),
        Value::Str(it) => minijinja::Value::from(it.as_str()),
        Value::Bytes(it) => minijinja::Value::from_bytes(it.clone()),
        Value::List(list) => list.iter().map(into_engine).collect(),
        Value::Map(map) => {
            minijinja::Value::from_pairs(map.iter().map(|(key, value)| (key.as_str(), into_engine(value))))
        }
    }
}

/// Why a value of the engine is no data.
#[derive(Debug)]
pub(super) enum NoData {
    /// A part of it fails when it is used.
    Failed(minijinja::Error),
    /// A part of it is undefined.
    Undefined,
    /// It is `omit`.
    Omitted,
    /// Something else; the message says what.
    Other(String),
}

/// A value of the engine as data.
pub(super) fn from_engine(value: &minijinja::Value) -> Result<Value, NoData> {
    convert(value, 0)
}

fn convert(value: &minijinja::Value, depth: usize) -> Result<Value, NoData> {
    if depth > DEPTH {
        return Err(NoData::Other(format!(
            "the value is nested more than {DEPTH} levels deep"
        )));
    }
    Ok(match value.kind() {
        ValueKind::Undefined => return Err(NoData::Undefined),
        ValueKind::None => Value::Null,
        ValueKind::Bool => Value::Bool(value.is_true()),
        ValueKind::Number => number(value)?,
        ValueKind::String => Value::Str(value.as_str().unwrap_or_default().to_owned()),
        ValueKind::Bytes => Value::Bytes(value.as_bytes().unwrap_or_default().to_vec()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map_err(NoData::Failed)?;
            Value::List(
                items
                    .filter(|item| !omit::is(item))
                    .map(|item| convert(&item, depth + 1))
                    .collect::<Result<_, _>>()?,
            )
        }
        ValueKind::Map => {
            let mut map = Map::new();
            for key in value.try_iter().map_err(NoData::Failed)? {
                let part = value.get_item(&key).map_err(NoData::Failed)?;
                if omit::is(&part) {
                    continue;
                }
                map.insert(key_text(&key)?, convert(&part, depth + 1)?);
            }
            Value::Map(map)
        }
        ValueKind::Invalid => return Err(NoData::Failed(failure(value))),
        _ if omit::is(value) => return Err(NoData::Omitted),
        _ => return Err(NoData::Other(format!("`{value}` is no data"))),
    })
}

fn number(value: &minijinja::Value) -> Result<Value, NoData> {
    if !value.is_integer() {
        return f64::try_from(value.clone())
            .map(Value::Float)
            .map_err(NoData::Failed);
    }
    if let Ok(small) = i64::try_from(value.clone()) {
        return Ok(Value::Int(small));
    }
    u64::try_from(value.clone())
        .map(Value::Uint)
        .map_err(|_| NoData::Other(format!("the number {value} does not fit 64 bits")))
}

fn key_text(key: &minijinja::Value) -> Result<String, NoData> {
    match key.kind() {
        ValueKind::String => Ok(key.as_str().unwrap_or_default().to_owned()),
        ValueKind::Bool => Ok(if key.is_true() { "true" } else { "false" }.to_owned()),
        ValueKind::Number => Ok(key.to_string()),
        ValueKind::Invalid => Err(NoData::Failed(failure(key))),
        kind => Err(NoData::Other(format!("a key of a map is of type {kind}"))),
    }
}

/// The error that a value fails with when it is used. The engine hands it out only where a value is used: as an item.
pub(super) fn failure(value: &minijinja::Value) -> minijinja::Error {
    let items = minijinja::Value::from(vec![value.clone()]);
    let first = items
        .try_iter()
        .ok()
        .and_then(|items| items.checked().find_map(Result::err));
    first.unwrap_or_else(|| {
        minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, "a part cannot be read")
    })
}
