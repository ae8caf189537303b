//! What a tool is: its contract, its footprint, its signature, and the registry in which it loses its types.

mod change;
mod contract;
mod custom;
mod footprint;
mod foresee;
mod home;
mod partial;
mod path;
mod provisional;
mod registry;
mod server;
mod signature;
mod spoils;

pub use change::{Describe, Pending};
pub use contract::{Access, Controller, Finding, Place, Tool};
pub use custom::{Custom, Declared, LARGEST as LARGEST_CUSTOM, Order, SERVER as CUSTOM_SERVER};
pub use footprint::{Area, Footprint, normalize};
pub use path::HostPath;

/// What a path on a host begins with, as a pattern: `/`, or `~` for a home directory.
pub const HOST_PATH: &str = "^[/~]";

pub use registry::{Entry, Given, Prepared, Registry};
pub use server::{Apply, Served, Server, Servers};
pub use signature::{Field, Role, Signature, Type};
pub use spoils::Spoils;
