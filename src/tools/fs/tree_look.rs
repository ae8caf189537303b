//! What is to be done so that a directory of the host is what a list says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rustix::fs::FileType;

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Enter, Follow, Found, Fresh, Location, Neighbours, Reader, Seen, Unreadable};
use crate::tool::HostPath;
use crate::tools::fs::deploy::{Content, Over, compare_found};
use crate::tools::fs::manifest::{Item, What};
use crate::tools::fs::tree::{Extra, Links, Step, Tree, TreeChange, path_of};

/// One thing of the list.
pub(super) struct Thing {
    /// Where, below the destination; empty: the destination itself.
    pub(super) path: Text,
    pub(super) part: Part,
}

/// What it is.
pub(super) enum Part {
    Folder,
    /// `mode`: the permission bits of its source.
    File {
        content: Content,
        mode: u32,
    },
    Link {
        target: Text,
    },
}

impl From<Item> for Thing {
    fn from(item: Item) -> Self {
        let part = match item.what {
            What::Folder => Part::Folder,
            What::File { blob, mode } => Part::File {
                content: Content::Blob(blob),
                mode,
            },
            What::Link { target } => Part::Link { target },
        };
        Self {
            path: item.path,
            part,
        }
    }
}

impl Part {
    fn sort(&self) -> FileType {
        match self {
            Self::Folder => FileType::Directory,
            Self::File { .. } => FileType::RegularFile,
            Self::Link { .. } => FileType::Symlink,
        }
    }
}

/// What is known while things are looked at.
struct Look<'a> {
    tree: &'a Tree<'a>,
    host: &'a Reader<'a>,
    root: Option<Location>,
    neighbours: Neighbours,
    /// Whether what is in the way is removed.
    deletes: bool,
    /// What will not be there any more, so that nothing below it is.
    gone: BTreeSet<Text>,
    /// Where the files of the list lie, links followed.
    reals: BTreeSet<PathBuf>,
}

impl Tree<'_> {
    /// What is to be done so that the list is there; nothing where it is.
    ///
    /// # Errors
    /// `conflict` where something of another sort is in the way, or something that has to go cannot.
    pub(super) fn compare(
        &self,
        items: Vec<Thing>,
        extra: Option<&Extra<'_>>,
        host: &Reader<'_>,
    ) -> Result<Option<TreeChange>, Failure> {
        let mut look = Look {
            tree: self,
            host,
            root: host.locate(self.dest.as_path(), Follow::Yes)?,
            neighbours: Neighbours::default(),
            deletes: extra.is_some(),
            gone: BTreeSet::new(),
            reals: BTreeSet::new(),
        };
        let mut steps = Vec::new();
        if let Some(extra) = extra {
            let known = items.iter().map(|item| (item.path.clone(), item.part.sort()));
            steps = look.extra(&known.collect(), extra)?;
        }
        for item in items {
            host.check_canceled()?;
            look.at(item, &mut steps)?;
        }
        let dest = self.dest.clone();
        Ok((!steps.is_empty()).then_some(TreeChange { dest, steps }))
    }
}

