//! Hashes of passwords, as `/etc/shadow` has them.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands its arguments over"
)]

use minijinja::value::Kwargs;
use minijinja::{Environment, Error};

use super::invalid;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &["password_hash"];

/// Adds the filter.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("password_hash", password_hash);
}

/// `password_hash(scheme, salt, rounds)`: `sha512` or `sha256`.
fn password_hash(
    password: &str,
    scheme: Option<&str>,
    salt: Option<&str>,
    rounds: Option<usize>,
    options: Kwargs,
) -> Result<String, Error> {
    let scheme = scheme.or(options.get("hashtype")?).unwrap_or("sha512");
    let salt = salt.or(options.get("salt")?).filter(|it| !it.is_empty());
    let rounds = rounds.or(options.get("rounds")?);
    options.assert_all_used()?;
    let salt = salt.ok_or_else(|| {
        invalid(
            "`password_hash` needs a salt, so that the next run makes the same hash: `password_hash('sha512', salt=secrets.salt)`",
        )
    })?;
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"./".contains(&it);
    if salt.len() > 16 || !salt.bytes().all(is_plain) {
        return Err(invalid("a salt is up to 16 letters, digits, `.` and `/`"));
    }
    let asked = rounds.unwrap_or(5000);
    let prefix = rounds.map(|it| format!("rounds={it}$")).unwrap_or_default();
    let wrong = |_| {
        invalid(format!(
            "`password_hash` takes 1000 to 999999999 rounds, not {asked}"
        ))
    };
    let hashed = match scheme {
        "sha512" | "sha512_crypt" => {
            let params = sha_crypt::Sha512Params::new(asked).map_err(wrong)?;
            let hash = sha_crypt::sha512_crypt_b64(password.as_bytes(), salt.as_bytes(), &params);
            hash.map(|hash| format!("$6${prefix}{salt}${hash}"))
        }
        "sha256" | "sha256_crypt" => {
            let params = sha_crypt::Sha256Params::new(asked).map_err(wrong)?;
            let hash = sha_crypt::sha256_crypt_b64(password.as_bytes(), salt.as_bytes(), &params);
            hash.map(|hash| format!("$5${prefix}{salt}${hash}"))
        }
        other => {
            return Err(invalid(format!(
                "`password_hash` does not know `{other}`: sha512 or sha256; others are made by `mkpasswd`"
            )));
        }
    };
    hashed.map_err(|_| invalid("the password cannot be hashed"))
}
