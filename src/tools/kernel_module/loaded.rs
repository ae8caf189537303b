//! Loads a module of the kernel, for now and for the next start.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::failure::Failure;
use crate::system::{Domain, Reader, Writer};
use crate::tool::{Access, Area, Finding, Footprint, Spoils, Tool};
use crate::tools::files::{self, Files};
use crate::tools::kernel_module::change::{ModuleChange, Step};
use crate::tools::kernel_module::place::{
    LOADED, OPTIONS, Standing, check_name, file, lists, names, standing,
};

/// `kernel_module.loaded`.
#[derive(Debug)]
pub(crate) struct Loaded;

/// Makes sure that a module of the kernel is loaded, now and at each start of the host. For the next start its name is in
/// `/etc/modules-load.d/NAME.conf`, unless another file there, or `/etc/modules`, names it already; its options are in
/// `/etc/modprobe.d/NAME.conf`. A module that is a part of the kernel itself needs neither. Options of a module that is loaded
/// already hold from its next loading on.
///
/// Check mode: says how the files would change, and whether it would be loaded. What comes along with the module, such as
/// settings of the kernel, is unknown then.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The module, such as `br_netfilter`.
    name: String,
    /// Options of the module with their values. Where this is not given, those that are there stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    options: Option<BTreeMap<String, Text>>,
    /// Whether it is loaded at each start, too.
    #[serde(default = "yes")]
    persistent: bool,
    /// Whether it is loaded now.
    #[serde(default = "yes")]
    now: bool,
}

const fn yes() -> bool {
    true
}

/// The module.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Whether it is in the running kernel.
    loaded: bool,
    /// Whether it is a part of the kernel itself.
    built_in: bool,
}

impl Tool for Loaded {
    const NAME: &'static str = "kernel_module.loaded";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "kernel_module.loaded: { name: dummy, options: { numdummies: 2 } }";

    type Args = Args;
    type Change = ModuleChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        let paths = [LOADED[0], LOADED[1], OPTIONS, "/proc/sys", "/sys"];
        Spoils::of(Area::Paths(paths.map(str::to_owned).into())).with(&[Domain::Modules])
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_name(&args.name)?;
        for (name, value) in args.options.iter().flatten() {
            let is_name = !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
            if !is_name {
                return Err((
                    "options",
                    format!("`{}` is not the name of an option", name.escape_debug()),
                ));
            }
            if !value.0.iter().all(u8::is_ascii_graphic) || value.0.contains(&b'"') || value.0.contains(&b'#')
            {
                return Err(("options", format!("the value of `{name}` must be one word")));
            }
        }
        if !args.persistent && !args.now {
            return Err((
                " now persistent",
                "with neither `now` nor `persistent` nothing is asked for".to_owned(),
            ));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let found = standing(&args.name, host)?;
        let mut files = Files::default();
        if args.persistent && !found.is_built_in && !is_named(&args.name, host)? {
            let path = file(LOADED[1], &args.name)?;
            let before = files::text(&path, host)?;
            let after = with_line(before.as_deref(), &format!("{}\n", args.name));
            files.edit(path, before.as_deref(), after, host)?;
        }
        if args.persistent
            && let Some(options) = args.words()
        {
            let path = file(OPTIONS, &args.name)?;
            let before = files::text(&path, host)?;
            let after = with_options(
                before.as_deref().unwrap_or_default(),
                &args.name,
                &options.join(" "),
            );
            if before.is_some() || !after.is_empty() {
                files.edit(path, before.as_deref(), after, host)?;
            }
        }
        let change = ModuleChange {
            name: args.name.clone(),
            files,
            step: (args.now && !found.is_loaded).then_some(Step::Load),
        };
        if change.is_empty() {
            return Ok(Finding::Settled(found.into()));
        }
        change.check(&args.words().unwrap_or_default(), host)?;
        Ok(Finding::Pending(change))
    }

    fn apply(args: &Args, change: ModuleChange, host: &Writer<'_>) -> Result<Output, Failure> {
        Ok(change.make(&args.words().unwrap_or_default(), host)?.into())
    }

    fn predict(_: &Args, change: ModuleChange, host: &Writer<'_>) -> Result<Output, Failure> {
        Ok(change.predict(host)?.into())
    }
}

impl Args {
    /// The options as `modprobe` takes them.
    fn words(&self) -> Option<Vec<String>> {
        let options = self.options.as_ref()?;
        let words = options
            .iter()
            .map(|(name, value)| format!("{name}={}", value.to_string_lossy()));
        Some(words.collect())
    }
}

impl From<Standing> for Output {
    fn from(standing: Standing) -> Self {
        Self {
            loaded: standing.is_loaded,
            built_in: standing.is_built_in,
        }
    }
}

/// Whether a file that is read at the start names it.
fn is_named(name: &str, host: &Reader<'_>) -> Result<bool, Failure> {
    for path in lists(host)? {
        let text = files::text(&path, host)?.unwrap_or_default();
        if text.lines().any(|line| names(line, name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn with_line(text: Option<&str>, line: &str) -> String {
    let text = text.unwrap_or_default();
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{text}{end}{line}")
}

/// The text with one line of options for a module, or with none where it is to have none.
fn with_options(text: &str, name: &str, options: &str) -> String {
    let is_it = |line: &str| {
        line.trim_start()
            .strip_prefix("options ")
            .is_some_and(|it| names(it, name))
    };
    let line = format!("options {name} {options}\n");
    let is_there = text.split_inclusive('\n').filter(|it| is_it(it)).eq([&*line]);
    if is_there && !options.is_empty() {
        return text.to_owned();
    }
    let rest: String = text.split_inclusive('\n').filter(|it| !is_it(it)).collect();
    if options.is_empty() {
        rest
    } else {
        with_line(Some(&rest), &line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_one_line_and_others_stay() {
        assert_eq!(with_options("", "dummy", "a=1 b=2"), "options dummy a=1 b=2\n");
        assert_eq!(
            with_options("# x\noptions dummy a=0\noptions dummy2 a=0", "dummy", "a=1"),
            "# x\noptions dummy2 a=0\noptions dummy a=1\n"
        );
        let same = "options dummy a=1\nblacklist x\n";
        assert_eq!(with_options(same, "dummy", "a=1"), same);
        assert_eq!(with_options(same, "dummy", ""), "blacklist x\n");
    }
}
