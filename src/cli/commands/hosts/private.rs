//! Values of variables as they are shown: passwords and the like are not.

use crate::cli::commands::hosts::MASK;
use crate::name::is_private;
use crate::value::Value;

/// A value as written, without what its name, or that of a part of it, says is private. A template shows only where it
/// comes from.
pub(super) fn shown(name: &str, value: Value) -> Value {
    hidden(value, is_private(name))
}

fn hidden(value: Value, is_private_name: bool) -> Value {
    match value {
        Value::List(items) => Value::List(
            items
                .into_iter()
                .map(|item| hidden(item, is_private_name))
                .collect(),
        ),
        Value::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, part)| {
                    let is_private_name = is_private_name || is_private(&key);
                    (key, hidden(part, is_private_name))
                })
                .collect(),
        ),
        Value::Null | Value::Bool(_) => value,
        Value::Str(text) if is_private_name && text.contains("{{") => Value::Str(text),
        _ if is_private_name => MASK.into(),
        Value::Str(text) => Value::Str(without_userinfo(&text)),
        other => other,
    }
}

/// A text without the password of a URL in it.
fn without_userinfo(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let end = rest
        .find(|c: char| c == '/' || c.is_whitespace())
        .unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((login, host)) if login.contains(':') && !login.contains("{{") => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:{MASK}@{host}{}", &rest[end..])
        }
        _ => text.to_owned(),
    }
}
