//! What `validate --fix` writes, and what it says of it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use crate::cli::commands::validate::fix::{Changed, Fixed};
use crate::cli::error::CliError;
use crate::diff::Diff;

/// The directories that files may be written in: those that were named, and those of the files that were.
pub(super) fn roots(named: &[PathBuf]) -> Vec<PathBuf> {
    let roots = named.iter().filter_map(|path| {
        let real = path.canonicalize().ok()?;
        if real.is_dir() {
            return Some(real);
        }
        real.is_file().then(|| real.parent().map(Path::to_path_buf))?
    });
    roots.collect()
}

/// What would be written.
pub(super) fn diffs(fixed: &Fixed) -> String {
    let mut text = String::new();
    for changed in changed(fixed).map(|(_, it)| it) {
        let shown = changed.shown.display();
        let diff = Diff::of_text(
            shown.to_string(),
            changed.before.as_bytes(),
            changed.after.as_bytes(),
        );
        let _ = writeln!(text, "--- {shown}\n+++ {shown}\n{}", diff.text.trim_end());
    }
    text + &outside(fixed)
}

/// Writes, and says what was written.
///
/// # Errors
/// Where a file cannot be written, or is another one by now.
pub(super) fn write(fixed: &Fixed) -> Result<String, CliError> {
    let mut text = String::new();
    for (path, changed) in changed(fixed) {
        let shown = changed.shown.display();
        replace(path, changed)
            .map_err(|error| CliError::invalid(format!("{text}`{shown}` cannot be written: {error}")))?;
        let what = if changed.count == 1 { "mistake" } else { "mistakes" };
        let _ = writeln!(text, "{shown}: {} {what} put right", changed.count);
    }
    Ok(text + &outside(fixed))
}

fn changed(fixed: &Fixed) -> impl Iterator<Item = (&PathBuf, &Changed)> {
    fixed.files.iter().filter(|(_, it)| it.before != it.after)
}

fn outside(fixed: &Fixed) -> String {
    let mut text = String::new();
    for path in &fixed.outside {
        let _ = writeln!(
            text,
            "{}: not written, since it is outside of what is validated",
            path.display()
        );
    }
    text
}

/// Puts a new file with the same owner and mode in the place of the old one, at once.
fn replace(path: &Path, changed: &Changed) -> std::io::Result<()> {
    if fs::read(path)? != changed.before.as_bytes() {
        return Err(std::io::Error::other("it was changed meanwhile"));
    }
    let old = fs::metadata(path)?;
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    let temporary = path.with_file_name(name);
    let replaced = (|| {
        // Until it is known whose it is, nobody else reads it.
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.write_all(changed.after.as_bytes())?;
        file.set_permissions(old.permissions())?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    })();
    if replaced.is_err() {
        let _removed = fs::remove_file(&temporary);
    }
    replaced
}
