//! Inventories as texts.

mod literal;
