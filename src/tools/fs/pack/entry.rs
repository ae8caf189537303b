//! One thing in an archive.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::system::safe_parts;

/// One thing in an archive, with a path that stays below the directory it is unpacked in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::tools::fs) struct Entry {
    pub(in crate::tools::fs) path: Text,
    pub(in crate::tools::fs) what: What,
    /// When it was last changed, in seconds since 1970; as a zip archive has it, by the clock of where it was made.
    pub(in crate::tools::fs) modified: i64,
}

/// What it is. Modes are without setuid, setgid and sticky.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::tools::fs) enum What {
    Folder {
        mode: u32,
    },
    File {
        size: u64,
        mode: u32,
        /// Of its content, once that was read.
        hash: Option<Hash>,
    },
    Link {
        target: Text,
    },
    /// Another name of the file at this path of the archive.
    Same {
        target: Text,
    },
}

impl Entry {
    /// Its mode, where it has one of its own.
    pub(in crate::tools::fs) fn mode_mut(&mut self) -> Option<&mut u32> {
        match &mut self.what {
            What::Folder { mode } | What::File { mode, .. } => Some(mode),
            What::Link { .. } | What::Same { .. } => None,
        }
    }

    pub(in crate::tools::fs) fn path(&self) -> &Path {
        Path::new(self.path.as_os_str())
    }
}

/// A path of an archive without its first parts; nothing where nothing is left of it.
///
/// # Errors
/// `invalid` where it is absolute or leads out of its directory.
pub(super) fn safe_path(raw: &[u8], strip: usize) -> Result<Option<Text>, Failure> {
    if raw.contains(&0) {
        return Err(Failure::new(
            Kind::Invalid,
            "a name in the archive contains a NUL byte",
        ));
    }
    let text = Text(raw.to_vec());
    let parts = safe_parts(Path::new(text.as_os_str())).map_err(|failure| Failure {
        message: format!("the archive is refused: {}", failure.message),
        ..failure
    })?;
    let path: PathBuf = parts.into_iter().skip(strip).collect();
    let path = path.into_os_string();
    Ok((!path.is_empty()).then(|| path.into()))
}

/// Refuses a relative link that leads out of the directory: one that goes up further than it is deep, or goes up after it has
/// gone down, where another link may stand. An absolute one says openly where it points, as many archives have them; nothing
/// is unpacked through either.
///
/// # Errors
/// `invalid`.
pub(super) fn safe_target(path: &Path, target: &Text) -> Result<(), Failure> {
    let depth = path.components().count().saturating_sub(1);
    let (mut up, mut is_down) = (0, false);
    let mut is_safe = !target.0.is_empty() && !target.0.contains(&0);
    let components = Path::new(target.as_os_str()).components();
    let is_absolute = Path::new(target.as_os_str()).is_absolute();
    for component in components.filter(|_| !is_absolute) {
        match component {
            Component::Normal(_) => is_down = true,
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
            Component::ParentDir => {
                up += 1;
                is_safe &= !is_down && up <= depth;
            }
        }
    }
    if is_safe {
        return Ok(());
    }
    let message = format!(
        "the archive is refused: the link `{}` leads out of its directory, to `{}`",
        path.display(),
        target.to_string_lossy()
    );
    Err(Failure::new(Kind::Invalid, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_and_no_link_leads_out() {
        let path = |raw: &str, strip| {
            safe_path(raw.as_bytes(), strip).map(|it| it.map(|it| it.to_string_lossy().into_owned()))
        };
        assert_eq!(path("./a//b/", 0), Ok(Some("a/b".into())));
        assert_eq!(path("a/b", 1), Ok(Some("b".into())));
        assert_eq!(path("a", 1), Ok(None));
        for bad in ["/etc/passwd", "../x", "a/../../x", "a/../b", "a\0b"] {
            assert!(path(bad, 0).is_err(), "{bad}");
        }
        let target = |at: &str, to: &str| safe_target(Path::new(at), &to.into()).is_ok();
        assert!(target("a/b/link", "../c"));
        assert!(target("link", "a/b"));
        assert!(target("link", "/etc"));
        for (at, to) in [
            ("link", ".."),
            ("a/link", "../../x"),
            ("a/link", "b/../c"),
            ("link", ""),
        ] {
            assert!(!target(at, to), "{at} to {to}");
        }
    }
}
