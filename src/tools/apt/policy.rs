//! Packages whose services are not started while they are installed.

use std::path::Path;

use crate::argument::FileMode;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tools::files;
use crate::tools::fs::deploy::{Content, Texts, Wanted, caution, compare, deploy};

/// What scripts of packages ask before they start a service.
const PATH: &str = "/usr/sbin/policy-rc.d";
const TEXT: &str =
    "#!/bin/sh\n# Written by rmote-play for the time of one call: no service is started.\nexit 101\n";

/// Whether it can be said that no service is started.
///
/// # Errors
/// `conflict` where somebody else answers what scripts ask.
pub(super) fn check(host: &Reader<'_>) -> Result<(), Failure> {
    match files::text(&files::path(PATH)?, host)? {
        Some(text) if text != TEXT => {
            let message = format!(
                "`{PATH}` is somebody else's, and says which services are started; remove it, or leave `start_services` out"
            );
            Err(Failure::new(Kind::Conflict, message))
        }
        _ => Ok(()),
    }
}

/// Runs something while no service is started.
pub(super) fn without_services<T>(
    host: &Writer<'_>,
    run: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    check(host)?;
    let path = files::path(PATH)?;
    let wanted = Wanted {
        path: &path,
        mode: Some(FileMode(0o755).into()),
        owner: None,
        group: None,
        caution: caution(false, None),
        parents: true,
        text: Texts::Dropped,
    };
    if let Err(change) = compare(&wanted, Content::Bytes(TEXT.into()), host)? {
        deploy(&wanted, change, host)?;
    }
    let done = run();
    if let Some(at) = host.locate(Path::new(PATH), Follow::No)? {
        host.remove(&at)?;
    }
    done
}
