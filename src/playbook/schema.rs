//! The JSON Schema of playbooks, for editors: made of the table of keys and the signatures of the tools.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::playbook::keys::{self, Site};
use crate::tool::{Entry as ToolEntry, Registry};

/// The JSON Schema (2020-12) of a playbook with these tools. What only validation can say, such as that an entry does
/// exactly one thing, is left to it.
pub fn json_schema(registry: &Registry) -> Json {
    with_definitions(
        registry,
        "rmote-play playbook",
        site(&[Site::Playbook], &["rounds"]),
    )
}

/// The JSON Schema (2020-12) of a unit with these tools.
pub fn unit_json_schema(registry: &Registry) -> Json {
    with_definitions(registry, "rmote-play unit", site(&[Site::Unit], &["calls"]))
}

fn with_definitions(registry: &Registry, title: &str, mut schema: Json) -> Json {
    let mut entry = site(&[Site::Call, Site::EntryGroup, Site::Fail, Site::Import], &[]);
    for tool in registry.iter() {
        entry["properties"][&*tool.name] = tool_schema(tool);
    }
    entry["patternProperties"] = json!({ own_tools(registry): {
        "description": "A call of a tool that the file brings along under `tools`: its arguments, or the first one alone.",
    } });
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = title.into();
    schema["$defs"] = json!({
        "template": {
            "type": "string",
            "pattern": "\\{\\{",
            "description": "A template: one `{{ expression }}` keeps the expression's type.",
        },
        "texts": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] },
        "duration": {
            "type": "string",
            "pattern": "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$",
            "description": "A number with a unit: 250ms, 30s, 5m, 2h, 1d.",
        },
        "conditions": {
            "anyOf": [
                { "type": ["boolean", "string"] },
                { "type": "array", "items": { "type": ["boolean", "string"] } },
            ],
        },
        "variables": {
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
            "additionalProperties": {
                "if": { "type": "object", "required": ["each"] },
                "then": { "$ref": "#/$defs/each" },
            },
        },
        "vars_files": {
            "anyOf": [
                { "type": "string" },
                {
                    "type": "array",
                    "items": { "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/chosen_file" }] },
                },
            ],
        },
        "chosen_file": site(&[Site::ChosenFile], &[]),
        "each": site(&[Site::Each], &["each"]),
        "connection": site(&[Site::Connection], &[]),
        "host": site(&[Site::Host], &[]),
        "secret": secret(),
        "group": {
            "anyOf": [{ "$ref": "#/$defs/texts" }, site(&[Site::Group], &[])],
        },
        "become": site(&[Site::Become], &[]),
        "round": {
            "anyOf": [
                site(&[Site::Round], &["name", "hosts", "calls"]),
                site(&[Site::RoundsImport], &["import"]),
            ],
        },
        "input": site(&[Site::Input], &[]),
        "items": site(&[Site::Items], &[]),
        "tool": site(&[Site::Tool], &["src", "methods"]),
        "method": site(&[Site::Method], &[]),
        "argument": site(&[Site::Argument], &[]),
        "returned": site(&[Site::Returned], &[]),
        "entry": entry,
    });
    schema
}

/// What names of methods of tools look like that a file brings along: their namespaces are none of the built-in ones.
fn own_tools(registry: &Registry) -> String {
    let spaces: BTreeSet<_> = registry.namespaces().collect();
    let spaces: Vec<_> = spaces.into_iter().collect();
    format!(
        "^(?!({})\\.)[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*$",
        spaces.join("|")
    )
}

/// Where a secret comes from: exactly one of its keys.
fn secret() -> Json {
    let mut schema = site(&[Site::Secret], &[]);
    schema["minProperties"] = 1.into();
    schema["maxProperties"] = 1.into();
    schema
}

/// A map with the keys of these sites.
fn site(sites: &[Site], required: &[&str]) -> Json {
    let mut properties = Map::new();
    for key in sites.iter().flat_map(|site| keys::at(*site)) {
        let mut schema: Json = serde_json::from_str(key.schema).expect("the table of keys holds JSON");
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), key.doc.into());
        }
        properties.entry(key.name).or_insert(schema);
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn tool_schema(tool: &ToolEntry) -> Json {
    let signature = tool.args();
    let mut args = with_templates(&signature.schema, Whole::Yes);
    if let Some(object) = args.as_object_mut() {
        for key in ["$schema", "title", "description"] {
            object.shift_remove(key);
        }
    }
    let mut ways = vec![args];
    let short = tool
        .shorthand
        .as_deref()
        .and_then(|name| signature.schema["properties"].get(name));
    if let Some(short) = short {
        ways.push(with_templates(short, Whole::No));
    }
    if signature.fields.iter().all(|field| !field.required) {
        ways.push(json!({ "type": "null" }));
    }
    let mut schema = match ways.len() {
        1 => ways.remove(0),
        _ => json!({ "anyOf": ways }),
    };
    schema["description"] = signature.doc.as_str().into();
    schema["examples"] = json!([tool.example]);
    schema
}

