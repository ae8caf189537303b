//! Adds a repository to those that dnf takes packages from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::argument::{OneOrMany, Text};
use crate::failure::Failure;
use crate::system::{Domain, Reader, Writer};
use crate::tool::{Access, Area, Finding, Footprint, Spoils, Tool};
use crate::tools::dnf_repository::absent::RepositoryChange;
use crate::tools::dnf_repository::{file, options};
use crate::tools::files::{self, Files};

/// `dnf_repository.present`.
#[derive(Debug)]
pub(crate) struct Present;

/// Adds a repository, as a section of `/etc/yum.repos.d/FILE.repo`. Other sections of the file, and comments, stay; options of the
/// section that are not given here go. Its lists are read by `dnf.update`, and its keys when a package of it is installed for the
/// first time.
///
/// Check mode: says how the file would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The repository, as the heading of its section.
    name: String,
    /// What it is called for people; default: as the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    baseurl: Option<OneOrMany<String>>,
    /// Where a list is of places where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mirrorlist: Option<String>,
    /// Where a signed list is of places where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metalink: Option<String>,
    /// Whether dnf uses it where a call does not say otherwise.
    #[serde(default = "yes")]
    enabled: bool,
    /// Whether packages must be signed.
    #[serde(default = "yes")]
    gpg_check: bool,
    /// Whether its lists must be signed.
    #[serde(default)]
    repo_gpg_check: bool,
    /// The keys that may sign it: URLs, such as `file:///etc/pki/rpm-gpg/shop`.
    #[serde(default = "none")]
    keys: OneOrMany<String>,
    /// What the file is called, without `.repo`; default: as the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// Other options of dnf.conf(5) for repositories, such as `priority`, each with its value.
    #[serde(default)]
    options: BTreeMap<String, Text>,
}

const fn yes() -> bool {
    true
}

fn none() -> OneOrMany<String> {
    OneOrMany(Vec::new())
}

/// The repository.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file in which it is.
    path: Text,
}

impl Tool for Present {
    const NAME: &'static str = "dnf_repository.present";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "dnf_repository.present: { name: shop, baseurl: \"https://packages.example.org/fedora/$releasever\", keys: \"https://packages.example.org/key.asc\" }";

    type Args = Args;
    type Change = RepositoryChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::writes(Area::path("/etc/yum.repos.d"))
    }

    fn spoils(args: &Args) -> Spoils {
        Spoils::of(Self::footprint(args).writes).with(&[Domain::Packages])
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        file::check_name(&args.name).map_err(|it| ("name", it))?;
        if let Some(file) = &args.file {
            file::check_name(file).map_err(|it| ("file", it))?;
        }
        let is_word = |it: &String| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_graphic());
        let no_words = none();
        let lists = [
            ("baseurl", &args.baseurl.as_ref().unwrap_or(&no_words).0),
            ("keys", &args.keys.0),
        ];
        for (field, words) in lists {
            if let Some(bad) = words.iter().find(|it| !is_word(it)) {
                return Err((
                    field,
                    format!("`{}` cannot be one of `{field}`", bad.escape_debug()),
                ));
            }
        }
        for (field, word) in [("mirrorlist", &args.mirrorlist), ("metalink", &args.metalink)] {
            if let Some(bad) = word.as_ref().filter(|it| !is_word(it)) {
                return Err((field, format!("`{}` cannot be `{field}`", bad.escape_debug())));
            }
        }
        if args
            .description
            .as_ref()
            .is_some_and(|it| it.contains('\n') || it.trim().is_empty())
        {
            return Err(("description", "`description` must be one line".to_owned()));
        }
        for (name, value) in &args.options {
            options::check(name).map_err(|it| ("options", it))?;
            if value.0.contains(&b'\n') {
                return Err(("options", format!("the value of `{name}` must be one line")));
            }
        }
        if args.baseurl.is_none() && args.mirrorlist.is_none() && args.metalink.is_none() {
            let message = "one of `baseurl`, `mirrorlist` and `metalink` is missing, which say where it is";
            return Err((" baseurl mirrorlist metalink", message.to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let path = file::path(args.file.as_ref().unwrap_or(&args.name))?;
        let before = files::text(&path, host)?;
        let after = file::with(before.as_deref().unwrap_or_default(), &args.name, &args.section());
        let mut files = Files::default();
        files.edit(path, before.as_deref(), after, host)?;
        Ok(if files.is_empty() {
            Finding::Settled(args.output()?)
        } else {
            Finding::Pending(RepositoryChange(files))
        })
    }

    fn apply(args: &Args, change: RepositoryChange, host: &Writer<'_>) -> Result<Output, Failure> {
        change.0.make(host)?;
        args.output()
    }
}

impl Args {
    /// The options of its section.
    fn section(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        let mut add = |name: &str, value: String| all.push((name.to_owned(), value));
        add(
            "name",
            self.description.clone().unwrap_or_else(|| self.name.clone()),
        );
        if let Some(urls) = &self.baseurl {
            add("baseurl", urls.0.join(" "));
        }
        for (name, value) in [("mirrorlist", &self.mirrorlist), ("metalink", &self.metalink)] {
            if let Some(value) = value {
                add(name, value.clone());
            }
        }
        let number = |is_on: bool| u8::from(is_on).to_string();
        add("enabled", number(self.enabled));
        add("gpgcheck", number(self.gpg_check));
        if self.repo_gpg_check {
            add("repo_gpgcheck", number(true));
        }
        if !self.keys.0.is_empty() {
            add("gpgkey", self.keys.0.join(" "));
        }
        for (name, value) in &self.options {
            add(name, value.to_string_lossy().into_owned());
        }
        all
    }

    fn output(&self) -> Result<Output, Failure> {
        let path = file::path(self.file.as_ref().unwrap_or(&self.name))?;
        Ok(Output {
            path: path.as_path().as_os_str().to_owned().into(),
        })
    }
}
