//! Sets the time zone.

use std::path::Path;

use rustix::fs::{FileType, Stat};
use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Location, Reader, Writer};
use crate::tool::{Access, Area, Describe, Finding, Footprint, Tool};
use crate::tools::files::{self, Files};

const ZONES: &str = "/usr/share/zoneinfo";
const LINK: &str = "/etc/localtime";
/// Where Debian keeps the name as well.
const NAME: &str = "/etc/timezone";
/// How far off the hardware clock is, and what it shows.
const CLOCK: &str = "/etc/adjtime";

/// `timezone.set`.
#[derive(Debug)]
pub(crate) struct Set;

/// Sets the time zone of a host: `/etc/localtime` becomes a link into `/usr/share/zoneinfo`, and where the host has
/// `/etc/timezone`, or is a Debian, that file names it, too. Programs that run go on in the old zone until they start again. A
/// zone that the host does not know is a failure: it needs the package `tzdata`.
///
/// Check mode: says what would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The zone, such as `Europe/Berlin` or `UTC`.
    name: String,
    /// What the hardware clock shows, in `/etc/adjtime`; left as it is where this is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hwclock: Option<Clock>,
}

/// What a hardware clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
enum Clock {
    /// Universal time.
    #[serde(rename = "utc", alias = "UTC")]
    Utc,
    /// The time of the zone.
    #[serde(rename = "local")]
    Local,
}

/// The time zone.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The zone.
    name: String,
    /// The zone before; not there where the host had none, or one without a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
}

/// What is to be done for a time zone.
#[derive(Debug)]
pub(crate) struct ZoneChange {
    before: Option<String>,
    name: String,
    /// Where the link is to be made.
    link: Option<Location>,
    files: Files,
}

impl Describe for ZoneChange {
    fn diff(&self) -> Vec<Diff> {
        let zone = self
            .link
            .as_ref()
            .map(|_| Diff::of_property(LINK, "zone", self.before.as_deref(), Some(&self.name)));
        zone.into_iter().chain(self.files.diff()).collect()
    }
}

impl Tool for Set {
    const NAME: &'static str = "timezone.set";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "timezone.set: Europe/Berlin";

    type Args = Args;
    type Change = ZoneChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint {
            reads: Area::Paths(
                [LINK, NAME, CLOCK, ZONES, "/etc/debian_version"]
                    .map(str::to_owned)
                    .into(),
            ),
            writes: Area::Paths([LINK, NAME, CLOCK].map(str::to_owned).into()),
        }
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        let is_part = |it: &str| {
            it.starts_with(|c: char| c.is_ascii_alphanumeric())
                && it.chars().all(|c| c.is_ascii_alphanumeric() || "_+-".contains(c))
        };
        if args.name.split('/').all(is_part) {
            return Ok(());
        }
        let message = format!(
            "`{}` is not the name of a time zone, such as `Europe/Berlin`",
            args.name.escape_debug()
        );
        Err(("name", message))
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let zone = Path::new(ZONES).join(&args.name);
        if !host.metadata(&zone, Follow::Yes)?.is_some_and(|it| it.is_file()) {
            let message = if host.metadata(Path::new(ZONES), Follow::Yes)?.is_none() {
                format!(
                    "this host knows no time zones: `{ZONES}` does not exist, which the package `tzdata` brings"
                )
            } else {
                format!(
                    "this host knows no time zone `{}`: `{}` does not exist",
                    args.name,
                    zone.display()
                )
            };
            return Err(Failure::new(Kind::NotFound, message));
        }
        let place = host.locate(Path::new(LINK), Follow::No)?;
        let place =
            place.ok_or_else(|| Failure::new(Kind::NotFound, "the directory `/etc` does not exist"))?;
        let before = zone_of(&place)?;
        let link = if before.as_deref() == Some(&*args.name) {
            None
        } else {
            host.check_placeable(&place)?;
            Some(place)
        };
        let mut files = Files::default();
        let path = files::path(NAME)?;
        let old = files::text(&path, host)?;
        let is_debian = host
            .metadata(Path::new("/etc/debian_version"), Follow::Yes)?
            .is_some();
        if old.is_some() || is_debian {
            files.edit(path, old.as_deref(), format!("{}\n", args.name), host)?;
        }
        if let Some(clock) = args.hwclock {
            let path = files::path(CLOCK)?;
            let old = files::text(&path, host)?;
            files.edit(path, old.as_deref(), with_clock(old.as_deref(), clock), host)?;
        }
        Ok(if link.is_none() && files.is_empty() {
            Finding::Settled(args.output(before))
        } else {
            let name = args.name.clone();
            Finding::Pending(ZoneChange {
                before,
                name,
                link,
                files,
            })
        })
    }

    fn apply(args: &Args, change: ZoneChange, host: &Writer<'_>) -> Result<Output, Failure> {
        if let Some(place) = &change.link {
            let target = Path::new(ZONES).join(&args.name).into_os_string();
            host.make_link(place, &Text::from(target), &Attributes::default())?;
        }
        change.files.make(host)?;
        Ok(args.output(change.before))
    }
}

impl Args {
    fn output(&self, before: Option<String>) -> Output {
        Output {
            name: self.name.clone(),
            before,
        }
    }
}

/// The zone to which the link leads, which may count from where it is.
fn zone_of(place: &Location) -> Result<Option<String>, Failure> {
    let is_link = |it: Stat| FileType::from_raw_mode(it.st_mode) == FileType::Symlink;
    if !place.stat()?.is_some_and(is_link) {
        return Ok(None);
    }
    let target = place.link_target()?;
    let target = target.to_string_lossy();
    Ok(target.split_once("/zoneinfo/").map(|it| it.1.to_owned()))
}

/// The file with another third line; what it says of how far off the clock is stays.
fn with_clock(text: Option<&str>, clock: Clock) -> String {
    let mut lines: Vec<&str> = text.unwrap_or("0.0 0 0.0\n0\nUTC\n").lines().collect();
    lines.resize(lines.len().max(3), "0");
    lines[2] = match clock {
        Clock::Utc => "UTC",
        Clock::Local => "LOCAL",
    };
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_third_line_says_what_the_clock_shows() {
        assert_eq!(with_clock(None, Clock::Local), "0.0 0 0.0\n0\nLOCAL\n");
        assert_eq!(
            with_clock(Some("1.5 17 0.0\n17\nLOCAL\n"), Clock::Utc),
            "1.5 17 0.0\n17\nUTC\n"
        );
        assert_eq!(with_clock(Some(""), Clock::Utc), "0\n0\nUTC\n");
    }
}
