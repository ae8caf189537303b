//! YAML inventories: groups with their hosts, variables and children.

use std::sync::Arc;

use crate::ansible::{Reading, address};
use crate::diagnostic::{Code, Diagnostic};
use crate::inventory::GroupId;
use crate::source::{Span, Spanned};
use crate::template::{Form, Variables};
use crate::value::Value;
use crate::yaml::{Kind, Node};

const KEYS: [&str; 3] = ["hosts", "vars", "children"];

impl Reading<'_> {
    /// Reads a tree of groups.
    pub(super) fn tree(&mut self, root: &Node) {
        let Kind::Map(groups) = &root.kind else {
            let message = match root.kind {
                Kind::Null => "the inventory is empty".to_owned(),
                _ => format!("an inventory is a map of groups, not {}", root.type_name()),
            };
            self.error(Code::InventoryFormat, message, root.span);
            return;
        };
        if let Some((key, plugin)) = groups.iter().find(|(key, _)| key.value == "plugin")
            && !matches!(plugin.kind, Kind::Map(_))
        {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::InventoryFormat,
                    "this configures a plugin of Ansible, and is no inventory",
                )
                .at(key.span)
                .help("Let `ansible-inventory --list` write its result, or call it from an executable inventory."),
            );
            return;
        }
        for (name, group) in groups {
            self.tree_group(name, group);
        }
    }

    fn tree_group(&mut self, name: &Spanned<String>, node: &Node) -> Option<GroupId> {
        let group = self.group(&name.value, name.span)?;
        let parts = match &node.kind {
            Kind::Null => return Some(group),
            Kind::Map(parts) => parts,
            _ => {
                let message = format!(
                    "the group `{}` must be a map, not {}",
                    name.value,
                    node.type_name()
                );
                self.error(Code::InventoryFormat, message, node.span);
                return Some(group);
            }
        };
        for (key, value) in parts {
            match key.value.as_str() {
                "hosts" => self.tree_hosts(group, value),
                "vars" => self.tree_vars(group, value),
                "children" => self.tree_children(group, value),
                other => self.diagnostics.push(
                    Diagnostic::error(
                        Code::InventoryFormat,
                        format!("a group has no key `{}`", other.escape_debug()),
                    )
                    .at(key.span)
                    .help("It has `hosts`, `vars` and `children`; Ansible skips everything else.")
                    .did_you_mean(other, KEYS),
                ),
            }
        }
        Some(group)
    }

    /// The entries of a part of a group; one text stands for one entry without a value.
    fn entries(&mut self, key: &str, node: &Node) -> Vec<(Spanned<String>, Option<Node>)> {
        match &node.kind {
            Kind::Null => Vec::new(),
            Kind::Str(text) => vec![(Spanned::new(text.text.clone(), node.span), None)],
            Kind::Map(entries) => (entries.iter())
                .map(|(key, value)| (key.clone(), Some(value.clone())))
                .collect(),
            _ => {
                let message = format!("`{key}` must be a map, not {}", node.type_name());
                let help = "Write each of them as a key, as in `web1:`, not as an entry of a list.";
                self.diagnostics.push(
                    Diagnostic::error(Code::InventoryFormat, message)
                        .at(node.span)
                        .help(help),
                );
                Vec::new()
            }
        }
    }

    fn tree_vars(&mut self, group: GroupId, node: &Node) {
        if matches!(node.kind, Kind::Str(_)) {
            return self.error(
                Code::InventoryFormat,
                "`vars` must be a map, not string",
                node.span,
            );
        }
        for (name, value) in self.entries("vars", node) {
            let value = value.map_or_else(
                || Spanned::new(Form::Literal(Value::Null), name.span),
                |it| self.values(it.span).node(&it),
            );
            if name.value == "ansible_group_priority" {
                self.priority(group, &value.value, value.span);
                continue;
            }
            self.variable_name(&name.value, name.span);
            self.builder.set_group_variable(group, name.value, value);
        }
    }

    fn tree_children(&mut self, group: GroupId, node: &Node) {
        for (name, value) in self.entries("children", node) {
            let nothing = Node {
                span: name.span,
                kind: Kind::Null,
            };
            if self.tree_group(&name, &value.unwrap_or(nothing)).is_some() {
                self.builder.add_child(group, name);
            }
        }
    }

    fn tree_hosts(&mut self, group: GroupId, node: &Node) {
        let Kind::Map(entries) = &node.kind else {
            for (name, _) in self.entries("hosts", node) {
                self.tree_host(group, &name.value, name.span, Variables::default());
            }
            return;
        };
        for (name, value) in entries {
            let vars = self.variables(value, &format!("the variables of `{}`", name.value));
            self.tree_host(group, &name.value, name.span, vars);
        }
    }

    fn tree_host(&mut self, group: GroupId, written: &str, span: Span, vars: Variables) {
        let (names, port) = match address::hosts(written) {
            Ok(found) => found,
            Err(error) => {
                let mut diagnostic = Diagnostic::error(Code::InvalidHost, error.message).at(span);
                diagnostic.help = error.help;
                self.diagnostics.push(diagnostic);
                return;
            }
        };
        let vars = Arc::new(vars);
        for name in names {
            let is_new = !self.builder.has_host(&name);
            let Some(host) = self.host(&name, span) else {
                return;
            };
            if let Some(port) = port.filter(|_| is_new) {
                let port = Spanned::new(Form::Literal(Value::Int(port.into())), span);
                let port = Variables::from_iter([("ansible_port".to_owned(), port)]);
                self.builder.set_host_variables(host, &Arc::new(port));
            }
            self.builder.set_host_variables(host, &vars);
            self.builder.put(host, group);
        }
    }

    /// Sets the priority that a group gives itself.
    pub(super) fn priority(&mut self, group: GroupId, form: &Form, span: Span) {
        let number = match form.literal() {
            Some(Value::Int(it)) => Some(*it),
            Some(Value::Float(it)) if it.is_finite() => format!("{:.0}", it.trunc()).parse().ok(),
            Some(Value::Str(it)) => it.trim().parse().ok(),
            _ => None,
        };
        match number {
            Some(number) => self.builder.set_priority(group, number),
            None => self.error(
                Code::InventoryFormat,
                "`ansible_group_priority` is a whole number",
                span,
            ),
        }
    }
}
