//! Has a service started with the host.

use crate::tools::service::change::Wanted;
use crate::tools::service::verb::verb;

verb! {
/// Makes sure that a service is started when the host is. Whether it runs now stays as it is. A unit that is `static` cannot
/// be enabled, which is an error.
///
/// Check mode: says whether it would be enabled.
Enable, "service.enable", Wanted { enabled: Some(true), ..Wanted::default() }
}
