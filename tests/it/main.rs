//! Every test that needs the real binary, the committed files or the whole source tree.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up shall say where")]
#![expect(clippy::print_stderr, reason = "a test that cannot run here says why")]

mod support;

mod at_once;
mod bootstrap;
mod bring;
mod call;
mod check_mode;
mod cli;
mod conditions;
mod crosscheck;
mod custom;
mod delegate;
mod delegate_failures;
mod docs;
mod examples;
mod files;
mod fuzz;
mod graph;
mod handlers;
mod hostile;
mod hostile_agent;
mod hostile_floods;
mod https;
mod imported;
mod includes;
mod inputs;
mod interrupt;
mod inventories;
mod journal;
mod kill;
mod large;
mod large_arguments;
mod latency;
mod limits;
mod loops;
mod machines;
mod order;
mod output;
mod persist;
mod plan;
mod privilege;
mod processes;
mod reach;
mod readme;
mod reports;
mod rescue;
mod rounds;
mod rules;
mod run_once;
mod same_file;
mod scenes;
mod schema;
mod secrets;
mod selection;
mod serial;
mod tags;
mod templates;
mod tidy;
mod transport;
mod units;
mod unreachable;
mod validate;
mod values;
