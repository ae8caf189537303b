//! `become`: calls that act as other users, on machines that have some.

mod ends;
mod first;
mod hostile;
mod inventory;
mod passwords;
mod refused;
mod relay;
mod safety;
mod users;

use crate::support::{Fixture, Lab, Machine, Ran};

/// These calls as root, of one who is never asked for a password.
fn fixture(machine: &Machine, calls: &str) -> Fixture {
    let head = "hosts: { web: { user: bob } }\nrounds:\n  - name: one\n    hosts: all\n    become: true\n    calls:\n";
    Fixture::new(head.to_owned() + calls).machine("web", machine)
}

fn events(calls: &str, args: &[&str]) -> Option<(Lab, Machine, Ran)> {
    let lab = Lab::start()?;
    let machine = lab.debian("web");
    let ran = fixture(&machine, calls).events(args);
    Some((lab, machine, ran))
}

/// The users of the agents that run there, sorted.
fn agents(machine: &Machine) -> String {
    machine
        .says("for p in $(pgrep -f '[/]rmote-play/.* agent '); do stat -c %U /proc/$p; done | sort | xargs")
}
