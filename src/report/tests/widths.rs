//! The recap on narrow terminals.

use crate::event::{HostOutcome, Recap, RunOutcome};
use crate::report::look::Look;
use crate::report::recap::Ending;
use crate::report::tests::host;
use crate::report::wide;

fn recap(name: &str, outcome: HostOutcome, reason: Option<String>) -> Recap {
    Recap {
        ok: 123,
        changed: 45,
        failed: u32::from(outcome == HostOutcome::Failed),
        skipped: 6,
        ignored: 1,
        reason,
        ..Recap::of(host(name), outcome)
    }
}

fn drawn(hosts: &[Recap], width: Option<usize>) -> String {
    let look = Look {
        width,
        ..Look::default()
    };
    Ending {
        outcome: RunOutcome::default(),
        hosts,
        took: 1.0,
        look: &look,
    }
    .draw()
}

#[test]
fn no_line_of_the_recap_is_longer_than_the_terminal() {
    let long = "a reason that goes on and on, of 漢字 and of \u{1b}[31mcolours\u{1b}[0m, \r\nand of lines "
        .repeat(5);
    for count in [1, 3, 40, 1_000] {
        let hosts: Vec<_> = (0..count)
            .map(|n| match n % 7 {
                0 => recap(
                    &format!("web{n}.a.long.name.example.org"),
                    HostOutcome::Failed,
                    Some(format!("{n} {long}")),
                ),
                1 => recap(
                    &format!("db{n}"),
                    HostOutcome::Unreachable,
                    Some(format!("{n} short")),
                ),
                _ => recap(&format!("web{n}"), HostOutcome::Ok, None),
            })
            .collect();
        for width in [40, 80, 120] {
            let text = drawn(&hosts, Some(width));
            for line in text.lines() {
                assert!(wide::width(line) <= width, "{width}: {line}");
                assert!(!line.contains(['\u{1b}', '\r']), "{line:?}");
            }
            for n in 0..count {
                let reason = if n % 7 < 2 { format!("{n} ") } else { continue };
                assert!(
                    text.contains(&reason),
                    "each failure of {count} is said: {reason}\n{text}"
                );
            }
        }
        // What is no terminal is read by programs, too: nothing is cut.
        assert!(drawn(&hosts, None).contains("漢字 and of colours, "), "{count}");
    }
}

#[test]
fn a_column_that_is_zero_for_every_host_is_left_out() {
    let text = drawn(&[recap("a", HostOutcome::Ok, None)], None);
    assert_eq!(
        text,
        "recap\n  a : ok=123  changed=45  skipped=6  ignored=1  ok\n\n1 host ok in 1.0s\n"
    );
}
