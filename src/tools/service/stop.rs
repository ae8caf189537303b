//! Stops a service.

use crate::tools::service::change::Wanted;
use crate::tools::service::verb::verb;

verb! {
/// Makes sure that a service does not run.
///
/// Check mode: says whether it would be stopped.
Stop, "service.stop", Wanted { running: Some(false), ..Wanted::default() }
}
