//! The words of a command line as the arguments of a tool, by its signature.

use serde_json::{Map, Value as Json};

use crate::cli::error::CliError;
use crate::diagnostic::nearest;
use crate::tool::{Entry, Field, Role, Type};
use crate::value::Value;

/// The arguments as JSON, which is YAML, too.
///
/// # Errors
/// Where a word is no argument of the tool.
pub(super) fn arguments(tool: &Entry, words: &[String]) -> Result<Json, CliError> {
    let mut named = Map::new();
    let mut bare = Vec::new();
    for word in words {
        match pair(tool, word)? {
            Some((field, value)) => {
                if named.insert(field.name.clone(), typed(field, value)).is_some() {
                    let message = format!("the argument `{}` is there twice", field.name);
                    return Err(CliError::usage(message));
                }
            }
            None => bare.push(word.clone()),
        }
    }
    if !bare.is_empty() {
        let Some(field) = tool.shorthand.as_deref().and_then(|name| tool.args().field(name)) else {
            let message = format!("`{}` is no argument of `{}`", bare[0], tool.name);
            return Err(CliError::usage(message).help(known(tool)));
        };
        let value = match bare.as_slice() {
            [one] if !takes_only_list(&field.of) => typed(field, one),
            _ if takes_list(&field.of) => bare.iter().map(|it| Json::from(it.as_str())).collect(),
            words => typed(field, &words.join(" ")),
        };
        if named.insert(field.name.clone(), value).is_some() {
            let message = format!("the argument `{}` is there twice", field.name);
            return Err(CliError::usage(message));
        }
    }
    Ok(Json::Object(named))
}

/// An argument and its value, where the word is `name=value`.
fn pair<'t, 'w>(tool: &'t Entry, word: &'w str) -> Result<Option<(&'t Field, &'w str)>, CliError> {
    let Some((name, value)) = word.split_once('=') else {
        return Ok(None);
    };
    if let Some(field) = tool.args().field(name) {
        return Ok(Some((field, value)));
    }
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let near = nearest(name, tool.args().fields.iter().map(|it| it.name.as_str()));
    match near {
        Some(near) if is_name => Err(
            CliError::usage(format!("`{}` has no argument `{name}`", tool.name))
                .help(format!("Did you mean `{near}`?")),
        ),
        // Such as `A=b make`, for a shell.
        _ if tool.shorthand.is_some() => Ok(None),
        _ => Err(CliError::usage(format!("`{}` has no argument `{name}`", tool.name)).help(known(tool))),
    }
}

fn known(tool: &Entry) -> String {
    let names: Vec<_> = tool
        .args()
        .fields
        .iter()
        .map(|it| format!("`{}`", it.name))
        .collect();
    if names.is_empty() {
        "It takes none.".to_owned()
    } else {
        format!("It takes {}, as in `name=value`.", names.join(", "))
    }
}

fn typed(field: &Field, text: &str) -> Json {
    match field.role {
        Some(Role::Expression) => text.into(),
        Some(Role::ControllerFile | Role::TemplateFile) if !text.contains("{{") => local(text),
        _ => of_type(&field.of, text),
    }
}

/// A path counted from the working directory; a `/` at its end, which means what is in a directory, stays.
fn local(text: &str) -> Json {
    let path = std::path::absolute(text).unwrap_or_else(|_| text.into());
    let mut path = path.to_string_lossy().into_owned();
    if text.ends_with('/') && !path.ends_with('/') {
        path.push('/');
    }
    path.into()
}

/// A text as a value of a type; as text where it is none, so that the check of arguments says what is wrong.
fn of_type(of: &Type, text: &str) -> Json {
    let as_json = || serde_json::from_str::<Json>(text).ok();
    if takes_list(of)
        && text.starts_with('[')
        && let Some(list) = as_json()
    {
        return list;
    }
    if text.contains("{{") || of.accepts(&Value::from(text)) {
        return text.into();
    }
    match of {
        Type::Boolean | Type::Integer | Type::Number => as_json().unwrap_or_else(|| text.into()),
        Type::Map(_) | Type::Record(_) if text.starts_with('{') => as_json().unwrap_or_else(|| text.into()),
        Type::List(of) => Json::Array(vec![of_type(of, text)]),
        Type::Union(options) => {
            let values = options.iter().map(|option| of_type(option, text));
            values
                .into_iter()
                .find(|it| !it.is_string())
                .unwrap_or_else(|| text.into())
        }
        _ => text.into(),
    }
}

fn takes_list(of: &Type) -> bool {
    match of {
        Type::List(_) => true,
        Type::Union(options) => options.iter().any(takes_list),
        _ => false,
    }
}

fn takes_only_list(of: &Type) -> bool {
    matches!(of, Type::List(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::registry;

    fn read(tool: &str, words: &[&str]) -> Result<String, String> {
        let words: Vec<String> = words.iter().map(|it| (*it).to_owned()).collect();
        let registry = registry();
        let arguments = arguments(registry.get(tool).unwrap(), &words);
        arguments.map(|it| it.to_string()).map_err(|error| error.message)
    }

    #[test]
    fn words_become_arguments_by_the_types_of_the_tool() {
        for (tool, words, expected) in [
            ("fs.stat", &["/etc/hosts"][..], r#"{"path":"/etc/hosts"}"#),
            ("fs.stat", &["path=/etc/hosts"], r#"{"path":"/etc/hosts"}"#),
            (
                "fs.write",
                &["path=/x", "content=a=b", "backup=true", "mode=0644"],
                r#"{"path":"/x","content":"a=b","backup":true,"mode":"0644"}"#,
            ),
            (
                "fs.write",
                &["path=/x", "content=7"],
                r#"{"path":"/x","content":"7"}"#,
            ),
            ("exec.shell", &["A=b make"], r#"{"script":"A=b make"}"#),
            ("exec.shell", &["echo", "hello"], r#"{"script":"echo hello"}"#),
            ("exec.command", &["ls", "/srv"], r#"{"argv":["ls","/srv"]}"#),
            (
                "exec.command",
                &["argv=[\"ls\", \"/srv\"]"],
                r#"{"argv":["ls","/srv"]}"#,
            ),
            (
                "log.log",
                &["message={{ host.name }}"],
                r#"{"message":"{{ host.name }}"}"#,
            ),
            ("agent.quit", &[], "{}"),
        ] {
            assert_eq!(read(tool, words).as_deref(), Ok(expected), "{tool} {words:?}");
        }
        let error = |tool, words| read(tool, words).unwrap_err();
        assert_eq!(
            error("fs.write", &["path=/x", "contnet=y"]),
            "`fs.write` has no argument `contnet`"
        );
        assert_eq!(error("fs.write", &["/x"]), "`/x` is no argument of `fs.write`");
        assert_eq!(
            error("fs.stat", &["/x", "path=/y"]),
            "the argument `path` is there twice"
        );
    }
}
