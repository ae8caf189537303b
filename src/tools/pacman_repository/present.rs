//! Adds a repository to those that pacman takes packages from.

use serde::{Deserialize, Serialize};

use crate::argument::{OneOrMany, Text};
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::fs::deploy::{FileChange, compare_edit, deploy};
use crate::tools::pacman_repository::config;

/// `pacman_repository.present`.
#[derive(Debug)]
pub(crate) struct Present;

/// Adds a repository to `/etc/pacman.conf`, at its end, or changes the one of that name where it is. Comments,
/// its other settings and all other sections stay as they are, and pacman itself must be able to read the new file. Its packages are known to pacman
/// after the next `pacman.update`.
///
/// Check mode: says how the file would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The name, by which its database is called, too.
    name: String,
    /// Where it is, the best first; `$repo` and `$arch` in it are pacman's.
    servers: OneOrMany<Text>,
    /// Which signatures are needed, such as `Required DatabaseOptional`; pacman's common setting where this is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sig_level: Option<String>,
}

/// The repository.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Its name.
    name: String,
}

impl Tool for Present {
    const NAME: &'static str = "pacman_repository.present";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "pacman_repository.present: { name: shop, servers: [\"https://packages.example.org/$repo/$arch\"], sig_level: Required }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = FileChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::REPOSITORIES
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        config::check_name(&args.name).map_err(|it| ("name", it))?;
        let is_word = |it: &Text| !it.0.is_empty() && it.0.iter().all(u8::is_ascii_graphic);
        let is_line = |it: &String| it.chars().all(|c| c.is_ascii_alphabetic() || c == ' ');
        if args.servers.0.is_empty() {
            return Err(("servers", "`servers` is empty".to_owned()));
        }
        if let Some(bad) = args.servers.0.iter().find(|it| !is_word(it)) {
            let bad = bad.to_string_lossy();
            return Err(("servers", format!("`{}` is not a server", bad.escape_debug())));
        }
        if let Some(bad) = args.sig_level.as_ref().filter(|it| !is_line(it)) {
            return Err((
                "sig_level",
                format!("`{}` is not a `sig_level`", bad.escape_debug()),
            ));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let (path, judge) = (config::path()?, config::judge());
        let level = args.sig_level.iter().filter(|it| !it.is_empty());
        let mut settings: Vec<String> = level.map(|it| format!("SigLevel = {it}")).collect();
        settings.extend(
            args.servers
                .0
                .iter()
                .map(|it| format!("Server = {}", it.to_string_lossy())),
        );
        let before = config::read(host)?;
        let after = config::with(&before, &args.name, &settings).into_bytes();
        let found = compare_edit(&config::wanted(&path, &judge), before.as_bytes(), after, host)?;
        Ok(match found {
            Ok(_) => Finding::Settled(output(args)),
            Err(change) => Finding::Pending(change),
        })
    }

    fn apply(args: &Args, change: FileChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let (path, judge) = (config::path()?, config::judge());
        deploy(&config::wanted(&path, &judge), change, host)?;
        Ok(output(args))
    }
}

fn output(args: &Args) -> Output {
    Output {
        name: args.name.clone(),
    }
}
