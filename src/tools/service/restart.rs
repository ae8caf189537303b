//! Restarts a service.

use crate::tools::service::change::Wanted;
use crate::tools::service::manager::Action;
use crate::tools::service::verb::verb;

verb! {
/// Restarts a service, in any case; one that does not run is started. One that does not stay up for a moment is a failure. A unit whose file changed is read again first. It is
/// mostly wanted with `on_change`.
///
/// Check mode: says that it would be restarted.
Restart, "service.restart", Wanted { again: Some(Action::Restart), ..Wanted::default() }
}