impl Look<'_> {
    /// What is on the host and not in the list, or of another sort: what is in a directory goes before it.
    fn extra(&mut self, known: &BTreeMap<Text, FileType>, extra: &Extra<'_>) -> Result<Vec<Step>, Failure> {
        let mut found = Vec::new();
        let Some(root) = self.root.clone() else {
            return Ok(found);
        };
        let is_folder = |sort| sort == FileType::Directory;
        let sort = |mode| FileType::from_raw_mode(mode);
        if !root.stat()?.is_some_and(|stat| is_folder(sort(stat.st_mode))) {
            return Ok(found);
        }
        let mut kept = BTreeSet::new();
        let host = self.host;
        let mut visit = |seen: Seen| {
            if extra.excludes.is_match(seen.name()) {
                let above = seen.below.ancestors().skip(1);
                kept.extend(above.map(|path| Text::from(path.as_os_str().to_owned())));
                return Ok(Enter::No);
            }
            let below = Text::from(seen.below.as_os_str().to_owned());
            let enter = |sort| if is_folder(sort) { Enter::Yes } else { Enter::No };
            match known.get(&below) {
                Some(wanted) if *wanted == seen.sort() => return Ok(enter(seen.sort())),
                // A file or link takes the place of a file or link by itself.
                Some(FileType::Symlink) if seen.sort() == FileType::RegularFile => return Ok(Enter::No),
                Some(_) if seen.sort() == FileType::Symlink => return Ok(Enter::No),
                _ => {}
            }
            host.check_removable(&seen.at, &seen.stat)?;
            let sort = seen.sort();
            found.push(Step::Remove { below, sort });
            Ok(enter(sort))
        };
        host.walk_over(&root, Unreadable::Fail, extra.mounts, &mut visit)?;
        let mut steps = Vec::new();
        for step in found.into_iter().rev() {
            let Step::Remove { below, .. } = &step else {
                continue;
            };
            if !kept.contains(below) {
                self.gone.insert(below.clone());
                steps.push(step);
            } else if known.contains_key(below) {
                let message = format!(
                    "`{}` cannot be replaced: it is a directory that holds what `excludes` protects",
                    path_of(self.tree.dest, below)
                );
                return Err(Failure::new(Kind::Conflict, message));
            }
        }
        Ok(steps)
    }

    fn at(&mut self, item: Thing, steps: &mut Vec<Step>) -> Result<(), Failure> {
        let Thing { path: below, part } = item;
        let path = path_of(self.tree.dest, &below);
        let follow = match part {
            Part::Link { .. } => Follow::No,
            Part::File { .. } | Part::Folder => Follow::Yes,
        };
        let found = self.find(&path, &below, follow)?;
        let before = steps.len();
        match part {
            Part::File { content, mode } => {
                self.file(&path, below, content, mode, found.clone(), steps)?;
            }
            Part::Folder => self.folder(&path, below, found.as_ref(), steps)?,
            Part::Link { target } => self.link(&path, below, target, found.clone(), steps)?,
        }
        if steps.len() > before {
            self.host.check_giveable(&path, &self.tree.owner(self.host)?)?;
        }
        // What is in a directory that is to be made needs no look; a directory that is there stays where it is.
        match found {
            Some(found) if steps.len() > before && sort(&found) != Some(FileType::Directory) => {
                self.host.check_placeable(&found.at)
            }
            _ => Ok(()),
        }
    }

    /// What is there; nothing where its directory is not there, or will be another one.
    fn find(&mut self, path: &HostPath, below: &Text, follow: Follow) -> Result<Option<Found>, Failure> {
        let inner = Path::new(below.as_os_str());
        let is_gone = |path: &Path| self.gone.contains(&Text::from(path.as_os_str().to_owned()));
        if !self.gone.is_empty() && inner.ancestors().skip(1).any(is_gone) {
            return Ok(None);
        }
        let mut found = match (self.tree.links, &self.root) {
            (Links::Follow, _) => self.neighbours.locate(path.as_path(), follow, self.host)?,
            (Links::Replace, None) => None,
            (Links::Replace, Some(root)) if below.0.is_empty() => Some(Found::at(root.clone())?),
            (Links::Replace, Some(root)) => self.neighbours.locate_beneath(root, inner, self.host)?,
        };
        if let Some(found) = &mut found
            && is_gone(inner)
        {
            found.stat = None;
        }
        Ok(found)
    }

    fn file(
        &mut self,
        path: &HostPath,
        below: Text,
        content: Content,
        source_mode: u32,
        found: Option<Found>,
        steps: &mut Vec<Step>,
    ) -> Result<(), Failure> {
        if let (Links::Follow, Some(found)) = (self.tree.links, &found)
            && !self.reals.insert(found.at.path())
        {
            let message = format!(
                "`{path}` is, by a link, another file that is copied as well: `{}`",
                found.at.path().display()
            );
            return Err(Failure::new(Kind::Conflict, message));
        }
        let is_link = |found: &Found| sort(found) == Some(FileType::Symlink);
        let is_over_link = self.tree.links == Links::Replace && found.as_ref().is_some_and(is_link);
        let found = found.map(|it| Found {
            stat: it.stat.filter(|_| !is_over_link),
            ..it
        });
        let wanted = self.tree.wanted(path, self.tree.mode_of(source_mode));
        let compared = compare_found(&wanted, content, found, self.tree.over, self.host)
            .map_err(|failure| self.helped(failure))?;
        if let Err(change) = compared {
            steps.push(Step::File {
                below,
                change: Box::new(change.without_place()),
                is_over_link,
            });
        }
        Ok(())
    }

    fn folder(
        &mut self,
        path: &HostPath,
        below: Text,
        found: Option<&Found>,
        steps: &mut Vec<Step>,
    ) -> Result<(), Failure> {
        let (tree, host) = (self.tree, self.host);
        let title = path.to_string();
        let mut stat = found.and_then(|it| it.stat);
        if tree.links == Links::Replace && found.and_then(sort) == Some(FileType::Symlink) {
            steps.push(Step::Remove {
                below: below.clone(),
                sort: FileType::Symlink,
            });
            self.gone.insert(below.clone());
            stat = None;
        }
        let mode = tree.directory_mode;
        let wanted = tree.owner(host)?.with_mode(mode, stat.as_ref(), Fresh::Folder);
        let Some(stat) = stat else {
            let mut diffs = vec![Diff::of_property(
                &title,
                "state",
                Some("absent"),
                Some("directory"),
            )];
            diffs.extend(wanted.diff(host, &title, None));
            steps.push(Step::Folder { below, wanted, diffs });
            return Ok(());
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            let message = format!("cannot create the directory `{title}`: something else is there");
            return Err(self.helped(Failure::new(Kind::Conflict, message)));
        }
        if tree.over == Over::Absent {
            return Ok(());
        }
        let wanted = wanted.missing_in(&stat);
        if !wanted.is_empty() {
            if let Some(found) = found {
                host.check_changeable(&found.at, &stat, &wanted)?;
            }
            let diffs = wanted.diff(host, &title, Some(&stat));
            steps.push(Step::Folder { below, wanted, diffs });
        }
        Ok(())
    }

    fn link(
        &mut self,
        path: &HostPath,
        below: Text,
        target: Text,
        found: Option<Found>,
        steps: &mut Vec<Step>,
    ) -> Result<(), Failure> {
        let before = match found.and_then(|it| it.stat.map(|stat| (it.at, stat))) {
            None => None,
            Some((at, stat)) => match FileType::from_raw_mode(stat.st_mode) {
                FileType::Symlink if self.tree.over == Over::Absent => return Ok(()),
                FileType::Symlink => {
                    let before = at.link_target()?;
                    if before == target && self.tree.owner(self.host)?.missing_in(&stat).is_empty() {
                        return Ok(());
                    }
                    Some(before.to_string_lossy().into_owned())
                }
                FileType::RegularFile if self.deletes => Some("(a file)".to_owned()),
                _ => {
                    let message = format!("cannot create the link `{path}`: something else is there");
                    return Err(self.helped(Failure::new(Kind::Conflict, message)));
                }
            },
        };
        steps.push(Step::Link {
            below,
            target,
            before,
        });
        Ok(())
    }

    /// A conflict with what could be done about it.
    fn helped(&self, failure: Failure) -> Failure {
        if failure.kind != Kind::Conflict || self.tree.links == Links::Follow || self.deletes {
            return failure;
        }
        Failure {
            message: format!("{}; `delete` would replace it", failure.message),
            ..failure
        }
    }
}

fn sort(found: &Found) -> Option<FileType> {
    found.stat.map(|stat| FileType::from_raw_mode(stat.st_mode))
}
