//! The one way in which tools make a file hold something: compared first, then replaced whole.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use rustix::fs::{FileType, Stat};
use serde::Serialize;

use crate::argument::{Argv, FileMode, Text};
use crate::blob::{Blob, Hash, Range};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Batch, Caution, Follow, Location, Neighbours, Plan, Reader, Writer};
use crate::tool::{Area, Controller, Describe, Footprint, HostPath};
use crate::tools::fs::content::TEXT_LIMIT;
pub(in crate::tools) use crate::tools::fs::content::{Content, Texts};

/// What a file is to be.
pub(in crate::tools) struct Wanted<'a> {
    pub(in crate::tools) path: &'a HostPath,
    pub(in crate::tools) mode: Option<FileMode>,
    pub(in crate::tools) owner: Option<&'a Text>,
    pub(in crate::tools) group: Option<&'a Text>,
    pub(in crate::tools) caution: Caution<'a>,
    pub(in crate::tools) parents: bool,
    /// Whether the texts are wanted, to be shown; if not, content is fetched only to be written.
    pub(in crate::tools) text: Texts,
}

/// What is to be done to a file.
#[derive(Debug)]
pub(crate) struct FileChange {
    title: String,
    place: Option<Location>,
    attributes: Attributes,
    content: Option<Content>,
    /// How less than all of it is sent.
    plan: Option<Plan>,
    before: Before,
    properties: Vec<Diff>,
    /// The hash of the text that was edited.
    edit_of: Option<Hash>,
}

#[derive(Debug)]
enum Before {
    Bytes(Vec<u8>),
    Size(u64),
}

/// What became of a file.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Written {
    /// Where it is, links followed.
    pub(in crate::tools) path: Text,
    /// The backup that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::tools) backup: Option<Text>,
}

impl Written {
    pub(in crate::tools) fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into().into_os_string().into(),
            backup: None,
        }
    }
}

