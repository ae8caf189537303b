//! What people and programs see of a run, drawn from its events alone.

mod detail;
mod human;
mod json;
mod line;
mod names;
mod paint;
mod progress;
mod recap;
mod safe;

pub use human::{Detail, Human, Look};
pub use json::Json;
pub use paint::Color;
pub use safe::safe;
