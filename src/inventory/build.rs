//! Declared hosts and groups to a checked inventory.

use std::sync::Arc;

use indexmap::IndexMap;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::inventory::pattern::{Pattern, PatternError};
use crate::inventory::range::expand;
use crate::inventory::{Connection, Group, Host, Inventory, Transport};
use crate::name::{HostId, HostName};
use crate::source::{Span, Spanned};
use crate::template::Variables;

/// Names that patterns give a meaning of their own.
const RESERVED: [&str; 2] = ["all", "ungrouped"];

/// Gathers hosts and groups in any order.
#[derive(Debug, Default)]
pub struct Builder {
    inventory: Inventory,
    groups: IndexMap<String, Declared>,
}

/// A group as written.
#[derive(Debug, Default)]
struct Declared {
    span: Option<Span>,
    vars: Arc<Variables>,
    patterns: Vec<Spanned<String>>,
    children: Vec<Spanned<String>>,
    /// Hosts that name this group themselves.
    members: Vec<HostId>,
}

impl Builder {
    /// Adds a host with the groups that it names itself; a group that is declared nowhere exists by that. A second
    /// host of one name is a diagnostic.
    pub fn add_host(
        &mut self,
        name: Spanned<HostName>,
        connection: Connection,
        vars: Arc<Variables>,
        groups: Vec<Spanned<String>>,
        diagnostics: &mut Diagnostics,
    ) {
        let id = HostId::at(self.inventory.hosts.len());
        let text = name.value.as_str();
        if let Some(first) = self.inventory.host_names.get(text) {
            let mut diagnostic = Diagnostic::error(
                Code::DuplicateName,
                format!("the host `{text}` is declared twice"),
            )
            .label(name.span, "again here");
            if let Some(span) = self.inventory.host(*first).span {
                diagnostic = diagnostic.label(span, "first here");
            }
            diagnostics.push(diagnostic);
            return;
        }
        self.inventory.host_names.insert(text.to_owned(), id);
        self.inventory.hosts.push(Host {
            name: name.value,
            span: Some(name.span),
            connection,
            vars,
            groups: Vec::new(),
        });
        for group in groups {
            if check_name(&group, diagnostics) {
                let declared = self.groups.entry(group.value).or_default();
                declared.span.get_or_insert(group.span);
                declared.members.push(id);
            }
        }
    }

    /// Adds a group: patterns or ranges over hosts, and the names of groups that are part of it. Declared again, it
    /// is a diagnostic.
    pub fn add_group(
        &mut self,
        name: Spanned<String>,
        vars: Arc<Variables>,
        patterns: Vec<Spanned<String>>,
        children: Vec<Spanned<String>>,
        diagnostics: &mut Diagnostics,
    ) {
        if !check_name(&name, diagnostics) {
            return;
        }
        let declared = self.groups.entry(name.value).or_default();
        declared.span = Some(name.span);
        declared.vars = vars;
        declared.patterns.extend(patterns);
        declared.children.extend(children);
    }

    /// Resolves who is in which group. What is wrong goes to `diagnostics`; the rest is built nevertheless.
    pub fn finish(self, diagnostics: &mut Diagnostics) -> Inventory {
        self.check_ambiguous(diagnostics);
        let mut members = self.members(diagnostics);
        let children = self.children(diagnostics);
        let order = order(&children);
        let mut depths = vec![0; self.groups.len()];
        for &parent in &order {
            for &child in &children[parent] {
                depths[child] = depths[child].max(depths[parent] + 1);
            }
        }
        for &parent in order.iter().rev() {
            for &child in &children[parent] {
                let of_child = members[child].clone();
                members[parent].extend(of_child);
            }
            members[parent].sort_unstable();
            members[parent].dedup();
        }
        self.assemble(members, &depths)
    }

