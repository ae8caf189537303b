//! rmote-play: a declarative playbook runner.
//!
//! The data's way through the house is the order of these modules: text becomes a playbook, a playbook a plan, a plan
//! calls on hosts, and everything that happens an event.

pub mod argument;
pub mod blob;
pub mod bootstrap;
pub mod cause;
pub mod diff;
pub mod failure;
pub mod login;
pub mod name;
pub mod source;
pub mod value;

pub mod diagnostic;
pub mod yaml;

pub mod system;

pub mod secret;

pub mod tool;
pub mod tools;

pub mod template;

pub mod inventory;

pub mod ansible;

pub mod playbook;

pub mod plan;

pub mod protocol;

pub mod agent;

pub mod transport;

pub mod event;

pub mod journal;

pub mod runner;

pub mod report;

pub mod lsp;

pub mod cli;
