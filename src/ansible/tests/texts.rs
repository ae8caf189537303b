//! Whole inventories as texts: none makes a reader panic, and what they say of hosts is what it looks like.

use std::fmt::Write as _;
use std::fs;

use proptest::prelude::*;

use crate::ansible::{Gaps, Reading};
use crate::diagnostic::{Diagnostics, Severity};
use crate::inventory::{Builder, Connection, Inventory, Transport};
use crate::source::SourceMap;

/// Reads a text as the inventory of this name.
fn read(name: &str, text: &str) -> (Inventory, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    let (mut sources, mut diagnostics) = (SourceMap::default(), Diagnostics::default());
    let mut builder = Builder::default();
    let defaults = Connection::default();
    let mut reading = Reading {
        sources: &mut sources,
        diagnostics: &mut diagnostics,
        builder: &mut builder,
        defaults: &defaults,
        scripts: None,
        keys: None,
        gaps: Gaps::Told,
        named: None,
        folders: Vec::new(),
    };
    reading.source(name, folder.path(), None);
    let inventory = builder.finish(&mut diagnostics);
    let errors = diagnostics
        .sorted()
        .into_iter()
        .filter(|it| it.severity == Severity::Error)
        .map(|it| it.message.clone());
    (inventory, errors.collect())
}

#[test]
fn localhost_is_this_machine_unless_it_is_said_otherwise() {
    let (inventory, errors) = read("hosts", "localhost\nother\n");
    assert_eq!(errors, [""; 0]);
    let transport = |name: &str| {
        let id = inventory.host_names[name];
        inventory.host(id).connection.transport.clone()
    };
    assert_eq!(transport("localhost"), Transport::Local);
    assert_eq!(transport("other"), Transport::Ssh);
    assert_eq!(inventory.implicit, None);
}

#[test]
fn a_range_and_its_lines_are_bounded() {
    let (_, errors) = read("hosts", "a[0:99999][0:9]\n");
    assert_eq!(errors.len(), 1, "{errors:?}");
    let mut many = String::new();
    for n in 0..20_000 {
        let _ = writeln!(many, "h{n} x={n}");
    }
    let (inventory, errors) = read("hosts", &many);
    assert_eq!((inventory.hosts.len(), errors.len()), (20_001, 0));
}

proptest! {
    #[test]
    fn no_text_makes_an_ini_inventory_panic(
        text in "([\\[\\]:a-c0-2é='\"\\\\#; .{}$-]{0,12}\n|\\[[a-c]{0,2}(:vars|:children)?\\]\n|[a-c][=:][a-c1]{0,3}\n){0,8}"
    ) {
        let _read = read("hosts.ini", &text);
    }

    #[test]
    fn no_text_makes_a_yaml_inventory_panic(
        text in "((  ){0,3}(all|hosts|vars|children|a\\[1:2\\]|x|plugin|<<|- y)(: ?(yes|~|0644|!vault z|\\{\\}|\\{\\{ q \\}\\}|\"é\"|[a-c:&*!]{0,4}))?\n){0,8}"
    ) {
        let _read = read("hosts.yml", &text);
    }
}
