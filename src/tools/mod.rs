//! The tools: one folder for each namespace, one file for each method.

mod agent;
mod apt;
mod assert;
mod exec;
mod fs;
#[cfg(test)]
mod laws;
mod log;
mod packages;
mod registry;
mod template;
#[cfg(test)]
pub(crate) mod testing;

pub use registry::registry;
