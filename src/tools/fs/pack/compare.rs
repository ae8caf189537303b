//! What is in an archive next to what is on the host.

use std::path::Path;

use rustix::fs::{FileType, Stat};

use crate::blob::Hash;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Location, Reader};
use crate::tools::fs::pack::entry::{Entry, What};

/// In which way something is not as in the archive.
pub(in crate::tools::fs) fn look(
    root: &Location,
    entry: &Entry,
    owner: Attributes,
    title: &Path,
    host: &Reader<'_>,
) -> Result<Option<Diff>, Failure> {
    let place = host.locate_beneath(root, entry.path())?;
    let Some((at, stat)) = place.map(|at| at.stat().map(|stat| (at, stat))).transpose()? else {
        return Ok(Some(new(entry, title)));
    };
    let Some(stat) = stat else {
        return Ok(Some(new(entry, title)));
    };
    let title = title.to_string_lossy();
    let sort = FileType::from_raw_mode(stat.st_mode);
    let in_the_way = |wanted: FileType| {
        let is_folder = sort == FileType::Directory || wanted == FileType::Directory;
        if sort == wanted || !is_folder && sort != FileType::BlockDevice && sort != FileType::CharacterDevice
        {
            return Ok(());
        }
        let message = format!("cannot unpack `{title}`: something else is there");
        Err(Failure::new(Kind::Conflict, message))
    };
    let (is_same, mode) = match &entry.what {
        What::Folder { mode } => {
            in_the_way(FileType::Directory)?;
            (true, Some(*mode))
        }
        What::File { size, mode, hash } => {
            in_the_way(FileType::RegularFile)?;
            (
                sort == FileType::RegularFile && is_file(&at, &stat, *size, *hash, host)?,
                Some(*mode),
            )
        }
        What::Link { target } => {
            in_the_way(FileType::Symlink)?;
            (sort == FileType::Symlink && at.link_target()? == *target, None)
        }
        What::Same { target } => {
            in_the_way(FileType::RegularFile)?;
            let first = host.locate_beneath(root, Path::new(target.as_os_str()))?;
            let first = first.as_ref().map_or(Ok(None), Location::stat)?;
            (
                first.is_some_and(|it| (it.st_dev, it.st_ino) == (stat.st_dev, stat.st_ino)),
                None,
            )
        }
    };
    if !is_same {
        return Ok(Some(Diff::of_property(
            &*title,
            "content",
            Some("something else"),
            Some("as in the archive"),
        )));
    }
    let missing = Attributes { mode, ..owner }.missing_in(&stat);
    let mut diffs = missing.diff(host, &title, Some(&stat)).into_iter();
    Ok(diffs.next().map(|first| Diff {
        text: diffs.fold(first.text, |text, next| text + &next.text),
        title: first.title,
    }))
}

fn is_file(
    at: &Location,
    stat: &Stat,
    size: u64,
    hash: Option<Hash>,
    host: &Reader<'_>,
) -> Result<bool, Failure> {
    Ok(u64::try_from(stat.st_size) == Ok(size) && Some(host.hash_at(at)?) == hash)
}

/// Whether what is there is a file that was changed after the one in the archive.
pub(in crate::tools::fs) fn is_newer(
    root: &Location,
    entry: &Entry,
    host: &Reader<'_>,
) -> Result<bool, Failure> {
    if !matches!(entry.what, What::File { .. }) {
        return Ok(false);
    }
    let at = host.locate_beneath(root, entry.path())?;
    let Some(stat) = at.as_ref().map_or(Ok(None), Location::stat)? else {
        return Ok(false);
    };
    if let Some(at) = at.filter(|at| host.is_foreseen(&at.path())) {
        host.doubt(&at.path());
    }
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    Ok(is_file && stat.st_mtime > entry.modified)
}

/// That something of an archive is not there.
pub(in crate::tools::fs) fn new(entry: &Entry, title: &Path) -> Diff {
    let what = match &entry.what {
        What::Folder { .. } => "directory".to_owned(),
        What::File { size, .. } => format!("file of {size} bytes"),
        What::Link { target } => format!("link to {}", target.to_string_lossy()),
        What::Same { target } => format!("the same as {}", target.to_string_lossy()),
    };
    Diff::of_property(title.to_string_lossy(), "state", Some("absent"), Some(&what))
}