    fn assemble(self, members: Vec<Vec<HostId>>, depths: &[usize]) -> Inventory {
        let mut inventory = self.inventory;
        for (at, ((name, declared), hosts)) in self.groups.into_iter().zip(members).enumerate() {
            for host in &hosts {
                inventory.hosts[host.index()].groups.push(at);
            }
            inventory.group_names.insert(name.clone(), at);
            let Declared { span, vars, .. } = declared;
            inventory.groups.push(Group {
                name,
                span,
                vars,
                hosts,
                depth: depths[at],
            });
        }
        let groups = &inventory.groups;
        for host in &mut inventory.hosts {
            host.groups
                .sort_by_key(|at| (groups[*at].depth, &groups[*at].name));
        }
        if !inventory.host_names.contains_key("localhost") {
            let id = HostId::at(inventory.hosts.len());
            inventory.hosts.push(Host {
                name: HostName::new("localhost").expect("`localhost` is a valid name"),
                span: None,
                connection: Connection {
                    transport: Transport::Local,
                    ..Connection::default()
                },
                vars: Arc::default(),
                groups: Vec::new(),
            });
            inventory.host_names.insert("localhost".to_owned(), id);
            inventory.implicit = Some(id);
        }
        inventory
    }

    fn check_ambiguous(&self, diagnostics: &mut Diagnostics) {
        for (name, group) in &self.groups {
            let host = self
                .inventory
                .host_names
                .get(name)
                .map(|id| self.inventory.host(*id).span);
            if host.is_none() && name != "localhost" {
                continue;
            }
            let mut diagnostic = Diagnostic::error(
                Code::AmbiguousName,
                format!("`{name}` is both a host and a group"),
            )
            .help("Rename one of them, so that a pattern means only one thing.");
            for (span, words) in [(group.span, "the group"), (host.flatten(), "the host")] {
                if let Some(span) = span {
                    diagnostic = diagnostic.label(span, words);
                }
            }
            diagnostics.push(diagnostic);
        }
    }

    /// The hosts that each group lists itself.
    fn members(&self, diagnostics: &mut Diagnostics) -> Vec<Vec<HostId>> {
        let resolve = |declared: &Declared| {
            let mut hosts = declared.members.clone();
            for pattern in &declared.patterns {
                hosts.extend(self.listed(pattern, diagnostics));
            }
            hosts.sort_unstable();
            hosts.dedup();
            hosts
        };
        self.groups.values().map(resolve).collect()
    }

    fn listed(&self, written: &Spanned<String>, diagnostics: &mut Diagnostics) -> Vec<HostId> {
        let text = &written.value;
        if let Some(host) = self.inventory.host_names.get(text) {
            return vec![*host];
        }
        if text.contains('[')
            && let Ok(names) = expand(text)
        {
            let unknown = names
                .iter()
                .find(|name| !self.inventory.host_names.contains_key(*name));
            if let Some(unknown) = unknown {
                let message = format!("`{text}` stands for `{unknown}`, which is no host");
                diagnostics.push(Diagnostic::error(Code::UnknownHost, message).at(written.span));
            }
            return names
                .iter()
                .filter_map(|name| self.inventory.host_names.get(name).copied())
                .collect();
        }
        // Groups are not known yet: a group's hosts are chosen among hosts.
        match Pattern::parse(text) {
            Ok(pattern) => {
                let (hosts, errors) = pattern.select(&self.inventory);
                for error in errors {
                    self.report(Code::EmptyPattern, error, written, diagnostics);
                }
                hosts
            }
            Err(errors) => {
                for error in errors {
                    self.report(Code::InvalidPattern, error, written, diagnostics);
                }
                Vec::new()
            }
        }
    }

    fn report(
        &self,
        code: Code,
        error: PatternError,
        written: &Spanned<String>,
        diagnostics: &mut Diagnostics,
    ) {
        let part = written
            .value
            .get(error.range.clone())
            .unwrap_or("")
            .trim_start_matches(['!', '&']);
        let help = if self.groups.contains_key(part) {
            Some(format!("`{part}` is a group: list it under `children`."))
        } else {
            error.help
        };
        let mut diagnostic = Diagnostic::error(code, error.message).at(part_of(written, &error.range));
        diagnostic.help = help;
        diagnostics.push(diagnostic);
    }

