//! From a value as written to its type.

use crate::diagnostic::Diagnostic;
use crate::playbook::check::fields::walk;
use crate::playbook::check::names::{Checker, Use};
use crate::playbook::check::place::{Near, Place};
use crate::playbook::check::scope::definition;
use crate::playbook::check::typing::asked::Asked;
use crate::playbook::check::typing::filters;
use crate::playbook::check::typing::fits::{either, list_of, of_value};
use crate::source::Spanned;
use crate::template::{Access, Act, Expression, Form, Keeps, Sign, Sketch};
use crate::tool::{Field, Type};
use crate::value::Value;

/// How many variables are followed into each other.
const DEPTH: u32 = 16;

impl<'a> Checker<'a, '_> {
    /// The type of a value as written.
    pub(in crate::playbook::check) fn type_of(&self, asked: Asked<'_, 'a>, form: &Form) -> Type {
        match form {
            // Null may stand for what could not be read.
            Form::Literal(Value::Null) if self.is_broken => Type::Any,
            // It is told where it is read.
            Form::Refused(_) | Form::Chosen(_) => Type::Any,
            Form::Literal(value) => of_value(value),
            Form::Template(_) => Type::String,
            Form::Secret(form) => self.type_of(asked, form),
            Form::Each(each) => match each.keeps {
                _ if each.key.is_some() => Type::Map(Box::new(Type::Any)),
                Keeps::First | Keeps::Last => Type::Any,
                Keeps::All | Keeps::LastOfKey => Type::List(Box::new(Type::Any)),
            },
            Form::Expression(expression) => {
                let sketch = expression.sketch();
                let of = sketch.map_or(Type::Any, |sketch| self.type_of_sketch(asked, &sketch));
                spaced(expression, of)
            }
            Form::List(items) => {
                let items = items.iter().map(|item| self.type_of(asked, &item.value));
                Type::List(Box::new(list_of(items.collect(), false)))
            }
            Form::Map(entries) => Type::Record(
                entries
                    .iter()
                    .map(|(name, value)| field(name, self.type_of(asked, &value.value)))
                    .collect(),
            ),
        }
    }

    /// The type of a part of an expression.
    pub(in crate::playbook::check) fn type_of_sketch(&self, asked: Asked<'_, 'a>, sketch: &Sketch) -> Type {
        let of = |sketch: &Sketch| self.type_of_sketch(asked, sketch);
        match &sketch.act {
            Act::Constant(value) => of_value(value),
            Act::Name(path) => self.type_of_name(asked, path),
            Act::Part(inner, Some(key)) => dig(&of(inner), std::slice::from_ref(key)),
            Act::Part(inner, None) => match of(inner) {
                Type::List(items) | Type::Map(items) => *items,
                _ => Type::Any,
            },
            Act::Compare(..) | Act::Not(_) | Act::Test { .. } => Type::Boolean,
            Act::Decides(a, b) => {
                let guards = self.guarded_by(asked, a);
                either(vec![of(a), self.type_of_sketch(asked.under(&guards), b)])
            }
            Act::Choice(test, a, b) => {
                let guards = self.guarded_by(asked, test);
                let of = |sketch: &Sketch| self.type_of_sketch(asked.under(&guards), sketch);
                let empty = || Type::Enum(vec![String::new()]);
                if let Some(Act::Nothing) = b.as_ref().map(|it| &it.act) {
                    return of(a);
                }
                either(vec![of(a), b.as_deref().map_or_else(empty, of)])
            }
            Act::Joined(..) => Type::String,
            Act::Arithmetic(sign, a, b) => arithmetic(*sign, &of(a), &of(b)),
            Act::Negative(inner) => match of(inner) {
                it @ (Type::Integer | Type::Number) => it,
                _ => Type::Any,
            },
            Act::Filter {
                name,
                of: inner,
                args,
            } => {
                let inner = inner.as_deref().map_or(Type::Any, of);
                let args: Vec<_> = args.iter().map(|(_, arg)| of(arg)).collect();
                filters::gives(name, &inner, &args)
            }
            Act::Call(name, args) => {
                let args: Vec<_> = args.iter().map(of).collect();
                filters::called(name, &args)
            }
            Act::Method { name, of: inner, .. } => filters::method(name, &of(inner)),
            Act::List(items) => Type::List(Box::new(list_of(items.iter().map(of).collect(), false))),
            Act::Map(entries) => Type::Record(
                entries
                    .iter()
                    .map(|(name, value)| field(name, of(value)))
                    .collect(),
            ),
            Act::Other(_) | Act::Nothing => Type::Any,
        }
    }

    fn type_of_name(&self, asked: Asked<'_, 'a>, path: &[String]) -> Type {
        let Some((name, rest)) = path.split_first() else {
            return Type::Any;
        };
        if asked.guards.cover(path) {
            return Type::Any;
        }
        if let Some(known) = asked.local(name).or_else(|| asked.place.item(name)) {
            return dig(asked.pick(known), rest);
        }
        if let Near::Input(input) = asked.place.definition(self.playbook, name) {
            return dig(&input.of, rest);
        }
        if asked.place.bound.contains(&name.as_str()) || self.options.extra.contains_key(name) {
            return Type::Any;
        }
        if let Some(of) = self.reserved_type(asked.place, path) {
            return of;
        }
        match self.variable_at(asked.place, asked.class, name) {
            Some(form) if asked.depth < DEPTH => dig(&self.type_of_variable(asked, &form.value), rest),
            _ => Type::Any,
        }
    }

    /// The type of the value of a variable that is read. It is worked out once for all readings within a text.
    fn type_of_variable(&self, asked: Asked<'_, 'a>, form: &'a Form) -> Type {
        if asked.is_certain() && is_plain(form) {
            return Type::Any;
        }
        if form.literal().is_some() {
            return self.type_of(asked, form);
        }
        if asked.depth == 0 {
            self.types.borrow_mut().clear();
        }
        let key = (
            std::ptr::from_ref(form),
            asked.class,
            asked.is_certain,
            asked.guards.key(),
        );
        if let Some(known) = self.types.borrow().get(&key) {
            return known.clone();
        }
        let deeper = Asked {
            depth: asked.depth + 1,
            locals: &[],
            ..asked
        };
        let of = self.type_of(deeper, form);
        self.types.borrow_mut().insert(key, of.clone());
        of
    }

    /// What is wrong with the keys that are taken of a variable.
    pub(in crate::playbook::check) fn parts(
        &self,
        place: &Place<'a>,
        access: &Access,
        usage: Use<'_>,
        form: &'a Spanned<Form>,
    ) -> Option<Diagnostic> {
        let (name, rest) = access.path.split_first()?;
        if rest.is_empty() || usage.guarded || usage.guards.cover_whole_of(&access.path) {
            return None;
        }
        let wrong = |class: &usize| {
            let asked = Asked::new(place, *class).under(usage.guards);
            walk(&self.type_of_variable(asked, &form.value), name, rest, access)
        };
        let error = if usage.guards.is_some() {
            // Which of the hosts come here is not known.
            let mut all = usage.classes.iter().map(wrong);
            let first = all.next()??;
            all.all(|it| it.is_some()).then_some(first)
        } else {
            wrong(usage.classes.first()?)
        };
        Some(error?.label(form.span, format!("`{name}` has its value here")))
    }

    /// The value that a variable has at a place for a class of hosts.
    pub(in crate::playbook::check) fn variable_at(
        &self,
        place: &Place<'a>,
        class: usize,
        name: &str,
    ) -> Option<&'a Spanned<Form>> {
        match place.definition(self.playbook, name) {
            Near::Form(form) => Some(form),
            Near::Input(_) | Near::Nothing => None,
            Near::OfHosts => {
                let host = place.classes.get(class).and_then(|it| it.hosts.first().copied());
                definition(self.playbook, host, name)
            }
        }
    }

    /// The type of what a reserved name holds; `None` where it is none.
    fn reserved_type(&self, place: &Place<'a>, path: &[String]) -> Option<Type> {
        let rest = &path[1..];
        Some(match path[0].as_str() {
            "facts" => dig(self.shapes.facts_type(), rest),
            "results" => self.result_type(place, rest),
            "result" => match place.result {
                Some((entry, tool)) => self
                    .shapes
                    .own_type(entry, tool)
                    .map_or(Type::Any, |of| dig(&of, rest)),
                None => Type::Any,
            },
            "run" => match rest {
                [name] if matches!(name.as_str(), "check" | "diff") => Type::Boolean,
                [name] if name == "limit" => Type::Union(vec![Type::String, Type::Null]),
                [name] if matches!(name.as_str(), "tags" | "skip_tags") => Type::List(Box::new(Type::String)),
                [name] if name != "round" => Type::String,
                [_, name] if name == "name" => Type::String,
                [_, _] => Type::List(Box::new(Type::String)),
                _ => Type::Any,
            },
            "host" => match rest {
                [name] if matches!(name.as_str(), "name" | "address") => Type::String,
                [name] if name == "groups" => Type::List(Box::new(Type::String)),
                _ => Type::Any,
            },
            "hosts" => match rest {
                [_, name] if matches!(name.as_str(), "name" | "address") => Type::String,
                [_, name] if name == "groups" => Type::List(Box::new(Type::String)),
                [_, name] if name == "status" => Type::String,
                [_, name] if name == "error" => Type::Union(vec![Type::String, Type::Null]),
                [_, facts, rest @ ..] if facts == "facts" => dig(self.shapes.facts_type(), rest),
                [_, results, rest @ ..] if results == "results" => self.result_type(place, rest),
                _ => Type::Any,
            },
            "failed" => match rest {
                [name] if name == "id" => Type::Union(vec![Type::String, Type::Null]),
                [name] if name != "error" => Type::String,
                [error, name] if error == "error" && name != "exit_code" => Type::String,
                _ => Type::Any,
            },
            "groups" => match rest {
                [_] => Type::List(Box::new(Type::String)),
                [_, _] => Type::String,
                _ => Type::Any,
            },
            "secrets" => match rest {
                [_] => Type::String,
                _ => Type::Any,
            },
            "loop" => match rest {
                [name] if matches!(name.as_str(), "first" | "last") => Type::Boolean,
                [_] => Type::Integer,
                _ => Type::Any,
            },
            "item" => Type::Any,
            _ => return None,
        })
    }

    fn result_type(&self, place: &Place<'a>, path: &[String]) -> Type {
        let Some(target) = self.playbook.target(place.unit, path) else {
            return Type::Any;
        };
        let entry = self.playbook.entry(target.entry);
        let of = self.shapes.result_type(entry);
        of.map_or(Type::Any, |of| dig(&of, &path[target.steps..]))
    }
}

