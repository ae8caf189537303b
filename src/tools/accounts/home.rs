//! The homes that the programs for accounts would make, on the host as it would be.

use std::path::Path;

use rustix::fs::FileType;

use crate::failure::Failure;
use crate::system::{Attributes, Caution, Enter, Follow, Location, Reader, Seen, Unreadable, Writer};

const SKELETON: &str = "/etc/skel";

/// A home that is to be made.
pub(super) struct New<'a> {
    pub(super) path: &'a Path,
    /// What it is filled from, where that is not what new homes get.
    pub(super) skeleton: Option<&'a Path>,
    pub(super) mode: u32,
}

/// Makes a home as `useradd -m` does.
pub(super) fn make(host: &Writer<'_>, home: &New<'_>, uid: &str, gid: &str) -> Result<(), Failure> {
    let at = host.make_place(home.path, Follow::Yes)?;
    let wanted = Attributes {
        mode: Some(home.mode),
        uid: uid.parse().ok(),
        gid: gid.parse().ok(),
    };
    host.make_folder(&at, &wanted)?;
    copy(host, home.skeleton.unwrap_or(Path::new(SKELETON)), home.path)?;
    own(host, &format!("{uid}:{gid}"), home.path)?;
    Ok(())
}

fn all(host: &Reader<'_>, folder: &Location) -> Result<Vec<Seen>, Failure> {
    let mut all = Vec::new();
    host.walk(folder, Unreadable::Fail, &mut |seen| {
        all.push(seen);
        Ok(Enter::Yes)
    })?;
    Ok(all)
}

/// Copies what is in a directory, as `cp -RP` does.
pub(super) fn copy(host: &Writer<'_>, from: &Path, to: &Path) -> Result<bool, Failure> {
    let from = host.locate(from, Follow::Yes)?;
    let Some(from) = from.filter(|at| at.stat().is_ok_and(|it| it.is_some())) else {
        return Ok(true);
    };
    for seen in all(host, &from)? {
        let at = host.make_place(&to.join(&seen.below), Follow::No)?;
        let wanted = Attributes {
            mode: Some(seen.stat.st_mode & 0o7777),
            ..Attributes::default()
        };
        match seen.sort() {
            FileType::Directory => host.make_folder(&at, &wanted)?,
            FileType::Symlink => host.make_link(&at, &seen.at.link_target()?, &Attributes::default())?,
            _ => {
                let mut content = host.open_at(&seen.at)?;
                host.replace(&at, &wanted, &Caution::default(), &mut |file| {
                    host.pour(&at, file, &mut content)
                })?;
            }
        }
    }
    Ok(true)
}

/// Gives what is at a path to somebody, with all that is in it, as `chown -Rh` does.
pub(super) fn own(host: &Writer<'_>, owner: &str, path: &Path) -> Result<bool, Failure> {
    let Some((uid, gid)) = owner.split_once(':') else {
        return Ok(false);
    };
    let wanted = Attributes {
        mode: None,
        uid: uid.parse().ok(),
        gid: gid.parse().ok(),
    };
    let Some(at) = host.locate(path, Follow::Yes)? else {
        return Ok(false);
    };
    for seen in all(host, &at)? {
        host.set_attributes(&seen.at, &wanted)?;
    }
    host.set_attributes(&at, &wanted)?;
    Ok(true)
}
