//! Lists as sets, nested lists.

use minijinja::{Environment, Error};

use super::{data, give, invalid, items};
use crate::value::Value;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &[
    "difference",
    "flatten",
    "intersect",
    "product",
    "subelements",
    "symmetric_difference",
    "union",
];
/// The names of the tests.
pub(super) const TESTS: &[&str] = &["contains", "subset", "superset"];

/// Largest number of items that `product` makes.
const PRODUCT_LIMIT: usize = 100_000;

/// Adds the filters and tests.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("difference", |a: &minijinja::Value, b: &minijinja::Value| {
        sets("difference", a, b, |a, b| {
            unique(a.iter().filter(|it| !b.contains(it)))
        })
    });
    engine.add_filter("intersect", |a: &minijinja::Value, b: &minijinja::Value| {
        sets("intersect", a, b, |a, b| {
            unique(a.iter().filter(|it| b.contains(it)))
        })
    });
    engine.add_filter("union", |a: &minijinja::Value, b: &minijinja::Value| {
        sets("union", a, b, |a, b| unique(a.iter().chain(b)))
    });
    engine.add_filter(
        "symmetric_difference",
        |a: &minijinja::Value, b: &minijinja::Value| {
            sets("symmetric_difference", a, b, |a, b| {
                let only_a = a.iter().filter(|it| !b.contains(it));
                unique(only_a.chain(b.iter().filter(|it| !a.contains(it))))
            })
        },
    );
    engine.add_filter("flatten", flatten);
    engine.add_filter("product", product);
    engine.add_filter("subelements", subelements);
    engine.add_test("subset", |a: &minijinja::Value, b: &minijinja::Value| {
        within("subset", a, b)
    });
    engine.add_test("superset", |a: &minijinja::Value, b: &minijinja::Value| {
        within("superset", b, a)
    });
    engine.add_test("contains", |a: &minijinja::Value, b: &minijinja::Value| {
        let wanted = data(b)?;
        Ok::<_, Error>(match data(a)? {
            Value::List(items) => items.contains(&wanted),
            Value::Map(map) => wanted.as_str().is_some_and(|key| map.contains_key(key)),
            Value::Str(text) => wanted.as_str().is_some_and(|part| text.contains(part)),
            other => {
                return Err(invalid(format!(
                    "`contains` needs a list, not {}",
                    other.type_name()
                )));
            }
        })
    });
}

fn unique<'a>(items: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        if !kept.contains(item) {
            kept.push(item.clone());
        }
    }
    kept
}

fn sets(
    filter: &str,
    a: &minijinja::Value,
    b: &minijinja::Value,
    combine: impl FnOnce(&[Value], &[Value]) -> Vec<Value>,
) -> Result<minijinja::Value, Error> {
    let (a, b) = (items(filter, a)?, items(filter, b)?);
    Ok(give(&Value::List(combine(&a, &b))))
}

fn within(test: &str, a: &minijinja::Value, b: &minijinja::Value) -> Result<bool, Error> {
    let (a, b) = (items(test, a)?, items(test, b)?);
    Ok(a.iter().all(|item| b.contains(item)))
}

fn flatten(value: &minijinja::Value, levels: Option<usize>) -> Result<minijinja::Value, Error> {
    fn add(items: Vec<Value>, levels: usize, flat: &mut Vec<Value>) {
        for item in items {
            match item {
                Value::List(inner) if levels > 0 => add(inner, levels - 1, flat),
                // As elsewhere, a null in a list of lists stands for no list.
                Value::Null => {}
                other => flat.push(other),
            }
        }
    }
    let mut flat = Vec::new();
    add(items("flatten", value)?, levels.unwrap_or(usize::MAX), &mut flat);
    Ok(give(&Value::List(flat)))
}

fn product(value: &minijinja::Value, other: &minijinja::Value) -> Result<minijinja::Value, Error> {
    let (a, b) = (items("product", value)?, items("product", other)?);
    if a.len().saturating_mul(b.len()) > PRODUCT_LIMIT {
        return Err(invalid(format!(
            "`product` would make more than {PRODUCT_LIMIT} items"
        )));
    }
    let pairs = a
        .iter()
        .flat_map(|a| b.iter().map(move |b| Value::List(vec![a.clone(), b.clone()])));
    Ok(give(&Value::List(pairs.collect())))
}

fn subelements(value: &minijinja::Value, path: &str) -> Result<minijinja::Value, Error> {
    let mut pairs = Vec::new();
    for item in items("subelements", value)? {
        let inner = path
            .split('.')
            .try_fold(&item, |part, key| part.as_map()?.get(key));
        match inner {
            Some(Value::List(inner)) => {
                pairs.extend(inner.iter().map(|it| Value::List(vec![item.clone(), it.clone()])));
            }
            Some(other) => {
                let message = format!("`{path}` of an item is {}, no list", other.type_name());
                return Err(invalid(message));
            }
            None => return Err(invalid(format!("an item has no `{path}`"))),
        }
    }
    Ok(give(&Value::List(pairs)))
}
