//! The tools: one folder for each namespace, one file for each method.

mod accounts;
mod agent;
mod apt;
mod assert;
mod exec;
mod fs;
mod group;
mod host;
mod hostname;
#[cfg(test)]
mod laws;
mod log;
mod mount;
mod packages;
mod registry;
mod service;
mod sysctl;
mod template;
#[cfg(test)]
pub(crate) mod testing;
mod user;

pub use registry::registry;
