//! What people and programs see of a run, drawn from its events alone.

mod detail;
mod draw;
pub mod file;
mod human;
mod json;
mod line;
mod look;
mod names;
mod paint;
mod progress;
mod recap;
mod safe;
#[cfg(test)]
mod tests;

pub use human::Human;
pub use json::Json;
pub use look::{Again, Detail, Look};
pub use paint::Color;
pub use recap::quoted;
pub use safe::safe;
