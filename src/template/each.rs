//! Lists and maps that are made of others, item by item.

use std::sync::Arc;

use crate::source::Spanned;
use crate::template::interrupt::Interrupt;
use crate::template::render::Render;
use crate::template::{Access, Expression, Form, Reads, Root, Scope, Secrecy};
use crate::value::{Map, Value};

/// The most items that one may have.
const MOST_ITEMS: usize = 10_000;

/// A list or a map that is made of another.
#[derive(Debug, Clone)]
pub struct Each {
    /// Names, and what they run over; later ones see earlier ones.
    pub over: Vec<(Spanned<String>, Spanned<Form>)>,
    /// All must hold of an item.
    pub when: Vec<Arc<Expression>>,
    /// What makes it a map.
    pub key: Option<Spanned<Form>>,
    /// What is made of an item.
    pub value: Spanned<Form>,
    /// What becomes of several.
    pub keeps: Keeps,
}

/// What becomes of what is made of the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// All of it. In a map no key may be there twice.
    All,
    /// All of it. In a map the last one of a key stays.
    LastOfKey,
    /// The first alone, or no value.
    First,
    /// The last alone, or no value.
    Last,
}

impl Each {
    /// What is read for it, the names that it binds left out.
    pub(super) fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        let mut bound: Vec<&str> = Vec::new();
        for (name, form) in &self.over {
            reads.extend(&outside(form.value.reads(), &bound));
            bound.push(&name.value);
        }
        bound.push("loop");
        let mut body = Reads::default();
        for condition in &self.when {
            let mut read = condition.reads().clone();
            read.accesses.iter_mut().for_each(|it| it.decides = true);
            body.decides_inside |= read.accesses.iter().any(|it| is_of(it, &bound));
            body.extend(&read);
        }
        for form in self.key.iter().chain([&self.value]) {
            body.extend(&form.value.reads());
        }
        body.accesses.iter_mut().for_each(|it| it.apart = true);
        reads.extend(&outside(body, &bound));
        reads
    }

    /// The values as written, for one who asks where a value comes from.
    pub(super) fn written(&self, mask: &str) -> Value {
        let over = match self.over.as_slice() {
            [(name, form)] if name.value == "item" => form.value.written(mask),
            over => Value::Map(
                over.iter()
                    .map(|(name, form)| (name.value.clone(), form.value.written(mask)))
                    .collect(),
            ),
        };
        let mut map = Map::from([("each".to_owned(), over)]);
        if let Some(key) = &self.key {
            map.insert("key".to_owned(), key.value.written(mask));
        }
        map.insert("value".to_owned(), self.value.value.written(mask));
        Value::Map(map)
    }
}

fn is_of(access: &Access, bound: &[&str]) -> bool {
    access
        .path
        .first()
        .is_some_and(|name| bound.contains(&name.as_str()))
}

fn outside(mut reads: Reads, bound: &[&str]) -> Reads {
    reads.accesses.retain(|it| !is_of(it, bound));
    reads
}

impl Render {
    /// What is made; nothing where one is wanted and there is none.
    pub(super) fn each(self: &Arc<Self>, each: &Each) -> Result<Option<Value>, Interrupt> {
        let rows = self.rows(each)?;
        let count = rows.len();
        let mut list = Vec::new();
        let mut map = Map::new();
        for (at, scope) in rows.into_iter().enumerate() {
            let item = self.beside(&scope.bind("loop", Root::Value(place(at, count))));
            if !item.all_hold(&each.when)? {
                continue;
            }
            let value = item.value(&each.value.value)?;
            match &each.key {
                None if each.keeps == Keeps::First => return Ok(Some(value)),
                None => list.push(value),
                Some(key) => {
                    let name = key_text(key, item.value(&key.value)?)?;
                    if each.keeps == Keeps::All && map.contains_key(&name) {
                        let message = format!("two items have the key `{name}`");
                        let help = "Write `last: true` if the last one is meant.".to_owned();
                        return Err(Interrupt::fault(message, Some(key.span), Some(help)));
                    }
                    map.insert(name, value);
                }
            }
        }
        Ok(match (each.key.is_some(), each.keeps) {
            (true, _) => Some(Value::Map(map)),
            (false, Keeps::First | Keeps::Last) => list.pop(),
            (false, Keeps::All | Keeps::LastOfKey) => Some(Value::List(list)),
        })
    }

    /// The scopes of the items.
    fn rows(self: &Arc<Self>, each: &Each) -> Result<Vec<Arc<Scope>>, Interrupt> {
        let mut rows = vec![Arc::clone(&self.scope)];
        for (name, form) in &each.over {
            let mut next = Vec::new();
            for scope in rows {
                let (value, secrecy) = self.apart(|| self.beside(&scope).value(&form.value));
                let list = match value? {
                    Value::List(list) => list,
                    Value::Map(map) => map.into_iter().map(pair).collect(),
                    other => {
                        let message = format!(
                            "`each` over `{}` needs a list or a map, not a {}",
                            name.value,
                            other.type_name()
                        );
                        return Err(Interrupt::fault(message, Some(form.span), None));
                    }
                };
                if next.len() + list.len() > MOST_ITEMS {
                    let message = format!("`each` has more than {MOST_ITEMS} items");
                    return Err(Interrupt::fault(message, Some(form.span), None));
                }
                for item in list {
                    let root = if secrecy > Secrecy::Public {
                        Root::Secret(item)
                    } else {
                        Root::Value(item)
                    };
                    next.push(scope.bind(&name.value, root));
                }
            }
            rows = next;
        }
        Ok(rows)
    }

    fn all_hold(self: &Arc<Self>, conditions: &[Arc<Expression>]) -> Result<bool, Interrupt> {
        for condition in conditions {
            match self.value(&Form::Expression(Arc::clone(condition)))? {
                Value::Bool(true) => {}
                Value::Bool(false) => return Ok(false),
                other => {
                    let message = format!(
                        "the condition returns a value of type {}, expected a boolean",
                        other.type_name()
                    );
                    let help = "Write a comparison, or `| bool`.".to_owned();
                    return Err(Interrupt::fault(message, Some(condition.span()), Some(help)));
                }
            }
        }
        Ok(true)
    }
}

fn key_text(key: &Spanned<Form>, value: Value) -> Result<String, Interrupt> {
    match value {
        Value::Str(text) => Ok(text),
        Value::Int(number) => Ok(number.to_string()),
        other => {
            let message = format!("a key of a map is of type {}, no text", other.type_name());
            Err(Interrupt::fault(message, Some(key.span), None))
        }
    }
}

fn pair((key, value): (String, Value)) -> Value {
    Value::Map(Map::from([
        ("key".to_owned(), Value::Str(key)),
        ("value".to_owned(), value),
    ]))
}

/// `loop`, of one of the items.
fn place(at: usize, count: usize) -> Value {
    let whole = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    Value::Map(Map::from([
        ("index".to_owned(), whole(at + 1)),
        ("index0".to_owned(), whole(at)),
        ("length".to_owned(), whole(count)),
        ("first".to_owned(), (at == 0).into()),
        ("last".to_owned(), (at + 1 == count).into()),
    ]))
}