fn arithmetic(sign: Sign, a: &Type, b: &Type) -> Type {
    let is_number = |of: &Type| matches!(of, Type::Integer | Type::Number);
    let is_text = |of: &Type| matches!(of, Type::String | Type::Enum(_));
    match (a, b) {
        (Type::Integer, Type::Integer) if sign != Sign::Over => Type::Integer,
        (a, b) if is_number(a) && is_number(b) => Type::Number,
        (a, b) if sign == Sign::Plus && is_text(a) && is_text(b) => Type::String,
        (a, _) if sign == Sign::Rest && is_text(a) => Type::String,
        (Type::List(_), Type::List(_)) if sign == Sign::Plus => Type::List(Box::new(Type::Any)),
        _ => Type::Any,
    }
}

/// The type of a part; [`Type::Any`] where it is not known, or not there.
pub(super) fn dig(of: &Type, path: &[String]) -> Type {
    let Some((key, rest)) = path.split_first() else {
        return of.clone();
    };
    match of {
        Type::Record(fields) => match fields.iter().rev().find(|field| field.name == *key) {
            Some(field) => dig(&field.of, rest),
            None => Type::Any,
        },
        Type::List(of) if key.parse::<i64>().is_ok() => dig(of, rest),
        Type::Map(of) => dig(of, rest),
        Type::Union(options) => {
            let options = options.iter().filter(|it| **it != Type::Null);
            either(options.map(|option| dig(option, path)).collect())
        }
        _ => Type::Any,
    }
}

