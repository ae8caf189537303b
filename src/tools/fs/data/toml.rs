//! Setting values in TOML.

use serde_json::{Map, Value as Json};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::tools::fs::data::place::not_such;
use crate::tools::fs::data::tree::is_same;
use crate::tools::fs::data::{Place, Set, Step};

/// Whether TOML has such a value.
///
/// # Errors
/// It has no null.
pub(super) fn check(value: &Json) -> Result<(), String> {
    match value {
        Json::Null => Err("TOML has no null".to_owned()),
        Json::Array(list) => list.iter().try_for_each(check),
        Json::Object(map) => map.values().try_for_each(check),
        Json::Number(number) if number.is_u64() && !number.is_i64() => {
            Err(format!("TOML has no number as large as {number}"))
        }
        _ => Ok(()),
    }
}

/// The text with what is set, and what was there.
///
/// # Errors
/// Says what is wrong with the text, or what is in the way.
pub(super) fn set(text: &str, set: &Set) -> Result<(String, Json), String> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error| format!("this is not TOML: {error}"))?;
    let whole = data(document.as_item());
    let before = set.place.find(&whole).cloned().unwrap_or(Json::Null);
    let is_there = set.place.find(&whole).is_some();
    match &set.value {
        None if !is_there => return Ok((text.to_owned(), before)),
        Some(value) if is_there && is_same(&before, value) => return Ok((text.to_owned(), before)),
        _ => {}
    }
    let mut expected = whole;
    set.place.apply(&mut expected, set.value.as_ref())?;
    change(document.as_item_mut(), &set.place, 0, set.value.as_ref())?;
    let after = document.to_string();
    let read: DocumentMut = after
        .parse()
        .map_err(|error| format!("it would not be TOML any more: {error}"))?;
    if !is_same(&data(read.as_item()), &expected) {
        return Err(format!(
            "`{}` cannot be set without a change to other values",
            set.place
        ));
    }
    Ok((after, before))
}

fn data(item: &Item) -> Json {
    match item {
        Item::None => Json::Null,
        Item::Value(value) => of_value(value),
        Item::Table(table) => of_table(table),
        Item::ArrayOfTables(all) => Json::Array(all.iter().map(|it| of_table(it)).collect()),
    }
}

fn of_table(table: &dyn TableLike) -> Json {
    let pairs = table.iter().filter(|(_, item)| !item.is_none());
    Json::Object(
        pairs
            .map(|(key, item)| (key.to_owned(), data(item)))
            .collect::<Map<_, _>>(),
    )
}

fn of_value(value: &Value) -> Json {
    match value {
        Value::String(text) => Json::String(text.value().clone()),
        Value::Integer(number) => Json::from(*number.value()),
        Value::Float(number) => serde_json::Number::from_f64(*number.value())
            .map_or_else(|| Json::String(number.value().to_string()), Json::Number),
        Value::Boolean(it) => Json::Bool(*it.value()),
        // As it is written.
        Value::Datetime(time) => Json::String(time.value().to_string()),
        Value::Array(list) => Json::Array(list.iter().map(of_value).collect()),
        Value::InlineTable(table) => of_table(table),
    }
}

fn made(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(""),
        Json::Bool(it) => Value::from(*it),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::from(number),
            None => Value::from(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(list) => Value::Array(list.iter().map(made).collect::<Array>()),
        Json::Object(map) => {
            let pairs = map.iter().map(|(key, value)| (key.as_str(), made(value)));
            Value::InlineTable(pairs.collect::<InlineTable>())
        }
    }
}

/// A value that stands by itself: a map is a table with a head.
fn made_item(value: &Json) -> Item {
    match value {
        Json::Object(map) => {
            let mut table = Table::new();
            for (key, value) in map {
                table.insert(key, made_item(value));
            }
            Item::Table(table)
        }
        Json::Array(list) if !list.is_empty() && list.iter().all(Json::is_object) => {
            let tables = list.iter().filter_map(|it| made_item(it).into_table().ok());
            Item::ArrayOfTables(tables.collect::<ArrayOfTables>())
        }
        other => Item::Value(made(other)),
    }
}

