//! Rounds and batches, and hosts that meet at what is done once (R 33 to 37).

use std::rc::Rc;

use super::{Around, Doing, Handler, Oracle, Turn, told};
use crate::runner::tests::book::Entry;
use crate::runner::tests::status::{Outcome, Status, Tri};

impl<'a> Oracle<'a> {
    pub(super) fn rounds(&self) {
        for (at, round) in self.book.rounds.iter().enumerate() {
            let is_left = |host: &&String| !self.out.borrow().hosts.contains_key(*host);
            let hosts: Vec<&'a str> = round.hosts.iter().filter(is_left).map(String::as_str).collect();
            let mut failures = 0;
            let (mut from, mut number) = (0, 0);
            while from < hosts.len() {
                let size = match &round.serial[..] {
                    [] => hosts.len(),
                    sizes => sizes[number.min(sizes.len() - 1)],
                };
                let batch = &hosts[from..hosts.len().min(from + size)];
                (from, number) = (from + size, number + 1);
                self.batch(at, batch);
                failures += batch
                    .iter()
                    .filter(|host| self.out.borrow().hosts.contains_key(**host))
                    .count();
                // R 35: strictly more than it.
                if round.max_failures.is_some_and(|most| failures > most) {
                    let batch = batch.iter().map(|&host| host.to_owned()).collect();
                    self.out.borrow_mut().stopped = Some((at, batch));
                    return;
                }
            }
        }
    }

    async fn enter(&self, at: usize, host: &'a str) {
        let round = &self.book.rounds[at];
        if !self.is_up(host) {
            self.out.borrow_mut().hosts.insert(host.to_owned(), "unreachable");
            return;
        }
        self.out
            .borrow_mut()
            .entered
            .insert((host.to_owned(), round.name.clone()));
        self.hosts[host].borrow_mut().forget(0, 0);
        let around = Around {
            round: at,
            keys: Vec::new(),
            on: None,
            stops: Vec::new(),
            is_begun: true,
            handler: Handler::Nobody,
            clock: round.timeout.then(Rc::default),
            is_left: false,
        };
        let gate = round
            .when
            .as_ref()
            .map_or(Tri::Yes, |when| self.holds(host, when));
        if gate != Tri::Yes {
            self.none_begun(host, &round.entries, &around, gate, "its round is left out");
            if gate == Tri::Maybe {
                // R 29: each of its top entries is unknown.
                for entry in &round.entries {
                    let it = told(Status::of(Outcome::Unknown), false, Handler::Nobody);
                    self.tell(host, &entry.id, None, it);
                }
            }
            return;
        }
        let clock = around.clock.clone();
        let status = self.block(host, &round.entries, around).await;
        // R 36.
        if status.has_failed() || clock.is_some_and(|clock| clock.get()) {
            self.out.borrow_mut().hosts.insert(host.to_owned(), "failed");
        }
    }

    /// All hosts of a batch, each up to where it meets the others, then on.
    fn batch(&self, at: usize, hosts: &[&'a str]) {
        let begin = |host: &&'a str| (*host, Box::pin(self.enter(at, host)) as Doing<'_, ()>);
        let mut under_way: Vec<_> = hosts.iter().map(begin).collect();
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let mut poll = |wanted: &dyn Fn(&str) -> bool| {
            under_way
                .retain_mut(|(host, doing)| !wanted(host) || doing.as_mut().poll(&mut context).is_pending());
        };
        poll(&|_| true);
        loop {
            let place = |(entry, _): &(&'a Entry, Around)| self.places[entry.id.as_str()];
            let Some(first) = self.meeting.borrow().values().map(place).min() else {
                return;
            };
            let here: Vec<&'a str> = hosts
                .iter()
                .filter(|host| self.meeting.borrow().get(**host).map(place) == Some(first))
                .copied()
                .collect();
            let entry = self.meeting.borrow()[here[0]].0;
            let done = self.once.borrow().get(entry.id.as_str()).cloned();
            let mut turn = |host: &'a str, turn: Turn| {
                self.meeting.borrow_mut().remove(host);
                self.turns.borrow_mut().insert(host, turn);
                poll(&|it| it == host);
            };
            match (done, here.iter().find(|host| self.gate(host, entry) != Tri::No)) {
                (Some((status, inside)), _) => {
                    for host in here {
                        turn(host, Turn::Take(status, inside.clone()));
                    }
                }
                (None, Some(host)) => turn(host, Turn::Do),
                (None, None) => {
                    for host in here {
                        turn(host, Turn::ByItself);
                    }
                }
            }
        }
    }
}
