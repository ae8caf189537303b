//! YAML text to a tree in which every part has its place. Strict, as a playbook must be; says what is wrong and where.

mod alias;
mod build;
mod cursor;
mod fatal;
mod line;
mod map;
mod node;
mod place;
mod recover;
mod refuse;
mod reread;
mod scalar;
mod scalar11;
mod syntax;
#[cfg(test)]
mod tests;
mod text;

pub use cursor::{Cursor, Step};
pub use node::{Dialect, Kind, Node, Style, Text};
