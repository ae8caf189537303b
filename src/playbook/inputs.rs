//! Declarations of inputs, and what imports pass for them.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::argument::{Owner, suited};
use crate::playbook::input::{Input, Inputs, Meaning};
use crate::playbook::keys::Site;
use crate::playbook::read::{Fields, Reading, with_article};
use crate::playbook::values::data;
use crate::source::{Span, Spanned};
use crate::template::{Form, Variables};
use crate::tool::Type;
use crate::value::Value;
use crate::yaml::{Kind, Node};

const TYPES: [&str; 9] = [
    "string", "integer", "number", "boolean", "list", "map", "file", "secret", "any",
];

fn null(span: Span) -> Spanned<Form> {
    Spanned::new(Form::Literal(Value::Null), span)
}

impl Reading<'_> {
    /// What a file declares. `label` is what messages call the file.
    pub(super) fn inputs(&mut self, label: &str, fields: &Fields<'_>) -> Inputs {
        let Some(node) = fields.get("inputs") else {
            return Inputs::new();
        };
        let Kind::Map(entries) = &node.kind else {
            self.wrong_type("inputs", "a map of names to declarations", node);
            return Inputs::new();
        };
        let mut inputs = Inputs::with_capacity(entries.len());
        for (name, declaration) in entries {
            let input = if matches!(declaration.kind, Kind::Str(_)) {
                let (of, meaning) = self.type_named(&name.value, declaration);
                Input {
                    of,
                    meaning,
                    ..Input::any(name.span)
                }
            } else if let Some(fields) = self.fields(Site::Input, &name.value, declaration) {
                self.input(label, name, &fields)
            } else {
                // What is wrong was told; nothing of it is to be told again where the input is read.
                Input {
                    default: Some(null(name.span)),
                    ..Input::any(name.span)
                }
            };
            if self.variable_name(name) {
                inputs.insert(name.value.clone(), input);
            }
        }
        inputs
    }

    fn input(&mut self, label: &str, name: &Spanned<String>, fields: &Fields<'_>) -> Input {
        let _description = self.text(fields, "description");
        let (of, meaning, choices) = self.declared_type(fields);
        let mut input = Input {
            of,
            meaning,
            choices,
            ..Input::any(name.span)
        };
        if let Some(node) = fields.get("default") {
            input.default = Some(self.value_of_input(label, &name.value, &input, node));
        } else if fields.is_empty("default") && input.of == Type::Any {
            // Null was told above; the input must not be missed, too.
            input.default = Some(null(name.span));
        }
        input
    }

    /// What `type`, `items` and `enum` of a declaration say.
    pub(super) fn declared_type(&mut self, fields: &Fields<'_>) -> (Type, Meaning, Vec<Value>) {
        let (of, meaning) = match fields.get("type") {
            Some(node) => self.type_named("type", node),
            None => (Type::Any, Meaning::Plain),
        };
        let of = match fields.get("items") {
            Some(node) => self.with_items(of, node),
            None => of,
        };
        let (of, choices) = match fields.get("enum") {
            Some(node) => self.choices(of, meaning, node),
            None => (of, Vec::new()),
        };
        (of, meaning, choices)
    }

    fn type_named(&mut self, key: &str, node: &Node) -> (Type, Meaning) {
        let name = self.text_of(key, node).map(|it| it.value);
        let any = || Box::new(Type::Any);
        match name.as_deref() {
            Some("string") => (Type::String, Meaning::Plain),
            Some("integer") => (Type::Integer, Meaning::Plain),
            Some("number") => (Type::Number, Meaning::Plain),
            Some("boolean") => (Type::Boolean, Meaning::Plain),
            Some("list") => (Type::List(any()), Meaning::Plain),
            Some("map") => (Type::Map(any()), Meaning::Plain),
            Some("file") => (Type::String, Meaning::File),
            Some("secret") => (Type::String, Meaning::Secret),
            Some("any") | None => (Type::Any, Meaning::Plain),
            Some(other) => {
                let mut error = Diagnostic::error(
                    Code::WrongType,
                    format!("there is no type `{}`", other.escape_debug()),
                )
                .at(node.span)
                .did_you_mean(other, TYPES);
                if error.help.is_none() {
                    error = error.help(format!("It is one of {}.", TYPES.join(", ")));
                }
                self.diagnostics.push(error);
                (Type::Any, Meaning::Plain)
            }
        }
    }

    /// A list or map whose items have a type: the type's name, or a declaration.
    fn with_items(&mut self, of: Type, node: &Node) -> Type {
        let items = match &node.kind {
            Kind::Str(_) => self.plain_type("items", node),
            _ => match self.fields(Site::Items, "items", node) {
                Some(fields) => {
                    let of = match fields.get("type") {
                        Some(node) => self.plain_type("items", node),
                        None => Type::Any,
                    };
                    let of = match fields.get("items") {
                        Some(node) => self.with_items(of, node),
                        None => of,
                    };
                    match fields.get("enum") {
                        Some(node) => {
                            let (of, choices) = self.choices(of, Meaning::Plain, node);
                            if !choices.is_empty() {
                                self.wrong_type("enum", "texts where it is of `items`", node);
                            }
                            of
                        }
                        None => of,
                    }
                }
                None => Type::Any,
            },
        };
        match of {
            Type::List(_) => Type::List(Box::new(items)),
            Type::Map(_) => Type::Map(Box::new(items)),
            other => {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::WrongType,
                        format!(
                            "`items` says what is in a list or map, and this is {}",
                            with_article(&other.to_string())
                        ),
                    )
                    .at(node.span),
                );
                other
            }
        }
    }

    /// A type by its name, which means nothing beyond the type.
    pub(super) fn plain_type(&mut self, key: &str, node: &Node) -> Type {
        let (of, meaning) = self.type_named(key, node);
        if meaning != Meaning::Plain {
            self.not_of_an_input(node);
        }
        of
    }

    /// Says that a type is where only inputs have it.
    pub(super) fn not_of_an_input(&mut self, node: &Node) {
        self.diagnostics.push(
            Diagnostic::error(Code::WrongType, "`file` and `secret` are types of a whole input")
                .at(node.span)
                .help("Write `string`."),
        );
    }

    /// The values of `enum`: those of texts are a type of their own.
    fn choices(&mut self, of: Type, meaning: Meaning, node: &Node) -> (Type, Vec<Value>) {
        let Kind::Seq(items) = &node.kind else {
            self.wrong_type("enum", "a list of values", node);
            return (of, Vec::new());
        };
        let is_scalar = matches!(of, Type::String | Type::Integer | Type::Number | Type::Any);
        if meaning != Meaning::Plain || !is_scalar || items.is_empty() {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::WrongType,
                    "`enum` lists values of a text or number, one at least",
                )
                .at(node.span),
            );
            return (of, Vec::new());
        }
        let mut choices = Vec::with_capacity(items.len());
        for item in items {
            let value = data(item);
            let is_plain = !matches!(item.kind, Kind::Seq(_) | Kind::Map(_) | Kind::Null);
            if is_plain && of.accepts(&value) {
                choices.push(value);
            } else {
                self.wrong_type("enum", &format!("values of the type {of}"), item);
            }
        }
        if of != Type::String {
            return (of, choices);
        }
        let names = choices.iter().filter_map(Value::as_str).map(str::to_owned);
        (Type::Enum(names.collect()), Vec::new())
    }

    /// A value that is written for an input: every part of it that cannot be right is marked.
    fn value_of_input(&mut self, label: &str, name: &str, input: &Input, node: &Node) -> Spanned<Form> {
        if let Some(each) = self.each(node) {
            return each;
        }
        let owner = Owner {
            name: label,
            code: Code::InvalidInput,
        };
        let broken = self.broken;
        let good = self.typed(owner, name, &input.of, node);
        let form = self.variable(node).map(|form| suited(&input.of, form));
        if !good || broken != self.broken {
            // Told: nothing more is to be said of it.
            return Spanned::new(Form::Literal(Value::Null), node.span);
        }
        if let Some(value) = form.value.literal() {
            if !input.accepts(value) {
                let message = format!("`{name}` of `{label}` takes {}", input.wanted());
                self.error(Code::InvalidInput, message, node.span);
            } else if input.meaning == Meaning::File {
                self.controller_file(name, &form);
            }
        }
        form
    }

    /// What an import passes by `vars`.
    pub(super) fn passed(&mut self, label: &str, inputs: &Inputs, fields: &Fields<'_>) -> Arc<Variables> {
        let Some(node) = fields.get("vars") else {
            return Arc::default();
        };
        let Kind::Map(entries) = &node.kind else {
            self.wrong_type("vars", "a map of inputs to values", node);
            return Arc::default();
        };
        let mut given = Variables::with_capacity(entries.len());
        for (name, value) in entries {
            if let Some(input) = inputs.get(&name.value) {
                let form = self.value_of_input(label, &name.value, input, value);
                given.insert(name.value.clone(), form);
                continue;
            }
            let known = inputs.keys().map(String::as_str);
            let mut error = Diagnostic::error(
                Code::UnknownInput,
                format!("`{label}` has no input `{}`", name.value),
            )
            .at(name.span)
            .did_you_mean(&name.value, known.clone());
            if error.help.is_none() {
                let known: Vec<_> = known.map(|it| format!("`{it}`")).collect();
                error = error.help(match known.as_slice() {
                    [] => "It declares no `inputs`, so nothing can be passed to it.".to_owned(),
                    _ => format!("It has {}.", known.join(", ")),
                });
            }
            self.diagnostics.push(error);
            self.form(value);
        }
        Arc::new(given)
    }
}
