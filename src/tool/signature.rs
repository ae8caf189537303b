//! The fields of a tool's arguments or results as data: for checks, documentation and schemas.

use serde_json::{Map, Value as Json};

use crate::value::Value;

/// What an argument means to the controller, beyond its type. Written on a field of `Args` as
/// `#[schemars(extend("x-role" = "controller_file"))]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A path on the controller, of a file or directory that must exist; made absolute before `prepare`.
    ControllerFile,
    /// A path on the controller that is written to; made absolute before `prepare`, which learns the host's name as `host`.
    ControllerTarget,
    /// A path on the controller, of a template: replaced by its rendered text before `prepare`.
    TemplateFile,
    /// An expression, or a list of them: each is replaced by `{expression, value}` before `prepare`.
    Expression,
    /// A program to be run on the host: a secret must not stand in it.
    Command,
}

/// The type of a field, as far as it can be checked without a host.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// Anything.
    Any,
    /// `null` only; never alone.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// Text.
    String,
    /// One of these texts.
    Enum(Vec<String>),
    /// A file mode in octal.
    Mode,
    /// A length of time.
    Duration,
    /// A list of the type.
    List(Box<Self>),
    /// A map from text to the type.
    Map(Box<Self>),
    /// A map with these fields and no others.
    Record(Vec<Field>),
    /// One of these types.
    Union(Vec<Self>),
}

/// One argument or one field of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub of: Type,
    /// Whether it must be given.
    pub required: bool,
    /// What it is when it is not given, where that can be said.
    pub default: Option<Json>,
    /// What it means.
    pub doc: String,
    /// What it means to the controller.
    pub role: Option<Role>,
    /// Whether it is a path on the host.
    pub is_path: bool,
}

impl Field {
    /// Whether null means something of its own: not the default, and not that nothing was given.
    pub fn has_null(&self) -> bool {
        self.default.is_some() && self.of != Type::Any && self.of.accepts(&Value::Null)
    }

    /// Whether it is a path on the host.
    pub const fn is_path(&self) -> bool {
        self.is_path
    }

    /// The same field, null where it need not be there.
    #[must_use]
    pub fn or_null(self) -> Self {
        let of = if self.required {
            self.of
        } else {
            Type::Union(vec![self.of, Type::Null])
        };
        Self { of, ..self }
    }
}

/// Arguments or results as data.
#[derive(Debug, Clone)]
pub struct Signature {
    /// The fields in the order in which the type declares them.
    pub fields: Vec<Field>,
    /// What the whole is about.
    pub doc: String,
    /// The JSON Schema it was made from, references resolved into `$defs`.
    pub schema: Json,
}

impl Signature {
    /// The signature of a type.
    pub fn of<T: schemars::JsonSchema>() -> Self {
        let settings =
            schemars::generate::SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
        let schema: Json = settings.into_generator().into_root_schema_for::<T>().into();
        let Type::Record(fields) = read_type(&schema) else {
            return Self {
                fields: Vec::new(),
                doc: text(&schema, "description"),
                schema,
            };
        };
        Self {
            fields,
            doc: text(&schema, "description"),
            schema,
        }
    }

