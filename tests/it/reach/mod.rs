//! Ways to hosts that are not straight.

mod containers;
mod jump;
mod reset;
