//! The one way in which tools make a file hold something: compared first, then replaced whole.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use rustix::fs::{FileType, Stat};
use serde::Serialize;

use crate::argument::{Argv, ModeChange, Text};
use crate::blob::{Blob, Hash};
use crate::failure::{Failure, Kind};
use crate::system::{
    Attributes, Batch, Caution, Follow, Found, Fresh, Location, Neighbours, Plan, Reader, Writer,
};
use crate::tool::{Area, Controller, Footprint, HostPath};
use crate::tools::fs::content::TEXT_LIMIT;
pub(in crate::tools) use crate::tools::fs::content::{Content, Texts};
use crate::tools::fs::file_change::Before;
pub(crate) use crate::tools::fs::file_change::FileChange;

/// What a file is to be.
pub(in crate::tools) struct Wanted<'a> {
    pub(in crate::tools) path: &'a HostPath,
    pub(in crate::tools) mode: Option<ModeChange>,
    pub(in crate::tools) owner: Option<&'a Text>,
    pub(in crate::tools) group: Option<&'a Text>,
    pub(in crate::tools) caution: Caution<'a>,
    pub(in crate::tools) parents: bool,
    /// Whether the texts are wanted, to be shown; if not, content is fetched only to be written.
    pub(in crate::tools) text: Texts,
}

/// Whether content is written over what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tools) enum Over {
    /// It is.
    Anything,
    /// Only where nothing is; a file that is there keeps what it holds.
    Nothing,
    /// Only where nothing is; what is there stays as it is, its owner and mode too.
    Absent,
}