/// Sets what is below an item, from a step on.
fn change(item: &mut Item, place: &Place, at: usize, value: Option<&Json>) -> Result<(), String> {
    let step = &place.0[at];
    let is_last = at + 1 == place.0.len();
    let here = || Place(place.0[..at].to_vec());
    match step {
        Step::Key(key) => {
            let is_inline = item.is_inline_table();
            let Some(table) = item.as_table_like_mut() else {
                return Err(not_such(&here(), step));
            };
            let Some(value) = value else {
                if is_last {
                    table.remove(key);
                    return Ok(());
                }
                return table
                    .get_mut(key)
                    .map_or(Ok(()), |inner| change(inner, place, at + 1, None));
            };
            if !is_last {
                if !table.contains_key(key) {
                    let inner = super::place::nested(&place.0[at + 1..], value);
                    let inner = if is_inline {
                        Item::Value(made(&inner))
                    } else {
                        made_item(&inner)
                    };
                    table.insert(key, inner);
                    return Ok(());
                }
                return table
                    .get_mut(key)
                    .map_or(Ok(()), |inner| change(inner, place, at + 1, Some(value)));
            }
            match table.get_mut(key) {
                Some(old) => put(old, value),
                None if is_inline => drop(table.insert(key, Item::Value(made(value)))),
                None => drop(table.insert(key, made_item(value))),
            }
            Ok(())
        }
        Step::Index(index) => match item {
            Item::Value(Value::Array(list)) => in_array(list, place, at, *index, value),
            Item::ArrayOfTables(all) => {
                if *index > all.len() && value.is_some() {
                    return Err(format!("`{}` has {} items only", here(), all.len()));
                }
                match value {
                    None if is_last => {
                        if *index < all.len() {
                            all.remove(*index);
                        }
                        Ok(())
                    }
                    Some(value) if is_last => {
                        let Some(table) = made_item(value).into_table().ok() else {
                            return Err(format!("`{}` holds tables only", here()));
                        };
                        match all.get_mut(*index) {
                            Some(old) => *old = table,
                            None => all.push(table),
                        }
                        Ok(())
                    }
                    _ => {
                        let Some(table) = all.get_mut(*index) else {
                            return Err(format!("`{place}` is in an item that is not there"));
                        };
                        let mut inner = Item::Table(std::mem::take(table));
                        let done = change(&mut inner, place, at + 1, value);
                        if let Ok(changed) = inner.into_table() {
                            *table = changed;
                        }
                        done
                    }
                }
            }
            _ => Err(not_such(&here(), step)),
        },
    }
}

fn in_array(
    list: &mut Array,
    place: &Place,
    at: usize,
    index: usize,
    value: Option<&Json>,
) -> Result<(), String> {
    let is_last = at + 1 == place.0.len();
    if index > list.len() && value.is_some() {
        let here = Place(place.0[..at].to_vec());
        return Err(format!("`{here}` has {} items only", list.len()));
    }
    match (value, is_last) {
        (None, true) => {
            if index < list.len() {
                list.remove(index);
            }
            Ok(())
        }
        (Some(value), true) => {
            match list.get_mut(index) {
                Some(old) => {
                    let decor = old.decor().clone();
                    *old = made(value);
                    *old.decor_mut() = decor;
                }
                None => list.push(made(value)),
            }
            Ok(())
        }
        (value, false) => {
            let Some(old) = list.get_mut(index) else {
                return match value {
                    None => Ok(()),
                    Some(_) => Err(format!("`{place}` is in an item that is not there")),
                };
            };
            let mut inner = Item::Value(old.clone());
            change(&mut inner, place, at + 1, value)?;
            if let Ok(changed) = inner.into_value() {
                *old = changed;
            }
            Ok(())
        }
    }
}

/// Puts another value in the place of one, with the comments around it.
fn put(old: &mut Item, value: &Json) {
    if let Item::Value(before) = old {
        let decor = before.decor().clone();
        let mut new = made(value);
        *new.decor_mut() = decor;
        *old = Item::Value(new);
    } else {
        *old = made_item(value);
    }
}
