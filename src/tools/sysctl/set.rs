//! Sets one setting of the kernel, for now and for the next start.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::fs::deploy::{FileChange, Texts, Wanted, caution, compare_edit, deploy};
use crate::tools::fs::old::{as_text, read_old};
use crate::tools::sysctl::order;

/// `sysctl.set`.
#[derive(Debug)]
pub(crate) struct Set;

/// Sets a setting of the kernel in a file that is read when the host starts, and at once. Other lines of the file, comments
/// too, stay as they are. Where another file that is read later sets the same to another value, or the file is not read at
/// all, a warning says so: the value would not last.
///
/// Check mode: says how the file, and the running kernel, would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The setting, such as `net.ipv4.ip_forward`; with slashes where a name in it has a dot.
    name: String,
    /// Its value.
    value: Text,
    /// The file. Files are read in the order of their names, whichever directory they are in, and this one is behind most.
    #[serde(default = "file")]
    path: HostPath,
    /// Sets it in the running kernel, too.
    #[serde(default = "yes")]
    reload: bool,
}

fn file() -> HostPath {
    HostPath::new(b"/etc/sysctl.d/zz-rmote-play.conf").expect("it is an absolute path")
}

const fn yes() -> bool {
    true
}

/// The setting.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file in which it is.
    path: Text,
}

/// What is to be done to a setting.
#[derive(Debug)]
pub(crate) struct SettingChange {
    name: String,
    file: Option<FileChange>,
    /// The value in the running kernel, and the one that it gets.
    live: Option<(String, String)>,
}

impl Describe for SettingChange {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = self.file.as_ref().map(Describe::diff).unwrap_or_default();
        if let Some((before, after)) = &self.live {
            diffs.push(Diff::of_property(
                "running kernel",
                &self.name,
                Some(before),
                Some(after),
            ));
        }
        diffs
    }
}

impl Tool for Set {
    const NAME: &'static str = "sysctl.set";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "sysctl.set: { name: net.ipv4.ip_forward, value: 1 }";

