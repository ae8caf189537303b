//! Agents of other users that end, or do not answer: only their own calls are touched, and nothing of them stays.

use std::time::{Duration, Instant};

use super::fixture;
use crate::support::{Fixture, Lab};

const CAROL: &str = "$(pgrep -u carol -f '[d]eputy')";

#[test]
fn the_end_of_one_agent_is_nobody_elses() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let calls = "
      - { id: root, reads: [], writes: [/a], exec.shell: 'touch /tmp/ready-root; until [ -e /tmp/go ]; do sleep 0.05; done; echo well' }
      - { id: carol, reads: [], writes: [/b], become: carol, ignore_errors: true, exec.shell: 'touch /tmp/ready-carol; sleep 1234' }
      - { id: later, become: carol, exec.shell: id -un }
";
    let scene = fixture(&machine, calls).build();
    let running = scene.start(&["--output", "json"]);
    machine.says(
        "until [ -e /tmp/ready-root ] && [ -e /tmp/ready-carol ] && pgrep -u carol -f '[-]-guard'; do sleep 0.05; done",
    );
    machine.says(&format!("kill -9 {CAROL}"));
    machine.says("while pgrep -f '[s]leep 1234'; do sleep 0.05; done; touch /tmp/go");
    let ran = running.wait().code(0);
    assert_eq!(ran.end("web", "root")["result"]["stdout"], "well", "{ran}");
    assert_eq!(ran.end("web", "later")["result"]["stdout"], "carol", "{ran}");
    let failure = ran.failure("web", "carol");
    assert!(
        failure.contains("the agent as `carol` has ended")
            && failure.contains("may or may not have happened"),
        "{failure}"
    );
    assert_eq!(ran.all("connected").len(), 1, "{ran}");
}

#[test]
fn a_timeout_holds_for_an_agent_that_is_stopped_or_comes_up_late() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let calls = "
      - { id: it, become: carol, timeout: 2s, exec.shell: 'touch /tmp/ready; sleep 1234' }
";
    let scene = fixture(&machine, calls).limit(Duration::from_mins(1)).build();
    let running = scene.start(&["--output", "json"]);
    machine.says("until [ -e /tmp/ready ] && pgrep -u carol -f '[-]-guard'; do sleep 0.05; done");
    machine.says(&format!("kill -STOP {CAROL}"));
    let since = Instant::now();
    let ran = running.wait().code(2);
    assert!(since.elapsed() < Duration::from_secs(12), "{:?}", since.elapsed());
    assert_eq!(ran.end("web", "it")["error"]["kind"], "timeout", "{ran}");
    machine.says("while pgrep -f '[s]leep 1234|[d]eputy'; do sleep 0.05; done");

    machine.write(
        "/usr/local/bin/slow",
        "#!/bin/sh\nsleep 4\nexec /usr/bin/sudo.real \"$@\"\n",
    );
    machine.says(
        "mv /usr/bin/sudo /usr/bin/sudo.real; mv /usr/local/bin/slow /usr/bin/sudo; chmod 755 /usr/bin/sudo",
    );
    let calls = "      - { id: it, timeout: 1s, exec.shell: 'true' }\n";
    let since = Instant::now();
    let ran = fixture(&machine, calls).events(&[]).code(2);
    assert_eq!(ran.end("web", "it")["error"]["kind"], "timeout", "{ran}");
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
}

#[test]
fn a_cached_agent_that_is_damaged_is_replaced() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let calls = "      - { id: it, become: carol, exec.shell: id -un }\n";
    let scene = fixture(&machine, calls).limit(Duration::from_mins(2)).build();
    scene.run(&[]).code(0);
    for damage in [
        ": >$f",
        "truncate -s 1000 $f",
        "printf '#!/bin/sh\nexit 3\n' >$f",
        "printf '#!/bin/sh\nexec sleep 60\n' >$f",
    ] {
        machine.says(&format!("f=$(echo /home/carol/.cache/rmote-play/*); {damage}"));
        let ran = scene.events(&[]).code(0);
        assert_eq!(
            ran.end("web", "it")["result"]["stdout"],
            "carol",
            "{damage}: {ran}"
        );
    }
}

#[test]
fn a_password_that_no_terminal_takes_is_refused_at_once() {
    let playbook = "
hosts: { web: { user: alice, transport: local } }
secrets: { pw: { file: pw } }
rounds:
  - name: one
    hosts: all
    become: { user: root, password: pw }
    calls:
      - { id: it, exec.shell: id -un }
";
    for size in [5000, 2 << 20] {
        let scene = Fixture::new(playbook).file("pw", "p".repeat(size));
        let ran = scene.limit(Duration::from_secs(30)).events(&[]).code(2);
        let failure = ran.failure("web", "it");
        assert!(failure.contains("a terminal takes 4094 at most"), "{failure}");
    }
}
