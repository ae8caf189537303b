//! Check mode: files that would be brought to the controller. Nothing brings them then, so that nobody knows what is there.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Where files would be put, and by which calls.
#[derive(Debug, Default)]
pub(super) struct Brought(Mutex<Vec<(PathBuf, String)>>);

impl Brought {
    /// Takes note of a call that would put something there.
    pub(super) fn note(&self, path: &Path, label: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.iter().any(|(other, _)| other == path) {
            all.push((path.to_owned(), label.to_owned()));
        }
    }

    /// The call that would change what is at a path, or in it.
    pub(super) fn touched(&self, path: &Path) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(path) = std::path::absolute(path) else {
            return None;
        };
        let meets = |other: &Path| path.starts_with(other) || other.starts_with(&path);
        all.iter()
            .find(|(other, _)| meets(other))
            .map(|(_, label)| label.clone())
    }
}
