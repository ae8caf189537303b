//! What opens encrypted files and secrets, as the command line and the settings say it.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::cli::settings;
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

/// What opens encrypted files and secrets: what was named, else the identity at the usual place.
pub(super) fn keys(args: &KeyArgs) -> Arc<Keys> {
    let usual = || settings::folder().map(|it| it.join("identity"));
    let identities = match args.age_identity.as_slice() {
        [] => usual().into_iter().filter(|it| it.exists()).collect(),
        named => named.to_vec(),
    };
    Arc::new(Keys::new(identities, args.vault_password_file.clone()))
}
