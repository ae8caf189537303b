//! Random playbooks, run by the real runner on simulated hosts that keep the agent's real order, held against the rules of
//! execution.
//!
//! `RMOTE_PLAY_CASES` says how many playbooks each test makes, `RMOTE_PLAY_SEED` from which one on. A longer look:
//! `RMOTE_PLAY_CASES=20000 cargo test --lib runner::tests`; one playbook again:
//! `RMOTE_PLAY_SEED=17 cargo test --lib runner::tests::order_under_failure`. A failing test prints, for each law that is broken,
//! the first seed, and its playbook made as small as still breaks it, with the log of the hosts. The seed decides everything
//! but which of two things is heard first that are ready at the same moment.

mod agent;
mod book;
mod crash;
mod events;
mod generate;
mod hold;
mod interrupts;
mod log;
mod loss;
mod oracle;
mod owed;
mod promise;
pub(super) mod random;
mod scale;
mod shrink;
mod simulate;
mod status;
mod world;
mod yaml;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use book::Book;
use events::Found;
use generate::Feature as F;
use simulate::{How, Run};

/// How many playbooks each test makes where nothing else is said.
const CASES: u64 = 500;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// What is wrong with a playbook's run.
type Judge = dyn Fn(&Book, u64) -> (Run, Found);

/// Makes playbooks of these features and judges each; tells the smallest one that it finds for each law that is broken.
fn judge(features: &[F], judge: &Judge) {
    let (first, cases) = (number("RMOTE_PLAY_SEED"), number("RMOTE_PLAY_CASES"));
    let count = cases.unwrap_or(if first.is_some() { 1 } else { CASES });
    let first = first.unwrap_or(1);
    let mut broken: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for seed in first..first + count {
        let (_, found) = judge(&generate::book(seed, features), seed);
        for law in found.laws() {
            broken.entry(law).or_insert((seed, 0)).1 += 1;
        }
    }
    let mut text = String::new();
    for (law, (seed, times)) in broken {
        let _ = writeln!(
            text,
            "\n==== {law}: {times} of {count} playbooks; RMOTE_PLAY_SEED={seed}"
        );
        let fails = |book: &Book| simulate::is_valid(book) && judge(book, seed).1.laws().contains(&law);
        let book = shrink::shrink(generate::book(seed, features), fails);
        let (run, found) = judge(&book, seed);
        let _ = writeln!(
            text,
            "{}{}{}{}",
            book.yaml(),
            book.endings(),
            run.note,
            log::text(&run.log)
        );
        for it in found.0 {
            let _ = writeln!(text, "! {}: {}", it.law, it.how);
        }
    }
    assert!(text.is_empty(), "{text}");
}

/// In apply mode, with nobody interrupting.
fn hold(features: &[F]) {
    judge(features, &|book, seed| {
        let run = simulate::run(book, &How::apply(seed));
        let mut found = Found::default();
        events::laws(book, &run, &mut found);
        hold::laws(book, &run, false, &mut found);
        owed::laws(book, &run, &owed::Debts::new(), &mut found);
        owed::pays(book, seed, &run, &mut found);
        (run, found)
    });
}

/// The same, of playbooks in which nothing fails.
fn hold_at_every_pace(features: &[F]) {
    judge(features, &|book, seed| {
        let run = simulate::run(book, &How::apply(seed));
        let mut found = Found::default();
        events::laws(book, &run, &mut found);
        hold::laws(book, &run, false, &mut found);
        promise::pace(book, &run, seed, &mut found);
        (run, found)
    });
}

/// In apply mode, interrupted once or twice.
fn interrupt(features: &[F]) {
    judge(features, &|book, seed| {
        let how = interrupts::how(seed);
        let run = simulate::run(book, &how);
        let mut found = Found::default();
        events::laws(book, &run, &mut found);
        interrupts::laws(book, &run, &how, &mut found);
        owed::laws(book, &run, &owed::Debts::new(), &mut found);
        owed::pays(book, seed, &run, &mut found);
        (run, found)
    });
}

/// Lines that begin with "thread" and tell of a panic are what this test is about.
#[test]
fn a_crash_is_the_failure_of_its_host_alone() {
    let features = [
        F::Fail,
        F::Loop,
        F::Group,
        F::Always,
        F::Until,
        F::Serial,
        F::Once,
        F::Delegate,
    ];
    judge(&features, &crash::laws);
}

#[test]
fn order_under_failure() {
    hold(&[
        F::Judged,
        F::Fail,
        F::Loop,
        F::Group,
        F::Footprint,
        F::Always,
        F::Ignore,
        F::Rescue,
    ]);
}

