//! Making a folder of the host what a list says, step by step.

use std::collections::BTreeSet;

use globset::GlobSet;
use rustix::fs::FileType;

use crate::argument::{FileMode, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{
    Attributes, Batch, Caution, Enter, Follow, Location, Neighbours, Reader, Unreadable, Writer,
};
use crate::tool::{Describe, HostPath};
use crate::tools::fs::deploy::{Content, FileChange, Texts, Wanted, compare_one_of_many, deploy_one_of_many};
use crate::tools::fs::manifest::{Item, What};

/// How things are made.
pub(super) struct Tree<'a> {
    pub(super) dest: &'a HostPath,
    pub(super) mode: Option<FileMode>,
    pub(super) directory_mode: Option<FileMode>,
    pub(super) owner: Option<&'a Text>,
    pub(super) group: Option<&'a Text>,
    pub(super) caution: Caution<'a>,
}

/// What is to be done to one thing.
#[derive(Debug)]
enum Step {
    Folder {
        path: HostPath,
        wanted: Attributes,
        diffs: Vec<Diff>,
    },
    Link {
        path: HostPath,
        target: Text,
        before: Option<Text>,
    },
    File {
        path: HostPath,
        mode: FileMode,
        change: Box<FileChange>,
    },
    Remove {
        path: HostPath,
        is_folder: bool,
    },
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct TreeChange {
    steps: Vec<Step>,
}

/// More differences than this are counted rather than shown.
const SHOWN: usize = 100;

impl Describe for TreeChange {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = Vec::new();
        for step in self.steps.iter().take(SHOWN) {
            match step {
                Step::Folder { diffs: more, .. } => diffs.extend(more.iter().cloned()),
                Step::Link { path, target, before } => {
                    let before = before.as_ref().map(Text::to_string_lossy);
                    let target = target.to_string_lossy();
                    diffs.push(Diff::of_property(
                        path.to_string(),
                        "target",
                        before.as_deref(),
                        Some(&target),
                    ));
                }
                Step::File { change, .. } => diffs.extend(change.diff()),
                Step::Remove { path, is_folder } => {
                    let what = if *is_folder { "folder" } else { "file" };
                    diffs.push(Diff::of_property(
                        path.to_string(),
                        "state",
                        Some(what),
                        Some("absent"),
                    ));
                }
            }
        }
        if let Some(rest) = self.steps.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
            diffs.push(Diff {
                title: "and more".into(),
                text: format!("{rest} other files, folders and links differ\n"),
            });
        }
        diffs
    }
}

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) removed: u64,
}

