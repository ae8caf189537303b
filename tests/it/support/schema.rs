//! As much of JSON Schema as the committed schemas use, to hold documents against them.

use serde_json::Value;

/// Every way in which a document breaks a schema, as `path: what`.
pub(crate) fn violations(schema: &Value, document: &Value) -> Vec<String> {
    check(schema, schema, document, "$")
}

fn check(root: &Value, schema: &Value, document: &Value, path: &str) -> Vec<String> {
    let Some(rules) = schema.as_object() else {
        let refused = schema == &Value::Bool(false);
        return if refused {
            vec![format!("{path}: must not be there")]
        } else {
            Vec::new()
        };
    };
    let mut found = Vec::new();
    let deeper = |schema: &Value| check(root, schema, document, path);
    for (rule, wanted) in rules {
        let broken = match rule.as_str() {
            "$ref" => {
                found.extend(deeper(resolve(root, wanted)));
                false
            }
            "type" => !has_type(wanted, document),
            "const" => wanted != document,
            "enum" => !list(wanted).contains(document),
            "minimum" => document
                .as_f64()
                .zip(wanted.as_f64())
                .is_some_and(|(is, least)| is < least),
            "maximum" => document
                .as_f64()
                .zip(wanted.as_f64())
                .is_some_and(|(is, most)| is > most),
            "pattern" => {
                let expression =
                    regex::Regex::new(wanted.as_str().expect("text")).expect("a correct pattern");
                document.as_str().is_some_and(|text| !expression.is_match(text))
            }
            "required" => list(wanted)
                .iter()
                .any(|name| document.is_object() && document.get(name.as_str().expect("a name")).is_none()),
            "allOf" => {
                found.extend(list(wanted).iter().flat_map(deeper));
                false
            }
            "anyOf" => !list(wanted).iter().any(|option| deeper(option).is_empty()),
            "oneOf" => {
                list(wanted)
                    .iter()
                    .filter(|option| deeper(option).is_empty())
                    .count()
                    != 1
            }
            "not" => deeper(wanted).is_empty(),
            _ => false,
        };
        if broken {
            found.push(format!("{path}: {rule} {wanted} does not hold for {document}"));
        }
    }
    if let Some(fields) = document.as_object() {
        for (name, value) in fields {
            let at = format!("{path}.{name}");
            found.extend(field(root, rules, name, value, &at));
        }
    }
    if let (Some(items), Some(schema)) = (document.as_array(), rules.get("items")) {
        for (index, item) in items.iter().enumerate() {
            found.extend(check(root, schema, item, &format!("{path}[{index}]")));
        }
    }
    found
}

fn field(
    root: &Value,
    rules: &serde_json::Map<String, Value>,
    name: &str,
    value: &Value,
    path: &str,
) -> Vec<String> {
    if let Some(schema) = rules.get("properties").and_then(|all| all.get(name)) {
        return check(root, schema, value, path);
    }
    let patterns = rules.get("patternProperties").and_then(Value::as_object);
    let matching = patterns
        .into_iter()
        .flatten()
        .find(|(pattern, _)| matches(pattern, name));
    let rest = rules.get("additionalProperties");
    matching
        .map(|(_, schema)| schema)
        .or(rest)
        .map_or_else(Vec::new, |schema| check(root, schema, value, path))
}

/// Whether a name matches a pattern, which may begin with what it must not begin with.
fn matches(pattern: &str, name: &str) -> bool {
    let is_match = |pattern: &str| {
        let expression = regex::Regex::new(pattern).expect("a correct pattern");
        expression.is_match(name)
    };
    match pattern
        .strip_prefix("^(?!")
        .and_then(|rest| rest.split_once(".)"))
    {
        Some((refused, rest)) => !is_match(&format!("^{refused}.")) && is_match(&format!("^{rest}")),
        None => is_match(pattern),
    }
}

fn resolve<'a>(root: &'a Value, reference: &Value) -> &'a Value {
    let reference = reference.as_str().expect("a reference is text");
    let pointer = reference
        .strip_prefix('#')
        .expect("a reference within the document");
    root.pointer(pointer)
        .unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn has_type(wanted: &Value, document: &Value) -> bool {
    match wanted {
        Value::Array(options) => options.iter().any(|option| has_type(option, document)),
        name => match name.as_str().expect("the name of a type") {
            "null" => document.is_null(),
            "boolean" => document.is_boolean(),
            "integer" => document.is_i64() || document.is_u64(),
            "number" => document.is_number(),
            "string" => document.is_string(),
            "array" => document.is_array(),
            "object" => document.is_object(),
            other => panic!("the schema has an unknown type {other}"),
        },
    }
}
