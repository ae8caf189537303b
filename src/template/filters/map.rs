//! Maps: joined, and as lists of entries.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands its arguments over"
)]

use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Environment, Error};

use super::{entries, give, invalid, items};
use crate::value::{Map, Value};

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &["combine", "dict2items", "extract", "items2dict"];

/// Adds the filters.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("combine", combine);
    engine.add_filter("dict2items", dict2items);
    engine.add_filter("extract", extract);
    engine.add_filter("items2dict", items2dict);
}

/// What happens to lists that both maps have.
#[derive(Debug, Clone, Copy)]
enum Lists {
    Replace,
    Append,
    Prepend,
}

fn combine(
    first: &minijinja::Value,
    others: Rest<minijinja::Value>,
    options: Kwargs,
) -> Result<minijinja::Value, Error> {
    let recursive = options.get::<Option<bool>>("recursive")?.unwrap_or(false);
    let lists = match options.get::<Option<&str>>("list_merge")?.unwrap_or("replace") {
        "replace" => Lists::Replace,
        "append" => Lists::Append,
        "prepend" => Lists::Prepend,
        other => {
            let message = format!("`list_merge` is `{other}`: replace, append or prepend");
            return Err(invalid(message));
        }
    };
    options.assert_all_used()?;
    let is_list = matches!(first.kind(), ValueKind::Seq | ValueKind::Iterable);
    let mut all = if is_list {
        Map::new()
    } else {
        entries("combine", first)?
    };
    if is_list {
        for other in first.try_iter()? {
            join(&mut all, entries("combine", &other)?, recursive, lists);
        }
    }
    for other in others.iter() {
        join(&mut all, entries("combine", other)?, recursive, lists);
    }
    Ok(give(&Value::Map(all)))
}

fn join(into: &mut Map, from: Map, recursive: bool, lists: Lists) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Map(old)), Value::Map(new)) if recursive => join(old, new, recursive, lists),
            (Some(Value::List(old)), Value::List(mut new)) => match lists {
                Lists::Replace => *old = new,
                Lists::Append => old.append(&mut new),
                Lists::Prepend => {
                    new.append(old);
                    *old = new;
                }
            },
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn names(options: &Kwargs) -> Result<(String, String), Error> {
    let key: Option<String> = options.get("key_name")?;
    let value: Option<String> = options.get("value_name")?;
    options.assert_all_used()?;
    Ok((
        key.unwrap_or_else(|| "key".to_owned()),
        value.unwrap_or_else(|| "value".to_owned()),
    ))
}

fn dict2items(map: &minijinja::Value, options: Kwargs) -> Result<minijinja::Value, Error> {
    let (key_name, value_name) = names(&options)?;
    let items = entries("dict2items", map)?.into_iter().map(|(key, value)| {
        Value::Map(Map::from([
            (key_name.clone(), Value::Str(key)),
            (value_name.clone(), value),
        ]))
    });
    Ok(give(&Value::List(items.collect())))
}

/// `key | extract(container)`, and further keys of what is found: `names | map('extract', hosts, ['vars', 'ip'])`.
fn extract(
    key: &minijinja::Value,
    container: &minijinja::Value,
    more: Option<minijinja::Value>,
) -> Result<minijinja::Value, Error> {
    let more: Vec<minijinja::Value> = match more {
        None => Vec::new(),
        Some(one) if one.as_str().is_some() || one.is_number() => vec![one],
        Some(keys) => keys.try_iter()?.collect(),
    };
    let mut found = container.clone();
    for key in std::iter::once(key).chain(&more) {
        found = found.get_item(key)?;
        if found.is_undefined() {
            return Err(invalid(format!("`extract` finds nothing at `{key}`")));
        }
    }
    Ok(found)
}

fn items2dict(list: &minijinja::Value, options: Kwargs) -> Result<minijinja::Value, Error> {
    let (key_name, value_name) = names(&options)?;
    let mut map = Map::new();
    for item in items("items2dict", list)? {
        let part = |name: &str| item.as_map().and_then(|item| item.get(name));
        match (part(&key_name), part(&value_name)) {
            (Some(Value::Str(key)), Some(value)) => {
                map.insert(key.clone(), value.clone());
            }
            (Some(Value::Int(key)), Some(value)) => {
                map.insert(key.to_string(), value.clone());
            }
            _ => {
                let message = format!("an item has no text `{key_name}` or no `{value_name}`");
                return Err(invalid(message));
            }
        }
    }
    Ok(give(&Value::Map(map)))
}
