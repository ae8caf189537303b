//! Tools that a file brings along: what it declares of them, and which of them its calls see.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::argument::Owner;
use crate::playbook::foreign;
use crate::playbook::input::{Meaning, absolute};
use crate::playbook::keys::Site;
use crate::playbook::read::{Fields, Reading};
use crate::playbook::unit::ENVELOPE;
use crate::playbook::values::data;
use crate::source::Spanned;
use crate::tool::{Area, Custom, Declared, Entry, Field, Footprint, LARGEST_CUSTOM, Registry, normalize};
use crate::value::Value;
use crate::yaml::{Kind, Node};

/// Whether a file sees the tools of the file that imports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scoping {
    /// It does, as rounds do.
    Open,
    /// It sees its own, as a unit does.
    Closed,
}

/// The tools that a file brings along.
#[derive(Debug)]
pub(super) struct OwnTools {
    scoping: Scoping,
    tools: Registry,
}

/// What a method has in common with the others of its tool.
struct Above<'a> {
    namespace: &'a str,
    src: PathBuf,
    description: String,
}

impl Reading<'_> {
    /// Reads what a file brings along. Its calls see them until they are popped.
    pub(super) fn own_tools(&mut self, fields: &Fields<'_>, scoping: Scoping) {
        let mut tools = Vec::new();
        if let Some(node) = fields.get("tools") {
            match &node.kind {
                Kind::Map(entries) => {
                    for (name, node) in entries {
                        self.own_tool(name, node, &mut tools);
                    }
                }
                _ => self.wrong_type("tools", "a map of names to tools", node),
            }
        }
        let tools = tools.into_iter().collect();
        self.own_tools.push(OwnTools { scoping, tools });
    }

    fn own_tool(&mut self, name: &Spanned<String>, node: &Node, tools: &mut Vec<Entry>) {
        let mut good = self.identifier("a tool", name);
        if self.registry.namespaces().any(|it| it == name.value) {
            let message = format!("`{}` is what names of built-in tools begin with", name.value);
            self.diagnostics.push(
                Diagnostic::error(Code::ReservedName, message)
                    .at(name.span)
                    .help("Choose another name."),
            );
            good = false;
        }
        let Some(fields) = self.fields(Site::Tool, &name.value, node) else {
            return;
        };
        let description = self.text(&fields, "description").map(|it| it.value);
        let src = self.executable(name, &fields);
        let Some(node) = fields.get("methods") else {
            if !fields.is_empty("methods") {
                self.missing_of(name, "methods");
            }
            return;
        };
        let Kind::Map(methods) = &node.kind else {
            self.wrong_type("methods", "a map of names to methods", node);
            return;
        };
        if methods.is_empty() {
            self.missing_of(name, "methods");
        }
        let above = Above {
            namespace: &name.value,
            src: src.unwrap_or_default(),
            description: description.unwrap_or_default(),
        };
        for (method, node) in methods {
            let is_named = self.identifier("a method", method);
            let entry = self.method(&above, method, node);
            if good && is_named {
                tools.extend(entry);
            }
        }
    }

    fn missing_of(&mut self, name: &Spanned<String>, key: &str) {
        let message = format!("the tool `{}` has no `{key}`", name.value);
        self.diagnostics.push(
            Diagnostic::error(Code::MissingKey, message)
                .at(name.span)
                .help("A tool has `src`, the executable, and `methods`, what it can be asked to do."),
        );
    }

    /// The executable of a tool, which must be there.
    fn executable(&mut self, name: &Spanned<String>, fields: &Fields<'_>) -> Option<PathBuf> {
        let Some(node) = fields.get("src") else {
            if !fields.is_empty("src") {
                self.missing_of(name, "src");
            }
            return None;
        };
        let written = self.text_of("src", node)?;
        let folder = self.sources.folder(written.span.source);
        let path = absolute(folder, &written.value);
        let (code, what) = match fs::metadata(&path) {
            Ok(meta) if !meta.is_file() => (Code::UnreadableFile, "is not a file".to_owned()),
            Ok(meta) if meta.len() > LARGEST_CUSTOM => {
                (Code::UnreadableFile, "has more than 64 MiB".to_owned())
            }
            Ok(_) => return Some(path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                (Code::MissingFile, "does not exist".to_owned())
            }
            Err(error) => (Code::UnreadableFile, format!("cannot be read: {error}")),
        };
        let shown = self.beside(written.span, &written.value);
        let message = format!("`src` names `{}`, which {what}", shown.display());
        self.error(code, message, written.span);
        None
    }

    fn method(&mut self, above: &Above<'_>, method: &Spanned<String>, node: &Node) -> Option<Entry> {
        let fields = self.fields(Site::Method, &method.value, node)?;
        let name = format!("{}.{}", above.namespace, method.value);
        let description = self.text(&fields, "description").map(|it| it.value);
        let args = self.declarations(&name, Site::Argument, &fields);
        let returns = self.declarations(&name, Site::Returned, &fields);
        let checks = self.flag(&fields, "check").unwrap_or(false);
        let touches = Footprint {
            reads: self.touched(&fields, "reads"),
            writes: self.touched(&fields, "writes"),
        };
        if checks && touches.is_read_only() {
            self.diagnostics.push(
                Diagnostic::error(Code::NotOnThisEntry, "`check` does nothing next to `writes: []`")
                    .at(fields.key_span("check"))
                    .help("What only reads runs in check mode as ever: leave `check` out."),
            );
        }
        let custom = Custom {
            src: above.src.clone(),
            method: method.value.clone(),
            args,
            returns,
            checks,
        };
        let doc = description.unwrap_or_else(|| above.description.clone());
        Some(Entry::of_custom(name, doc, touches, custom))
    }

    /// Absolute paths on hosts; everything where they are not said.
    fn touched(&mut self, fields: &Fields<'_>, key: &str) -> Area {
        let Some(paths) = self.texts(fields, key) else {
            return Area::Everything;
        };
        for path in paths.iter().filter(|path| !path.value.starts_with('/')) {
            let message = format!(
                "`{key}` takes absolute paths, not `{}`",
                path.value.escape_debug()
            );
            self.error(Code::InvalidArgument, message, path.span);
        }
        Area::Paths(paths.iter().map(|path| normalize(&path.value)).collect())
    }

    /// `args` or `returns` of a method.
    fn declarations(&mut self, tool: &str, site: Site, fields: &Fields<'_>) -> Vec<Declared> {
        let key = if site == Site::Argument { "args" } else { "returns" };
        let Some(node) = fields.get(key) else {
            return Vec::new();
        };
        let Kind::Map(entries) = &node.kind else {
            self.wrong_type(key, "a map of names to types", node);
            return Vec::new();
        };
        let mut declared = Vec::with_capacity(entries.len());
        for (name, node) in entries {
            let it = self.declaration(tool, site, name, node);
            if self.declared_name(site, name) {
                declared.extend(it);
            }
        }
        declared
    }

    fn declared_name(&mut self, site: Site, name: &Spanned<String>) -> bool {
        // A tool may have a status of its own.
        let is_reserved = |name: &str| name == "item" || (name != "status" && ENVELOPE.contains(&name));
        if site == Site::Returned && is_reserved(&name.value) {
            let message = format!("every result has `{}`: it cannot be declared", name.value);
            self.diagnostics.push(
                Diagnostic::error(Code::ReservedName, message)
                    .at(name.span)
                    .help("Choose another name."),
            );
            return false;
        }
        self.identifier(site.name(), name)
    }

    /// The name of a type, or a type with what else is said.
    fn declaration(
        &mut self,
        tool: &str,
        site: Site,
        name: &Spanned<String>,
        node: &Node,
    ) -> Option<Declared> {
        let mut declared = Declared {
            field: Field {
                name: name.value.clone(),
                of: crate::tool::Type::Any,
                required: true,
                default: None,
                doc: String::new(),
                role: None,
                is_path: false,
            },
            choices: Vec::new(),
        };
        let field = &mut declared.field;
        if matches!(node.kind, Kind::Str(_)) {
            field.of = self.plain_type(&name.value, node);
            return Some(declared);
        }
        let fields = self.fields(site, &name.value, node)?;
        field.doc = self
            .text(&fields, "description")
            .map_or(String::new(), |it| it.value);
        let (of, meaning, choices) = self.declared_type(&fields);
        if let (true, Some(node)) = (meaning != Meaning::Plain, fields.get("type")) {
            self.not_of_an_input(node);
        }
        (field.of, declared.choices) = (of, choices);
        let required = self.flag(&fields, "required");
        if let Some(node) = fields.get("default") {
            if required == Some(true) {
                let message = format!("`{}` has a default: it is not required", name.value);
                self.error(Code::WrongType, message, fields.key_span("required"));
            }
            let default = self.default(tool, &declared, node);
            declared.field.default = default.and_then(|it| serde_json::to_value(it).ok());
            declared.field.required = false;
        } else {
            declared.field.required = required.unwrap_or(true) && !fields.is_empty("default");
        }
        Some(declared)
    }

    fn default(&mut self, tool: &str, declared: &Declared, node: &Node) -> Option<Value> {
        if let Kind::Str(_) = node.kind {
            self.text_of("default", node)?;
        }
        let owner = Owner {
            name: tool,
            code: Code::InvalidArgument,
        };
        let name = &declared.field.name;
        let value = data(node);
        if !self.typed(owner, name, &declared.field.of, node) {
            return None;
        }
        if !declared.choices.is_empty() && !declared.choices.contains(&value) {
            let message = format!("the default of `{name}` is not in its `enum`");
            self.error(Code::InvalidArgument, message, node.span);
            return None;
        }
        Some(value)
    }

    /// The tools that calls see besides the built-in ones, the nearest first.
    fn visible(&self) -> impl Iterator<Item = &Registry> {
        let mut is_open = true;
        let seen = self.own_tools.iter().rev().take_while(move |own| {
            let was_open = is_open;
            is_open = own.scoping == Scoping::Open;
            was_open
        });
        seen.map(|own| &own.tools)
    }

    /// A tool by name, as calls of the file that is being read see it.
    pub(super) fn tool(&self, name: &str) -> Option<Arc<Entry>> {
        let own = self.visible().find_map(|tools| tools.get(name));
        own.or_else(|| self.registry.get(name)).cloned()
    }

    /// The names of all tools that calls of the file see.
    pub(super) fn tool_names(&self) -> Vec<&str> {
        let own = self.visible().flat_map(Registry::names);
        self.registry.names().chain(own).collect()
    }

    /// Says that no tool has this name, and which may be meant.
    pub(super) fn unknown_tool(&self, name: &Spanned<String>) -> Diagnostic {
        let names = self.tool_names();
        let error =
            Diagnostic::error(Code::UnknownTool, format!("there is no tool `{}`", name.value)).at(name.span);
        if let Some(instead) = foreign::module(&name.value) {
            return foreign::renamed(error.help(instead), &name.value);
        }
        let error = error.did_you_mean(&name.value, names.iter().copied());
        if error.help.is_some() {
            return error;
        }
        if self
            .own_tools
            .iter()
            .any(|own| own.tools.get(&name.value).is_some())
        {
            return error
                .help("A unit does not see the tools of what imports it: declare it in its own `tools`.");
        }
        let (namespace, method) = name.value.split_once('.').unwrap_or((&name.value, ""));
        let has = |wanted: &dyn Fn(&str, &str) -> bool| -> Vec<String> {
            let parts = names.iter().filter_map(|it| Some((it, it.split_once('.')?)));
            parts
                .filter(|(_, (space, verb))| wanted(space, verb))
                .map(|(it, _)| format!("`{it}`"))
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
}
