//! Tools that playbooks and units bring along.

mod bad;
mod declared;
mod kept;
mod run;

use crate::support::Fixture;

/// A tool in shell: it says what it is asked, and answers with what its first argument holds.
const ECHO: &str = r#"#!/bin/sh
input=$(cat)
echo "$1 $input check=${RMOTE_CHECK-no} env=${GREETING-}" >&2
printf '%s' "$input" | sed 's/.*"answer":"\([^"]*\)".*/\1/' | tr "'" '"'
"#;

/// A playbook of one round on `web`, with a tool `own` and these methods and calls.
fn site(methods: &str, calls: &str) -> Fixture {
    Fixture::new(format!(
        "hosts: {{ web: {{ transport: local }} }}\ntools:\n  own:\n    src: tools/own\n    methods:\n{methods}\nrounds:\n  - name: one\n    hosts: web\n    calls:\n{calls}"
    ))
    .file("tools/own", ECHO)
}
