//! Reading small files of the controller.

use std::path::Path;

use crate::source;

/// Largest file that holds a secret.
const LIMIT: u64 = 16 << 20;

/// The content of a file.
///
/// # Errors
/// Why it cannot be read, in words that name neither it nor its content.
pub(super) fn file(path: &Path) -> Result<Vec<u8>, String> {
    source::read_file(path, LIMIT).map_err(|error| why(&error))
}

/// Why a file cannot be read.
pub(super) fn why(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}
