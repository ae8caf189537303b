//! The directory of journals: where it is, and what is kept in it.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::journal::{Error, Run};

/// How many journals are kept.
const KEPT: usize = 100;
/// How long they are kept.
const AGE: Duration = Duration::from_hours(30 * 24);
/// How journals end.
pub(super) const ENDING: &str = "jsonl";

/// The directory of what is kept for the user from one time to the next: below `XDG_STATE_HOME`, or below `HOME` where that is
/// not set. `None`: neither is.
pub fn state_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|it| Path::new(it).is_absolute());
    let state = match set("XDG_STATE_HOME") {
        Some(state) => PathBuf::from(state),
        None => PathBuf::from(set("HOME")?).join(".local/state"),
    };
    Some(state.join("rmote-play"))
}

/// The directory of journals.
#[derive(Debug, Clone)]
pub struct Archive {
    folder: PathBuf,
}

impl Archive {
    /// The user's: below `XDG_STATE_HOME`, or below `HOME` where that is not set. `None`: neither is.
    pub fn of_user() -> Option<Self> {
        Some(Self::at(state_folder()?.join("runs")))
    }

    /// In this directory.
    pub const fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// A directory next to it.
    pub(super) fn beside(&self, name: &str) -> Self {
        Self::at(self.folder.with_file_name(name))
    }

    /// The path of a file in it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The path of a run's journal.
    pub(super) fn path(&self, run: &str) -> PathBuf {
        self.folder.join(format!("{run}.{ENDING}"))
    }

    /// Makes the directory, for its owner alone.
    pub(super) fn make(&self) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        let meta = fs::metadata(&self.folder)?;
        if meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(io::Error::other(format!(
                "`{}` belongs to another user",
                self.folder.display()
            )));
        }
        if meta.mode() & 0o077 != 0 {
            fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }

    /// Removes journals that are too old or too many, so that one more is not. What cannot be removed stays.
    pub(super) fn tidy(&self) {
        let now = SystemTime::now();
        let is_old = |path: &Path| {
            let changed = fs::metadata(path).and_then(|meta| meta.modified());
            changed.is_ok_and(|at| now.duration_since(at).is_ok_and(|age| age > AGE))
        };
        for (at, path) in self.newest_first().into_iter().enumerate() {
            if at + 1 >= KEPT || is_old(&path) {
                let _stays = fs::remove_file(path);
            }
        }
    }

    /// The journals, the newest first: they are called after their times.
    fn newest_first(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut names: Vec<OsString> = entries
            .map(|entry| entry.file_name())
            .filter(|name| Path::new(name).extension().is_some_and(|it| it == ENDING))
            .collect();
        names.sort_unstable();
        names.reverse();
        names.into_iter().map(|name| self.folder.join(name)).collect()
    }

    /// All runs, the newest first; those whose journals cannot be read are left out.
    pub fn runs(&self) -> impl Iterator<Item = Run> {
        self.newest_first()
            .into_iter()
            .filter_map(|path| Run::open(&path).ok())
    }

    /// The last run of a playbook, which is named by its absolute path.
    pub fn last_of(&self, playbook: &Path) -> Option<Run> {
        self.runs().find(|run| run.playbook == playbook)
    }

    /// The run of a name: `last`, its id, the beginning of its id if no other begins so, or the path of its journal.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read.
    pub fn find(&self, name: &str) -> Result<Run, Error> {
        let path = Path::new(name);
        if path.extension().is_some_and(|it| it == ENDING) && path.exists() {
            return Run::open(path);
        }
        let all = self.newest_first();
        if name == "last" {
            return match all.first() {
                Some(path) => Run::open(path),
                None => Err(Error::None),
            };
        }
        let stem = |path: &PathBuf| {
            path.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let found: Vec<&PathBuf> = all.iter().filter(|path| stem(path).starts_with(name)).collect();
        match found[..] {
            [] => Err(Error::NoSuch(name.to_owned())),
            [one] => Run::open(one),
            _ => match all.iter().find(|path| stem(path) == name) {
                Some(path) => Run::open(path),
                None => Err(Error::Several(name.to_owned())),
            },
        }
    }
}
