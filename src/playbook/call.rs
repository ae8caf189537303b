//! The arguments of a call, against the signature of its tool.

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::read::Reading;
use crate::playbook::values;
use crate::source::{Span, Spanned};
use crate::template::Form;
use crate::tool::{Entry as ToolEntry, Field, Registry, Role, Type};
use crate::value::{Map, Value};
use crate::yaml::{Kind, Node, Style};

type Arguments<'n> = Vec<(&'n str, Span, &'n Node)>;

impl Reading<'_> {
    /// The arguments of a call; an empty map where they are beyond use.
    pub(super) fn arguments(&mut self, tool: &ToolEntry, key: Span, node: &Node) -> Spanned<Form> {
        let span = if matches!(node.kind, Kind::Null) {
            key
        } else {
            node.span
        };
        let Some(given) = self.given(tool, key, node) else {
            return Spanned::new(Form::Literal(Value::Map(Map::new())), span);
        };
        let mut good = self.none_missing(tool, key, &given);
        let broken = self.broken;
        let mut forms = IndexMap::with_capacity(given.len());
        for (name, name_span, value) in &given {
            let Some(field) = tool.args().field(name) else {
                self.unknown_argument(tool, name, *name_span);
                good = false;
                continue;
            };
            if matches!(value.kind, Kind::Null) {
                if field.required {
                    self.null_at(name, *name_span);
                    good = false;
                }
                continue;
            }
            self.comment_in_command(tool, field, value);
            match self.argument(tool, field, value) {
                Some(form) => {
                    forms.insert((*name).to_owned(), form);
                }
                None => good = false,
            }
        }
        let form = values::map(forms);
        if good && broken == self.broken && !has_expressions(tool) {
            self.check_literal(tool, &form, node, span);
        }
        Spanned::new(form, span)
    }

    /// What was given by name, shorthands spelled out.
    fn given<'n>(&mut self, tool: &ToolEntry, key: Span, node: &'n Node) -> Option<Arguments<'n>> {
        match (&node.kind, tool.shorthand) {
            (Kind::Map(entries), _) => Some(
                entries
                    .iter()
                    .map(|(name, value)| (name.value.as_str(), name.span, value))
                    .collect(),
            ),
            (Kind::Null, _) if tool.args().fields.iter().all(|it| !it.required) => Some(Vec::new()),
            (Kind::Null, _) => {
                self.null_at(tool.name, key);
                None
            }
            (Kind::Seq(_), Some(name)) if tool.args().field(name).is_some_and(|it| takes_list(it)) => {
                Some(vec![(name, node.span, node)])
            }
            (Kind::Seq(_), _) | (_, None) => {
                self.wrong_type(tool.name, "a map of arguments", node);
                None
            }
            (_, Some(name)) => Some(vec![(name, node.span, node)]),
        }
    }

    fn none_missing(&mut self, tool: &ToolEntry, key: Span, given: &Arguments<'_>) -> bool {
        let is_given = |name: &str| given.iter().any(|(it, ..)| *it == name);
        let missing: Vec<_> = tool
            .args()
            .fields
            .iter()
            .filter(|field| field.required && !is_given(&field.name))
            .map(|field| format!("`{}`", field.name))
            .collect();
        if missing.is_empty() {
            return true;
        }
        self.diagnostics.push(
            Diagnostic::error(
                Code::MissingArgument,
                format!("`{}` needs {}", tool.name, missing.join(" and ")),
            )
            .at(key),
        );
        false
    }

    fn unknown_argument(&mut self, tool: &ToolEntry, name: &str, span: Span) {
        let known = tool.args().fields.iter().map(|it| it.name.as_str());
        let mut error = Diagnostic::error(
            Code::UnknownArgument,
            format!("`{}` has no argument `{name}`", tool.name),
        )
        .at(span)
        .did_you_mean(name, known.clone());
        if error.help.is_none() {
            let known: Vec<_> = known.map(|it| format!("`{it}`")).collect();
            error = error.help(match known.is_empty() {
                true => "It takes none.".to_owned(),
                false => format!("It takes {}.", known.join(", ")),
            });
        }
        self.diagnostics.push(error);
    }

    /// One argument as a form, after its role.
    fn argument(&mut self, tool: &ToolEntry, field: &Field, node: &Node) -> Option<Spanned<Form>> {
        match field.role {
            Some(Role::Expression) => self.expressions(&field.name, node),
            Some(Role::TemplateFile) => self.template_file(&field.name, node),
            role => {
                let good = self.typed(tool, &field.name, &field.of, node);
                let form = self.form(node);
                if role == Some(Role::ControllerFile) && good {
                    self.controller_file(&field.name, &form);
                }
                good.then_some(form)
            }
        }
    }

    /// `[{expression, value}]`, as the model wants arguments of this role.
    fn expressions(&mut self, name: &str, node: &Node) -> Option<Spanned<Form>> {
        let items = match &node.kind {
            Kind::Seq(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            let expression = self.condition(name, item)?;
            let text = Form::Literal(expression.text().into());
            let value = Form::Expression(std::sync::Arc::new(expression));
            let map = IndexMap::from([
                ("expression".to_owned(), Spanned::new(text, item.span)),
                ("value".to_owned(), Spanned::new(value, item.span)),
            ]);
            list.push(Spanned::new(Form::Map(map), item.span));
        }
        Some(Spanned::new(values::list(list), node.span))
    }

    /// Whether a node has the type, as far as can be said of it; says where it has not.
    fn typed(&mut self, tool: &ToolEntry, name: &str, of: &Type, node: &Node) -> bool {
        match (&node.kind, of) {
            (_, Type::Any) => true,
            (Kind::Null, _) => {
                self.null(name, node);
                false
            }
            (Kind::Str(text), _) if is_lone_expression(&text.text) => true,
            (Kind::Str(text), _) if is_template(&text.text) => {
                let good = gives_text(of);
                if !good {
                    self.mistyped(tool, name, of, node, "a template with text around it");
                }
                good
            }
            (Kind::Seq(items), Type::List(of)) => items
                .iter()
                .fold(true, |good, item| self.typed(tool, name, of, item) && good),
            (Kind::Map(entries), Type::Map(of)) => entries.iter().fold(true, |good, (key, item)| {
                self.typed(tool, &format!("{name}.{}", key.value), of, item) && good
            }),
            (Kind::Map(entries), Type::Record(fields)) => self.record(tool, name, fields, node.span, entries),
            (_, Type::Union(options)) => self.one_of(tool, name, of, options, node),
            _ => {
                let good = of.accepts(&values::data(node));
                if !good {
                    self.mistyped(tool, name, of, node, &shown(node));
                }
                good
            }
        }
    }

    fn record(
        &mut self,
        tool: &ToolEntry,
        name: &str,
        fields: &[Field],
        span: Span,
        entries: &[(Spanned<String>, Node)],
    ) -> bool {
        let mut good = true;
        for (key, value) in entries {
            let path = format!("{name}.{}", key.value);
            match fields.iter().find(|field| field.name == key.value) {
                Some(field) if matches!(value.kind, Kind::Null) && !field.required => {}
                Some(field) => good &= self.typed(tool, &path, &field.of, value),
                None => {
                    let known = fields.iter().map(|it| it.name.as_str());
                    self.diagnostics.push(
                        Diagnostic::error(
                            Code::UnknownArgument,
                            format!("`{name}` of `{}` has no field `{}`", tool.name, key.value),
                        )
                        .at(key.span)
                        .did_you_mean(&key.value, known),
                    );
                    good = false;
                }
            }
        }
        for field in fields.iter().filter(|it| it.required) {
            if !entries.iter().any(|(key, _)| key.value == field.name) {
                self.error(
                    Code::MissingArgument,
                    format!("`{name}` of `{}` needs `{}`", tool.name, field.name),
                    span,
                );
                good = false;
            }
        }
        good
    }

    /// A collection is checked against the one option that has its shape, so that messages name the part.
    fn one_of(&mut self, tool: &ToolEntry, name: &str, of: &Type, options: &[Type], node: &Node) -> bool {
        let mut shaped = options.iter().filter(|option| {
            matches!(
                (&node.kind, option),
                (Kind::Seq(_), Type::List(_)) | (Kind::Map(_), Type::Map(_) | Type::Record(_))
            )
        });
        if let (Some(option), None) = (shaped.next(), shaped.next()) {
            return self.typed(tool, name, option, node);
        }
        let good = of.accepts(&values::data(node));
        if !good {
            self.mistyped(tool, name, of, node, &shown(node));
        }
        good
    }

    fn mistyped(&mut self, tool: &ToolEntry, name: &str, of: &Type, node: &Node, written: &str) {
        if wants(of, &Type::Mode)
            && let Kind::Int(number) = node.kind
        {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::FileMode,
                    format!("the file mode `{number}` has no leading zero"),
                )
                .at(node.span)
                .help(format!("Write `0{number}`: modes are octal.")),
            );
            return;
        }
        if wants(of, &Type::Boolean)
            && let Kind::Str(text) = &node.kind
            && let Some(meant) = crate::playbook::read::truthy_word(&text.text, text.style)
        {
            self.truthy(&text.text, meant, node.span);
            return;
        }
        let (code, help) = if wants(of, &Type::Duration)
            && matches!(node.kind, Kind::Int(_) | Kind::Float(_) | Kind::Str(_))
        {
            (
                Code::Duration,
                Some("Write a number with a unit, as in 250ms, 30s, 5m or 2h."),
            )
        } else if wants(of, &Type::Mode) && matches!(node.kind, Kind::Str(_)) {
            (
                Code::FileMode,
                Some("Write it in octal with a leading zero, as in 0644."),
            )
        } else if wants(of, &Type::String)
            && matches!(
                node.kind,
                Kind::Int(_) | Kind::Uint(_) | Kind::Float(_) | Kind::Bool(_)
            )
        {
            (Code::InvalidArgument, Some("Put it in quotes."))
        } else {
            (Code::InvalidArgument, None)
        };
        let mut error = Diagnostic::error(
            code,
            format!("`{name}` of `{}` takes {of}, not {written}", tool.name),
        )
        .at(node.span);
        if let (Type::Enum(names), Kind::Str(text)) = (of, &node.kind) {
            error = error.did_you_mean(&text.text, names.iter().map(String::as_str));
        }
        if let Some(help) = help {
            error = error.help(help);
        }
        self.diagnostics.push(error);
    }

    /// Arguments that are wholly known go through the tool's own reading, too.
    fn check_literal(&mut self, tool: &ToolEntry, form: &Form, node: &Node, span: Span) {
        let Some(value) = form.literal() else { return };
        let Err(error) = tool.check(value.clone()) else {
            return;
        };
        let place = at_path(node, &error.path).unwrap_or(span);
        let path = error.path.trim_matches('.');
        let message = match path.is_empty() {
            true => format!("`{}`: {}", tool.name, error.message),
            false => format!("`{path}` of `{}`: {}", tool.name, error.message),
        };
        self.error(Code::InvalidArgument, message, place);
    }

    /// A plain command line ends where a comment begins, which is seldom meant.
    fn comment_in_command(&mut self, tool: &ToolEntry, field: &Field, node: &Node) {
        let Kind::Str(text) = &node.kind else { return };
        let is_command = field.role == Some(Role::Command)
            || (tool.name.starts_with("exec.") && tool.shorthand == Some(field.name.as_str()));
        if !is_command || text.style != Style::Plain {
            return;
        }
        let source = self.sources.source(node.span.source);
        let rest = source.text.get(node.span.end as usize..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let comment = line.trim_start();
        if comment.starts_with('#') && comment.len() < line.len() {
            let start = node.span.end as usize + (line.len() - comment.len());
            let span = Span::new(node.span.source, start, start + comment.trim_end().len());
            self.diagnostics.push(
                Diagnostic::warning(
                    Code::CommentInCommand,
                    "the command ends here: what follows is a comment of the playbook",
                )
                .at(span)
                .help("If it is part of the command, put the command in quotes or in a `|` block."),
            );
        }
    }
}