    /// The groups in each group, by their places; those that would close a circle left out.
    fn children(&self, diagnostics: &mut Diagnostics) -> Vec<Vec<usize>> {
        let mut graph = DiGraph::<usize, &Spanned<String>>::new();
        let nodes: Vec<_> = (0..self.groups.len()).map(|at| graph.add_node(at)).collect();
        for (at, declared) in self.groups.values().enumerate() {
            for child in &declared.children {
                if let Some(to) = self.groups.get_index_of(&child.value) {
                    graph.add_edge(nodes[at], nodes[to], child);
                    continue;
                }
                let message = format!("`{}` is no group", child.value);
                let diagnostic = Diagnostic::error(Code::UnknownGroup, message).at(child.span);
                diagnostics.push(if self.inventory.host_names.contains_key(&child.value) {
                    diagnostic.help("It is a host: list it under `hosts`.")
                } else {
                    match nearest(&child.value, self.groups.keys().map(String::as_str)) {
                        Some(name) => diagnostic.help(format!("Did you mean `{name}`?")),
                        None => diagnostic,
                    }
                });
            }
        }
        let mut component = vec![0; nodes.len()];
        for (number, group) in kosaraju_scc(&graph).into_iter().enumerate() {
            for node in group {
                component[node.index()] = number;
            }
        }
        let mut children = vec![Vec::new(); nodes.len()];
        let mut circles = IndexMap::<usize, Vec<&Spanned<String>>>::new();
        for edge in graph.raw_edges() {
            let (from, to) = (edge.source().index(), edge.target().index());
            if component[from] == component[to] {
                circles.entry(component[from]).or_default().push(edge.weight);
            } else {
                children[from].push(to);
            }
        }
        for circle in circles.values() {
            let mut diagnostic = Diagnostic::error(
                Code::DependencyCycle,
                format!("the group `{}` contains itself", circle[0].value),
            )
            .help("Remove one of these children.");
            for child in circle {
                diagnostic = diagnostic.label(child.span, format!("contains `{}`", child.value));
            }
            diagnostics.push(diagnostic);
        }
        children
    }
}

/// Every group after those that contain it.
fn order(children: &[Vec<usize>]) -> Vec<usize> {
    let mut waits = vec![0; children.len()];
    children.iter().flatten().for_each(|child| waits[*child] += 1);
    let mut order: Vec<usize> = (0..children.len()).filter(|at| waits[*at] == 0).collect();
    let mut next = 0;
    while let Some(&parent) = order.get(next) {
        next += 1;
        for &child in &children[parent] {
            waits[child] -= 1;
            if waits[child] == 0 {
                order.push(child);
            }
        }
    }
    order
}

fn check_name(name: &Spanned<String>, diagnostics: &mut Diagnostics) -> bool {
    let text = &name.value;
    if RESERVED.contains(&text.as_str()) {
        let message = format!("the group name `{text}` is reserved");
        let help = "It always stands for every host, or for those without a group. Give variables of all hosts under `vars`.";
        diagnostics.push(
            Diagnostic::error(Code::ReservedName, message)
                .at(name.span)
                .help(help),
        );
        return false;
    }
    let is_valid = !text.is_empty()
        && !text.starts_with('-')
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if !is_valid {
        let message = format!("`{}` is no name for a group", text.escape_debug());
        let help = "Use letters, digits, `_`, `-` and `.`.";
        diagnostics.push(
            Diagnostic::error(Code::InvalidName, message)
                .at(name.span)
                .help(help),
        );
    }
    is_valid
}

/// The part of a text in the source, where it stands there as it is, quoted or not.
fn part_of(written: &Spanned<String>, part: &std::ops::Range<usize>) -> Span {
    let span = written.span;
    let skipped = match span.len().checked_sub(written.value.len()) {
        Some(0) => 0,
        Some(2) => 1,
        _ => return span,
    };
    let start = span.start as usize + skipped;
    Span::new(span.source, start + part.start, start + part.end)
}
