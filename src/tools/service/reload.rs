//! Lets a service read its configuration again.

use crate::tools::service::change::Wanted;
use crate::tools::service::manager::Action;
use crate::tools::service::verb::verb;

verb! {
/// Lets a service read its configuration again, in any case, without ending it; one that does not run is started. One that
/// has only just been started gets a moment first, and one that dies of it is a failure. It is
/// mostly wanted with `on_change`.
///
/// Check mode: says that it would be reloaded; that a service cannot be is an error there, too.
Reload, "service.reload", Wanted { again: Some(Action::Reload), ..Wanted::default() }
}
