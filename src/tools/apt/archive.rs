//! Files of packages.

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Follow, Program, Reader};
use crate::tool::HostPath;
use crate::tools::packages::Spec;
use crate::tools::said;

/// The package that is in a file, with its version.
///
/// # Errors
/// `not_found` where there is no such file, `invalid` where it is no package.
pub(super) fn package(path: &HostPath, host: &Reader<'_>) -> Result<Spec, Failure> {
    if host.metadata(path.as_path(), Follow::Yes)?.is_none() {
        return Err(Failure::new(
            Kind::NotFound,
            format!("the package `{path}` does not exist"),
        ));
    }
    let file: Text = path.as_path().as_os_str().to_owned().into();
    let words = ["dpkg-deb", "--show", "--showformat=${Package}=${Version}", "--"].map(Text::from);
    let argv = Argv(words.into_iter().chain([file]).collect());
    let ended = host.ask(&Program::of(&argv), &[About::Path(path.as_path())])?;
    if ended.exit_code != 0 {
        return Err(said::failure(&ended, "dpkg-deb"));
    }
    let said = String::from_utf8_lossy(&ended.stdout.bytes);
    said.trim().parse().map_err(|error: String| {
        Failure::new(
            Kind::Invalid,
            format!("what `{path}` says of itself makes no sense: {error}"),
        )
    })
}
