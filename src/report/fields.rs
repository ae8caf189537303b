//! The result of a call as people want to see it: what a command wrote, what a file holds, else field by field.

use std::fmt::Write as _;

use crate::value::{Map, Value};

/// What a result says.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shown {
    /// What a command wrote to standard output, what was read, or the fields.
    pub(super) text: String,
    /// What it wrote to standard error.
    pub(super) stderr: String,
    /// Bytes that are no text, where that is all there is.
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) exit_code: Option<i64>,
}

/// What is to be seen of a result.
pub(super) fn shown(result: &Map) -> Shown {
    let exit_code = match result.get("exit_code") {
        Some(Value::Int(code)) => Some(*code),
        _ => None,
    };
    let text = |name: &str| result.get(name).map(plain).unwrap_or_default();
    let main = ["stdout", "content"]
        .into_iter()
        .find(|name| result.contains_key(*name));
    if let Some(name) = main {
        return Shown {
            text: text(name),
            stderr: text("stderr"),
            bytes: match result.get(name) {
                Some(Value::Bytes(bytes)) => Some(bytes.clone()),
                _ => None,
            },
            exit_code,
        };
    }
    let mut text = String::new();
    if result.get("ran") == Some(&Value::Bool(false)) {
        text.push_str("not run: there was nothing to do\n");
    } else {
        tree(result, 0, &mut text);
    }
    Shown {
        text,
        exit_code,
        ..Shown::default()
    }
}

/// A value in one line, or a text as it is.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Str(text) => text.clone(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

/// A map a field a line, what is in a field indented; nothing of what is not there.
fn tree(map: &Map, depth: usize, out: &mut String) {
    for (name, value) in map {
        let indent = depth * 2;
        match value {
            Value::Null => {}
            Value::Map(inner) if !inner.is_empty() => {
                let _ = writeln!(out, "{:indent$}{name}:", "");
                tree(inner, depth + 1, out);
            }
            Value::List(items) if items.iter().any(|it| matches!(it, Value::Map(_))) => {
                let _ = writeln!(out, "{:indent$}{name}:", "");
                for item in items {
                    let _ = writeln!(out, "{:indent$}  - {}", "", plain(item));
                }
            }
            Value::List(items) if items.iter().all(|it| matches!(it, Value::Str(_))) && !items.is_empty() => {
                let items: Vec<_> = items.iter().map(plain).collect();
                let _ = writeln!(out, "{:indent$}{name}: {}", "", items.join(", "));
            }
            value => {
                let text = plain(value);
                if text.contains('\n') {
                    let _ = writeln!(out, "{:indent$}{name}:", "");
                    for line in text.lines() {
                        let _ = writeln!(out, "{:indent$}  {line}", "");
                    }
                } else {
                    let _ = writeln!(out, "{:indent$}{name}: {text}", "");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Shown {
        shown(&serde_json::from_str::<Map>(json).unwrap())
    }

    #[test]
    fn what_a_command_wrote_is_what_is_seen_of_it() {
        let it =
            of(r#"{"ran": true, "exit_code": 3, "stdout": "one\ntwo", "stderr": "why", "truncated": false}"#);
        assert_eq!(
            (it.text.as_str(), it.stderr.as_str(), it.exit_code),
            ("one\ntwo", "why", Some(3))
        );
        assert_eq!(of(r#"{"content": "x"}"#).text, "x");
        assert_eq!(of(r#"{"ran": false}"#).text, "not run: there was nothing to do\n");
    }

    #[test]
    fn fields_are_lines_and_what_is_not_there_is_none() {
        let it = of(
            r#"{"size": 3, "owner": null, "paths": ["/a", "/b"], "os": {"name": "debian"}, "note": "a\nb",
                        "mounts": [{"on": "/"}]}"#,
        );
        assert_eq!(
            it.text,
            "size: 3\npaths: /a, /b\nos:\n  name: debian\nnote:\n  a\n  b\nmounts:\n  - {\"on\":\"/\"}\n"
        );
    }
}
