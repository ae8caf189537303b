//! Laws of the order alone, under random calls, ends and withdrawals, held against a naive model of them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::agent::order::{Order, Step};
use crate::protocol::{After, Mode, Need, Outcome, Request};

/// What happens next; numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Act {
    /// A call comes: behind which of the last ones (needing success or not), and by which of them it is decided.
    Add {
        after: Vec<(usize, bool)>,
        if_changed: Option<Vec<usize>>,
    },
    /// One that runs ends.
    End(usize, Outcome),
    /// One is withdrawn, whatever it does.
    Withdraw(usize),
    /// The controller reads answers up to this one: what is settled may be forgotten.
    Settle(usize),
}

/// `withdraws`: how often a call is withdrawn.
fn act(withdraws: u32) -> impl Strategy<Value = Act> {
    let outcome = prop_oneof![
        4 => Just(Outcome::Changed),
        3 => Just(Outcome::Ok),
        2 => Just(Outcome::Failed),
    ];
    let after = prop::collection::vec((0..6_usize, any::<bool>()), 0..3);
    let if_changed = prop::option::weighted(0.3, prop::collection::vec(0..6_usize, 1..3));
    prop_oneof![
        6 => (after, if_changed).prop_map(|(after, if_changed)| Act::Add { after, if_changed }),
        5 => (0..8_usize, outcome).prop_map(|(at, outcome)| Act::End(at, outcome)),
        withdraws => (0..12_usize).prop_map(Act::Withdraw),
        3 => (0..12_usize).prop_map(Act::Settle),
    ]
}

/// The state of a call in the model, which forgets nothing.
#[derive(Debug, Clone, PartialEq)]
enum Stand {
    Waits,
    Runs,
    Ended(Outcome),
    Withdrawn,
}

#[derive(Debug)]
struct Model {
    calls: BTreeMap<u64, (Request, Stand)>,
    /// The calls whose answers the controller has read.
    read: BTreeSet<u64>,
    settled: u64,
}

impl Model {
    /// Whether a call has ended, and nothing before it is open: one that was withdrawn counts only then.
    fn is_over(&self, id: u64) -> bool {
        match self.calls[&id].1 {
            Stand::Waits | Stand::Runs => false,
            Stand::Ended(_) => true,
            Stand::Withdrawn => self.before(id).all(|before| self.is_over(before)),
        }
    }

    fn before(&self, id: u64) -> impl Iterator<Item = u64> {
        let request = &self.calls[&id].0;
        let sources = request.if_changed.iter().flatten().copied();
        request.after.iter().map(|after| after.id).chain(sources)
    }

    /// How a call ends without starting, or that it starts.
    fn verdict(&self, id: u64) -> Option<Outcome> {
        let request = &self.calls[&id].0;
        let is_bad = |id: u64| {
            matches!(
                self.calls[&id].1,
                Stand::Withdrawn | Stand::Ended(Outcome::Failed | Outcome::Dropped)
            )
        };
        if request
            .after
            .iter()
            .any(|it| it.need == Need::Succeeded && is_bad(it.id))
        {
            return Some(Outcome::Dropped);
        }
        let has_changed = |id: &u64| self.calls[id].1 == Stand::Ended(Outcome::Changed);
        match &request.if_changed {
            Some(sources) if !sources.iter().any(has_changed) => Some(Outcome::Skipped),
            _ => None,
        }
    }

    /// Takes what the order says that is to be done, and holds it against what may be done.
    fn take(&mut self, steps: Vec<Step>) -> Result<(), TestCaseError> {
        for step in steps {
            let (id, outcome) = match &step {
                Step::Run(request) => (request.id, None),
                Step::Maybe(request, because) => (request.id, Some(Outcome::Unknown { because: *because })),
                Step::Answer(id, outcome) => (*id, Some(*outcome)),
            };
            prop_assert_eq!(
                &self.calls[&id].1,
                &Stand::Waits,
                "{} is answered or started once",
                id
            );
            let open: Vec<_> = self.before(id).filter(|before| !self.is_over(*before)).collect();
            prop_assert!(
                open.is_empty(),
                "{} goes on while {:?} before it are open",
                id,
                open
            );
            prop_assert_eq!(outcome, self.verdict(id), "what becomes of {}", id);
            let stand = outcome.map_or(Stand::Runs, Stand::Ended);
            self.calls.get_mut(&id).unwrap().1 = stand;
        }
        Ok(())
    }