/// Whether a schema is that of all arguments: no template stands for them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Yes,
    No,
}

/// The same schema, where every part that is not just any text may be a template instead.
fn with_templates(schema: &Json, whole: Whole) -> Json {
    let Some(object) = schema.as_object() else {
        return schema.clone();
    };
    let mut copy = Map::new();
    for (key, value) in object {
        let value = match (key.as_str(), value) {
            ("properties" | "$defs", Json::Object(inner)) => inner
                .iter()
                .map(|(name, it)| (name.clone(), with_templates(it, Whole::No)))
                .collect(),
            ("items" | "additionalProperties", Json::Object(_)) => with_templates(value, Whole::No),
            ("anyOf" | "oneOf", Json::Array(options)) => {
                options.iter().map(|it| with_templates(it, Whole::Yes)).collect()
            }
            (name, _) if name.starts_with("x-") => continue,
            _ => value.clone(),
        };
        copy.insert(key.clone(), value);
    }
    if whole == Whole::Yes || takes_any_text(object) {
        return Json::Object(copy);
    }
    let mut wrapped = Map::new();
    for key in ["description", "default"] {
        if let Some(value) = copy.shift_remove(key) {
            wrapped.insert(key.to_owned(), value);
        }
    }
    wrapped.insert("anyOf".to_owned(), json!([copy, { "$ref": "#/$defs/template" }]));
    Json::Object(wrapped)
}

fn takes_any_text(schema: &Map<String, Json>) -> bool {
    let is_string = |it: &Json| it == "string";
    let text = match schema.get("type") {
        Some(Json::Array(types)) => types.iter().any(is_string),
        Some(it) => is_string(it),
        None => {
            let restricts = ["anyOf", "oneOf", "enum", "const", "$ref"];
            return !restricts.iter().any(|key| schema.contains_key(*key));
        }
    };
    let bounds = ["pattern", "enum", "const", "format", "maxLength"];
    text && !bounds.iter().any(|key| schema.contains_key(*key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::registry;

    #[test]
    fn every_key_and_every_tool_is_described() {
        let schema = json_schema(&registry());
        let definitions = &schema["$defs"];
        let mut sites: Vec<_> = [
            "entry",
            "host",
            "connection",
            "input",
            "items",
            "tool",
            "method",
            "argument",
            "returned",
        ]
        .map(|name| (name, &definitions[name]))
        .to_vec();
        let rounds = definitions["round"]["anyOf"].as_array().unwrap();
        sites.extend(rounds.iter().map(|it| ("round", it)));
        for (name, site) in sites {
            for (key, it) in site["properties"].as_object().unwrap() {
                let doc = it["description"].as_str().unwrap_or_default();
                assert!(doc.len() > 10, "{name}.{key} has no description");
            }
        }
        let entry = &schema["$defs"]["entry"]["properties"];
        for tool in registry().iter() {
            assert!(entry.get(&*tool.name).is_some(), "{}", tool.name);
        }
        assert!(entry.get("serial").is_none());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references(schema: &Json, found: &mut Vec<String>) {
            match schema {
                Json::Object(object) => {
                    found.extend(object.get("$ref").and_then(Json::as_str).map(str::to_owned));
                    object.values().for_each(|it| references(it, found));
                }
                Json::Array(items) => items.iter().for_each(|it| references(it, found)),
                _ => {}
            }
        }
        let schema = json_schema(&registry());
        let mut found = Vec::new();
        references(&schema, &mut found);
        assert!(found.len() > 20);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(schema.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn a_template_may_stand_where_a_boolean_or_list_is_wanted_and_text_stays_plain() {
        let schema = json!({ "type": "object", "properties": {
            "flag": { "type": "boolean", "description": "d" },
            "text": { "type": "string" },
            "mode": { "type": "string", "pattern": "^0" },
        } });
        let changed = with_templates(&schema, Whole::Yes);
        let template = json!({ "$ref": "#/$defs/template" });
        assert_eq!(
            changed["properties"],
            json!({
                "flag": { "description": "d", "anyOf": [{ "type": "boolean" }, template] },
                "text": { "type": "string" },
                "mode": { "anyOf": [{ "type": "string", "pattern": "^0" }, template] },
            })
        );
    }
}
