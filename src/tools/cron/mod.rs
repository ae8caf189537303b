//! `cron.*`: what is run at set times.

mod job;
mod line;
mod program;
mod table;
mod time;

pub(crate) use job::Job;
