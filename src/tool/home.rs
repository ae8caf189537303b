//! Paths that count from a home directory: arguments are read with them as they are on the host.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::system::Reader;
use crate::tool::HostPath;
use crate::value::{self, Value};

/// What is known of home directories while arguments are read on a host.
#[derive(Default)]
struct Homes {
    /// Accounts whose home directory is asked for, and is not known yet.
    met: Vec<Vec<u8>>,
    known: BTreeMap<Vec<u8>, PathBuf>,
}

thread_local! {
    /// Nothing on the controller, which cannot know where they are.
    static HOMES: RefCell<Option<Homes>> = const { RefCell::new(None) };
}

/// Reads arguments on a host: what counts from a home directory is made absolute.
///
/// # Errors
/// Where there is no such account, or nobody can say where its home directory is.
pub(super) fn parse<T: DeserializeOwned>(
    args: Value,
    host: &Reader<'_>,
) -> Result<Result<T, value::Error>, Failure> {
    if !may_name_home(&args) {
        return Ok(args.parse());
    }
    let mut homes = Homes::default();
    loop {
        HOMES.set(Some(homes));
        let parsed = args.clone().parse();
        homes = HOMES.take().unwrap_or_default();
        let met = std::mem::take(&mut homes.met);
        if met.is_empty() {
            return Ok(parsed);
        }
        for name in met {
            let home = host.home_of(&name)?;
            homes.known.insert(name, home);
        }
    }
}

/// Whether any text of these arguments could be such a path.
fn may_name_home(value: &Value) -> bool {
    match value {
        Value::Str(text) => text.starts_with('~'),
        Value::Bytes(bytes) => bytes.starts_with(b"~"),
        Value::List(all) => all.iter().any(may_name_home),
        Value::Map(all) => all.values().any(may_name_home),
        _ => false,
    }
}

/// A path as it is on the host, where arguments are read there.
///
/// # Errors
/// Says what is wrong with a path that a home directory makes.
pub(super) fn resolved(path: HostPath) -> Result<HostPath, String> {
    let Some(name) = path.home().map(<[u8]>::to_vec) else {
        return Ok(path);
    };
    HOMES.with_borrow_mut(|homes| {
        let Some(homes) = homes else { return Ok(path) };
        let Some(home) = homes.known.get(&name) else {
            if !homes.met.contains(&name) {
                homes.met.push(name);
            }
            return Ok(path);
        };
        let mut whole = home.as_os_str().as_bytes().to_vec();
        whole.extend_from_slice(&path.as_path().as_os_str().as_bytes()[1 + name.len()..]);
        if path.ends_in_slash() {
            whole.push(b'/');
        }
        HostPath::new(&whole)
    })
}
