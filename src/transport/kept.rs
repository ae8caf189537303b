//! What a run keeps of a host: results that are read later. A host decides how large they are, and must not fill the memory
//! of the controller with them.

use crate::failure::{Failure, Kind};
use crate::protocol::{Outcome, Reply, WARNINGS};

/// Up to this weight an answer is not counted: as many of them as there are calls are nobody's harm.
const FREE: u64 = 64 << 10;
/// What all others of a connection may weigh together.
const LIMIT: u64 = 128 << 20;

/// What the answers of one connection weigh together.
#[derive(Debug, Default)]
pub(super) struct Kept(u64);

impl Kept {
    /// An answer as it is kept: without its result where that is too much.
    pub(super) fn take(&mut self, mut reply: Box<Reply>, weight: u64) -> Box<Reply> {
        let more = reply.warnings.len().saturating_sub(WARNINGS);
        if more > 0 {
            reply.warnings.truncate(WARNINGS);
            reply.warnings.push(format!("{more} more warnings are left out"));
        }
        let total = self.0.saturating_add(weight.saturating_sub(FREE));
        if total <= LIMIT {
            self.0 = total;
            return reply;
        }
        let outcome = match reply.outcome {
            Outcome::Ok | Outcome::Failed => Outcome::Failed,
            // It may have changed something.
            Outcome::Changed | Outcome::Killed => Outcome::Killed,
            other => other,
        };
        let message = format!(
            "the results of this host take more than {} MiB of memory together: this one is not kept",
            LIMIT >> 20
        );
        let reply = *reply;
        Box::new(Reply {
            outcome,
            warnings: reply.warnings,
            micros: reply.micros,
            quit: reply.quit,
            ..Reply::failed(Failure::new(Kind::Invalid, message))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(warnings: usize) -> Box<Reply> {
        Box::new(Reply {
            warnings: vec![String::new(); warnings],
            error: None,
            outcome: Outcome::Changed,
            ..Reply::failed(Failure::new(Kind::Invalid, "none"))
        })
    }

    #[test]
    fn small_answers_are_never_too_many_and_large_ones_are() {
        let mut kept = Kept::default();
        for _ in 0..100_000 {
            assert_eq!(kept.take(reply(0), FREE).outcome, Outcome::Changed);
        }
        let large = (0..200).map(|_| kept.take(reply(0), 16 << 20));
        let whole = large.take_while(|it| it.error.is_none()).count();
        assert_eq!(whole, 8);
        let last = kept.take(reply(0), 16 << 20);
        assert_eq!(last.outcome, Outcome::Killed);
        assert!(last.error.unwrap().message.contains("128 MiB"));
    }

    #[test]
    fn warnings_without_end_are_cut_and_that_is_said() {
        let warnings = Kept::default().take(reply(5000), 0).warnings;
        assert_eq!(warnings.len(), WARNINGS + 1);
        assert_eq!(warnings[WARNINGS], "4900 more warnings are left out");
    }
}
