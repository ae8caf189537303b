//! What a tool is: its contract, its footprint, its signature, and the registry in which it loses its types.

mod change;
mod contract;
mod footprint;
mod path;
mod registry;
mod server;
mod signature;

pub use change::{Describe, Pending};
pub use contract::{Access, Controller, Finding, Place, Tool};
pub use footprint::{Area, Footprint, normalize};
pub use path::HostPath;
pub use registry::{Entry, Prepared, Registry};
pub use server::{Apply, Served, Server, Servers};
pub use signature::{Field, Role, Signature, Type};
