//! What is wrong with a playbook, as data; drawing it is `render`'s work.

mod code;
mod example;
mod human;
mod machine;
mod model;
mod private;
mod render;
mod sarif;
#[cfg(test)]
mod tests;
mod unread;

pub use code::Code;
pub use model::{Diagnostic, Diagnostics, Label, Severity, nearest};
pub use render::{Drawn, Format, counted, draw, join, render};
