//! What is wrong with a playbook, as data; drawing it is `render`'s work.

mod code;
mod example;
mod fix;
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
pub use fix::{Edit, Fix, edited};
pub use model::{Diagnostic, Diagnostics, Label, Severity, nearest};
pub use render::{Drawn, Format, counted, draw, join, render};