impl Over {
    /// As the arguments `force` and `only_if_absent` say it.
    pub(in crate::tools) const fn of(force: bool, only_if_absent: bool) -> Self {
        match (force, only_if_absent) {
            (_, true) => Self::Absent,
            (true, false) => Self::Anything,
            (false, false) => Self::Nothing,
        }
    }
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

/// Looks whether a file is as it is to be: then what it is, else what is to be done.
pub(in crate::tools) fn compare(
    wanted: &Wanted<'_>,
    content: Content,
    host: &Reader<'_>,
) -> Result<Result<Written, FileChange>, Failure> {
    compare_over(wanted, content, Over::Anything, host)
}

/// [`compare`], where what is there may be left as it is.
pub(in crate::tools) fn compare_over(
    wanted: &Wanted<'_>,
    content: Content,
    over: Over,
    host: &Reader<'_>,
) -> Result<Result<Written, FileChange>, Failure> {
    let found = Neighbours::default().locate(wanted.path.as_path(), Follow::Yes, host)?;
    let compared = compare_found(wanted, content, found, over, host)?;
    match &compared {
        Err(change) if change.has_content() => {
            host.check_makeable(wanted.path.as_path())?;
            host.check_giveable(wanted.path, &change.attributes)?;
        }
        Err(change @ FileChange { place: Some(at), .. }) => {
            if let Some(stat) = at.stat()? {
                host.check_changeable(at, &stat, &change.attributes)?;
            }
        }
        _ => {}
    }
    Ok(compared)
}

/// [`compare`], of what was found at its place; nothing where the directory is not there.
pub(in crate::tools) fn compare_found(
    wanted: &Wanted<'_>,
    content: Content,
    found: Option<Found>,
    over: Over,
    host: &Reader<'_>,
) -> Result<Result<Written, FileChange>, Failure> {
    let title = wanted.path.to_string();
    if wanted.path.ends_in_slash() {
        let message = format!("`{title}/` names a directory, and a file is to be written");
        return Err(Failure::new(Kind::Invalid, message));
    }
    if found.is_none() && !wanted.parents {
        return Err(no_folder(wanted.path));
    }
    let (place, stat) = found.map(|it| (it.at, it.stat)).unzip();
    let stat = stat.flatten();
    if let (Over::Absent, Some(at), Some(stat)) = (over, &place, &stat) {
        require_file(&title, stat)?;
        return Ok(Ok(Written::at(at.path())));
    }
    let attributes = Attributes::of(host, None, wanted.owner, wanted.group)?;
    let attributes = attributes.with_mode(wanted.mode.as_ref(), stat.as_ref(), Fresh::File);
    let (Some(at), Some(stat)) = (&place, stat) else {
        return Ok(Err(FileChange {
            properties: attributes.diff(host, &title, None),
            content: Some(content.load(wanted.text, host)?),
            plan: None,
            before: Before::Absent,
            title,
            place,
            attributes,
            edit_of: None,
        }));
    };
    require_file(&title, &stat)?;
    let (is_same, before) = match over {
        Over::Anything => examine(at, &stat, &content, host)?,
        Over::Nothing | Over::Absent => (true, Before::Size(0)),
    };
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
    let place = change.place.take();
    let made = if place.is_some() {
        Vec::new()
    } else {
        let owner = Attributes::of(host, None, wanted.owner, wanted.group)?;
        host.make_folders_above(wanted.path.as_path(), &owner)?
    };
    let done = match place {
        Some(at) => Ok(at),
        None => host.make_place(wanted.path.as_path(), Follow::Yes),
    }
    .and_then(|at| put(&at, wanted, &change, &mut *source, host));
    if done.is_err() {
        host.take_back(&made);
    }
    done
}

fn put(
    at: &Location,
    wanted: &Wanted<'_>,
    change: &FileChange,
    source: &mut dyn Read,
    host: &Writer<'_>,
) -> Result<Written, Failure> {
    let mut written = Written::at(at.path());
    let Some(content) = &change.content else {
        host.set_attributes(at, &change.attributes)?;
        return Ok(written);
    };
    let caution = Caution {
        edit_of: change.edit_of,
        ..wanted.caution
    };
    let backup = host.replace(at, &change.attributes, &caution, &mut |file| {
        fill(at, file, content, change.plan.as_ref(), source, host)
    })?;
    written.backup = backup.map(|path| path.into_os_string().into());
    Ok(written)
}

/// Does what [`compare_found`] found: content is read from where it comes in order.
pub(in crate::tools) fn deploy_one_of_many(
    place: &Found,
    change: &FileChange,
    batch: &mut Batch<'_>,
    source: &mut dyn Read,
    host: &Writer<'_>,
) -> Result<(), Failure> {
    let Some(content) = &change.content else {
        return host.set_attributes(&place.at, &change.attributes);
    };
    batch.add(place, &change.attributes, &mut |file| {
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
        (Content::Here(here), _) => host.pour(at, file, &mut here.open(host)?),
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
        if content.size() != size {
            return Ok((false, Before::Size(size)));
        }
        let hash = match content {
            Content::Blob(blob) => blob.hash,
            Content::Bytes(bytes) => Hash::of(bytes),
            Content::Here(file) => file.hash(host)?,
        };
        let is_same = host.hash_at(at)? == hash;
        return Ok((is_same, Before::Size(size)));
    }
    let mut before = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    let path = at.path();
    if let Content::Blob(blob) = content
        && blob.size == size
        && host.foreseen_hash(at) == Some(blob.hash)
    {
        return Ok((true, Before::Size(size)));
    }
    host.open_at(at)?
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
            Content::Here(file) => file.hash(host)? == Hash::of(&before),
        };
    Ok((is_same, Before::Bytes(before)))
}

pub(in crate::tools) fn require_file(title: &str, stat: &Stat) -> Result<(), Failure> {
    let found = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => return Ok(()),
        FileType::Directory => "a directory",
        _ => "not a regular file",
    };
    Err(Failure::new(
        Kind::Conflict,
        format!("cannot write `{title}`: it is {found}"),
    ))
}

/// The failure where the directory above a path does not exist.
pub(in crate::tools) fn no_folder(path: &HostPath) -> Failure {
    let above = path.as_path().parent().unwrap_or(path.as_path());
    Failure::new(
        Kind::NotFound,
        format!(
            "cannot create `{path}`: the directory `{}` does not exist",
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

/// Whether `argument`, a path, can be that of a file, and a validator is told where the new one is.
pub(in crate::tools) fn verify_file(
    argument: &'static str,
    path: &HostPath,
    validate: Option<&Argv>,
) -> Result<(), (&'static str, String)> {
    if path.ends_in_slash() {
        let message = format!("`{path}/` names a directory, and a file is to be written");
        return Err((argument, message));
    }
    verify_validate(validate)
}

/// Whether a validator is told where the new file is.
pub(in crate::tools) fn verify_validate(validate: Option<&Argv>) -> Result<(), (&'static str, String)> {
    let is_told = |argv: &Argv| argv.0.iter().any(|word| word.0.windows(2).any(|it| it == b"%s"));
    match validate.filter(|argv| !is_told(argv)) {
        None => Ok(()),
        Some(argv) => {
            let message = format!("`{argv}` does not say with `%s` where the new file goes");
            Err(("validate", message))
        }
    }
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
