//! Gives a host its name.

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::fs::deploy::{FileChange, Texts, Wanted, caution, compare_edit, deploy};
use crate::tools::fs::old::{as_text, read_old};
use crate::tools::hostname::cloud;

/// `hostname.set`.
#[derive(Debug)]
pub(crate) struct Set;

/// Gives a host its name: in `/etc/hostname`, in the line of `/etc/hosts` that has the old one for 127.0.1.1, and at once.
/// `facts.hostname` tells the old name until the next connection. Where cloud-init may give the host another name at the next
/// start, or may write `/etc/hosts`, a warning says so.
///
/// Check mode: says what would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The name: letters, digits, hyphens, and dots between its parts.
    name: String,
}

/// The name.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// What the host calls itself now.
    name: String,
}

/// What is to be done for a name.
#[derive(Debug)]
pub(crate) struct NameChange {
    files: Vec<(HostPath, FileChange)>,
    /// The old and the new name of the running host.
    live: Option<(String, String)>,
}

impl Describe for NameChange {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs: Vec<Diff> = self.files.iter().flat_map(|(_, file)| file.diff()).collect();
        if let Some((before, after)) = &self.live {
            diffs.push(Diff::of_property(
                "running host",
                "name",
                Some(before),
                Some(after),
            ));
        }
        diffs
    }
}

impl Tool for Set {
    const NAME: &'static str = "hostname.set";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "hostname.set: web1";

    type Args = Args;
    type Change = NameChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::SYSTEM
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        let is_label = |it: &str| {
            (1..=63).contains(&it.len())
                && !it.starts_with('-')
                && !it.ends_with('-')
                && it.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if args.name.len() <= 64 && args.name.split('.').all(is_label) {
            return Ok(());
        }
        let message = format!("`{}` is not the name of a host", args.name.escape_debug());
        Err(("name", message))
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let running = host.host_name()?;
        let mut files = Vec::new();
        let mut change = |path: &str, before: &str, after: String| -> Result<(), Failure> {
            let path = HostPath::new(path.as_bytes()).map_err(|error| Failure::new(Kind::Invalid, error))?;
            let found = compare_edit(&wanted(&path), before.as_bytes(), after.into_bytes(), host)?;
            files.extend(found.err().map(|file| (path, file)));
            Ok(())
        };
        let old = read(host, "/etc/hostname")?;
        // The old name is known from the other file: that one is written last.
        if let Some(hosts) = read(host, "/etc/hosts")? {
            let old = old.as_deref().map_or(&*running, str::trim);
            change("/etc/hosts", &hosts, renamed(&hosts, old, &args.name))?;
        }
        change(
            "/etc/hostname",
            old.as_deref().unwrap_or_default(),
            format!("{}\n", args.name),
        )?;
        cloud::warn(host)?;
        let live = Some((running, args.name.clone())).filter(|(old, new)| old != new);
        if live.is_some() {
            host.check_root("the host cannot be given a name")?;
        }
        let name = args.name.clone();
        Ok(if files.is_empty() && live.is_none() {
            Finding::Settled(Output { name })
        } else {
            Finding::Pending(NameChange { files, live })
        })
    }

    fn apply(args: &Args, change: NameChange, host: &Writer<'_>) -> Result<Output, Failure> {
        for (path, file) in change.files {
            deploy(&wanted(&path), file, host)?;
        }
        if let Some((_, name)) = &change.live {
            host.set_host_name(name)?;
        }
        Ok(Output {
            name: args.name.clone(),
        })
    }
}

fn read(host: &Reader<'_>, path: &str) -> Result<Option<String>, Failure> {
    let path = HostPath::new(path.as_bytes()).map_err(|error| Failure::new(Kind::Invalid, error))?;
    let bytes = read_old(&path, true, false, host)?;
    bytes.map(|bytes| as_text(&path, bytes)).transpose()
}

/// Lines for 127.0.1.1, on which Debian keeps the host's own name. Comments behind them stay.
fn renamed(hosts: &str, old: &str, new: &str) -> String {
    let line = |line: &str| {
        let (entry, comment) = line.split_at(line.find('#').unwrap_or(line.len()));
        let mut words = entry.split_whitespace();
        if words.next() != Some("127.0.1.1") || !words.any(|it| it == old) {
            return line.to_owned();
        }
        let mut out = String::new();
        for piece in entry.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end();
            out.push_str(if word == old { new } else { word });
            out.push_str(&piece[word.len()..]);
        }
        out + comment
    };
    hosts.split_inclusive('\n').map(line).collect()
}

fn wanted(path: &HostPath) -> Wanted<'_> {
    Wanted {
        path,
        mode: None,
        owner: None::<&Text>,
        group: None,
        caution: caution(false, None),
        parents: false,
        text: Texts::Kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_own_line_gets_the_new_name() {
        let hosts =
            "127.0.0.1 localhost old\n127.0.1.1\told.example.org  old # old\n10.0.0.1 old\n# 127.0.1.1 old\n";
        let after = "127.0.0.1 localhost old\n127.0.1.1\told.example.org  web1 # old\n10.0.0.1 old\n# 127.0.1.1 old\n";
        assert_eq!(renamed(hosts, "old", "web1"), after);
        assert_eq!(renamed(hosts, "other", "web1"), hosts);
    }
}
