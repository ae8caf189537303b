//! What a distant host costs: counted in turns of the talk, which is what a slow line is paid in.

use std::time::Duration;

use crate::support::{Fixture, Relay, Sshd, Trust};

/// The turns that a run over a connection that stands already takes.
fn turns(calls: usize, extra: &str) -> Option<u32> {
    let sshd = Sshd::start()?;
    let relay = Relay::new(sshd.port(), Duration::from_millis(50));
    let lines = (0..calls)
        .map(|n| format!("      - exec.shell: echo {n} >> {{DIR}}/t/log\n"))
        .collect::<Vec<_>>()
        .concat();
    let scene = Fixture::new(format!(
        "hosts: [far]\nrounds:\n  - name: one\n    hosts: far\n    calls:\n{lines}{extra}"
    ))
    .ssh(&sshd.block_with("far", relay.port(), Trust::Right, "client_key"))
    .persist()
    .build();
    scene.run(&[]).code(0);
    let before = relay.turns();
    scene.run(&[]).code(0);
    assert_eq!(sshd.logins(), 1);
    let wanted = (0..calls).map(|n| format!("{n}\n")).collect::<Vec<_>>().concat();
    assert_eq!(scene.read("t/log"), wanted.repeat(2), "in order, twice");
    Some(relay.turns() - before)
}

#[test]
fn twenty_calls_in_order_cost_no_more_round_trips_than_three() {
    let Some(one) = turns(1, "") else { return };
    let twenty = turns(20, "").expect("it ran once already");
    assert!(twenty <= one + 1, "one call: {one} turns; twenty: {twenty}");
}

#[test]
fn handlers_are_decided_on_the_host_and_cost_no_round_trip() {
    let Some(one) = turns(1, "") else { return };
    let handlers = "
      - { id: config, fs.write: { path: '{DIR}/t/conf', content: a } }
      - { id: reload, on_change: [config], exec.shell: 'true' }
      - { id: again, on_change: [reload], exec.shell: 'true' }
";
    let many = turns(1, handlers).expect("it ran once already");
    assert!(many <= one + 1, "one call: {one} turns; with handlers: {many}");
}
