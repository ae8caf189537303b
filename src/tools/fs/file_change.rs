//! What is to be done to a file, between the look at it and the act.

use crate::blob::{Hash, Range};
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Attributes, Follow, Location, Plan, Reader};
use crate::tool::{Describe, HostPath};
use crate::tools::fs::content::Content;

/// What is to be done to a file.
#[derive(Debug)]
pub(crate) struct FileChange {
    pub(super) title: String,
    pub(super) place: Option<Location>,
    pub(super) attributes: Attributes,
    pub(super) content: Option<Content>,
    /// How less than all of it is sent.
    pub(super) plan: Option<Plan>,
    pub(super) before: Before,
    pub(super) properties: Vec<Diff>,
    /// The hash of the text that was edited.
    pub(super) edit_of: Option<Hash>,
}

#[derive(Debug)]
pub(super) enum Before {
    /// Nothing is there.
    Absent,
    Bytes(Vec<u8>),
    Size(u64),
}

impl FileChange {
    /// Lets go of the place, which is a directory held open: there may be thousands.
    pub(in crate::tools) fn without_place(mut self) -> Self {
        self.place = None;
        self
    }

    /// What has to come from the controller for it, once it was looked at what is there of a large file.
    ///
    /// # Errors
    /// Where that cannot be read.
    pub(in crate::tools) fn ranges(
        &mut self,
        path: &HostPath,
        host: &Reader<'_>,
    ) -> Result<Vec<Range>, Failure> {
        let Some(Content::Blob(blob)) = &self.content else {
            return Ok(Vec::new());
        };
        if blob.inline.is_some() {
            return Ok(Vec::new());
        }
        if blob.layout.is_some() {
            let place = match self.place.clone() {
                None => host.locate(path.as_path(), Follow::Yes)?,
                known => known,
            };
            self.plan = host.plan(blob, place.as_ref())?;
        }
        Ok(match &self.plan {
            Some(plan) => plan.ranges(blob),
            None => vec![blob.whole()],
        })
    }

    /// The bytes that came with the call.
    pub(in crate::tools) fn inline_size(&self) -> u64 {
        match &self.content {
            Some(Content::Blob(blob)) if blob.inline.is_none() => 0,
            Some(content) => content.size(),
            None => 0,
        }
    }

    /// Whether content is written, not only attributes.
    pub(in crate::tools) fn has_content(&self) -> bool {
        self.content.is_some()
    }
}

impl Describe for FileChange {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = Vec::new();
        match (&self.before, &self.content) {
            (_, None) => {}
            (Before::Absent, Some(after)) if after.size() == 0 => {
                let new = Some("empty file");
                diffs.push(Diff::of_property(&self.title, "state", Some("absent"), new));
            }
            (Before::Absent, Some(Content::Bytes(after))) => {
                diffs.push(Diff::of_text(&self.title, b"", after));
            }
            (Before::Absent, Some(after)) => {
                diffs.push(Diff::of_sizes(&self.title, 0, after.size()));
            }
            (Before::Bytes(before), Some(Content::Bytes(after))) => {
                if before != after {
                    diffs.push(Diff::of_text(&self.title, before, after));
                }
            }
            (Before::Bytes(before), Some(after)) => {
                diffs.push(Diff::of_sizes(&self.title, before.len() as u64, after.size()));
            }
            (Before::Size(before), Some(after)) => {
                diffs.push(Diff::of_sizes(&self.title, *before, after.size()));
            }
        }
        diffs.extend(self.properties.iter().cloned());
        diffs
    }
}
