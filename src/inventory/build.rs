//! Declared hosts and groups to a checked inventory.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest};
use crate::inventory::pattern::{Pattern, PatternError};
use crate::inventory::range::expand;
use crate::inventory::tree::Tree;
use crate::inventory::{Connection, Host, Inventory};
use crate::name::{HostId, HostName};
use crate::source::{Span, Spanned};
use crate::template::Variables;

/// Names that patterns give a meaning of their own.
const RESERVED: [&str; 2] = ["all", "ungrouped"];

/// The places of `all` and `ungrouped` among the groups.
pub(in crate::inventory) const ALL: usize = 0;
pub(in crate::inventory) const UNGROUPED: usize = 1;

/// Gathers hosts and groups in any order.
#[derive(Debug)]
pub struct Builder {
    pub(in crate::inventory) inventory: Inventory,
    pub(in crate::inventory) groups: IndexMap<String, Declared>,
    /// How many of the hosts the playbook itself declares: they come first, as written.
    pub(in crate::inventory) written: usize,
}

/// A group as written.
#[derive(Debug, Default)]
pub(in crate::inventory) struct Declared {
    pub(in crate::inventory) span: Option<Span>,
    pub(in crate::inventory) vars: Arc<Variables>,
    pub(in crate::inventory) priority: Option<i64>,
    patterns: Vec<Spanned<String>>,
    pub(in crate::inventory) children: Vec<Spanned<String>>,
    /// Hosts that name this group themselves.
    pub(in crate::inventory) members: Vec<HostId>,
}

impl Default for Builder {
    fn default() -> Self {
        let always = RESERVED.map(|name| (name.to_owned(), Declared::default()));
        Self {
            inventory: Inventory::default(),
            groups: always.into_iter().collect(),
            written: 0,
        }
    }
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
        self.written = id.index() + 1;
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
        let mut tree = Tree {
            own: self.members(diagnostics),
            children: self.children(diagnostics),
        };
        tree.root();
        let mut is_grouped = vec![false; self.inventory.hosts.len()];
        (tree.own[UNGROUPED + 1..].iter().flatten()).for_each(|host| is_grouped[host.index()] = true);
        tree.own[UNGROUPED].retain(|host| !is_grouped[host.index()]);
        let hosts = tree.hosts(self.inventory.hosts.len());
        self.check_ambiguous(&hosts, diagnostics);
        self.assemble(&tree, hosts)
    }

    fn check_ambiguous(&self, hosts: &[Vec<HostId>], diagnostics: &mut Diagnostics) {
        for (at, (name, group)) in self.groups.iter().enumerate() {
            let id = self.inventory.host_names.get(name);
            let host = id.map(|id| self.inventory.host(*id).span);
            if host.is_none() && name != "localhost" {
                continue;
            }
            // Where the group is that host and nothing else, every pattern means the same by either.
            let is_same = id.is_some_and(|id| hosts[at] == [*id]);
            let message = format!("`{name}` is both a host and a group");
            let mut diagnostic = if is_same {
                Diagnostic::warning(Code::AmbiguousName, message)
            } else {
                Diagnostic::error(Code::AmbiguousName, message)
            }
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
            let mut seen = HashSet::with_capacity(hosts.len());
            hosts.retain(|host| seen.insert(*host));
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
                    graph.update_edge(nodes[at], nodes[to], child);
                    continue;
                }
                let message = format!("`{}` is not a group", child.value);
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

/// The part of a text in the source, where it is there as it is, quoted or not.
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
