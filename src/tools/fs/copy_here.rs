//! What there is to copy from one place of the host to another.

use std::path::PathBuf;

use rustix::fs::{FileType, Stat};

use crate::argument::Text;
use crate::failure::{Failure, Kind};
use crate::system::{Enter, Follow, Location, Mounts, Reader, Unreadable};
use crate::tool::HostPath;
use crate::tools::fs::content::Here;
use crate::tools::fs::deploy::Content;
use crate::tools::fs::tree_look::{Part, Thing};

/// A file or directory of the host.
pub(super) struct Source<'a> {
    path: &'a HostPath,
    root: Location,
    stat: Stat,
}

impl<'a> Source<'a> {
    /// A link at the end of the path stands for what it points to.
    pub(super) fn find(path: &'a HostPath, host: &Reader<'_>) -> Result<Self, Failure> {
        let missing = || Failure::new(Kind::NotFound, format!("`{path}` does not exist"));
        let root = host.locate(path.as_path(), Follow::Yes)?.ok_or_else(missing)?;
        let stat = root.stat()?.ok_or_else(missing)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile | FileType::Directory => Ok(Self { path, root, stat }),
            _ => Err(not_copied(&root)),
        }
    }

    pub(super) fn is_folder(&self) -> bool {
        FileType::from_raw_mode(self.stat.st_mode) == FileType::Directory
    }

    /// A slash at the end of a directory's name means what is in it; at the end of the destination, that it is a directory.
    pub(super) fn destination(&self, dest: &HostPath, host: &Reader<'_>) -> Result<HostPath, Failure> {
        let is_into = if self.is_folder() {
            !self.path.ends_in_slash()
        } else {
            dest.ends_in_slash()
        };
        let dest = if is_into {
            let name = self.path.as_path().file_name().ok_or_else(|| {
                let message = format!("`{}` has no name; end it with `/`", self.path);
                Failure::new(Kind::Invalid, message)
            })?;
            dest.join(name)
        } else {
            dest.clone().without_slash()
        };
        // What is copied there would be a part of what is copied the next time.
        if self.is_folder() && self.holds(&dest, host)? {
            let message = format!(
                "`{dest}` is in `{}`, which cannot be copied into itself",
                self.path
            );
            return Err(Failure::new(Kind::Conflict, message));
        }
        Ok(dest)
    }

    /// Whether a path is this directory, or leads into it.
    fn holds(&self, dest: &HostPath, host: &Reader<'_>) -> Result<bool, Failure> {
        let root = self.root.path();
        for above in dest.as_path().ancestors() {
            if let Some(at) = host.locate(above, Follow::Yes)?
                && at.stat()?.is_some()
            {
                return Ok(at.path().starts_with(&root));
            }
        }
        Ok(false)
    }

    /// All of it: directories before what is in them, in the order of names.
    pub(super) fn things(&self, host: &Reader<'_>) -> Result<Vec<Thing>, Failure> {
        if !self.is_folder() {
            return Ok(vec![Thing {
                path: Text::default(),
                part: self.file(PathBuf::new(), &self.stat),
            }]);
        }
        let mut things = vec![Thing {
            path: Text::default(),
            part: Part::Folder,
        }];
        host.walk_over(&self.root, Unreadable::Fail, Mounts::Enter, &mut |seen| {
            let part = match seen.sort() {
                FileType::Directory => Part::Folder,
                FileType::RegularFile => self.file(seen.below.clone(), &seen.stat),
                FileType::Symlink => Part::Link {
                    target: seen.at.link_target()?,
                },
                _ => return Err(not_copied(&seen.at)),
            };
            things.push(Thing {
                path: seen.below.into_os_string().into(),
                part,
            });
            Ok(Enter::Yes)
        })?;
        Ok(things)
    }

    fn file(&self, below: PathBuf, stat: &Stat) -> Part {
        let here = Here {
            root: self.root.clone(),
            below,
            size: u64::try_from(stat.st_size).unwrap_or(0),
        };
        Part::File {
            content: Content::Here(Box::new(here)),
            mode: stat.st_mode & 0o777,
        }
    }
}

fn not_copied(at: &Location) -> Failure {
    let message = format!(
        "`{}` is not a file, a directory or a link, and cannot be copied",
        at.path().display()
    );
    Failure::new(Kind::Invalid, message)
}
