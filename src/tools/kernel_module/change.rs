//! What is done about a module: its files, and the running kernel.

use std::path::Path;

use crate::argument::{Argv, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Ended, Program, Reader, Writer};
use crate::tool::Describe;
use crate::tools::files::Files;
use crate::tools::kernel_module::place::{Standing, key, standing};
use crate::tools::said;

/// What a module that comes or goes may bring or take along.
const KERNELS: [&str; 4] = ["/proc/sys/net", "/proc/sys/dev", "/proc/sys/fs", "/sys"];

/// What is to be done about a module.
#[derive(Debug)]
pub(crate) struct ModuleChange {
    pub(super) name: String,
    pub(super) files: Files,
    /// Whether it is to come into the running kernel, or to leave it.
    pub(super) step: Option<Step>,
}

/// What is to be done to the running kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Load,
    Unload,
}

impl Describe for ModuleChange {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = self.files.diff();
        if let Some(step) = self.step {
            let [before, after] = match step {
                Step::Load => ["absent", "loaded"],
                Step::Unload => ["loaded", "absent"],
            };
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

impl ModuleChange {
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.step.is_none()
    }

    /// Whether `modprobe` would do it; only root may.
    pub(super) fn check(&self, options: &[String], host: &Reader<'_>) -> Result<(), Failure> {
        let Some(step) = self.step else { return Ok(()) };
        host.check_root(&format!(
            "the module `{}` cannot be loaded or unloaded",
            self.name
        ))?;
        let about = [
            About::Path(Path::new("/lib/modules")),
            About::Path(Path::new("/etc/modprobe.d")),
        ];
        // Its own files are read only once they are there.
        run(step, true, &self.name, options, |it| host.ask(it, &about))
    }

    /// First the files, which say with what options it is loaded.
    pub(super) fn make(self, options: &[String], host: &Writer<'_>) -> Result<Standing, Failure> {
        let Self { name, files, step } = self;
        files.make(host)?;
        let Some(step) = step else {
            return standing(&name, host);
        };
        run(step, false, &name, options, |it| host.act(it))?;
        let now = standing(&name, host)?;
        if now.is_loaded == (step == Step::Load) {
            return Ok(now);
        }
        let message = format!(
            "`modprobe` ended well, but the module `{name}` is {}",
            if now.is_loaded {
                "still loaded"
            } else {
                "not loaded"
            }
        );
        Err(Failure::new(Kind::CommandFailed, message))
    }

    /// The same in check mode: what else comes with a module is not known.
    pub(super) fn predict(self, host: &Writer<'_>) -> Result<Standing, Failure> {
        let Self { name, files, step } = self;
        files.make(host)?;
        if let (Some(step), Some(id)) = (step, host.foreseeing()) {
            let state = if step == Step::Load { "loaded" } else { "absent" };
            for path in KERNELS {
                host.spoil(Path::new(path), id);
            }
            host.set_item(Domain::Modules, &key(&name), state.to_owned());
        }
        standing(&name, host)
    }
}

fn run(
    step: Step,
    is_dry: bool,
    name: &str,
    options: &[String],
    run: impl FnOnce(&Program<'_>) -> Result<Ended, Failure>,
) -> Result<(), Failure> {
    let mut words = vec!["modprobe"];
    if is_dry {
        words.push("-n");
    }
    if step == Step::Unload {
        words.push("-r");
    }
    words.extend(["--", name]);
    if step == Step::Load {
        words.extend(options.iter().map(|it| &**it));
    }
    let argv = Argv(words.into_iter().map(Text::from).collect());
    let ended = run(&Program::of(&argv)).map_err(|failure| match failure.kind {
        Kind::NotFound => Failure::new(
            Kind::Unsupported,
            format!(
                "this host has no `modprobe`, which the package `kmod` brings: {}",
                failure.message
            ),
        ),
        _ => failure,
    })?;
    if ended.exit_code == 0 {
        return Ok(());
    }
    Err(said::failure(&ended, "modprobe"))
}
