//! Finding the place of a path on the host as it would be, by the same rules as on the host itself.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{FileType, Stat};
use rustix::io::Errno;

use crate::failure::{Failure, Kind};
use crate::system::predicted::tree::sort;
use crate::system::predicted::{Fault, Predicted};
use crate::system::way::{MOST_LINKS, Missing, untrusted};
use crate::system::{Follow, Location};

/// Whether a link must be one that may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    Trusted,
    Any,
}

/// A link on the way whose target has not been reached.
struct Passed {
    path: PathBuf,
    owner: u32,
    rest: usize,
}

struct Walk<'a> {
    host: &'a Predicted,
    names: VecDeque<OsString>,
    above: PathBuf,
    passed: Vec<Passed>,
    links: usize,
    checks: bool,
    /// All that was looked at, links included, where that is asked for.
    way: Option<Vec<PathBuf>>,
}

/// Why a way does not lead to its end.
pub(super) enum Stop {
    Fault(PathBuf, Fault),
    Failure(Failure),
}

impl Predicted {
    /// The place of a path.
    pub(in crate::system) fn locate(
        &self,
        path: &Path,
        follow: Follow,
        missing: &Missing,
    ) -> Result<Option<Location>, Failure> {
        let found = self.walk(path, follow, missing, Links::Trusted);
        match found {
            Ok(Some((above, name))) => Ok(Some(Location::predicted(self.clone(), above, name))),
            Ok(None) => Ok(None),
            Err(Stop::Failure(failure)) => Err(failure),
            Err(Stop::Fault(path, fault)) => {
                let doing = match missing {
                    Missing::Create if fault != Errno::NOTDIR.into() => "cannot create the directory",
                    _ => "cannot open",
                };
                Err(self.path_failure(fault, &path, doing))
            }
        }
    }

    /// What is at a path, whoever placed the links on the way.
    pub(super) fn find(&self, path: &Path, follow: Follow) -> Result<Option<(PathBuf, Stat)>, Fault> {
        let found = self.walk(path, follow, &Missing::Stop, Links::Any);
        let (above, name) = match found {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(None),
            Err(Stop::Fault(_, fault)) => return Err(fault),
            Err(Stop::Failure(_)) => return Err(Errno::LOOP.into()),
        };
        let path = beside(&above, &name);
        Ok(self.stat_of(&path)?.map(|stat| (path, stat)))
    }

    /// Where a path leads, links followed; nothing where it does not exist.
    pub(in crate::system) fn real_path_of(&self, path: &Path) -> Result<Option<PathBuf>, Failure> {
        match self.find(path, Follow::Yes) {
            Ok(found) => Ok(found.map(|(path, _)| path)),
            Err(fault) => Err(self.path_failure(fault, path, "cannot look at")),
        }
    }

    /// Where the links of a path lead, as far as that is known.
    pub(super) fn real_path(&self, path: &Path) -> Option<PathBuf> {
        let mut rest = Vec::new();
        for above in path.ancestors() {
            let found = self.walk(above, Follow::Yes, &Missing::Stop, Links::Any);
            if let Ok(Some((folder, name))) = found {
                let mut real = beside(&folder, &name);
                real.extend(rest.iter().rev());
                return Some(real);
            }
            rest.push(above.file_name()?.to_owned());
        }
        None
    }

    pub(super) fn walk(
        &self,
        path: &Path,
        follow: Follow,
        missing: &Missing,
        links: Links,
    ) -> Result<Option<(PathBuf, OsString)>, Stop> {
        Walk::of(self, path, links).run(follow, missing)
    }

    /// All that is passed on the way of a path, links included, and where it ends.
    pub(super) fn way(&self, path: &Path) -> Vec<PathBuf> {
        let mut walk = Walk::of(self, path, Links::Any);
        walk.way = Some(Vec::new());
        // Where it stops, what was passed so far is what it depends on.
        drop(walk.run(Follow::Yes, &Missing::Stop));
        walk.way.unwrap_or_default()
    }
}

/// The path of a name in a directory.
pub(super) fn beside(above: &Path, name: &OsStr) -> PathBuf {
    if name == "." {
        above.to_path_buf()
    } else {
        above.join(name)
    }
}

