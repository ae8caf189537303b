//! What a run was asked to do, beyond its playbook.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::inventory::Privilege;
use crate::login::Password;
use crate::name::{EntryId, HostId};
use crate::protocol::Mode;
use crate::runner::presets::Presets;
use crate::runner::steps::Asker;
use crate::secret::Secrets;
use crate::transport::Answers;

/// What a run was asked to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Check or apply.
    pub mode: Mode,
    /// Whether diffs are wanted.
    pub diff: bool,
    /// Whether what children write is wanted while they run.
    pub stream: bool,
    /// Whether the arguments of calls are wanted.
    pub arguments: bool,
    /// The hosts that it is limited to; `None`: all.
    pub limit: Option<HashSet<HostId>>,
    /// How hosts and entries were chosen, as it was typed.
    pub chosen: Chosen,
    /// The entries that tags left out; each group in it with all that is in the group.
    pub left_out: HashSet<EntryId>,
    /// The handlers that hosts owe since earlier runs: they run though their sources do not change.
    pub owed: HashMap<HostId, Owed>,
    /// What was done in earlier runs, which this one resumes.
    pub presets: Presets,
    /// As whom calls act, over what the playbook as a whole says.
    pub privilege: Privilege,
    /// What is answered where becoming another user takes a password.
    pub password: Option<Password>,
    /// What is answered where ssh asks for a password, and the host says nothing.
    pub login: Answers,
    /// Who is asked before an entry begins; `None`: nobody.
    pub step: Option<Arc<dyn Asker>>,
    /// The secrets, and what is known of them that must not be shown.
    pub secrets: Arc<Secrets>,
}

/// How hosts and entries of a run were chosen, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// `--tags`.
    pub tags: Vec<String>,
    /// `--skip-tags`.
    pub skip_tags: Vec<String>,
    /// `--limit`.
    pub limit: Option<String>,
}

/// The handlers that a host owed before the run: each with the id of the run in which a source of it changed.
pub type Owed = HashMap<EntryId, String>;
