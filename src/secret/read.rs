//! Reading small files of the controller.

use std::io::Read as _;
use std::path::Path;

/// Largest file that holds a secret.
const LIMIT: u64 = 16 << 20;

/// The content of a file.
///
/// # Errors
/// Why it cannot be read, in words that name neither it nor its content.
pub(super) fn file(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| why(&error))?;
    file.take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| why(&error))?;
    if bytes.len() as u64 > LIMIT {
        return Err(format!("it has more than {} MiB", LIMIT >> 20));
    }
    Ok(bytes)
}

/// Why a file cannot be read.
pub(super) fn why(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist".to_owned(),
        std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}