/// Says that no tool has this name, and which may be meant.
pub(super) fn unknown_tool(registry: &Registry, name: &Spanned<String>) -> Diagnostic {
    let error = Diagnostic::error(Code::UnknownTool, format!("there is no tool `{}`", name.value))
        .at(name.span)
        .did_you_mean(&name.value, registry.names());
    if error.help.is_some() {
        return error;
    }
    let (namespace, method) = name.value.split_once('.').unwrap_or((&name.value, ""));
    let has = |wanted: &dyn Fn(&str, &str) -> bool| -> Vec<String> {
        registry
            .names()
            .filter(|it| {
                it.split_once('.')
                    .is_some_and(|(space, verb)| wanted(space, verb))
            })
            .map(|it| format!("`{it}`"))
            .collect()
    };
    let same_method = has(&|_, verb| verb == method);
    let same_namespace = has(&|space, _| space == namespace);
    match (same_method.is_empty(), same_namespace.is_empty()) {
        (false, _) => error.help(format!("Did you mean {}?", same_method.join(" or "))),
        (_, false) => error.help(format!("`{namespace}` has {}.", same_namespace.join(", "))),
        _ => error.help("`rmote-play tools` lists all tools."),
    }
}

/// Whether the text is one `{{ expression }}`, which keeps its type.
fn is_lone_expression(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("{{") && text.ends_with("}}") && text.matches("{{").count() == 1 && !text.contains("{%")
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// Whether a text that is not known yet can have the type.
fn gives_text(of: &Type) -> bool {
    match of {
        Type::Any | Type::String | Type::Enum(_) | Type::Mode | Type::Duration => true,
        Type::Union(options) => options.iter().any(gives_text),
        _ => false,
    }
}

fn takes_list(field: &Field) -> bool {
    let is_list = |it: &Type| matches!(it, Type::List(_) | Type::Any);
    match &field.of {
        Type::Union(options) => options.iter().any(is_list),
        _ if field.role == Some(Role::Expression) => true,
        it => is_list(it),
    }
}

fn wants(of: &Type, wanted: &Type) -> bool {
    match of {
        Type::Union(options) => options.iter().any(|it| wants(it, wanted)),
        it => it == wanted,
    }
}

fn has_expressions(tool: &ToolEntry) -> bool {
    let special = |role| matches!(role, Some(Role::Expression | Role::TemplateFile));
    tool.args().fields.iter().any(|field| special(field.role))
}

fn shown(node: &Node) -> String {
    match &node.kind {
        Kind::Bool(it) => format!("`{it}`"),
        Kind::Int(it) => format!("`{it}`"),
        Kind::Uint(it) => format!("`{it}`"),
        Kind::Float(it) => format!("`{it}`"),
        Kind::Str(text) if text.text.chars().count() <= 40 => format!("`{}`", text.text.escape_debug()),
        _ => crate::playbook::read::with_article(node.type_name()),
    }
}

/// The part of the arguments that a path such as `list[0].port` names.
fn at_path(node: &Node, path: &str) -> Option<Span> {
    let mut node = node;
    for step in path.split(['.', '[']).map(|it| it.trim_end_matches(']')) {
        if step.is_empty() {
            continue;
        }
        node = match &node.kind {
            Kind::Map(entries) => &entries.iter().find(|(key, _)| key.value == step)?.1,
            Kind::Seq(items) => items.get(step.parse::<usize>().ok()?)?,
            _ => break,
        };
    }
    Some(node.span)
}
