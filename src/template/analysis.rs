//! What an expression or template reads: names, the fields taken of them, and where.

use crate::source::Span;

/// One use of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The name and the constant keys and indexes taken of it: `results.web.stdout` is `[results, web, stdout]`,
    /// `hosts[x].vars` is `[hosts]` (what follows a key that is not constant is left out), `a[0].b` is `[a, 0, b]`.
    pub path: Vec<String>,
    /// The chain as it is.
    pub span: Span,
    /// Whether a gap in it is accepted: `default`, `is defined` or `is undefined` is applied to it.
    pub guarded: bool,
    /// Whether a condition reads it that decides what else is evaluated: of `if`, `and`, `or` and a filtered `for`.
    pub decides: bool,
    /// Whether it is in a body that may never be done: of a loop, a macro, a block that another file may replace.
    pub apart: bool,
}

/// Everything that is read, names bound inside (by `for`, `set`, `macro`) left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// The uses of names, in written order.
    pub accesses: Vec<Access>,
    /// Whether something else than names is asked, by a function: a variable of the environment, a file, the time.
    pub asks: bool,
    /// Whether such a condition reads a name that is bound inside.
    pub decides_inside: bool,
}

impl Reads {
    /// Whether anything is read.
    pub fn is_empty(&self) -> bool {
        self.accesses.is_empty()
    }

    /// Whether some part asks if a name is there.
    pub fn asks_for(&self, name: Option<&String>) -> bool {
        let mut guards = self.accesses.iter().filter(|it| it.guarded);
        name.is_some() && guards.any(|it| it.path.first() == name)
    }

    /// Whether some condition decides what of it is read.
    pub fn is_conditional(&self) -> bool {
        self.decides_inside
            || self
                .accesses
                .iter()
                .any(|it| it.decides || it.guarded || it.apart)
    }

    /// Adds what another part reads.
    pub fn extend(&mut self, other: &Self) {
        self.accesses.extend(other.accesses.iter().cloned());
        self.asks |= other.asks;
        self.decides_inside |= other.decides_inside;
    }
}
