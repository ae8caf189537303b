//! The tools: one folder for each namespace, one file for each method.

mod accounts;
mod agent;
mod apt;
mod assert;
mod cron;
mod exec;
mod fs;
mod git;
mod group;
mod host;
mod hostname;
mod http;
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
mod wait;

pub use registry::registry;
