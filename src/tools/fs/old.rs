//! What a file holds that is edited as text.

use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader};
use crate::tool::HostPath;

/// A file that is edited as text is not larger than this.
const READ_LIMIT: u64 = 64 << 20;

/// The same of one that is UTF-8 throughout, as what is made of single words of it must be.
///
/// # Errors
/// `invalid` for one that is not.
pub(in crate::tools) fn as_text(path: &HostPath, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|_| {
        let message = format!("`{path}` is not UTF-8 text, and would not be the same any more");
        Failure::new(Kind::Invalid, message)
    })
}

/// The text of a file that is to be edited. One that does not exist is empty text where it may be created, nothing where
/// that is as well, else a failure.
pub(in crate::tools) fn read_old(
    path: &HostPath,
    create: bool,
    is_needed: bool,
    host: &Reader<'_>,
) -> Result<Option<Vec<u8>>, Failure> {
    let place = host.locate(path.as_path(), Follow::Yes)?;
    match place {
        Some(place) if place.stat()?.is_some() => host.read(&place.path(), READ_LIMIT).map(Some),
        _ if !is_needed => Ok(None),
        _ if create => Ok(Some(Vec::new())),
        _ => {
            let message = format!("`{path}` does not exist, and `create` is not set");
            Err(Failure::new(Kind::NotFound, message))
        }
    }
}
