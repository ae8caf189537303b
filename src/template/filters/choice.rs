//! Items of lists chosen and put together.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands its arguments over"
)]

use std::cmp::Ordering;

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error};

use super::{data, give, invalid, items, version};
use crate::value::Value;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &[
    "combinations",
    "permutations",
    "random",
    "shuffle",
    "version_sort",
    "zip_longest",
];
/// The names of the tests.
pub(super) const TESTS: &[&str] = &["all", "any"];

/// So many lists are made at most.
const LIMIT: usize = 100_000;

/// Adds the filters and tests.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("combinations", |list: &minijinja::Value, size: Option<usize>| {
        chosen("combinations", list, size, false)
    });
    engine.add_filter("permutations", |list: &minijinja::Value, size: Option<usize>| {
        chosen("permutations", list, size, true)
    });
    engine.add_filter("random", random);
    engine.add_filter("shuffle", shuffle);
    engine.add_filter("version_sort", version_sort);
    engine.add_filter("zip_longest", zip_longest);
    let truths = |list: &minijinja::Value| {
        let items = list.try_iter()?;
        Ok::<Vec<bool>, Error>(items.map(|it| it.is_true()).collect())
    };
    engine.add_test("all", move |list: &minijinja::Value| {
        Ok::<_, Error>(truths(list)?.into_iter().all(|it| it))
    });
    engine.add_test("any", move |list: &minijinja::Value| {
        Ok::<_, Error>(truths(list)?.into_iter().any(|it| it))
    });
}

fn chosen(
    filter: &str,
    list: &minijinja::Value,
    size: Option<usize>,
    is_ordered: bool,
) -> Result<minijinja::Value, Error> {
    let items = items(filter, list)?;
    let size = match size {
        Some(size) => size,
        None if is_ordered => items.len(),
        None => return Err(invalid("`combinations` needs a size, as in `combinations(2)`")),
    };
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size {
        let mut longer = Vec::new();
        for picked in &all {
            let from = if is_ordered {
                0
            } else {
                picked.last().map_or(0, |it| it + 1)
            };
            for at in (from..items.len()).filter(|at| !picked.contains(at)) {
                if longer.len() >= LIMIT {
                    return Err(invalid(format!("`{filter}` would make more than {LIMIT} lists")));
                }
                longer.push(picked.iter().copied().chain([at]).collect());
            }
        }
        all = longer;
    }
    let lists = all
        .into_iter()
        .map(|picked| Value::List(picked.into_iter().map(|at| items[at].clone()).collect()));
    Ok(give(&Value::List(lists.collect())))
}

/// Numbers that are the same for the same seed.
struct Dice(blake3::OutputReader);

impl Dice {
    fn new(filter: &str, seed: Option<minijinja::Value>, options: &Kwargs) -> Result<Self, Error> {
        let named: Option<minijinja::Value> = options.get("seed")?;
        let seed = named.or(seed).filter(|it| !it.is_none());
        let seed = seed.ok_or_else(|| {
            invalid(format!(
                "`{filter}` needs a seed, so that the next run chooses the same: `{filter}(seed=host.name)`"
            ))
        })?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(seed.to_string().as_bytes());
        Ok(Self(hasher.finalize_xof()))
    }

    /// A number below another one.
    fn below(&mut self, end: u64) -> u64 {
        let mut bytes = [0; 16];
        self.0.fill(&mut bytes);
        u64::try_from(u128::from_le_bytes(bytes) % u128::from(end.max(1))).unwrap_or_default()
    }
}

fn random(
    value: &minijinja::Value,
    seed: Option<minijinja::Value>,
    options: Kwargs,
) -> Result<minijinja::Value, Error> {
    let mut dice = Dice::new("random", seed, &options)?;
    let start: i64 = options.get::<Option<i64>>("start")?.unwrap_or(0);
    let step: i64 = options.get::<Option<i64>>("step")?.unwrap_or(1).max(1);
    options.assert_all_used()?;
    match data(value)? {
        Value::Int(end) if end > start => {
            let count = (end - start).unsigned_abs().div_ceil(step.unsigned_abs());
            let at = i64::try_from(dice.below(count)).unwrap_or_default();
            Ok((start + at * step).into())
        }
        Value::List(items) if !items.is_empty() => {
            let at = usize::try_from(dice.below(items.len() as u64)).unwrap_or_default();
            Ok(give(&items[at]))
        }
        _ => Err(invalid(
            "`random` needs a list with items, or a number above its start",
        )),
    }
}

fn shuffle(
    list: &minijinja::Value,
    seed: Option<minijinja::Value>,
    options: Kwargs,
) -> Result<minijinja::Value, Error> {
    let mut dice = Dice::new("shuffle", seed, &options)?;
    options.assert_all_used()?;
    let mut items = items("shuffle", list)?;
    for at in (1..items.len()).rev() {
        let other = usize::try_from(dice.below(at as u64 + 1)).unwrap_or_default();
        items.swap(at, other);
    }
    Ok(give(&Value::List(items)))
}

fn version_sort(list: &minijinja::Value) -> Result<minijinja::Value, Error> {
    let mut items = items("version_sort", list)?;
    let text = |value: &Value| match value {
        Value::Str(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    };
    items.sort_by(|a, b| -> Ordering { version::compare(&text(a), &text(b)) });
    Ok(give(&Value::List(items)))
}

fn zip_longest(
    first: &minijinja::Value,
    others: Rest<minijinja::Value>,
    options: Kwargs,
) -> Result<minijinja::Value, Error> {
    let fill: Option<minijinja::Value> = options.get("fillvalue")?;
    options.assert_all_used()?;
    let fill = fill.as_ref().map_or(Ok(Value::Null), data)?;
    let lists = std::iter::once(first).chain(others.iter());
    let lists = lists
        .map(|it| items("zip_longest", it))
        .collect::<Result<Vec<_>, _>>()?;
    let length = lists.iter().map(Vec::len).max().unwrap_or(0);
    let rows = (0..length).map(|at| {
        let row = lists.iter().map(|list| list.get(at).unwrap_or(&fill).clone());
        Value::List(row.collect())
    });
    Ok(give(&Value::List(rows.collect())))
}
