//! Inventories as texts.

mod literal;
mod texts;
