//! What every reader of a format shares.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::{Builder, Connection, GroupId};
use crate::name::{HostId, HostName};
use crate::secret::Keys;
use crate::source::{SourceMap, Span, Spanned};

/// Runs executable inventories.
pub trait Scripts: Debug + Send + Sync {
    /// The standard output of a program.
    ///
    /// # Errors
    /// Gives in words why there is none, and what it wrote on standard error.
    fn output(&self, program: &Path, args: &[&str]) -> Result<Vec<u8>, (String, String)>;
}

/// What becomes of an inventory that was not run, or a file of variables that cannot be decrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Gaps {
    /// It is an error: the hosts are needed.
    #[default]
    Refused,
    /// It is told, and what depends on it is not known.
    Told,
}

/// Reads inventories into a [`Builder`]. What is wrong is told, and reading goes on.
#[derive(Debug)]
pub struct Reading<'a> {
    /// Where texts are kept.
    pub sources: &'a mut SourceMap,
    /// Where mistakes are told.
    pub diagnostics: &'a mut Diagnostics,
    /// What takes hosts and groups.
    pub builder: &'a mut Builder,
    /// How hosts are reached where nothing says otherwise.
    pub defaults: &'a Connection,
    /// What runs executable inventories; `None`: they are not run, and that is told.
    pub scripts: Option<&'a dyn Scripts>,
    /// What opens vaulted files and values; `None`: they stay closed.
    pub keys: Option<&'a Keys>,
    /// What becomes of what cannot be read.
    pub gaps: Gaps,
    /// Where the inventory that is being read is named.
    pub named: Option<Span>,
    /// The directories next to which files of variables lie, in the order of their inventories.
    pub folders: Vec<PathBuf>,
}

impl Reading<'_> {
    pub(super) fn error(&mut self, code: Code, message: impl Into<String>, span: Span) {
        self.diagnostics.push(Diagnostic::error(code, message).at(span));
    }

    /// Says something of an inventory as a whole: where it is named, if a file names it.
    pub(super) fn tell(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(match self.named {
            Some(span) => diagnostic.at(span),
            None => diagnostic,
        });
    }

    /// The host of a name, or a diagnostic.
    pub(super) fn host(&mut self, name: &str, span: Span) -> Option<HostId> {
        match HostName::new(name) {
            Ok(name) => Some(self.builder.host(Spanned::new(name, span), self.defaults)),
            Err(message) => {
                self.error(Code::InvalidHost, message, span);
                None
            }
        }
    }

    /// The group of a name, or a diagnostic.
    pub(super) fn group(&mut self, name: &str, span: Span) -> Option<GroupId> {
        if name.is_empty() || name.chars().any(char::is_control) {
            let message = format!("`{}` is no name for a group", name.escape_debug());
            self.error(Code::InvalidName, message, span);
            return None;
        }
        let is_special = |c: char| ",:&!~*?[]".contains(c) || c.is_whitespace();
        if !self.builder.has_group(name) && (name.contains(is_special) || name.starts_with('-')) {
            let message = format!("no pattern can name the group `{name}`");
            self.diagnostics.push(
                Diagnostic::warning(Code::InvalidName, message)
                    .at(span)
                    .help("It holds what means something else in patterns. Its variables hold nevertheless."),
            );
        }
        Some(self.builder.group(name, span))
    }
}