/// The type of an item of a loop over something; the something itself where it cannot be looped over.
pub(in crate::playbook::check) fn item_of(of: &Type) -> Result<Type, Type> {
    match of {
        Type::Any => Ok(Type::Any),
        Type::List(of) => Ok((**of).clone()),
        Type::Map(of) => Ok(Type::Record(vec![
            field("key", Type::String),
            field("value", (**of).clone()),
        ])),
        Type::Record(fields) => {
            let values = fields.iter().map(|it| it.of.clone()).collect();
            Ok(Type::Record(vec![
                field("key", Type::String),
                field("value", list_of(values, false)),
            ]))
        }
        Type::Union(options) => {
            let items: Vec<_> = options.iter().filter_map(|option| item_of(option).ok()).collect();
            if items.is_empty() {
                Err(of.clone())
            } else if items.len() == options.len() {
                Ok(either(items))
            } else {
                Ok(Type::Any)
            }
        }
        other => Err(other.clone()),
    }
}

/// A field of which only the name and the type matter.
pub(in crate::playbook::check) fn field(name: &str, of: Type) -> Field {
    Field {
        name: name.to_owned(),
        of,
        required: false,
        default: None,
        doc: String::new(),
        role: None,
        is_path: false,
    }
}

/// Whether a value is written as it is: another layer, or `-e`, may give one of another type.
fn is_plain(form: &Form) -> bool {
    match form {
        Form::Literal(_) | Form::List(_) | Form::Map(_) | Form::Refused(_) => true,
        Form::Secret(form) => is_plain(form),
        Form::Template(_) | Form::Each(_) | Form::Chosen(_) => false,
        Form::Expression(expression) => expression
            .sketch()
            .is_none_or(|it| matches!(it.act, Act::Constant(_) | Act::List(_) | Act::Map(_))),
    }
}

/// Whether a literal is a text, with the text.
pub(super) fn constant_text(sketch: &Sketch) -> Option<&str> {
    match &sketch.act {
        Act::Constant(Value::Str(text)) => Some(text),
        _ => None,
    }
}

/// The type of what an expression gives with the white space that is around it.
pub(super) fn spaced(expression: &Expression, of: Type) -> Type {
    match of {
        _ if !expression.has_space() => of,
        Type::Enum(_) | Type::Mode | Type::Duration => Type::String,
        Type::Integer | Type::Number | Type::Boolean if expression.makes_text() => Type::String,
        Type::Union(options) => either(options.into_iter().map(|it| spaced(expression, it)).collect()),
        other => other,
    }
}