    type Args = Args;
    type Change = SettingChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::SYSTEM
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@*".contains(c);
        let is_name = args.name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && args.name.chars().all(is_plain)
            && !args.name.contains("..");
        if !is_name {
            let message = format!("`{}` is not the name of a setting", args.name.escape_debug());
            return Err(("name", message));
        }
        if args.value.0.contains(&b'\n') || args.value.0.is_empty() {
            return Err(("value", "`value` must be one line".to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let value = words(&args.value.to_string_lossy());
        let before = read_old(&args.path, true, true, host)?.unwrap_or_default();
        let before = as_text(&args.path, before)?;
        let after = edited(&before, &args.name, &value);
        let file = compare_edit(&wanted(args), before.as_bytes(), after.into_bytes(), host)?.err();
        let mut live = None;
        if args.reload {
            let found =
                host.read(&proc_path(&args.name), 64 << 10)
                    .map_err(|failure| match failure.kind {
                        Kind::NotFound => no_setting(&args.name),
                        _ => failure,
                    })?;
            let found = words(&String::from_utf8_lossy(&found));
            live = Some((found, value.clone())).filter(|(found, value)| found != value);
            if live.is_some() {
                host.check_kernel(&proc_path(&args.name))?;
            }
        }
        warn_of_order(args, &value, host)?;
        Ok(if file.is_none() && live.is_none() {
            Finding::Settled(output(args))
        } else {
            let name = args.name.clone();
            Finding::Pending(SettingChange { name, file, live })
        })
    }

    fn apply(args: &Args, change: SettingChange, host: &Writer<'_>) -> Result<Output, Failure> {
        if let Some((_, value)) = &change.live {
            // First, so that a value that the kernel refuses does not stand in the file.
            host.set_kernel(&proc_path(&args.name), value)?;
        }
        if let Some(file) = change.file {
            deploy(&wanted(args), file, host)?;
        }
        Ok(output(args))
    }
}

fn no_setting(name: &str) -> Failure {
    let mut message = format!("the kernel of this host has no setting `{name}`");
    if name.starts_with("net.") && name.matches('.').count() > 4 {
        message.push_str(
            "; where a part of the name has a dot in it, as that of an interface can, slashes separate the parts: \
             `net/ipv4/conf/eth0.100/rp_filter`",
        );
    }
    Failure::new(Kind::NotFound, message)
}

/// Says what makes the value one that does not last.
fn warn_of_order(args: &Args, value: &str, host: &Reader<'_>) -> Result<(), Failure> {
    let place = order::place_of(args.path.as_path(), host)?;
    let (name, path) = (&args.name, &args.path);
    if !place.is_read {
        host.link().warn(format!(
            "`{path}` is not read when the host starts, so that `{name}` does not last"
        ));
    }
    let mut others = place
        .later
        .iter()
        .filter_map(|it| Some((it, last_value(&it.text, name)?)));
    if let Some((other, found)) = others.next_back()
        && found != value
    {
        host.link().warn(format!(
            "`{}` is read after `{path}` when the host starts, and sets `{name}` to `{found}`",
            other.path.display()
        ));
    }
    Ok(())
}

/// The value that a file gives a setting.
fn last_value(text: &str, name: &str) -> Option<String> {
    let line = text.lines().rfind(|it| sets(it, name))?;
    line.split_once('=').map(|it| words(it.1))
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where the kernel shows it. What the name has for a separator first is one; the other stands for itself.
fn proc_path(name: &str) -> PathBuf {
    let inner = match name.find(['.', '/']) {
        Some(at) if name.as_bytes()[at] == b'/' => name.to_owned(),
        _ => name
            .chars()
            .map(|c| match c {
                '.' => '/',
                '/' => '.',
                c => c,
            })
            .collect(),
    };
    PathBuf::from("/proc/sys").join(inner)
}

/// Whether a line sets a setting. One that begins with `-` may fail.
fn sets(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    let Some((key, _)) = line.split_once('=') else {
        return false;
    };
    let key = key.strip_prefix('-').unwrap_or(key).trim();
    !line.starts_with(['#', ';']) && proc_path(key) == proc_path(name)
}

/// The text with the setting in it, on the last line that sets it, which is the one that holds, else at the end.
fn edited(text: &str, name: &str, value: &str) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some(last) = lines.iter().rposition(|it| sets(it, name)) else {
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        return format!("{text}{end}{name} = {value}\n");
    };
    let found = lines[last].split_once('=').map(|it| words(it.1));
    if found.as_deref() == Some(value) {
        return text.to_owned();
    }
    let sign = if lines[last].trim_start().starts_with('-') {
        "-"
    } else {
        ""
    };
    let line = format!("{sign}{name} = {value}\n");
    lines[last] = &line;
    lines.concat()
}

fn wanted(args: &Args) -> Wanted<'_> {
    Wanted {
        path: &args.path,
        mode: None,
        owner: None,
        group: None,
        caution: caution(false, None),
        parents: true,
        text: Texts::Kept,
    }
}

fn output(args: &Args) -> Output {
    Output {
        path: args.path.as_path().as_os_str().to_owned().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tools::testing::TestLink;

    #[test]
    fn the_last_line_that_sets_it_is_the_one() {
        assert_eq!(edited("", "a.b", "1"), "a.b = 1\n");
        assert_eq!(edited("# a.b = 0\nx=1", "a.b", "1"), "# a.b = 0\nx=1\na.b = 1\n");
        assert_eq!(
            edited("a/b=0\nx=1\n-a.b = 2\n; end\n", "a.b", "1"),
            "a/b=0\nx=1\n-a.b = 1\n; end\n"
        );
        assert_eq!(edited("a.b=1\n", "a.b", "1"), "a.b=1\n");
        assert_eq!(edited("a.b=4 \t8\n", "a.b", "4 8"), "a.b=4 \t8\n");
    }

    #[test]
    fn a_name_is_a_path_below_proc() {
        let path = |name: &str| proc_path(name).display().to_string();
        assert_eq!(path("net.ipv4.ip_forward"), "/proc/sys/net/ipv4/ip_forward");
        assert_eq!(
            path("net/ipv4/conf/eth0.100/rp_filter"),
            "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"
        );
        assert_eq!(
            path("net.ipv4.conf.eth0/100.rp_filter"),
            "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"
        );
    }

    #[test]
    fn a_file_that_would_not_stay_the_same_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"# gr\xfc\xdfe\n").unwrap();
        let link = TestLink::default();
        let args = json!({ "name": "kernel.domainname", "value": "x", "path": file.path(), "reload": false });
        let failure = link.call("sysctl.set", args).unwrap_err();
        assert!(failure.message.contains("is not UTF-8 text"), "{failure}");
        assert_eq!(std::fs::read(file.path()).unwrap(), b"# gr\xfc\xdfe\n");
    }
}
