//! Inventories of literals.

use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostics};
use crate::inventory::{Builder, Connection, Inventory, Pattern, Transport};
use crate::name::HostName;
use crate::source::{SourceMap, Span, Spanned};

/// Code, message, the marked texts and the help of a diagnostic.
type Found = (Code, String, Vec<String>, String);

/// Each line `name: words`; a host where the name begins with `@`, its words its groups; a group otherwise, its words
/// patterns, and children where they begin with `+`.
fn build(text: &str) -> (Inventory, Vec<Found>) {
    let mut sources = SourceMap::default();
    let source = sources.add(Path::new("site.yml"), text);
    let mut diagnostics = Diagnostics::default();
    let mut builder = Builder::default();
    let word = |word: &str| {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        Spanned::new(word.to_owned(), Span::new(source, at, at + word.len()))
    };
    let source_text = Arc::clone(&sources.source(source).text);
    assert_eq!(&*source_text, text);
    for line in text.lines() {
        let (name, words) = line.split_once(':').unwrap();
        let (children, others): (Vec<_>, Vec<_>) = words.split_whitespace().partition(|w| w.starts_with('+'));
        let others = others.into_iter().map(word).collect();
        if let Some(name) = name.strip_prefix('@') {
            let name = word(name).map(|name| HostName::new(&name).unwrap());
            builder.add_host(
                name,
                Connection::default(),
                Arc::default(),
                others,
                &mut diagnostics,
            );
        } else {
            let children = children.into_iter().map(|child| word(&child[1..])).collect();
            builder.add_group(word(name), Arc::default(), others, children, &mut diagnostics);
        }
    }
    let inventory = builder.finish(&mut diagnostics);
    let found = diagnostics.sorted().into_iter().map(|d| {
        let marked = d
            .labels
            .iter()
            .map(|label| sources.text(label.span).to_owned())
            .collect();
        (
            d.code,
            d.message.clone(),
            marked,
            d.help.clone().unwrap_or_default(),
        )
    });
    (inventory, found.collect())
}

fn hosts(inventory: &Inventory, group: &str) -> String {
    let group = &inventory.groups[inventory.group_names[group]];
    let names: Vec<_> = group
        .hosts
        .iter()
        .map(|id| inventory.host(*id).name.as_str())
        .collect();
    names.join(" ")
}

#[test]
fn membership_comes_from_patterns_ranges_hosts_and_children() {
    let (inventory, found) = build(
        "top: +web +db\nweb: web[1:2] web9\ndb: db*\n@web1: edge\n@web2:\n@web9:\n@db1: edge\n@other:\nnone:",
    );
    assert_eq!(found, []);
    assert_eq!(hosts(&inventory, "web"), "web1 web2 web9");
    assert_eq!(hosts(&inventory, "db"), "db1");
    assert_eq!(hosts(&inventory, "edge"), "web1 db1");
    assert_eq!(hosts(&inventory, "top"), "web1 web2 web9 db1");
    assert_eq!(hosts(&inventory, "none"), "");
    let web1 = inventory.host(inventory.host_names["web1"]);
    let groups: Vec<_> = web1
        .groups
        .iter()
        .map(|at| inventory.groups[*at].name.as_str())
        .collect();
    assert_eq!(groups, ["edge", "top", "web"]);
    let (selected, errors) = Pattern::parse("top:!edge").unwrap().select(&inventory);
    assert_eq!((selected.len(), errors.len()), (2, 0));
}

#[test]
fn depth_is_the_longest_way_from_the_top() {
    let (inventory, found) = build("d:\nc: +d\nb: +c\na: +b +d");
    assert_eq!(found, []);
    let depth = |name: &str| inventory.groups[inventory.group_names[name]].depth;
    assert_eq!(["a", "b", "c", "d"].map(depth), [0, 1, 2, 3]);
}

#[test]
fn localhost_is_always_there_and_local_unless_declared() {
    let (inventory, _) = build("@web1:");
    let id = inventory.host_names["localhost"];
    assert!(inventory.is_implicit(id));
    assert_eq!(inventory.host(id).connection.transport, Transport::Local);
    assert_eq!(inventory.all().count(), 1);
    let (inventory, _) = build("@localhost:");
    assert_eq!((inventory.implicit, inventory.hosts.len()), (None, 1));
}

#[test]
fn every_mistake_is_marked() {
    for (text, code, message, marked, help) in [
        (
            "@a:\n@a:",
            Code::DuplicateName,
            "the host `a` is declared twice",
            &["a", "a"][..],
            "",
        ),
        (
            "@a:\na:",
            Code::AmbiguousName,
            "`a` is both a host and a group",
            &["a", "a"],
            "Rename one of them, so that a pattern means only one thing.",
        ),
        (
            "@web1:\ng: wbe1",
            Code::EmptyPattern,
            "`wbe1` is not a host or group",
            &["wbe1"],
            "Did you mean `web1`?",
        ),
        (
            "g:\nh: g",
            Code::EmptyPattern,
            "`g` is not a host or group",
            &["g"],
            "`g` is a group: list it under `children`.",
        ),
        (
            "@a:\ng: a,~(",
            Code::InvalidPattern,
            "`~(` is not a regular expression",
            &["~("],
            "The expression has a fault: unclosed group.",
        ),
        (
            "@web1:\ng: web[1:2]",
            Code::UnknownHost,
            "`web[1:2]` stands for `web2`, which is no host",
            &["web[1:2]"],
            "",
        ),
        (
            "web:\ng: +wb",
            Code::UnknownGroup,
            "`wb` is not a group",
            &["wb"],
            "Did you mean `web`?",
        ),
        (
            "@web:\ng: +web",
            Code::UnknownGroup,
            "`web` is not a group",
            &["web"],
            "It is a host: list it under `hosts`.",
        ),
        (
            "g: +g",
            Code::DependencyCycle,
            "the group `g` contains itself",
            &["g"],
            "Remove one of these children.",
        ),
        (
            "a: +b\nb: +c\nc: +a\nd: +a",
            Code::DependencyCycle,
            "the group `b` contains itself",
            &["b", "c", "a"],
            "Remove one of these children.",
        ),
        (
            "a b:",
            Code::InvalidName,
            "`a b` is no name for a group",
            &["a b"],
            "Use letters, digits, `_`, `-` and `.`.",
        ),
    ] {
        let (_, found) = build(text);
        let marked: Vec<_> = marked.iter().map(|it| (*it).to_owned()).collect();
        assert_eq!(
            found,
            [(code, message.to_owned(), marked, help.to_owned())],
            "{text}"
        );
    }
    assert_eq!(build("all:").1[0].0, Code::ReservedName);
}