    /// Nothing waits for what is over.
    fn check_progress(&self) -> Result<(), TestCaseError> {
        for (id, (_, stand)) in &self.calls {
            let is_free = *stand == Stand::Waits && self.before(*id).all(|before| self.is_over(before));
            prop_assert!(!is_free, "{} waits for nothing", id);
        }
        Ok(())
    }

    /// The calls that a new one can name: those of which the controller has no answer, the last first.
    fn open(&self) -> Vec<u64> {
        self.calls
            .keys()
            .rev()
            .filter(|id| !self.read.contains(id))
            .copied()
            .collect()
    }
}

fn request(id: u64, after: Vec<After>, if_changed: Option<Vec<u64>>, settled: u64) -> Request {
    Request {
        id,
        tool: "a.b".into(),
        account: None,
        args: Vec::new(),
        mode: Mode::Apply,
        diff: false,
        stream: false,
        read_only: false,
        timeout_ms: None,
        after,
        if_changed,
        changed_before: false,
        touches: None,
        behind: None,
        settled,
    }
}

fn run(acts: &[Act]) -> Result<(), TestCaseError> {
    let mut order = Order::default();
    let mut model = Model {
        calls: BTreeMap::new(),
        read: BTreeSet::new(),
        settled: 0,
    };
    for act in acts {
        match act {
            Act::Add { after, if_changed } => {
                let open = model.open();
                let named = |at: &usize| (!open.is_empty()).then(|| open[at % open.len()]);
                let after = after.iter().filter_map(|(at, needs)| {
                    let need = if *needs { Need::Succeeded } else { Need::Ended };
                    named(at).map(|id| After { id, need })
                });
                let after: Vec<_> = after.collect();
                let sources = if_changed
                    .as_ref()
                    .map(|it| it.iter().filter_map(named).collect::<Vec<_>>());
                let sources = sources.filter(|it| !it.is_empty());
                let id = model.calls.keys().next_back().map_or(1, |last| last + 1);
                let request = request(id, after, sources, model.settled);
                model.calls.insert(id, (request.clone(), Stand::Waits));
                let steps = order.add(Box::new(request)).unwrap();
                model.take(steps)?;
            }
            Act::End(at, outcome) => {
                let runs = |(id, call): (&u64, &(Request, Stand))| (call.1 == Stand::Runs).then_some(*id);
                let running: Vec<_> = model.calls.iter().filter_map(runs).collect();
                if let Some(id) = running.get(at % running.len().max(1)).copied() {
                    model.calls.get_mut(&id).unwrap().1 = Stand::Ended(*outcome);
                    let steps = order.ended(id, *outcome);
                    model.take(steps)?;
                }
            }
            Act::Withdraw(at) => {
                let open = model.open();
                let Some(id) = open.get(at % open.len().max(1)).copied() else {
                    continue;
                };
                let waits = model.calls[&id].1 == Stand::Waits;
                let is_taken = order.withdraw(id);
                prop_assert_eq!(is_taken, waits, "{} can be withdrawn if it waits", id);
                if is_taken {
                    model.calls.get_mut(&id).unwrap().1 = Stand::Withdrawn;
                }
            }
            Act::Settle(at) => {
                // Answers are read in the order in which calls ended; any that has ended may be the next here.
                let is_answered = |id: &&u64| !matches!(model.calls[*id].1, Stand::Waits | Stand::Runs);
                let answered: Vec<u64> = model
                    .calls
                    .keys()
                    .filter(is_answered)
                    .take(*at)
                    .copied()
                    .collect();
                model.read.extend(answered);
                let last = model.calls.keys().next_back().map_or(0, |last| last + 1);
                let open = model.calls.keys().find(|id| !model.read.contains(id));
                model.settled = open.copied().unwrap_or(last);
            }
        }
        model.check_progress()?;
    }
    let is_over = model.calls.keys().all(|id| model.is_over(*id));
    prop_assert_eq!(order.is_idle(), is_over, "it is idle when all is over");
    Ok(())
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 2000,
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// No call starts before what it comes after has ended, and to forget what is settled changes no verdict.
    #[test]
    fn what_is_forgotten_changes_no_verdict(acts in prop::collection::vec(act(0), 1..40)) {
        run(&acts)?;
    }

    /// A call that is withdrawn never starts, and what waits for it waits for what is open before it.
    #[test]
    fn what_is_withdrawn_releases_nothing_early(acts in prop::collection::vec(act(1), 1..40)) {
        run(&acts)?;
    }
}
