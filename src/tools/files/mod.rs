//! Several files that one call makes hold something, or takes away.

use crate::argument::FileMode;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Describe as _, HostPath};
use crate::tools::fs::deploy::{Content, FileChange, Texts, Wanted, caution, compare, compare_edit, deploy};
use crate::tools::fs::old::{as_text, read_old};

/// What is to be done to some files; nothing is done to the others that a call looks at.
#[derive(Debug, Default)]
pub(crate) struct Files(Vec<(HostPath, Step)>);

#[derive(Debug)]
enum Step {
    Write(Box<FileChange>),
    Remove,
}

/// A path that a tool has in its own text.
///
/// # Errors
/// Where what it was made of makes no path.
pub(in crate::tools) fn path(text: &str) -> Result<HostPath, Failure> {
    HostPath::new(text.as_bytes()).map_err(|error| Failure::new(Kind::Invalid, error))
}

/// The text of a file; nothing where there is none.
///
/// # Errors
/// `invalid` for one that is no text.
pub(in crate::tools) fn text(path: &HostPath, host: &Reader<'_>) -> Result<Option<String>, Failure> {
    let bytes = read_old(path, true, false, host)?;
    bytes.map(|bytes| as_text(path, bytes)).transpose()
}

impl Files {
    /// One of them becomes `after`, which was made of its own text `before`. A new one can be read by all.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(in crate::tools) fn edit(
        &mut self,
        path: HostPath,
        before: Option<&str>,
        after: String,
        host: &Reader<'_>,
    ) -> Result<(), Failure> {
        let wanted = wanted(&path, before.is_none());
        let old = before.unwrap_or_default().as_bytes();
        if let Err(change) = compare_edit(&wanted, old, after.into_bytes(), host)? {
            self.0.push((path, Step::Write(Box::new(change))));
        }
        Ok(())
    }

    /// One of them holds exactly this.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub(in crate::tools) fn hold(
        &mut self,
        path: HostPath,
        content: String,
        host: &Reader<'_>,
    ) -> Result<(), Failure> {
        let is_new = host.metadata(path.as_path(), Follow::Yes)?.is_none();
        let wanted = wanted(&path, is_new);
        if let Err(change) = compare(&wanted, Content::Bytes(content.into_bytes()), host)? {
            self.0.push((path, Step::Write(Box::new(change))));
        }
        Ok(())
    }

    /// One of them goes, where it is there.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub(in crate::tools) fn remove(&mut self, path: HostPath, host: &Reader<'_>) -> Result<(), Failure> {
        if let Some(at) = host.locate(path.as_path(), Follow::No)?
            && let Some(stat) = at.stat()?
        {
            host.check_removable(&at, &stat)?;
            self.0.push((path, Step::Remove));
        }
        Ok(())
    }

    /// Whether nothing is to be done.
    pub(in crate::tools) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What will differ.
    pub(in crate::tools) fn diff(&self) -> Vec<Diff> {
        let one = |(path, step): &(HostPath, Step)| match step {
            Step::Write(change) => change.diff(),
            Step::Remove => vec![Diff::of_property(path.to_string(), "file", Some("present"), None)],
        };
        self.0.iter().flat_map(one).collect()
    }

    /// Does it, in the order in which it was said.
    ///
    /// # Errors
    /// Where one of them cannot be written; those before it are done.
    pub(in crate::tools) fn make(self, host: &Writer<'_>) -> Result<(), Failure> {
        for (path, step) in self.0 {
            match step {
                Step::Write(change) => {
                    deploy(&wanted(&path, false), *change, host)?;
                }
                Step::Remove => {
                    if let Some(at) = host.locate(path.as_path(), Follow::No)? {
                        host.remove(&at)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn wanted(path: &HostPath, is_new: bool) -> Wanted<'_> {
    Wanted {
        path,
        mode: is_new.then(|| FileMode(0o644).into()),
        owner: None,
        group: None,
        caution: caution(false, None),
        parents: true,
        text: Texts::Kept,
    }
}
