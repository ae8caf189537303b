//! One file a command: plain inputs, an exit code back.

mod call;
mod complete;
mod completions;
mod config;
mod console;
mod hosts;
pub(in crate::cli) mod load;
mod lsp;
mod man;
mod plan;
mod report;
mod reports;
mod run;
mod schema;
mod shell;
mod show;
mod tools;
mod validate;

pub(super) use call::call;
pub(super) use complete::{CompleteArgs, complete};
pub(super) use completions::completions;
pub(super) use config::{ConfigArgs, config};
pub(super) use console::{ConsoleArgs, console};
pub(super) use hosts::hosts;
pub(super) use lsp::{LspArgs, lsp};
pub(super) use man::man;
pub(super) use plan::plan;
pub(super) use report::report;
pub(super) use run::run;
pub(super) use schema::schema;
pub(super) use shell::{ShellArgs, shell};
pub(super) use tools::tools;
pub(super) use validate::{ValidateArgs, validate};
