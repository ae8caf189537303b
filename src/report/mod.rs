//! What people and programs see of a run, drawn from its events alone.

mod called;
mod detail;
mod draw;
mod fields;
pub mod file;
mod human;
mod json;
mod line;
mod live;
mod look;
mod names;
mod paint;
mod progress;
mod recap;
mod roots;
mod safe;
#[cfg(test)]
mod tests;
mod wide;

pub use called::{Called, Form};
pub use human::Human;
pub use json::Json;
pub use look::{Again, Detail, Look};
pub use paint::Color;
pub use recap::{quoted, seconds};
pub use safe::safe;
pub use wide::{fit, width as columns_of};
