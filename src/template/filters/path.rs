//! Paths as text.

use minijinja::{Environment, Error, Value};

use super::{data, invalid};
use crate::value;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &["basename", "dirname", "path_join", "splitext"];

/// Adds the filters.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("basename", |path: &str| split(path).1.to_owned());
    engine.add_filter("dirname", |path: &str| split(path).0.to_owned());
    engine.add_filter("splitext", splitext);
    engine.add_filter("path_join", path_join);
}

/// The directory without slashes at its end, and the last name.
fn split(path: &str) -> (&str, &str) {
    let at = path.rfind('/').map_or(0, |at| at + 1);
    let (folder, name) = path.split_at(at);
    let trimmed = folder.trim_end_matches('/');
    (if trimmed.is_empty() { folder } else { trimmed }, name)
}

fn splitext(path: &str) -> Value {
    let name = split(path).1;
    let stem = name.trim_start_matches('.');
    let at = stem
        .rfind('.')
        .map_or(path.len(), |dot| path.len() - stem.len() + dot);
    [&path[..at], &path[at..]].into_iter().map(Value::from).collect()
}

fn path_join(parts: &Value) -> Result<String, Error> {
    let parts = match data(parts)? {
        value::Value::Str(one) => vec![value::Value::Str(one)],
        value::Value::List(parts) => parts,
        other => {
            return Err(invalid(format!(
                "`path_join` needs a list, not {}",
                other.type_name()
            )));
        }
    };
    let mut joined = String::new();
    for part in &parts {
        let part = part.as_str().ok_or_else(|| {
            invalid(format!(
                "a part of a path is of type {}, no text",
                part.type_name()
            ))
        })?;
        if part.starts_with('/') {
            joined.clear();
        } else if !joined.is_empty() && !joined.ends_with('/') {
            joined.push('/');
        }
        joined.push_str(part);
    }
    Ok(joined)
}
