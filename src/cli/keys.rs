//! What opens encrypted files and secrets, as the command line and the environment say it.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::secret::Keys;

/// What opens encrypted files and secrets.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct KeyArgs {
    /// Identities of age that open secrets (`RMOTE_AGE_IDENTITY`, else ~/.config/rmote-play/identity)
    #[arg(long, value_name = "FILE")]
    pub(super) age_identity: Vec<PathBuf>,
    /// Passwords of Ansible's vault, or programs that print one (`RMOTE_VAULT_PASSWORD_FILE`)
    #[arg(long, value_name = "FILE")]
    pub(super) vault_password_file: Vec<PathBuf>,
}

/// What opens encrypted files and secrets: what was named, else what the environment names, else the usual place.
pub(super) fn keys(args: &KeyArgs) -> Arc<Keys> {
    let named = |given: &[PathBuf], variable: &str| match given {
        [] => std::env::var_os(variable)
            .filter(|it| !it.is_empty())
            .map(|it| vec![PathBuf::from(it)]),
        given => Some(given.to_vec()),
    };
    let identities = named(&args.age_identity, "RMOTE_AGE_IDENTITY").unwrap_or_else(|| {
        let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
        let config = config.filter(|it| it.is_absolute());
        let config = config.or_else(|| Some(std::env::home_dir()?.join(".config")));
        let usual = config.map(|it| it.join("rmote-play/identity"));
        usual.into_iter().filter(|it| it.exists()).collect()
    });
    let passwords = named(&args.vault_password_file, "RMOTE_VAULT_PASSWORD_FILE").unwrap_or_default();
    Arc::new(Keys::new(identities, passwords))
}
