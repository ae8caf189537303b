//! Says which part of a chain is missing when something undefined was used.

use std::ops::Range;
use std::sync::Arc;

use minijinja::value::ValueKind;

use crate::template::interrupt::Interrupt;
use crate::template::names;
use crate::template::nothing;
use crate::template::objects::Looked;
use crate::template::piece::Piece;
use crate::template::render::Render;
use crate::template::scope::Meaning;
use crate::template::walk::Use;
use crate::template::{Form, Root};

/// The failure for something undefined that was used in a range of a text.
pub(super) fn interrupt(render: &Arc<Render>, piece: &Piece, range: &Range<usize>) -> Interrupt {
    let range = &piece.with_operand(range);
    let within = |used: &&Use| used.range.start < range.end && range.start < used.range.end;
    let uses = || piece.uses.iter().filter(within);
    for used in uses().filter(|used| !used.local) {
        if let Some((message, help)) = gap(render, &used.path) {
            return Interrupt::fault(message, Some(piece.span(&used.range)), help);
        }
    }
    let local = uses()
        .filter(|used| used.local && used.path.len() > 1)
        .chain(uses().filter(|used| used.local))
        .next();
    if let Some(chain) = local {
        let message = format!("`{}` is undefined", written(&chain.path));
        return Interrupt::fault(message, Some(piece.span(&chain.range)), None);
    }
    let begin = uses().map(|used| used.range.start).min().unwrap_or(range.start);
    let message = match piece.short(&(begin.min(range.start)..range.end)) {
        Some(text) => format!("`{text}` is undefined"),
        None => "an undefined value is used".to_owned(),
    };
    Interrupt::fault(message, Some(piece.span(range)), None)
}

/// What is missing of a chain of keys, and what may have been meant.
fn gap(render: &Arc<Render>, path: &[String]) -> Option<(String, Option<String>)> {
    let (name, keys) = path.split_first()?;
    if let Some(Meaning::Bound(binding)) = render.scope.lookup(name).map(|found| found.meaning)
        && let Root::Gap(message) = &binding.root
    {
        return Some((message.clone(), None));
    }
    let Some(mut value) = render.name(name) else {
        let help = suggestion(name, render.scope.names());
        return Some((format!("`{name}` is undefined"), help));
    };
    if value.is_undefined()
        && let Some(Meaning::Variable(variable)) = render.scope.lookup(name).map(|found| found.meaning)
        && let Form::Chosen(chosen) = &variable.value
        && let Interrupt::Fault(fault) = nothing::not_chosen(Some(name), chosen)
    {
        return Some((fault.message, fault.help));
    }
    if value.is_undefined()
        && let Interrupt::Fault(fault) = nothing::fault(Some(name), None)
    {
        return Some((fault.message, fault.help));
    }
    for (index, key) in keys.iter().enumerate() {
        if let Some(looked) = value.downcast_object_ref::<Looked>()
            && let Some(Root::Gap(message)) = looked.lookup.get(key)
        {
            return Some((message, None));
        }
        let part = part(&value, key);
        match part {
            Some(part) if !part.is_undefined() => value = part,
            _ if matches!(value.kind(), ValueKind::Invalid) => return None,
            _ => {
                let known: Vec<String> = match value.kind() {
                    ValueKind::Map => value.try_iter().ok()?.map(|key| key.to_string()).collect(),
                    _ => Vec::new(),
                };
                let help = match (value.kind(), value.len(), key.parse::<i64>()) {
                    (ValueKind::Seq, Some(0), Ok(_)) => Some("The list has no items.".to_owned()),
                    (ValueKind::Seq, Some(count), Ok(_)) => Some(format!(
                        "The list has {count} item{}: the last one has the index {}.",
                        if count == 1 { "" } else { "s" },
                        count - 1
                    )),
                    _ => suggestion(key, known.iter().map(String::as_str)),
                };
                let message = format!("`{}` is undefined", written(&path[..index + 2]));
                return Some((message, help));
            }
        }
    }
    None
}

fn part(value: &minijinja::Value, key: &str) -> Option<minijinja::Value> {
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
        && let Ok(index) = key.parse::<i64>()
    {
        return value.get_item(&index.into()).ok();
    }
    value.get_attr(key).ok()
}

fn suggestion<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    names::nearest(written, known).map(|near| format!("Did you mean `{near}`?"))
}

/// A chain as one writes it.
fn written(path: &[String]) -> String {
    let mut text = String::new();
    for (index, key) in path.iter().enumerate() {
        let plain = key.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !key.starts_with(|c: char| c.is_ascii_digit());
        match (index, plain) {
            (0, _) => text.push_str(key),
            (_, true) => text.extend([".", key]),
            _ if key.parse::<i64>().is_ok() => text.extend(["[", key, "]"]),
            _ => text.extend(["['", key, "']"]),
        }
    }
    text
}
