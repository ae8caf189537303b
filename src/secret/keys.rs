//! What opens encrypted files and values: age's identities, passphrases, and passwords of Ansible's vault.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::secret::age::{self, Identity, Sealed};
use crate::secret::{command, prompt, read, vault};

/// What opens encrypted files and values. Nothing is read, and nobody is asked, before something is to be opened.
#[derive(Default)]
pub struct Keys {
    identity_files: Vec<PathBuf>,
    password_files: Vec<PathBuf>,
    identities: OnceLock<Result<Vec<Identity>, String>>,
    passwords: OnceLock<Result<Vec<Vec<u8>>, String>>,
    /// Passphrases that opened something.
    passphrases: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys")
            .field("identity_files", &self.identity_files)
            .finish_non_exhaustive()
    }
}

impl Keys {
    /// With files of age identities, and files of passwords of Ansible's vault (programs that print one, where they are
    /// executable).
    pub fn new(identity_files: Vec<PathBuf>, password_files: Vec<PathBuf>) -> Self {
        Self {
            identity_files,
            password_files,
            ..Self::default()
        }
    }

    /// Whether a password of Ansible's vault was given.
    pub fn has_password(&self) -> bool {
        !self.password_files.is_empty()
    }

    /// What an encrypted file holds: one of age, armored or not, or of Ansible's vault. Asks for a passphrase where age
    /// wants one.
    ///
    /// # Errors
    /// Why it stays closed, as what follows the file's name: never with anything of a key or of the content.
    pub fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, String> {
        if vault::is_vault(sealed) {
            return self.open_vault(sealed);
        }
        let bytes = age::unarmor(sealed)?;
        let file = Sealed::parse(&bytes)?;
        if file.wants_passphrase() {
            return self.open_with_passphrase(name, &file);
        }
        let identities = self.identities.get_or_init(|| self.read_identities()).as_ref();
        let identities = identities.map_err(Clone::clone)?;
        if identities.is_empty() {
            return Err(format!(
                "is encrypted, and there is no identity to open it with ({NO_IDENTITY})"
            ));
        }
        let opened = file.open(identities)?;
        opened.ok_or_else(|| format!("is for other identities than ours: {}", file.recipients()))
    }

    fn open_with_passphrase(&self, name: &str, file: &Sealed<'_>) -> Result<Vec<u8>, String> {
        let mut known = self.passphrases.lock().unwrap_or_else(PoisonError::into_inner);
        for passphrase in known.iter() {
            if let Some(opened) = file.open_with(passphrase)? {
                return Ok(opened);
            }
        }
        let passphrase = prompt::ask(&format!("Passphrase for {name}"))
            .map_err(|why| format!("is encrypted with a passphrase, and {why}"))?;
        let opened = file
            .open_with(&passphrase)?
            .ok_or("is encrypted with another passphrase")?;
        known.push(passphrase);
        Ok(opened)
    }

    fn read_identities(&self) -> Result<Vec<Identity>, String> {
        let mut all = Vec::new();
        for path in &self.identity_files {
            let failed =
                |why: String| format!("cannot be opened: the identity file `{}`: {why}", path.display());
            let mut bytes = read::file(path).map_err(failed)?;
            if age::is_age(&bytes) {
                let unarmored = age::unarmor(&bytes).map_err(failed)?;
                let sealed = Sealed::parse(&unarmored).map_err(failed)?;
                bytes = self
                    .open_with_passphrase(&path.display().to_string(), &sealed)
                    .map_err(failed)?;
            }
            let text = String::from_utf8(bytes).map_err(|_| failed("it is not text".to_owned()))?;
            if text.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----") {
                return Err(failed("keys of ssh are not known to this version".to_owned()));
            }
            let lines = text
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty() && !line.starts_with('#'));
            for line in lines {
                all.push(Identity::parse(line).map_err(failed)?);
            }
        }
        Ok(all)
    }

    fn open_vault(&self, sealed: &[u8]) -> Result<Vec<u8>, String> {
        let text = std::str::from_utf8(sealed).map_err(|_| "is damaged: not text")?;
        let passwords = self.passwords.get_or_init(|| self.read_passwords()).as_ref();
        let passwords = passwords.map_err(Clone::clone)?;
        if passwords.is_empty() {
            return Err(format!("is vaulted, and no password was given ({NO_PASSWORD})"));
        }
        for password in passwords {
            if let Some(opened) = vault::open(text, password)? {
                return Ok(opened);
            }
        }
        Err("is vaulted with another password".to_owned())
    }

    fn read_passwords(&self) -> Result<Vec<Vec<u8>>, String> {
        self.password_files.iter().map(|path| password(path)).collect()
    }
}

const NO_IDENTITY: &str = "`--age-identity FILE`, `RMOTE_AGE_IDENTITY`, or ~/.config/rmote-play/identity";
const NO_PASSWORD: &str = "`--vault-password-file FILE`, or `RMOTE_VAULT_PASSWORD_FILE`";

fn password(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |why: String| format!("cannot be opened: the password file `{}`: {why}", path.display());
    let meta = std::fs::metadata(path).map_err(|error| failed(read::why(&error)))?;
    let password = if meta.is_file() && meta.permissions().mode() & 0o111 != 0 {
        let program = std::path::absolute(path).map_err(|error| failed(read::why(&error)))?;
        command::output(&[program.display().to_string()], Path::new("."))
            .map_err(failed)?
            .into_bytes()
    } else {
        read::file(path).map_err(failed)?
    };
    let password = password.trim_ascii().to_vec();
    if password.is_empty() {
        return Err(failed("it is empty".to_owned()));
    }
    Ok(password)
}
