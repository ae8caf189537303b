//! Conditions in parts.

use std::sync::Arc;

use crate::template::Expression;
use crate::template::lone::Around;
use crate::template::piece::Piece;

impl Expression {
    /// The expressions that must all hold for this one to hold, in order; itself where `and` joins nothing.
    pub fn conjuncts(&self) -> Vec<Self> {
        let Piece { text, place, .. } = &self.program.piece;
        let parts = self.program.conjuncts();
        let part = |range: std::ops::Range<usize>| {
            let part = text.get(range.clone())?;
            Self::of(
                part,
                place.part(range.start, range.len()),
                self.program.folder.clone(),
            )
            .ok()
        };
        let all: Option<Vec<Self>> = match parts.as_slice() {
            [] | [_] => None,
            _ => parts.into_iter().map(part).collect(),
        };
        all.unwrap_or_else(|| {
            let program = Arc::clone(&self.program);
            vec![Self {
                program,
                around: Around::default(),
            }]
        })
    }
}
