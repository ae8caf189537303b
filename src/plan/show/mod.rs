//! The plan for people and for programs.

mod dot;
mod json;
mod mermaid;
mod tree;
mod words;

pub use dot::dot;
pub use json::json;
pub use mermaid::mermaid;
pub use tree::tree;
