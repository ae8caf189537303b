//! Making a directory of the host what a list says, step by step.

use std::path::Path;

use globset::GlobSet;
use rustix::fs::FileType;

use crate::argument::{FileMode, ModeChange, Text};
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{
    Attributes, Batch, Caution, Follow, Found, Location, Mounts, Neighbours, Reader, Writer,
};
use crate::tool::{Describe, HostPath};
use crate::tools::fs::deploy::{FileChange, Over, Texts, Wanted, deploy_one_of_many};

/// What becomes of links that are found below the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// What they point to is written.
    Follow,
    /// What belongs there takes their place.
    Replace,
}

/// The permission bits that files get.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bits<'a> {
    /// 0644, or 0755 where the source is executable.
    Usual,
    /// Those of the source.
    Kept,
    Of(&'a ModeChange),
}

/// How things are made.
pub(super) struct Tree<'a> {
    pub(super) dest: &'a HostPath,
    pub(super) mode: Bits<'a>,
    pub(super) directory_mode: Option<&'a ModeChange>,
    pub(super) owner: Option<&'a Text>,
    pub(super) group: Option<&'a Text>,
    pub(super) caution: Caution<'a>,
    pub(super) links: Links,
    /// Whether files that are there are written over.
    pub(super) over: Over,
}

/// What is to become of what is not in the list: it goes.
pub(super) struct Extra<'a> {
    /// Names that match these stay, with all that is in them.
    pub(super) excludes: &'a GlobSet,
    pub(super) mounts: Mounts,
}

/// What is to be done to one thing below the destination.
#[derive(Debug)]
pub(super) enum Step {
    Folder {
        below: Text,
        wanted: Attributes,
        diffs: Vec<Diff>,
    },
    Link {
        below: Text,
        target: Text,
        before: Option<String>,
    },
    File {
        below: Text,
        change: Box<FileChange>,
        /// It takes the place of a link.
        is_over_link: bool,
    },
    Remove {
        below: Text,
        sort: FileType,
    },
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct TreeChange {
    pub(super) dest: HostPath,
    pub(super) steps: Vec<Step>,
}

/// More differences than this are counted rather than shown.
const SHOWN: usize = 100;

/// The path of something below the destination.
pub(super) fn path_of(dest: &HostPath, below: &Text) -> HostPath {
    match below.as_bytes() {
        b"" => dest.clone(),
        _ => dest.join(below.as_os_str()),
    }
}

/// What a thing is called in differences.
fn word(sort: FileType) -> &'static str {
    match sort {
        FileType::Directory => "directory",
        FileType::Symlink => "link",
        FileType::RegularFile => "file",
        _ => "special file",
    }
}

impl Describe for TreeChange {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = Vec::new();
        let title = |below| path_of(&self.dest, below).to_string();
        for step in self.steps.iter().take(SHOWN) {
            match step {
                Step::Folder { diffs: more, .. } => diffs.extend(more.iter().cloned()),
                Step::Link {
                    below,
                    target,
                    before,
                } => {
                    let target = target.to_string_lossy();
                    let diff = Diff::of_property(title(below), "target", before.as_deref(), Some(&target));
                    diffs.push(diff);
                }
                Step::File {
                    below,
                    change,
                    is_over_link,
                } => {
                    if *is_over_link {
                        diffs.push(Diff::of_property(
                            title(below),
                            "state",
                            Some("link"),
                            Some("file"),
                        ));
                    }
                    diffs.extend(change.diff());
                }
                Step::Remove { below, sort } => {
                    let state = Some(word(*sort));
                    diffs.push(Diff::of_property(title(below), "state", state, Some("absent")));
                }
            }
        }
        if let Some(rest) = self.steps.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
            diffs.push(Diff {
                title: "and more".into(),
                text: format!("{rest} other files, directories and links differ\n"),
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

/// Where things are put.
struct Places<'a> {
    tree: &'a Tree<'a>,
    root: Location,
    neighbours: Neighbours,
}

impl Places<'_> {
    fn find(&mut self, below: &Text, follow: Follow, host: &Writer<'_>) -> Result<Found, Failure> {
        match self.tree.links {
            Links::Follow => {
                let path = path_of(self.tree.dest, below);
                self.neighbours.make_place(path.as_path(), follow, host)
            }
            Links::Replace if below.0.is_empty() => Found::at(self.root.clone()),
            Links::Replace => {
                let below = Path::new(below.as_os_str());
                self.neighbours.make_place_beneath(&self.root, below, host)
            }
        }
    }
}

impl Tree<'_> {
    /// Does it.
    ///
    /// # Errors
    /// Where something cannot be written; what was done before it stays, and the message says how much that is.
    pub(super) fn apply(&self, mut change: TreeChange, host: &Writer<'_>) -> Result<Done, Failure> {
        let made = host.make_folders_above(self.dest.as_path(), &self.owner(host)?)?;
        let total = change.steps.len();
        let mut batch = Batch::new(host, self.caution);
        let (mut done, mut others) = (Done::default(), 0);
        let ended = self.follow(&mut change, &mut done, &mut others, &mut batch, host);
        ended.map(|()| done).map_err(|failure| {
            host.take_back(&made);
            after_others(failure, others + batch.placed(), total)
        })
    }

