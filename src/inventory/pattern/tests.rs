//! Patterns over a small inventory.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::inventory::pattern::Pattern;
use crate::inventory::{Connection, Group, Host, Inventory};
use crate::name::{HostId, HostName};

/// Hosts, and groups with the places of their hosts; `localhost` is implicit.
fn inventory(hosts: &[&str], groups: &[(&str, &[usize])]) -> Inventory {
    let mut inventory = Inventory::default();
    for name in hosts.iter().chain(&["localhost"]) {
        let id = HostId::at(inventory.hosts.len());
        inventory.host_names.insert((*name).to_owned(), id);
        inventory.hosts.push(Host {
            name: HostName::new(name).unwrap(),
            span: None,
            connection: Connection::default(),
            vars: std::sync::Arc::default(),
            groups: (0..groups.len())
                .filter(|at| groups[*at].1.contains(&id.index()))
                .collect(),
        });
        inventory.implicit = Some(id);
    }
    for (name, hosts) in groups {
        inventory
            .group_names
            .insert((*name).to_owned(), inventory.groups.len());
        inventory.groups.push(Group {
            name: (*name).to_owned(),
            span: None,
            vars: std::sync::Arc::default(),
            own: hosts.iter().map(|at| HostId::at(*at)).collect(),
            hosts: hosts.iter().map(|at| HostId::at(*at)).collect(),
            children: Vec::new(),
            depth: 0,
            priority: 1,
        });
    }
    inventory
}

fn small() -> Inventory {
    inventory(
        &["web1", "web2", "web3", "db1", "db2", "lb.example.org", "fe80::1"],
        &[
            ("web", &[0, 1, 2]),
            ("db", &[3, 4]),
            ("staging", &[1, 4]),
            ("prod", &[0, 2, 3]),
            ("empty", &[]),
        ],
    )
}

fn names(inventory: &Inventory, ids: &[HostId]) -> String {
    let names: Vec<_> = ids.iter().map(|id| inventory.host(*id).name.as_str()).collect();
    names.join(" ")
}

#[test]
fn every_form_selects_in_the_order_of_the_inventory() {
    let inventory = small();
    for (text, expected) in [
        ("all", "web1 web2 web3 db1 db2 lb.example.org fe80::1"),
        ("*", "web1 web2 web3 db1 db2 lb.example.org fe80::1"),
        ("web", "web1 web2 web3"),
        ("web2", "web2"),
        ("db,web", "web1 web2 web3 db1 db2"),
        ("db:web1", "web1 db1 db2"),
        (" db , , web1 ", "web1 db1 db2"),
        ("web:&staging", "web2"),
        ("&staging:web", "web2"),
        ("web:!web1", "web2 web3"),
        ("!web1,web", "web2 web3"),
        ("!web", "db1 db2 lb.example.org fe80::1"),
        ("&staging", "web2 db2"),
        ("web:db:&staging:!db*", "web2"),
        ("web*", "web1 web2 web3"),
        ("web?", "web1 web2 web3"),
        ("web[13]*", "web1 web3"),
        ("web[!1]*", "web2 web3"),
        ("?b[2]*", "db2"),
        ("*.example.org", "lb.example.org"),
        ("lb.example.org", "lb.example.org"),
        ("st*", "web2 db2"),
        ("~web[12]$", "web1 web2"),
        ("~(web|db)1", "web1 db1"),
        ("~eb", ""),
        ("~web(?:1|2)$:db1", "web1 web2 db1"),
        ("!~web\\d", "db1 db2 lb.example.org fe80::1"),
        ("web[0]", "web1"),
        ("web[-1]", "web3"),
        ("web[1:2]", "web2 web3"),
        ("web[1-2]", "web2 web3"),
        ("web[1:]", "web2 web3"),
        ("web[:1]", "web1 web2"),
        ("web[-2:]", "web2 web3"),
        ("web[1:99]", "web2 web3"),
        ("all[0]", "web1"),
        ("*[-1]", "fe80::1"),
        ("web:!web[0]", "web2 web3"),
        ("web[0]:db[0]", "web1 db1"),
        ("fe80::1", "fe80::1"),
        ("localhost", "localhost"),
        ("local*", ""),
        ("web,localhost", "web1 web2 web3 localhost"),
        ("ungrouped", "lb.example.org fe80::1"),
    ] {
        let (hosts, errors) = Pattern::parse(text).unwrap().select(&inventory);
        assert_eq!(names(&inventory, &hosts), expected, "{text}");
        assert_eq!(errors.is_empty(), !expected.is_empty(), "{text} {errors:?}");
    }
}

#[test]
fn a_part_that_matches_nothing_is_marked_with_what_was_meant() {
    let inventory = small();
    for (text, marked, message, help) in [
        (
            "web,wbe",
            "wbe",
            "`wbe` is not a host or group",
            "Did you mean `web`?",
        ),
        (
            "web,!stagin",
            "!stagin",
            "`stagin` is not a host or group",
            "Did you mean `staging`?",
        ),
        (
            "web,&nonsense",
            "&nonsense",
            "`nonsense` is not a host or group",
            "",
        ),
        ("mail*,web", "mail*", "`mail*` matches no host or group", ""),
        (
            "web[7]",
            "web[7]",
            "`web[7]` is past the end of the group `web`",
            "It has 3 hosts, counted from 0.",
        ),
        (
            "web[-4]",
            "web[-4]",
            "`web[-4]` is past the end of the group `web`",
            "It has 3 hosts, counted from 0.",
        ),
        ("empty", "empty", "the group `empty` has no hosts", ""),
        (
            "lb[0:1]",
            "lb[0:1]",
            "`lb` is not a group",
            "A subscript selects by position in a group; `lb*` selects by name.",
        ),
    ] {
        let (_, errors) = Pattern::parse(text).unwrap().select(&inventory);
        let [error] = &*errors else {
            panic!("{text}: {errors:?}")
        };
        assert_eq!(&text[error.range.clone()], marked);
        assert_eq!(error.message, message);
        assert_eq!(error.help.as_deref().unwrap_or(""), help, "{text}");
    }
}

#[test]
fn malformed_parts_are_all_reported() {
    for (text, marked) in [
        ("", ""),
        (" , ", " , "),
        ("web,!", "!"),
        ("web db", "web db"),
        ("a,~web(", "~web("),
        ("web[abc", "web[abc"),
        ("~(a{1000}){1000}", "~(a{1000}){1000}"),
    ] {
        let errors = Pattern::parse(text).unwrap_err();
        assert_eq!(&text[errors[0].range.clone()], marked, "{errors:?}");
    }
    assert_eq!(Pattern::parse("!,a b,~(").unwrap_err().len(), 3);
}

#[test]
fn many_hosts_are_matched_quickly() {
    let names: Vec<_> = (0..10_000).map(|n| format!("web{n:05}.example.org")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let inventory = inventory(&names, &[]);
    let start = Instant::now();
    let (hosts, _) = Pattern::parse("web*,!~web0\\d*9,!*[13].example.org")
        .unwrap()
        .select(&inventory);
    assert!(hosts.len() > 1000);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[a-cé0-2 ,:&!~*?\\[\\](){}\\\\-]{0,20}") {
        match Pattern::parse(&text) {
            Ok(pattern) => {
                for error in pattern.select(&small()).1 {
                    prop_assert!(text.get(error.range).is_some());
                }
            }
            Err(errors) => {
                for error in errors {
                    prop_assert!(text.get(error.range).is_some());
                }
            }
        }
    }
}
