//! Sets one setting of the kernel, for now and for the next start.

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::fs::deploy::{FileChange, Texts, Wanted, caution, compare_edit, deploy};
use crate::tools::fs::old::{as_text, read_old};
use crate::tools::sysctl::lines::{check_name, check_value, edited, last_value, proc_path, words};
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

pub(super) fn file() -> HostPath {
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
        check_name(&args.name).map_err(|it| ("name", it))?;
        check_value(&args.value.0).map_err(|it| ("value", it))
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

pub(super) fn no_setting(name: &str) -> Failure {
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

    use crate::tools::testing::TestLink;

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
