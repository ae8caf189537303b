//! The law that no byte of a text argument is lost on its way: of every tool, through lone and mixed templates.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::load_with;
use crate::playbook::Action;
use crate::template::{Dice, Form, Rendering, Root, Scope};
use crate::tool::{Field, Role, Type};
use crate::tools::registry;
use crate::value::Value;

/// Something of which nothing is known before the run.
const ANYTHING: &str = "{{ facts.hostname | from_json }}";

/// By tool: arguments that it wants although it could do without them in other calls, and those that are given instead of them.
const NEEDED: &[(&str, &[&str], &[&str])] = &[
    ("alternatives.set", &["path"], &[]),
    ("apt.package", &["name"], &["files"]),
    ("apt_repository.key", &["data"], &[]),
    (
        "apt_repository.present",
        &["uris", "suites", "components"],
        &["line"],
    ),
    ("cron.job", &["job"], &[]),
    (
        "dnf_repository.present",
        &["baseurl"],
        &["mirrorlist", "metalink"],
    ),
    ("fs.acl", &["entry"], &["type", "entries"]),
    ("fs.attributes", &["owner"], &[]),
    ("fs.copy", &["src"], &["host_src"]),
    ("fs.find", &["path"], &["paths"]),
    ("fs.line_in_file", &["line"], &[]),
    ("fs.unpack", &["host_src"], &[]),
    ("ssh.known_host", &["key"], &[]),
];

/// An argument in which `text` is wherever free text may, and nothing else; `None`: there is no such place.
fn filled(of: &Type, text: &str) -> Option<Json> {
    match of {
        Type::String => Some(text.into()),
        Type::Union(options) if options.contains(&Type::String) => Some(text.into()),
        Type::Union(options) => options.iter().find_map(|option| filled(option, text)),
        Type::List(of) => Some(json!([filled(of, text)?, filled(of, text)?])),
        Type::Map(of) => Some(json!({ "key": filled(of, text)? })),
        Type::Record(fields) => {
            let mut map = Map::new();
            let mut has_text = false;
            for field in fields {
                match filled(&field.of, text) {
                    Some(value) => {
                        has_text = true;
                        map.insert(field.name.clone(), value);
                    }
                    None if field.required => drop(map.insert(field.name.clone(), ANYTHING.into())),
                    None => {}
                }
            }
            has_text.then_some(Json::Object(map))
        }
        _ => None,
    }
}

/// Why an argument is not tried.
fn exempt(field: &Field) -> Option<&'static str> {
    match field.role {
        Some(Role::Expression) => Some("it is an expression, not text"),
        Some(Role::TemplateFile) => Some("it names a file, which is read before the run"),
        _ => None,
    }
}

/// What an argument of a call comes to, with `x` for the text.
fn arrives(tool: &str, call: &Json, argument: &str, x: &str) -> Result<Value, String> {
    let rounds = json!([{ "name": "r", "hosts": "all", "calls": [{ tool: call }] }]);
    let text =
        json!({ "hosts": ["h"], "rounds": rounds, "vars": { "x": "{{ facts.hostname }}" } }).to_string();
    let loaded = load_with(&text, &[]);
    let Some(playbook) = loaded.playbook else {
        return Err(format!("{text}\n{:?}", super::found(&loaded)));
    };
    let Action::Call(call) = &playbook.entries[0].action else {
        return Err("no call".to_owned());
    };
    let form = match &call.args.value {
        Form::Map(args) => args.get(argument).map(|it| it.value.clone()),
        Form::Literal(Value::Map(args)) => args.get(argument).cloned().map(Form::Literal),
        _ => None,
    };
    let form = form.ok_or("no such argument")?;
    let scope = Scope::new(Arc::default()).bind("x", Root::Value(x.into()));
    match form.render(&scope) {
        Ok(Rendering::Known { value, .. }) => Ok(value),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn no_byte_of_any_text_argument_of_any_tool_is_lost_on_its_way() {
    let mut dice = Dice(11);
    let blank = [' ', '\t', '\n'];
    let any = [
        ' ', '\n', '\t', 'a', 'ü', '"', '\'', '\\', '$', '%', '#', ':', '-',
    ];
    let mut tried = 0;
    let mut lost = std::collections::BTreeMap::new();
    let registry = registry();
    for tool in registry.iter() {
        for field in &tool.args().fields {
            if exempt(field).is_some() || filled(&field.of, "").is_none() {
                continue;
            }
            for _ in 0..4 {
                let (before, after) = (dice.text(&blank, 3), dice.text(&blank, 3));
                let x = format!("x{}", dice.text(&any, 9));
                for (written, expected) in [
                    (
                        format!("{before}{{{{ x }}}}{after}"),
                        format!("{before}{x}{after}"),
                    ),
                    (
                        format!("{before}/{{{{ x }}}}{after}"),
                        format!("{before}/{x}{after}"),
                    ),
                    (
                        format!("{before}{{{{ x }}}}{after}/"),
                        format!("{before}{x}{after}/"),
                    ),
                ] {
                    let mut call = Map::new();
                    for other in tool.args().fields.iter().filter(|it| it.required) {
                        let value = if other.role == Some(Role::Expression) {
                            "true"
                        } else {
                            ANYTHING
                        };
                        call.insert(other.name.clone(), value.into());
                    }
                    let own = NEEDED.iter().filter(|(name, ..)| *name == tool.name);
                    for (_, needed, instead) in own {
                        for needed in needed.iter().filter(|_| !instead.contains(&field.name.as_str())) {
                            call.insert((*needed).to_owned(), ANYTHING.into());
                        }
                    }
                    call.insert(field.name.clone(), filled(&field.of, &written).unwrap());
                    let expected = filled(&field.of, &expected).unwrap();
                    let expected: Value = serde_json::from_value(expected).unwrap();
                    let arrived = arrives(&tool.name, &Json::Object(call), &field.name, &x);
                    tried += 1;
                    if arrived != Ok(expected) {
                        let of = format!("`{}` of `{}`", field.name, tool.name);
                        lost.entry(of)
                            .or_insert(format!("{written:?} with {x:?}: {arrived:?}"));
                    }
                }
            }
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
    assert!(tried > 1000, "{tried}");
}
