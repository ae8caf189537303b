//! Runs against real machines: package managers, service managers and accounts of their own.

mod apt;
mod harness;
mod law;