impl<'a> Walk<'a> {
    fn of(host: &'a Predicted, path: &Path, links: Links) -> Self {
        let mut walk = Self {
            host,
            names: VecDeque::new(),
            above: PathBuf::from("/"),
            passed: Vec::new(),
            links: 0,
            checks: links == Links::Trusted && rustix::process::geteuid().is_root(),
            way: None,
        };
        walk.push(path);
        walk
    }

    fn push(&mut self, path: &Path) {
        for component in path.components().rev() {
            match component {
                Component::Normal(name) => self.names.push_front(name.to_os_string()),
                Component::ParentDir => self.names.push_front("..".into()),
                Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            }
        }
    }

    fn run(&mut self, follow: Follow, missing: &Missing) -> Result<Option<(PathBuf, OsString)>, Stop> {
        while let Some(name) = self.names.pop_front() {
            let is_up = name == "..";
            let path = if is_up {
                self.above.parent().unwrap_or(&self.above).to_path_buf()
            } else {
                self.above.join(&name)
            };
            if let Some(way) = &mut self.way {
                way.push(path.clone());
            }
            let is_last = self.names.is_empty() && !is_up;
            let stop = |fault| Stop::Fault(self.above.join(&name), fault);
            let Some(stat) = self.host.stat_of(&path).map_err(stop)? else {
                self.reach(None)?;
                match missing {
                    _ if is_last => return Ok(Some((self.above.clone(), name))),
                    Missing::Stop => return Ok(None),
                    Missing::Create => {
                        self.host
                            .make_plain_folder(&path)
                            .map_err(|fault| Stop::Fault(path, fault))?;
                        self.names.push_front(name);
                        continue;
                    }
                }
            };
            if sort(&stat) == FileType::Symlink {
                if is_last && follow == Follow::No {
                    return Ok(Some((self.above.clone(), name)));
                }
                let target = self.host.target_of(&path).map_err(stop)?;
                self.pass(path, &stat, Path::new(target.as_os_str()))?;
                continue;
            }
            self.reach(Some(stat.st_uid))?;
            if is_last {
                return Ok(Some((self.above.clone(), name)));
            }
            if sort(&stat) != FileType::Directory {
                return Err(Stop::Fault(path, Errno::NOTDIR.into()));
            }
            if !self.host.may_enter(&path, &stat) {
                let next = self
                    .names
                    .front()
                    .map_or_else(|| path.clone(), |name| path.join(name));
                return Err(Stop::Fault(next, Errno::ACCESS.into()));
            }
            self.above = path;
        }
        let owner = self.host.stat_of(&self.above).ok().flatten();
        self.reach(owner.map(|it| it.st_uid))?;
        Ok(Some((self.above.clone(), ".".into())))
    }

    fn pass(&mut self, path: PathBuf, stat: &Stat, target: &Path) -> Result<(), Stop> {
        self.links += 1;
        if self.links > MOST_LINKS {
            let message = format!("`{}` is part of a loop of links", path.display());
            return Err(Stop::Failure(Failure::new(Kind::Invalid, message)));
        }
        let placed_by_root = || {
            let folder = self.host.stat_of(&self.above).ok().flatten();
            folder.is_some_and(|folder| folder.st_uid == 0 && folder.st_mode & 0o022 == 0)
        };
        if self.checks && stat.st_uid != 0 && !placed_by_root() {
            self.passed.push(Passed {
                path,
                owner: stat.st_uid,
                rest: self.names.len(),
            });
        }
        if target.is_absolute() {
            self.above = PathBuf::from("/");
        }
        self.push(target);
        Ok(())
    }

    /// As it is done on the host.
    fn reach(&mut self, owner: Option<u32>) -> Result<(), Stop> {
        let left = self.names.len();
        while let Some(link) = self.passed.pop_if(|link| owner.is_none() || link.rest >= left) {
            if owner != Some(link.owner) {
                let failure = untrusted(&link.path, link.owner);
                return Err(Stop::Failure(failure));
            }
        }
        Ok(())
    }
}
