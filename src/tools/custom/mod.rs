//! What runs the tools that playbooks and units bring along. It knows nothing of what they declare.

mod answer;
mod run;

pub(super) use run::server;