#[test]
fn what_is_dropped_drops_what_waits_for_it() {
    hold(&[F::Fail, F::Group, F::Footprint, F::Ignore]);
}

#[test]
fn handlers_and_results() {
    hold_at_every_pace(&[
        F::Judged,
        F::Loop,
        F::Group,
        F::Footprint,
        F::Handlers,
        F::When,
        F::See,
    ]);
}

#[test]
fn handlers_and_results_under_failure() {
    hold(&[
        F::Judged,
        F::Fail,
        F::Loop,
        F::Group,
        F::Footprint,
        F::Handlers,
        F::When,
        F::See,
        F::Always,
        F::Ignore,
        F::Rescue,
    ]);
}

#[test]
fn loops_and_until() {
    hold(&[
        F::Judged,
        F::Fail,
        F::Loop,
        F::Group,
        F::Footprint,
        F::Until,
        F::FailIf,
        F::Handlers,
        F::Ignore,
        F::Timeout,
    ]);
}

#[test]
fn groups_with_a_timeout() {
    hold(&[
        F::Fail,
        F::Loop,
        F::Group,
        F::Footprint,
        F::Always,
        F::Ignore,
        F::Rescue,
        F::Deadline,
    ]);
}

#[test]
fn handlers_of_what_was_killed() {
    hold(&[F::Loop, F::Group, F::Ignore, F::Deadline, F::Handlers]);
}

#[test]
fn times_of_calls_groups_and_rounds() {
    hold(&[
        F::Judged,
        F::Fail,
        F::Loop,
        F::Group,
        F::Footprint,
        F::Always,
        F::Ignore,
        F::Rescue,
        F::Handlers,
        F::When,
        F::See,
        F::Until,
        F::FailIf,
        F::Timeout,
        F::Deadline,
        F::Rounds,
        F::Serial,
        F::MaxFailures,
    ]);
}

#[test]
fn interruption_and_times() {
    interrupt(&[
        F::Judged,
        F::Fail,
        F::Loop,
        F::Group,
        F::Footprint,
        F::Always,
        F::Ignore,
        F::Rescue,
        F::Handlers,
        F::Until,
        F::Timeout,
        F::Deadline,
        F::Rounds,
    ]);
}

#[test]
fn rounds_and_batches() {
    hold(&[
        F::Judged,
        F::Fail,
        F::Rounds,
        F::Serial,
        F::Needs,
        F::MaxFailures,
        F::Unreachable,
        F::Handlers,
        F::Footprint,
    ]);
}

#[test]
fn one_for_all_and_on_others() {
    hold(&[
        F::Judged,
        F::Fail,
        F::Loop,
        F::Group,
        F::Rounds,
        F::Serial,
        F::Once,
        F::Delegate,
        F::Unreachable,
        F::Handlers,
        F::Ignore,
        F::Footprint,
        F::See,
        F::Until,
    ]);
}

#[test]
fn interruption() {
    interrupt(&[
        F::Judged,
        F::Loop,
        F::Group,
        F::Footprint,
        F::Always,
        F::Ignore,
        F::Until,
        F::Rounds,
        F::Serial,
    ]);
}

#[test]
fn interruption_under_failure() {
    interrupt(&[
        F::Judged,
        F::Fail,
        F::Loop,
        F::Group,
        F::Footprint,
        F::Always,
        F::Ignore,
        F::Rescue,
        F::Handlers,
        F::Once,
        F::Delegate,
    ]);
}

#[test]
fn broken_connections() {
    judge(
        &[
            F::Judged,
            F::Loop,
            F::Group,
            F::Footprint,
            F::Handlers,
            F::Always,
            F::Ignore,
            F::Rounds,
        ],
        &|book, seed| {
            let how = How {
                loses: true,
                ..How::apply(seed)
            };
            let run = simulate::run(book, &how);
            let mut found = Found::default();
            events::laws(book, &run, &mut found);
            loss::laws(book, &run, &mut found);
            owed::laws(book, &run, &owed::Debts::new(), &mut found);
            owed::pays(book, seed, &run, &mut found);
            (run, found)
        },
    );
}

#[test]
fn check_mode() {
    judge(
        &[
            F::Loop,
            F::Group,
            F::Footprint,
            F::Handlers,
            F::When,
            F::See,
            F::Rounds,
            F::Rescue,
            F::Always,
        ],
        &|book, seed| {
            let (run, mut found) = promise::laws(book, seed);
            hold::laws(book, &run, true, &mut found);
            (run, found)
        },
    );
}

#[test]
fn check_mode_of_judged_calls() {
    judge(
        &[F::Judged, F::Loop, F::Footprint, F::Handlers, F::FailIf, F::Until],
        &promise::laws,
    );
}
