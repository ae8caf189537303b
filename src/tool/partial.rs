//! Arguments of which some are not known yet.

use crate::tool::{Footprint, Signature, Type};
use crate::value::{self, Map, Value};

/// What stands for an argument that is not known, so that rules about the others can be asked.
const STAND_INS: [&str; 8] = [
    "/x",
    "x",
    "http://x.example/x",
    "none",
    "1s",
    "0644",
    "sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];

/// What is wrong with arguments, and which of them a rule that they break is about.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) error: value::Error,
    arguments: Vec<String>,
    /// Whether one of them cannot be read at all, whatever the others are.
    is_type: bool,
}

impl Refused {
    /// A part of them has another type.
    pub(super) fn of_type(error: value::Error) -> Self {
        let argument = first_step(&error.path).to_owned();
        Self {
            error,
            arguments: vec![argument],
            is_type: true,
        }
    }

    /// They break a rule of their tool; `arguments` as [`crate::tool::Tool::verify`] gives them.
    pub(super) fn by_rule(arguments: &str, message: String) -> Self {
        let names = arguments.split(' ').map(str::to_owned);
        let arguments: Vec<String> = names.collect();
        Self {
            error: value::Error {
                path: arguments.first().cloned().unwrap_or_default(),
                message,
            },
            arguments,
            is_type: false,
        }
    }
}

type Check = fn(Value) -> Result<Footprint, Refused>;

/// What is wrong with what is known.
pub(super) fn check(check: Check, signature: &Signature, known: &Map, unknown: &[&str]) -> Vec<value::Error> {
    // Mostly all is well, and that takes one look.
    if unknown.is_empty() && check(Value::Map(known.clone())).is_ok() {
        return Vec::new();
    }
    let alone = known.iter().filter_map(|(name, value)| {
        let one = Map::from([(name.clone(), value.clone())]);
        let refused = check(Value::Map(one)).err()?;
        let is_this = refused.is_type && first_step(&refused.error.path) == name;
        is_this.then_some(refused.error)
    });
    let wrong: Vec<value::Error> = alone.collect();
    if !wrong.is_empty() {
        return wrong;
    }
    if unknown.is_empty() {
        return check(Value::Map(known.clone()))
            .err()
            .map(|it| it.error)
            .into_iter()
            .collect();
    }
    together(check, signature, known, unknown).into_iter().collect()
}

/// The first rule about known arguments alone that they break, asked with other values in the place of the unknown ones
/// until none of those is in the way.
fn together(check: Check, signature: &Signature, known: &Map, unknown: &[&str]) -> Option<value::Error> {
    let mut stand_ins: Vec<(&str, std::vec::IntoIter<Value>)> = unknown
        .iter()
        .map(|name| (*name, candidates(signature, name).into_iter()))
        .collect();
    let mut args = known.clone();
    for (name, values) in &mut stand_ins {
        args.insert((*name).to_owned(), values.next()?);
    }
    loop {
        let refused = check(Value::Map(args.clone())).err()?;
        let in_the_way = |(name, _): &&mut (&str, _)| refused.arguments.iter().any(|it| it == name);
        let Some((name, values)) = stand_ins.iter_mut().find(in_the_way) else {
            return (!refused.is_type).then_some(refused.error);
        };
        args.insert((*name).to_owned(), values.next()?);
    }
}

/// What may stand for an argument: values of every sort that its type has.
fn candidates(signature: &Signature, name: &str) -> Vec<Value> {
    let mut all = Vec::new();
    if let Some(field) = signature.field(name) {
        add(&field.of, &mut all);
    }
    all
}

fn add(of: &Type, all: &mut Vec<Value>) {
    match of {
        Type::Any | Type::String | Type::Mode | Type::Duration => all.extend(STAND_INS.map(Value::from)),
        Type::Boolean => all.extend([Value::Bool(false), Value::Bool(true)]),
        Type::Integer | Type::Number => all.extend([Value::Int(1), Value::Int(22)]),
        Type::Enum(names) => all.extend(names.iter().map(|it| Value::from(it.as_str()))),
        Type::List(of) => {
            let mut items = Vec::new();
            add(of, &mut items);
            all.extend(items.into_iter().map(|item| Value::List(vec![item])));
        }
        Type::Map(_) => all.push(Value::Map(Map::new())),
        Type::Union(options) => options.iter().for_each(|option| add(option, all)),
        Type::Null | Type::Record(_) => {}
    }
}

/// The argument that a path such as `list[0].port` is in.
fn first_step(path: &str) -> &str {
    path.trim_start_matches('.')
        .split(['.', '['])
        .next()
        .unwrap_or_default()
}
