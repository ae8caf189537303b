//! The arguments of a call, against the signature of its tool.

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::playbook::argument::{Owner, suited};
use crate::playbook::read::Reading;
use crate::playbook::templates::Named;
use crate::playbook::values;
use crate::source::{Span, Spanned};
use crate::template::Form;
use crate::tool::{Entry as ToolEntry, Field, Role, Type};
use crate::value::{self, Map, Value};
use crate::yaml::{Kind, Node, Style};

/// What null means as an argument.
enum Meaning {
    /// It has none.
    None,
    /// The same as leaving the argument out.
    Nothing,
    /// Something else than the default, which the tool says.
    Null,
}

fn null(tool: &ToolEntry, field: &Field) -> Meaning {
    // Programs of others are not told of what was not given.
    let is_custom = tool.custom().is_some();
    if field.required || !(is_custom || field.of.accepts(&Value::Null)) {
        Meaning::None
    } else if !is_custom && field.has_null() {
        Meaning::Null
    } else {
        Meaning::Nothing
    }
}

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
        let mut unsure = self.missing_arguments(tool, key, &given);
        let mut forms = IndexMap::with_capacity(given.len());
        for (name, name_span, value) in &given {
            let Some(field) = tool.args().field(name) else {
                self.unknown_argument(tool, name, *name_span);
                // What it may have meant is given, then, for the rules about several arguments.
                let names = tool.args().fields.iter().map(|it| it.name.as_str());
                unsure.extend(nearest(name, names).map(str::to_owned));
                continue;
            };
            if matches!(value.kind, Kind::Null) {
                match null(tool, field) {
                    Meaning::None => {
                        self.null_at(name, *name_span);
                        unsure.push((*name).to_owned());
                    }
                    Meaning::Nothing => {}
                    Meaning::Null => {
                        let form = Spanned::new(Form::Literal(Value::Null), value.span);
                        forms.insert((*name).to_owned(), form);
                    }
                }
                continue;
            }
            self.comment_in_command(tool, field, value);
            let broken = self.broken;
            if field.role == Some(Role::TemplateFile) {
                unsure.push((*name).to_owned());
                if let Some(Named::Template(form)) = self.template_file(name, value) {
                    forms.insert((*name).to_owned(), form);
                }
                continue;
            }
            let form = self.argument(tool, field, value);
            if form.is_none() || broken != self.broken {
                unsure.push((*name).to_owned());
            }
            if let Some(form) = form {
                forms.insert((*name).to_owned(), form);
            }
        }
        if !has_expressions(tool) {
            self.check_known(tool, &forms, &unsure, node);
        }
        let form = values::map(forms);
        Spanned::new(form, span)
    }

    /// What was given by name, shorthands spelled out.
    fn given<'n>(&mut self, tool: &'n ToolEntry, key: Span, node: &'n Node) -> Option<Arguments<'n>> {
        match (&node.kind, tool.shorthand.as_deref()) {
            (Kind::Map(entries), _) => Some(
                entries
                    .iter()
                    .map(|(name, value)| (name.value.as_str(), name.span, value))
                    .collect(),
            ),
            (Kind::Null, _) if tool.args().fields.iter().all(|it| !it.required) => Some(Vec::new()),
            (Kind::Null, _) => {
                self.null_at(&tool.name, key);
                None
            }
            (Kind::Seq(_), Some(name)) if tool.args().field(name).is_some_and(takes_list) => {
                Some(vec![(name, node.span, node)])
            }
            (Kind::Seq(_), _) | (_, None) => {
                self.wrong_type(&tool.name, "a map of arguments", node);
                None
            }
            (_, Some(name)) => Some(vec![(name, node.span, node)]),
        }
    }

    /// Says which required arguments are not given; gives them.
    fn missing_arguments(&mut self, tool: &ToolEntry, key: Span, given: &Arguments<'_>) -> Vec<String> {
        let is_given = |name: &str| given.iter().any(|(it, ..)| *it == name);
        let fields = tool.args().fields.iter();
        let missing: Vec<String> = fields
            .filter(|field| field.required && !is_given(&field.name))
            .map(|field| field.name.clone())
            .collect();
        // One that is misspelled is told as that, and is not missing as well.
        let names = || tool.args().fields.iter().map(|it| it.name.as_str());
        let meant: Vec<_> = given
            .iter()
            .filter(|(name, ..)| tool.args().field(name).is_none())
            .filter_map(|(name, ..)| nearest(name, names()))
            .collect();
        let told = missing.iter().filter(|it| !meant.contains(&it.as_str()));
        let shown: Vec<_> = told.map(|it| format!("`{it}`")).collect();
        if shown.is_empty() {
            return missing;
        }
        self.diagnostics.push(
            Diagnostic::error(
                Code::MissingArgument,
                format!("`{}` needs {}", tool.name, shown.join(" and ")),
            )
            .at(key),
        );
        missing
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
            error = error.help(if known.is_empty() {
                "It takes none.".to_owned()
            } else {
                format!("It takes {}.", known.join(", "))
            });
        }
        self.diagnostics.push(error);
    }

    /// One argument as a form, after its role.
    fn argument(&mut self, tool: &ToolEntry, field: &Field, node: &Node) -> Option<Spanned<Form>> {
        match field.role {
            Some(Role::Expression) => self.expressions(&field.name, node),
            role => {
                let owner = Owner {
                    name: &tool.name,
                    code: Code::InvalidArgument,
                };
                let good = self.typed(owner, &field.name, &field.of, node);
                let form = self.form(node);
                if role == Some(Role::ControllerFile) && good {
                    self.controller_file(&field.name, &form);
                }
                good.then(|| form.map(|form| suited(&field.of, form)))
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

    /// Arguments that are literal go through the tool's own reading, and through the rules that are about them alone.
    fn check_known(
        &mut self,
        tool: &ToolEntry,
        forms: &IndexMap<String, Spanned<Form>>,
        unsure: &[String],
        node: &Node,
    ) {
        let mut unknown: Vec<&str> = unsure.iter().map(String::as_str).collect();
        let mut known = Map::new();
        for (name, form) in forms {
            match form.value.literal() {
                _ if unsure.contains(name) => {}
                Some(value) => drop(known.insert(name.clone(), value.clone())),
                None => {
                    unknown.push(name);
                    self.check_parts(tool, name, form, node);
                }
            }
        }
        for error in tool.check_known(&known, &unknown) {
            self.wrong_argument(tool, &error, node);
        }
    }

    /// The literal items of a list of which others are templates.
    fn check_parts(&mut self, tool: &ToolEntry, name: &str, form: &Spanned<Form>, node: &Node) {
        let Form::List(items) = &form.value else { return };
        for (index, item) in items.iter().enumerate() {
            let Some(value) = item.value.literal() else {
                continue;
            };
            let known = Map::from([(name.to_owned(), Value::List(vec![value.clone()]))]);
            let required = tool
                .args()
                .fields
                .iter()
                .filter(|it| it.required && it.name != name);
            let required: Vec<&str> = required.map(|it| it.name.as_str()).collect();
            for mut error in tool.check_known(&known, &required) {
                // A rule about the whole list is not one about the item: nobody knows the others.
                if let Some(rest) = error.path.strip_prefix(&format!("{name}[0]")) {
                    error.path = format!("{name}[{index}]{rest}");
                    self.wrong_argument(tool, &error, node);
                }
            }
        }
    }

    fn wrong_argument(&mut self, tool: &ToolEntry, error: &value::Error, node: &Node) {
        let path = error.path.trim_matches('.');
        let place = at_path(node, &error.path).unwrap_or(node.span);
        self.error(Code::InvalidArgument, wrong(tool, path, &error.message), place);
    }

    /// A plain command line ends where a comment begins, which is seldom meant.
    fn comment_in_command(&mut self, tool: &ToolEntry, field: &Field, node: &Node) {
        let Kind::Str(text) = &node.kind else { return };
        let is_command = field.role == Some(Role::Command)
            || (tool.name.starts_with("exec.") && tool.shorthand.as_deref() == Some(field.name.as_str()));
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

fn takes_list(field: &Field) -> bool {
    let is_list = |it: &Type| matches!(it, Type::List(_) | Type::Any);
    match &field.of {
        Type::Union(options) => options.iter().any(is_list),
        _ if field.role == Some(Role::Expression) => true,
        it => is_list(it),
    }
}

fn has_expressions(tool: &ToolEntry) -> bool {
    let mut roles = tool.args().fields.iter().map(|field| field.role);
    roles.any(|role| role == Some(Role::Expression))
}

/// What is wrong with an argument, in words; `path` leads to the part of it.
pub(super) fn wrong(tool: &ToolEntry, path: &str, message: &str) -> String {
    if path.is_empty() {
        format!("`{}`: {message}", tool.name)
    } else {
        format!("`{path}` of `{}`: {message}", tool.name)
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
