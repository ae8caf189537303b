//! The tools: one directory for each namespace, one file for each method.

mod accounts;
mod agent;
mod alternatives;
mod apk;
mod apt;
mod apt_repository;
mod assert;
mod container;
mod cron;
mod custom;
mod debconf;
mod dnf;
mod dnf_repository;
mod exec;
mod facts;
mod files;
mod fs;
mod git;
mod group;
mod host;
mod hostname;
mod http;
mod kernel_module;
#[cfg(test)]
mod laws;
mod locale;
mod log;
mod mount;
mod openpgp;
mod package;
mod packages;
mod pacman;
mod pacman_repository;
mod registry;
mod said;
mod service;
mod ssh;
mod sysctl;
mod template;
#[cfg(test)]
pub(crate) mod testing;
mod timezone;
mod user;
mod wait;

pub use registry::{registry, servers};