impl Tree<'_> {
    /// What is to be done so that the list is there; nothing where it is. `extra`: what is not in the list is to go, but for
    /// names that these patterns match.
    ///
    /// # Errors
    /// `conflict` where something of another sort is in the way.
    pub(super) fn compare(
        &self,
        items: Vec<Item>,
        extra: Option<&GlobSet>,
        host: &Reader<'_>,
    ) -> Result<Option<TreeChange>, Failure> {
        let mut steps = Vec::new();
        if let Some(excludes) = extra {
            let known = items.iter().map(|item| item.path.clone()).collect();
            steps = self.extra(&known, excludes, host)?;
        }
        let mut neighbours = Neighbours::default();
        for item in items {
            host.check_canceled()?;
            let path = match item.path.as_bytes() {
                b"" => self.dest.clone(),
                _ => self.dest.join(item.path.as_os_str()),
            };
            steps.extend(self.look(path, item.what, &mut neighbours, host)?);
        }
        Ok((!steps.is_empty()).then_some(TreeChange { steps }))
    }

    /// Does it.
    ///
    /// # Errors
    /// Where something cannot be written; what was done before it stays.
    pub(super) fn apply(&self, mut change: TreeChange, host: &Writer<'_>) -> Result<Done, Failure> {
        let mut done = Done::default();
        let mut ranges = Vec::new();
        for step in &mut change.steps {
            if let Step::File { path, change, .. } = step {
                let wanted = change.ranges(path, host)?;
                done.bytes += change.inline_size() + wanted.iter().map(|it| it.size).sum::<u64>();
                ranges.extend(wanted);
            }
        }
        let mut source = host.open_ranges(&ranges);
        let mut batch = Batch::new(host, self.caution);
        let mut neighbours = Neighbours::default();
        for step in change.steps {
            match step {
                Step::Folder { path, wanted, .. } => {
                    let at = host.make_place(path.as_path(), Follow::Yes)?;
                    host.make_folder(&at, &wanted)?;
                }
                Step::Link { path, target, .. } => {
                    let at = host.make_place(path.as_path(), Follow::No)?;
                    host.make_link(&at, &target, &self.owner(host)?)?;
                }
                Step::Remove { path, is_folder } => {
                    let Some(at) = host.locate(path.as_path(), Follow::No)? else {
                        continue;
                    };
                    if is_folder {
                        host.remove_all(&at)?;
                    } else {
                        host.remove(&at)?;
                    }
                    done.removed += 1;
                }
                Step::File { path, mode, change } => {
                    if change.has_content() {
                        done.files += 1;
                    }
                    let wanted = self.wanted(&path, mode);
                    deploy_one_of_many(&wanted, &change, &mut neighbours, &mut batch, &mut *source, host)?;
                }
            }
        }
        batch.commit()?;
        Ok(done)
    }

    fn owner(&self, host: &Reader<'_>) -> Result<Attributes, Failure> {
        Attributes::of(host, None, self.owner, self.group)
    }

    fn wanted<'b>(&'b self, path: &'b HostPath, mode: FileMode) -> Wanted<'b> {
        Wanted {
            path,
            mode: Some(mode),
            owner: self.owner,
            group: self.group,
            caution: self.caution,
            parents: true,
            text: if *path == *self.dest {
                Texts::Kept
            } else {
                Texts::Dropped
            },
        }
    }

    /// What is on the host and not in the list. A folder goes with all that is in it.
    fn extra(
        &self,
        known: &BTreeSet<Text>,
        excludes: &GlobSet,
        host: &Reader<'_>,
    ) -> Result<Vec<Step>, Failure> {
        let mut steps = Vec::new();
        let Some(root) = host.locate(self.dest.as_path(), Follow::Yes)? else {
            return Ok(steps);
        };
        let is_folder = |stat| FileType::from_raw_mode(stat) == FileType::Directory;
        if !root.stat()?.is_some_and(|stat| is_folder(stat.st_mode)) {
            return Ok(steps);
        }
        host.walk(&root, Unreadable::Fail, &mut |seen| {
            if excludes.is_match(seen.name()) {
                return Ok(Enter::No);
            }
            if known.contains(&Text::from(seen.below.as_os_str().to_owned())) {
                return Ok(Enter::Yes);
            }
            steps.push(Step::Remove {
                path: self.dest.join(seen.below.as_os_str()),
                is_folder: is_folder(seen.stat.st_mode),
            });
            Ok(Enter::No)
        })?;
        Ok(steps)
    }

    fn look(
        &self,
        path: HostPath,
        what: What,
        neighbours: &mut Neighbours,
        host: &Reader<'_>,
    ) -> Result<Option<Step>, Failure> {
        match what {
            What::File { blob, is_executable } => {
                let default = FileMode(if is_executable { 0o755 } else { 0o644 });
                let mode = self.mode.unwrap_or(default);
                let wanted = self.wanted(&path, mode);
                let compared = compare_one_of_many(&wanted, Content::Blob(blob), neighbours, host)?;
                Ok(compared.err().map(|change| Step::File {
                    path,
                    mode,
                    change: Box::new(change.without_place()),
                }))
            }
            What::Folder => self.look_at_folder(path, host),
            What::Link { target } => self.look_at_link(path, target, host),
        }
    }

    fn look_at_folder(&self, path: HostPath, host: &Reader<'_>) -> Result<Option<Step>, Failure> {
        let wanted = Attributes::of(host, self.directory_mode, self.owner, self.group)?;
        let title = path.to_string();
        let place = host.locate(path.as_path(), Follow::Yes)?;
        let Some(stat) = place.as_ref().map_or(Ok(None), Location::stat)? else {
            let mut diffs = vec![Diff::of_property(&title, "state", Some("absent"), Some("folder"))];
            diffs.extend(wanted.diff(host, &title, None));
            return Ok(Some(Step::Folder { path, wanted, diffs }));
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            let message = format!("cannot create the folder `{title}`: something else is there");
            return Err(Failure::new(Kind::Conflict, message));
        }
        let wanted = wanted.missing_in(&stat);
        let diffs = wanted.diff(host, &title, Some(&stat));
        Ok((!wanted.is_empty()).then_some(Step::Folder { path, wanted, diffs }))
    }

    fn look_at_link(&self, path: HostPath, target: Text, host: &Reader<'_>) -> Result<Option<Step>, Failure> {
        let place = host.locate(path.as_path(), Follow::No)?;
        let found = place.as_ref().map_or(Ok(None), Location::stat)?;
        let (Some(place), Some(stat)) = (place, found) else {
            return Ok(Some(Step::Link {
                path,
                target,
                before: None,
            }));
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
            let message = format!("cannot create the link `{path}`: something else is there");
            return Err(Failure::new(Kind::Conflict, message));
        }
        let before = place.link_target()?;
        let is_settled = before == target && self.owner(host)?.missing_in(&stat).is_empty();
        Ok((!is_settled).then_some(Step::Link {
            path,
            target,
            before: Some(before),
        }))
    }
}
