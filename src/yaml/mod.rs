//! YAML text to a tree in which every part has its place. Strict, as a playbook must be; says what is wrong and where.

mod node;

pub use node::{Kind, Node, Style, Text};
