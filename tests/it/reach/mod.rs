//! Ways to hosts that are not straight.

mod causes;
mod containers;
mod forward;
mod jump;
mod passwords;
mod reset;
