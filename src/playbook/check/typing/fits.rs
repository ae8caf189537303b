//! Whether a value of one type can be given where another is wanted.

use crate::tool::Type;
use crate::value::Value;

/// Texts up to this many characters are known by their content.
const KNOWN_TEXT: usize = 64;
/// Lists of more items are known by their first ones.
const KNOWN_ITEMS: usize = 64;

/// The type of a value: a short text is the only one of an enumeration.
pub(in crate::playbook::check) fn of_value(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Boolean,
        Value::Int(_) | Value::Uint(_) => Type::Integer,
        Value::Float(_) => Type::Number,
        Value::Str(text) if text.chars().count() <= KNOWN_TEXT => Type::Enum(vec![text.clone()]),
        Value::Str(_) | Value::Bytes(_) => Type::String,
        Value::List(list) => Type::List(Box::new(list_of(
            list.iter().take(KNOWN_ITEMS).map(of_value).collect(),
            list.len() > KNOWN_ITEMS,
        ))),
        Value::Map(map) => Type::Record(
            map.iter()
                .map(|(name, value)| super::infer::field(name, of_value(value)))
                .collect(),
        ),
    }
}

/// The type of the items of a list.
pub(super) fn list_of(items: Vec<Type>, is_more: bool) -> Type {
    if items.is_empty() || is_more {
        return Type::Any;
    }
    either(items)
}

/// The type of what is one of these.
pub(super) fn either(options: Vec<Type>) -> Type {
    let mut distinct: Vec<Type> = Vec::new();
    for option in options {
        let more = match option {
            Type::Any => return Type::Any,
            Type::Union(more) => more,
            other => vec![other],
        };
        for option in more {
            if !distinct.contains(&option) {
                distinct.push(option);
            }
        }
    }
    match distinct.len() {
        0 => Type::Any,
        1 => distinct.remove(0),
        _ => Type::Union(distinct),
    }
}

/// Whether a value of type `given` may be right where `wanted` is: `false` only where it cannot be.
pub(in crate::playbook::check) fn fits(wanted: &Type, given: &Type) -> bool {
    use Type::{Any, Boolean, Duration, Enum, Integer, List, Map, Mode, Null, Number, Record, String, Union};
    match (wanted, given) {
        (Any, _)
        | (_, Any)
        | (Null, Null)
        | (Boolean, Boolean)
        | (Integer | Number, Integer | Number)
        | (String | Enum(_) | Mode | Duration, String | Mode | Duration)
        | (String, Enum(_))
        | (Map(_), Record(_))
        | (Record(_), Map(_)) => true,
        (wanted, Union(options)) => options.iter().any(|option| fits(wanted, option)),
        (Union(options), given) => options.iter().any(|option| fits(option, given)),
        (Enum(names), Enum(known)) => known.iter().any(|text| names.contains(text)),
        (Mode, Enum(known)) => known
            .iter()
            .any(|text| text.parse::<crate::argument::ModeChange>().is_ok()),
        (Duration, Enum(known)) => known
            .iter()
            .any(|text| text.parse::<crate::argument::Duration>().is_ok()),
        (List(wanted), List(given)) | (Map(wanted), Map(given)) => fits(wanted, given),
        (Record(wanted), Record(given)) => given.iter().all(|field| {
            let known = wanted.iter().find(|it| it.name == field.name);
            known.is_none_or(|it| fits(&it.of, &field.of) || (!it.required && field.of == Null))
        }),
        _ => false,
    }
}

/// A type in the words of messages.
pub(in crate::playbook::check) fn shown(of: &Type) -> String {
    match of {
        Type::Any => "a value".to_owned(),
        Type::Null => "null".to_owned(),
        Type::Boolean => "a boolean".to_owned(),
        Type::Integer => "a whole number".to_owned(),
        Type::Number => "a number".to_owned(),
        Type::Enum(names) if names.len() == 1 => format!("the text `{}`", names[0].escape_debug()),
        Type::String | Type::Enum(_) | Type::Mode | Type::Duration => "a text".to_owned(),
        Type::List(_) => "a list".to_owned(),
        Type::Map(_) | Type::Record(_) => "a map".to_owned(),
        Type::Union(options) => {
            let mut words: Vec<_> = options.iter().map(shown).collect();
            words.dedup();
            words.join(" or ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Type {
        Type::Union(vec![Type::String, Type::Number, Type::Boolean])
    }

    #[test]
    fn only_what_cannot_be_right_does_not_fit() {
        let known = |text: &str| Type::Enum(vec![text.to_owned()]);
        let list = |of| Type::List(Box::new(of));
        for (wanted, given, expected) in [
            (Type::Integer, Type::Any, true),
            (Type::Integer, Type::Number, true),
            (Type::Integer, Type::String, false),
            (Type::Integer, known("8080"), false),
            (
                Type::Integer,
                Type::Union(vec![Type::String, Type::Integer]),
                true,
            ),
            (text(), Type::Integer, true),
            (text(), list(Type::Any), false),
            (Type::Boolean, known("true"), false),
            (Type::Mode, known("0644"), true),
            (Type::Mode, known("644"), false),
            (Type::Mode, Type::Integer, false),
            (Type::Duration, known("5s"), true),
            (Type::Duration, known("5"), false),
            (Type::Enum(vec!["a".into()]), Type::String, true),
            (Type::Enum(vec!["a".into()]), known("b"), false),
            (list(Type::String), list(Type::Any), true),
            (list(Type::String), list(Type::Integer), false),
            (list(Type::String), Type::String, false),
            (Type::Map(Box::new(text())), Type::Record(Vec::new()), true),
        ] {
            assert_eq!(fits(&wanted, &given), expected, "{wanted:?} from {given:?}");
        }
    }

    #[test]
    fn a_value_has_the_type_of_all_its_parts() {
        let value = Value::List(vec![Value::Int(1), Value::Int(2), "x".into()]);
        let expected = Type::List(Box::new(Type::Union(vec![
            Type::Integer,
            Type::Enum(vec!["x".into()]),
        ])));
        assert_eq!(of_value(&value), expected);
        assert_eq!(
            of_value(&Value::List(Vec::new())),
            Type::List(Box::new(Type::Any))
        );
        assert_eq!(of_value(&"x".repeat(100).into()), Type::String);
    }
}
