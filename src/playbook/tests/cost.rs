//! What is looked at before a run is bounded, however many hosts, items and variables there are.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Each takes about a second; what is not bounded takes minutes.
const LONG: Duration = Duration::from_secs(30);

fn takes_not_long(text: &str) {
    let begin = Instant::now();
    super::check(text, &[]);
    assert!(begin.elapsed() < LONG, "{:?}: {text}", begin.elapsed());
}

#[test]
fn loops_on_many_hosts_of_which_one_has_a_variable_take_no_longer_than_a_bound() {
    let hosts = |last: u32| format!("hosts:\n  h0: {{ vars: {{ special: x }} }}\n  h[1:{last}]:\n");
    let round = "rounds:\n- name: one\n  hosts: all\n  calls:\n";
    for condition in ["host.name == 'h0'", "facts.init == 'systemd'", "item > 500"] {
        let mut text = format!("{}{round}", hosts(999));
        for at in 0..5 {
            let _ = write!(
                text,
                "  - when: {condition}\n    loop: '{{{{ range(128) }}}}'\n    fs.directory: '/srv/{{{{ special }}}}/{{{{ item }}}}{at}'\n"
            );
        }
        takes_not_long(&text);
    }
    takes_not_long(&format!(
        "{}{round}  - loop: {{ x: '{{{{ range(128) }}}}' }}\n    calls:\n    - loop: {{ y: '{{{{ range(128) }}}}', z: '{{{{ range(y) }}}}' }}\n      when: y > 500\n      fs.directory: '/srv/{{{{ special }}}}/{{{{ x }}}}'\n",
        hosts(299)
    ));
}

#[test]
fn variables_that_read_each_other_several_times_have_their_types_worked_out_once() {
    for value in ["V + V + V", "V if V else V", "V == V and V", "[V, V, V]"] {
        let mut text = "hosts: [a]\nvars:\n  v0: '{{ facts.kernel }}'\n".to_owned();
        for at in 1..25 {
            let value = value.replace('V', &format!("v{}", at - 1));
            let _ = writeln!(text, "  v{at}: '{{{{ {value} }}}}'");
        }
        text.push_str("rounds:\n- name: one\n  hosts: all\n  calls:\n  - log.log: 'x{{ v24 | to_json }}'\n  - when: v24 == v23\n    fs.directory: '{{ v24 }}'\n");
        let begin = Instant::now();
        // What is said of it is no matter here.
        super::load_with(&text, &[]);
        assert!(begin.elapsed() < LONG, "{:?}: {text}", begin.elapsed());
    }
}
