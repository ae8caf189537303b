//! Where a secret comes from.

use std::path::{Path, PathBuf};

use crate::secret::{Keys, command, prompt, read};

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A variable of the environment.
    Env(String),
    /// A file, without newlines at its end.
    File(PathBuf),
    /// What a program prints, without newlines at its end.
    Command {
        /// The program and its arguments.
        argv: Vec<String>,
        /// The directory to run it in.
        folder: PathBuf,
    },
    /// Who sits at the terminal; the question.
    Prompt(String),
    /// A file that age has encrypted.
    AgeFile(PathBuf),
    /// An armored text that age has encrypted.
    AgeText(String),
}

impl Source {
    /// Whether somebody may be asked for it at the terminal.
    pub fn may_ask(&self) -> bool {
        matches!(self, Self::Prompt(_) | Self::AgeFile(_) | Self::AgeText(_))
    }

    /// Whether to get it may take longer than others should wait.
    pub(super) fn takes_time(&self) -> bool {
        !matches!(self, Self::Env(_))
    }

    /// Whether it comes from the environment or a file, and nobody is asked.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Env(_) | Self::File(_))
    }

    /// Whether it is such a one, and there.
    pub(super) fn is_at_hand(&self) -> bool {
        match self {
            Self::Env(variable) => std::env::var_os(variable).is_some(),
            Self::File(path) => path.is_file(),
            _ => false,
        }
    }

    /// Gets it.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub(super) fn get(&self, name: &str, keys: &Keys) -> Result<String, String> {
        let of_file = |path: &Path, why: String| format!("`{}` {why}", path.display());
        let text = match self {
            Self::Env(variable) => match std::env::var(variable) {
                Ok(text) => text,
                Err(std::env::VarError::NotPresent) => {
                    return Err(format!("the environment variable `{variable}` is not set"));
                }
                Err(std::env::VarError::NotUnicode(_)) => {
                    return Err(format!("the environment variable `{variable}` is not UTF-8"));
                }
            },
            Self::File(path) => {
                let bytes =
                    read::file(path).map_err(|why| of_file(path, format!("cannot be read: {why}")))?;
                text(bytes).map_err(|why| of_file(path, why))?
            }
            Self::Command { argv, folder } => {
                let program = argv.first().map_or("", String::as_str);
                command::output(argv, folder).map_err(|why| format!("its command `{program}`: {why}"))?
            }
            Self::Prompt(question) => prompt::ask(question).map_err(|error| error.to_string())?,
            Self::AgeFile(path) => {
                let bytes =
                    read::file(path).map_err(|why| of_file(path, format!("cannot be read: {why}")))?;
                let opened = keys.open(&path.display().to_string(), &bytes);
                text(opened.map_err(|why| of_file(path, why))?).map_err(|why| of_file(path, why))?
            }
            Self::AgeText(sealed) => {
                let opened = keys.open(&format!("the secret {name}"), sealed.as_bytes());
                text(opened.map_err(|why| format!("its text {why}"))?)
                    .map_err(|why| format!("its text {why}"))?
            }
        };
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        Ok(text)
    }
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}