impl FileChange {
    /// Lets go of the place, which is a folder held open: there may be thousands.
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

/// Looks whether a file is as it is to be: then what it is, else what is to be done.
pub(in crate::tools) fn compare(
    wanted: &Wanted<'_>,
    content: Content,
    host: &Reader<'_>,
) -> Result<Result<Written, FileChange>, Failure> {
    compare_one_of_many(wanted, content, &mut Neighbours::default(), host)
}

/// [`compare`], for files of which many lie in one folder.
pub(in crate::tools) fn compare_one_of_many(
    wanted: &Wanted<'_>,
    content: Content,
    neighbours: &mut Neighbours,
    host: &Reader<'_>,
) -> Result<Result<Written, FileChange>, Failure> {
    let title = wanted.path.to_string();
    if wanted.path.ends_in_slash() {
        let message = format!("`{title}/` names a folder, and a file is to be written");
        return Err(Failure::new(Kind::Invalid, message));
    }
    let attributes = Attributes::of(host, wanted.mode, wanted.owner, wanted.group)?;
    let found = neighbours.locate(wanted.path.as_path(), Follow::Yes, host)?;
    if found.is_none() && !wanted.parents {
        return Err(no_folder(wanted.path));
    }
    let (place, stat) = found.map(|it| (it.at, it.stat)).unzip();
    let (Some(at), Some(stat)) = (&place, stat.flatten()) else {
        return Ok(Err(FileChange {
            properties: attributes.diff(host, &title, None),
            content: Some(content.load(wanted.text, host)?),
            plan: None,
            before: Before::Bytes(Vec::new()),
            title,
            place,
            attributes,
            edit_of: None,
        }));
    };
    require_file(&title, &stat)?;
    let (is_same, before) = examine(at, &stat, &content, host)?;
    let missing = attributes.missing_in(&stat);
    if is_same && missing.is_empty() {
        return Ok(Ok(Written::at(at.path())));
    }
    Ok(Err(FileChange {
        properties: missing.diff(host, &title, Some(&stat)),
        content: if is_same {
            None
        } else {
            Some(content.load(wanted.text, host)?)
        },
        plan: None,
        attributes: if is_same { missing } else { attributes },
        before: match before {
            Before::Bytes(bytes) if wanted.text == Texts::Dropped => Before::Size(bytes.len() as u64),
            other => other,
        },
        title,
        place,
        edit_of: None,
    }))
}

/// [`compare`], for a text that was made of the file's own: what somebody else makes of it meanwhile is not undone.
pub(in crate::tools) fn compare_edit(
    wanted: &Wanted<'_>,
    before: &[u8],
    after: Vec<u8>,
    host: &Reader<'_>,
) -> Result<Result<Written, FileChange>, Failure> {
    let edit_of = Some(Hash::of(before));
    let found = compare(wanted, Content::Bytes(after), host)?;
    Ok(found.map_err(|change| FileChange { edit_of, ..change }))
}

/// Does what [`compare`] found.
pub(in crate::tools) fn deploy(
    wanted: &Wanted<'_>,
    mut change: FileChange,
    host: &Writer<'_>,
) -> Result<Written, Failure> {
    let ranges = change.ranges(wanted.path, host)?;
    let mut source = host.open_ranges(&ranges);
    let at = match change.place {
        Some(place) => place,
        None => host.make_place(wanted.path.as_path(), Follow::Yes)?,
    };
    let caution = Caution {
        edit_of: change.edit_of,
        ..wanted.caution
    };
    let mut written = Written::at(at.path());
    let backup = match &change.content {
        None => {
            host.set_attributes(&at, &change.attributes)?;
            None
        }
        Some(content) => host.replace(&at, &change.attributes, &caution, &mut |file| {
            fill(&at, file, content, change.plan.as_ref(), &mut *source, host)
        })?,
    };
    written.backup = backup.map(|path| path.into_os_string().into());
    Ok(written)
}

/// Does what [`compare_one_of_many`] found: content is read from where it comes in order.
pub(in crate::tools) fn deploy_one_of_many(
    wanted: &Wanted<'_>,
    change: &FileChange,
    neighbours: &mut Neighbours,
    batch: &mut Batch<'_>,
    source: &mut dyn Read,
    host: &Writer<'_>,
) -> Result<(), Failure> {
    let place = neighbours.make_place(wanted.path.as_path(), Follow::Yes, host)?;
    let Some(content) = &change.content else {
        return host.set_attributes(&place.at, &change.attributes);
    };
    batch.add(&place, &change.attributes, &mut |file| {
        fill(&place.at, file, content, change.plan.as_ref(), source, host)
    })
}

fn fill(
    at: &Location,
    file: &mut File,
    content: &Content,
    plan: Option<&Plan>,
    source: &mut dyn Read,
    host: &Writer<'_>,
) -> Result<(), Failure> {
    match (content, plan) {
        (Content::Bytes(bytes), _) => host.fill_bytes(at, file, bytes),
        (Content::Blob(blob), None) => host.fill(at, file, blob, source),
        (Content::Blob(blob), Some(plan)) => host.build(at, file, blob, plan, source),
    }
}

/// Whether a file holds something already, and what it holds instead.
fn examine(
    at: &Location,
    stat: &Stat,
    content: &Content,
    host: &Reader<'_>,
) -> Result<(bool, Before), Failure> {
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if size > TEXT_LIMIT {
        let hash = match content {
            Content::Blob(blob) if blob.size == size => blob.hash,
            _ => return Ok((false, Before::Size(size))),
        };
        let is_same = host.hash(&at.path(), &at.open()?)? == hash;
        return Ok((is_same, Before::Size(size)));
    }
    let mut before = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    let path = at.path();
    at.open()?
        .take(TEXT_LIMIT + 1)
        .read_to_end(&mut before)
        .map_err(|error| Failure::io(format_args!("cannot read `{}`", path.display()), &error))?;
    let is_same = before.len() as u64 == content.size()
        && match content {
            Content::Bytes(bytes) => before == *bytes,
            Content::Blob(blob) => match &blob.inline {
                Some(inline) => before == *inline,
                None => Hash::of(&before) == blob.hash,
            },
        };
    Ok((is_same, Before::Bytes(before)))
}

pub(in crate::tools) fn require_file(title: &str, stat: &Stat) -> Result<(), Failure> {
    let found = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => return Ok(()),
        FileType::Directory => "a folder",
        _ => "not a regular file",
    };
    Err(Failure::new(
        Kind::Conflict,
        format!("cannot write `{title}`: it is {found}"),
    ))
}

/// The failure where the folder above a path does not exist.
pub(in crate::tools) fn no_folder(path: &HostPath) -> Failure {
    let above = path.as_path().parent().unwrap_or(path.as_path());
    Failure::new(
        Kind::NotFound,
        format!(
            "cannot create `{path}`: the folder `{}` does not exist",
            above.display()
        ),
    )
}

/// Turns the argument `text` into content on its way to the host, unless it was done already.
pub(in crate::tools) fn offer(
    text: &mut Text,
    blob: &mut Option<Blob>,
    controller: Controller<'_>,
) -> Result<(), Failure> {
    if blob.is_some() {
        return Err(Failure::new(Kind::Invalid, "unknown argument `blob`"));
    }
    *blob = Some(controller.blobs.bytes(std::mem::take(&mut text.0)));
    Ok(())
}

/// The caution that arguments ask for.
pub(in crate::tools) fn caution(backup: bool, validate: Option<&Argv>) -> Caution<'_> {
    Caution {
        backup,
        validate,
        edit_of: None,
    }
}

/// What deploying a file touches. A validator may look at anything.
pub(in crate::tools) fn footprint(
    path: &HostPath,
    account: Option<&Text>,
    validate: Option<&Argv>,
) -> Footprint {
    let mut footprint = Footprint::writes(path.area());
    if account.is_some() {
        footprint.reads.extend(&accounts());
    }
    if validate.is_some() {
        footprint.reads = Area::Everything;
    }
    footprint
}

/// Where accounts are kept.
pub(in crate::tools) fn accounts() -> Area {
    Area::Paths(vec!["/etc/passwd".into(), "/etc/group".into()])
}