    /// These fields and no others.
    pub fn of_fields(doc: String, fields: impl Iterator<Item = Field>) -> Self {
        Self {
            fields: fields.collect(),
            doc,
            schema: serde_json::json!({ "type": "object", "additionalProperties": false }),
        }
    }

    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

fn text(schema: &Json, key: &str) -> String {
    schema
        .get(key)
        .and_then(Json::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn read_type(schema: &Json) -> Type {
    let of = read_some(schema);
    let has_null = |key: &str, null: &Json| {
        let list = schema.get(key).and_then(Json::as_array);
        list.is_some_and(|list| list.contains(null))
    };
    // Where null may stand for something that has a name of its own, the schema says so next to the name.
    let is_nullable = has_null("type", &Json::from("null")) || has_null("enum", &Json::Null);
    if is_nullable && !of.accepts(&Value::Null) {
        return Type::Union(vec![of, Type::Null]);
    }
    of
}

fn read_some(schema: &Json) -> Type {
    let Some(object) = schema.as_object() else {
        return Type::Any;
    };
    match object.get("x-type").and_then(Json::as_str) {
        Some("mode") => return Type::Mode,
        Some("duration") => return Type::Duration,
        _ => {}
    }
    if let Some(names) = object.get("enum").and_then(Json::as_array) {
        return Type::Enum(names.iter().filter_map(Json::as_str).map(str::to_owned).collect());
    }
    if let Some(name) = object.get("const").and_then(Json::as_str) {
        return Type::Enum(vec![name.to_owned()]);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(options) = object.get(key).and_then(Json::as_array) {
            return union(options.iter().map(read_type).collect());
        }
    }
    match object.get("type") {
        Some(Json::String(name)) => simple(name, object),
        Some(Json::Array(names)) => union(
            names
                .iter()
                .filter_map(Json::as_str)
                .map(|name| simple(name, object))
                .collect(),
        ),
        _ => Type::Any,
    }
}

fn union(options: Vec<Type>) -> Type {
    let (mut names, mut rest) = (Vec::new(), Vec::new());
    for option in options {
        match option {
            Type::Enum(more) => names.extend(more),
            Type::Any => return Type::Any,
            other => rest.push(other),
        }
    }
    if !names.is_empty() {
        rest.push(Type::Enum(names));
    }
    match rest.len() {
        1 => rest.remove(0),
        _ => Type::Union(rest),
    }
}

fn simple(name: &str, object: &Map<String, Json>) -> Type {
    let inner = |key: &str| object.get(key).map_or(Type::Any, read_type);
    match name {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "integer" => Type::Integer,
        "number" => Type::Number,
        "string" => Type::String,
        "array" => Type::List(Box::new(inner("items"))),
        "object" => match object.get("properties").and_then(Json::as_object) {
            Some(properties) => Type::Record(record(properties, object)),
            None => Type::Map(Box::new(inner("additionalProperties"))),
        },
        _ => Type::Any,
    }
}

/// Whether a schema is that of a path on the host, or of one that need not be given.
fn is_path(schema: &Json) -> bool {
    schema.get("pattern").is_some_and(|it| it == super::HOST_PATH)
}

fn record(properties: &Map<String, Json>, object: &Map<String, Json>) -> Vec<Field> {
    let required = object.get("required").and_then(Json::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|it| it == name));
    properties
        .iter()
        .map(|(name, schema)| Field {
            name: name.clone(),
            of: read_type(schema),
            required: is_required(name),
            default: schema.get("default").filter(|it| !it.is_null()).cloned(),
            doc: text(schema, "description"),
            is_path: is_path(schema),
            role: match schema.get("x-role").and_then(Json::as_str) {
                Some("controller_file") => Some(Role::ControllerFile),
                Some("controller_target") => Some(Role::ControllerTarget),
                Some("template_file") => Some(Role::TemplateFile),
                Some("expression") => Some(Role::Expression),
                Some("command") => Some(Role::Command),
                _ => None,
            },
        })
        .collect()
}

impl Type {
    /// Whether a literal has the type. Maps with unknown or missing fields are left to [`Value::parse`].
    pub fn accepts(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _)
            | (Self::Null, Value::Null)
            | (Self::Boolean, Value::Bool(_))
            | (Self::Integer, Value::Int(_) | Value::Uint(_))
            | (Self::Number, Value::Int(_) | Value::Uint(_) | Value::Float(_))
            | (Self::String, Value::Str(_) | Value::Bytes(_))
            | (Self::Record(_), Value::Map(_)) => true,
            (Self::Enum(names), Value::Str(text)) => names.contains(text),
            (Self::Mode, Value::Str(text)) => text.parse::<crate::argument::ModeChange>().is_ok(),
            (Self::Duration, Value::Str(text)) => text.parse::<crate::argument::Duration>().is_ok(),
            (Self::List(of), Value::List(list)) => list.iter().all(|item| of.accepts(item)),
            (Self::Map(of), Value::Map(map)) => map.values().all(|item| of.accepts(item)),
            (Self::Union(options), value) => options.iter().any(|option| option.accepts(value)),
            _ => false,
        }
    }
}

impl Type {
    /// The same as a result has it: text that may be written as a number or a boolean is text once it is there.
    #[must_use]
    pub fn as_result(self) -> Self {
        let fields = |fields: Vec<Field>| {
            let as_result = |field: Field| Field {
                of: field.of.as_result(),
                ..field
            };
            fields.into_iter().map(as_result).collect()
        };
        match self {
            Self::Union(options) if is_text(&options) => Self::String,
            Self::Union(options) => Self::Union(options.into_iter().map(Self::as_result).collect()),
            Self::List(of) => Self::List(Box::new(of.as_result())),
            Self::Map(of) => Self::Map(Box::new(of.as_result())),
            Self::Record(all) => Self::Record(fields(all)),
            other => other,
        }
    }
}

/// Whether this is text that may be written as a number or a boolean.
fn is_text(options: &[Type]) -> bool {
    let has = |wanted: &Type| options.contains(wanted);
    let plain = options
        .iter()
        .all(|it| matches!(it, Type::String | Type::Number | Type::Boolean | Type::Null));
    plain && has(&Type::String) && has(&Type::Number) && has(&Type::Boolean)
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("any value"),
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("boolean"),
            Self::Integer => f.write_str("integer"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Enum(names) => f.write_str(&names.join(" | ")),
            Self::Mode => f.write_str("mode (0644)"),
            Self::Duration => f.write_str("duration (30s)"),
            Self::List(of) => write!(f, "list of {of}"),
            Self::Map(of) => write!(f, "map of {of}"),
            Self::Record(_) => f.write_str("map"),
            Self::Union(options) if is_text(options) => f.write_str("text"),
            Self::Union(options) => {
                let shown = options
                    .iter()
                    .filter(|it| **it != Self::Null)
                    .map(ToString::to_string);
                f.write_str(&shown.collect::<Vec<_>>().join(" or "))
            }
        }
    }
}