    fn follow(
        &self,
        change: &mut TreeChange,
        done: &mut Done,
        others: &mut usize,
        batch: &mut Batch<'_>,
        host: &Writer<'_>,
    ) -> Result<(), Failure> {
        let mut ranges = Vec::new();
        for step in &mut change.steps {
            if let Step::File { below, change, .. } = step {
                let wanted = change.ranges(&path_of(self.dest, below), host)?;
                done.bytes += change.inline_size() + wanted.iter().map(|it| it.size).sum::<u64>();
                ranges.extend(wanted);
            }
        }
        let mut source = host.open_ranges(&ranges);
        let mut places = Places {
            tree: self,
            root: host.make_place(self.dest.as_path(), Follow::Yes)?,
            neighbours: Neighbours::default(),
        };
        for step in &change.steps {
            host.check_canceled()?;
            match step {
                Step::Folder { below, wanted, .. } => {
                    let place = places.find(below, Follow::Yes, host)?;
                    host.make_folder(&place.at, wanted)?;
                    *others += 1;
                }
                Step::Link { below, target, .. } => {
                    let place = places.find(below, Follow::No, host)?;
                    host.make_link(&place.at, target, &self.owner(host)?)?;
                    *others += 1;
                }
                Step::Remove { below, .. } => {
                    // Who has removed it already has done no harm.
                    if let Some(at) = host.locate_beneath(&places.root, Path::new(below.as_os_str()))?
                        && at.stat()?.is_some()
                    {
                        host.remove(&at)?;
                        done.removed += 1;
                    }
                    *others += 1;
                }
                Step::File {
                    below,
                    change,
                    is_over_link,
                } => {
                    let mut place = places.find(below, Follow::Yes, host)?;
                    if *is_over_link {
                        place.stat = None;
                    }
                    done.files += u64::from(change.has_content());
                    *others += usize::from(!change.has_content());
                    deploy_one_of_many(&place, change, batch, &mut *source, host)?;
                }
            }
        }
        batch.commit()
    }

    pub(super) fn owner(&self, host: &Reader<'_>) -> Result<Attributes, Failure> {
        Attributes::of(host, None, self.owner, self.group)
    }

    pub(super) fn wanted<'b>(&'b self, path: &'b HostPath, mode: ModeChange) -> Wanted<'b> {
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

    /// The permission bits of a file, whose source has these.
    pub(super) fn mode_of(&self, source: u32) -> ModeChange {
        let bits = match self.mode {
            Bits::Of(mode) => return mode.clone(),
            Bits::Kept => source,
            Bits::Usual if source & 0o100 != 0 => 0o755,
            Bits::Usual => 0o644,
        };
        FileMode(bits).into()
    }
}

/// A failure that says how much was done before it.
pub(super) fn after_others(failure: Failure, done: usize, total: usize) -> Failure {
    if done == 0 {
        return failure;
    }
    Failure {
        message: format!(
            "{}; {done} of {total} changes were made before it",
            failure.message
        ),
        ..failure
    }
}
