//! Ways to hosts that are not straight.

mod containers;
mod forward;
mod jump;
mod reset;
