//! Runs against real machines: package managers, service managers and accounts of their own.

mod accounts;
mod apt;
mod cron;
mod harness;
mod law;
mod service;
mod settings;
