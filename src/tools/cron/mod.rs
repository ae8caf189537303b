//! `cron.*`: what is run at set times.

mod job;
mod table;

pub(crate) use job::Job;
