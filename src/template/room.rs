//! Room on the stack for parsing: the engine's parser and compiler recurse as deep as an expression is nested.

use crate::source::Place;
use crate::template::SyntaxError;

/// Texts up to this length cannot be nested deep enough to matter.
const SMALL: usize = 256;
/// Stack for larger ones: enough for the longest expression, taken only as far as it is used.
const STACK: usize = 512 << 20;
/// Longest single expression or block, in bytes.
const LONGEST: usize = 64 << 10;

/// Runs what parses a text where there is enough stack for it.
pub(super) fn with_room<T: Send>(text: &str, work: impl Fn() -> T + Sync) -> T {
    if text.len() <= SMALL {
        return work();
    }
    let work = &work;
    let done = std::thread::scope(|scope| {
        let spawned = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        spawned.ok().map(std::thread::ScopedJoinHandle::join)
    });
    match done {
        Some(Ok(done)) => done,
        Some(Err(panic)) => std::panic::resume_unwind(panic),
        None => work(),
    }
}

/// Where a single expression or block begins that is too long to be one.
pub(super) fn too_long(text: &str, is_expression: bool) -> Option<usize> {
    if is_expression {
        return (text.len() > LONGEST).then_some(0);
    }
    let mut at = 0;
    while let Some(open) = next(text, at, &["{{", "{%"]) {
        let close = next(text, open + 2, &["}}", "%}"]).unwrap_or(text.len());
        if close - open > LONGEST {
            return Some(open);
        }
        at = close;
    }
    None
}

/// The error for one that begins there.
pub(super) fn refusal(place: &Place, text: &str, at: usize) -> SyntaxError {
    SyntaxError {
        message: format!("a single expression of more than {} KiB", LONGEST >> 10),
        span: place.span(at, text.len().min(at + 2)),
        help: None,
    }
}

fn next(text: &str, from: usize, marks: &[&str]) -> Option<usize> {
    let found = marks.iter().filter_map(|mark| text[from..].find(mark));
    found.min().map(|at| from + at)
}
