//! Settings in the running kernel, together with the files in which they are.

use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::Describe;
use crate::tools::files::Files;
use crate::tools::sysctl::lines::{proc_path, words};
use crate::tools::sysctl::set::no_setting;

/// A setting of the running kernel that gets another value.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) name: String,
    before: String,
    after: String,
}

/// What is to be done to settings.
#[derive(Debug, Default)]
pub(crate) struct SettingsChange {
    pub(super) files: Files,
    pub(super) live: Vec<Live>,
}

impl Describe for SettingsChange {
    fn diff(&self) -> Vec<Diff> {
        let of_kernel =
            |it: &Live| Diff::of_property("running kernel", &it.name, Some(&it.before), Some(&it.after));
        let live = self.live.iter().map(of_kernel);
        self.files.diff().into_iter().chain(live).collect()
    }
}

impl SettingsChange {
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.live.is_empty()
    }

    /// First the kernel, so that a value that it refuses does not come into a file.
    pub(super) fn make(self, host: &Writer<'_>) -> Result<(), Failure> {
        for it in &self.live {
            host.set_kernel(&proc_path(&it.name), &it.after)?;
        }
        self.files.make(host)
    }
}

/// What of a setting is to be changed in the running kernel, if anything.
///
/// # Errors
/// `not_found` for a setting that the kernel does not have; `permission_denied` where it may not be set.
pub(super) fn differs(name: &str, value: &str, host: &Reader<'_>) -> Result<Option<Live>, Failure> {
    let found = host
        .read(&proc_path(name), 64 << 10)
        .map_err(|failure| match failure.kind {
            Kind::NotFound => no_setting(name),
            _ => failure,
        })?;
    let found = words(&String::from_utf8_lossy(&found));
    if found == value {
        return Ok(None);
    }
    host.check_kernel(&proc_path(name))?;
    Ok(Some(Live {
        name: name.to_owned(),
        before: found,
        after: value.to_owned(),
    }))
}
