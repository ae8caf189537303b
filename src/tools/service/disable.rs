//! Has a service not started with the host.

use crate::tools::service::change::Wanted;
use crate::tools::service::verb::verb;

verb! {
/// Makes sure that a service is not started when the host is. Whether it runs now stays as it is. A unit that is `static`,
/// `indirect` or `generated` was not enabled.
///
/// Check mode: says whether it would be disabled.
Disable, "service.disable", Wanted { enabled: Some(false), ..Wanted::default() }
}
