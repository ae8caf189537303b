//! One call at a time changes the host as it would be: what it changed can then be taken back, and nothing else with it.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use crate::system::predicted::tree::Tree;
use crate::system::predicted::{Predicted, lock};

/// The changes of one call, from when it began with them until this is dropped.
#[derive(Debug)]
pub struct Changes<'a> {
    model: &'a Predicted,
    /// The host as it would be without them.
    before: Tree,
}

impl Changes<'_> {
    /// Undoes them.
    pub fn take_back(mut self) {
        *self.model.tree() = std::mem::take(&mut self.before);
    }
}

impl Drop for Changes<'_> {
    fn drop(&mut self) {
        let shared = &self.model.0.host.0;
        *lock(&shared.turn) = None;
        shared.turn_ended.notify_all();
    }
}

/// The host as it would be, while one call changes it.
pub(super) struct Changing<'a> {
    tree: MutexGuard<'a, Tree>,
    /// Nobody begins with changes meanwhile.
    _turn: MutexGuard<'a, Option<u64>>,
}

impl Deref for Changing<'_> {
    type Target = Tree;

    fn deref(&self) -> &Tree {
        &self.tree
    }
}

impl DerefMut for Changing<'_> {
    fn deref_mut(&mut self) -> &mut Tree {
        &mut self.tree
    }
}

impl Predicted {
    pub(super) fn tree_to_change(&self) -> Changing<'_> {
        let turn = self.turn();
        self.0.host.0.differs.store(true, Ordering::Release);
        Changing {
            tree: self.tree(),
            _turn: turn,
        }
    }

    /// Waits until no other call changes the host.
    fn turn(&self) -> MutexGuard<'_, Option<u64>> {
        let shared = &self.0.host.0;
        let is_others = |turn: &mut Option<u64>| turn.is_some_and(|id| id != self.id());
        shared
            .turn_ended
            .wait_while(lock(&shared.turn), is_others)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it has looked, and changes now.
    pub(in crate::system) fn is_changing(&self) -> bool {
        *lock(&self.0.host.0.turn) == Some(self.id())
    }

    /// From now on this call changes the host, and no other one does.
    pub(in crate::system) fn begin_changes(&self) -> Changes<'_> {
        let mut turn = self.turn();
        *turn = Some(self.id());
        Changes {
            model: self,
            before: self.tree().clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use crate::system::predicted::{Predicted, PredictedHost};

    #[test]
    fn what_one_call_takes_back_takes_nothing_of_another_one_along() {
        let host = PredictedHost::default();
        let call = |id| Predicted::new(&host, id, None);
        let (one, other) = (call(1), call(2));
        let changes = one.begin_changes();
        one.may_come(1);
        let (end, ended) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                other.spoil(Path::new("/other"), 2);
                end.send(()).unwrap();
            });
            assert!(ended.recv_timeout(Duration::from_millis(50)).is_err(), "it waits");
            assert!(one.is_changing() && !other.is_changing());
            changes.take_back();
        });
        assert_eq!(other.touched(Path::new("/etc/any")), None, "taken back");
        assert_eq!(one.touched(Path::new("/other")), Some(2));
        assert!(!one.is_changing());
    }
}
