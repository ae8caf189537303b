//! Starts a service.

use crate::tools::service::change::Wanted;
use crate::tools::service::verb::verb;

verb! {
/// Makes sure that a service runs, and stays up for a moment: one that dies at once, or is started again and again, is a
/// failure that shows what it wrote last. A unit that runs once and has ended well since the host was started has done so, and
/// is not started again. A unit whose file changed is read again first.
///
/// Check mode: says whether it would be started.
Start, "service.start", Wanted { running: Some(true), ..Wanted::default() }
}
