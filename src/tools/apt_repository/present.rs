//! Adds a repository to those that apt takes packages from.

use serde::{Deserialize, Serialize};

use crate::argument::{FileMode, OneOrMany, Text};
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::apt;
use crate::tools::apt_repository::name;
use crate::tools::apt_repository::sources::{self, Form};
use crate::tools::fs::deploy::{Content, FileChange, Texts, Wanted, caution, compare, deploy};

/// `apt_repository.present`.
#[derive(Debug)]
pub(crate) struct Present;

/// Adds a repository, as `/etc/apt/sources.list.d/NAME.sources`, and reads its lists, so that its packages can be installed
/// by the next call. Where its lists cannot be read, its signature is not good, or apt cannot read its sources any more, the
/// file is as it was before, and that is an error. A file of that name which holds comments or other repositories as well was
/// written by somebody else: it stays as it is, and the call fails.
///
/// Check mode: says how the file would change; whether the repository can be read is seen when it is added.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What the file is called, without `.sources`.
    name: String,
    /// Where it is.
    uris: OneOrMany<Text>,
    /// Its suites, such as `bookworm`; for a flat repository a path that ends with a slash, such as `./`.
    suites: OneOrMany<Text>,
    /// Its components, such as `main`; none for a flat repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    components: Option<OneOrMany<Text>>,
    /// What is in it: `deb`, `deb-src`.
    #[serde(default = "deb")]
    types: OneOrMany<Text>,
    /// Only for these architectures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    architectures: Option<OneOrMany<Text>>,
    /// The file of the key that signs it, as `apt_repository.key` gives it; apt's common keys where this is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed_by: Option<HostPath>,
    /// Whether apt uses it.
    #[serde(default = "yes")]
    enabled: bool,
    /// Takes it without a good signature. Who is on the way to it can then install what he likes.
    #[serde(default)]
    trusted: bool,
    /// Reads its lists when it was added or changed.
    #[serde(default = "yes")]
    refresh: bool,
}

fn deb() -> OneOrMany<Text> {
    OneOrMany(vec!["deb".into()])
}

const fn yes() -> bool {
    true
}

/// The repository.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file in which it is.
    path: Text,
}

/// What is to be done to a repository.
#[derive(Debug)]
pub(crate) struct SourceChange {
    file: FileChange,
    before: Option<Vec<u8>>,
}

impl Describe for SourceChange {
    fn diff(&self) -> Vec<Diff> {
        self.file.diff()
    }
}

impl Tool for Present {
    const NAME: &'static str = "apt_repository.present";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "apt_repository.present: { name: shop, uris: \"https://packages.example.org/debian\", suites: bookworm, components: [main], signed_by: /etc/apt/keyrings/shop.gpg }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = SourceChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::REPOSITORIES
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        name::check(&args.name).map_err(|it| ("name", it))?;
        let none = OneOrMany(Vec::new());
        let components = args.components.as_ref().unwrap_or(&none);
        let architectures = args.architectures.as_ref().unwrap_or(&none);
        for (field, words) in [
            ("uris", &args.uris),
            ("suites", &args.suites),
            ("types", &args.types),
            ("components", components),
            ("architectures", architectures),
        ] {
            let is_word = |it: &Text| !it.0.is_empty() && it.0.iter().all(u8::is_ascii_graphic);
            if let Some(bad) = words.0.iter().find(|it| !is_word(it)) {
                let bad = bad.to_string_lossy();
                return Err((
                    field,
                    format!("`{}` cannot be one of `{field}`", bad.escape_debug()),
                ));
            }
            if words.0.is_empty() && matches!(field, "uris" | "suites" | "types") {
                return Err((field, format!("`{field}` is empty")));
            }
        }
        let is_type = |it: &&Text| matches!(it.as_bytes(), b"deb" | b"deb-src");
        if let Some(bad) = args.types.0.iter().find(|it| !is_type(it)) {
            let bad = bad.to_string_lossy();
            return Err((
                "types",
                format!("`{}` is neither `deb` nor `deb-src`", bad.escape_debug()),
            ));
        }
        let flat = args.suites.0.iter().filter(|it| it.0.ends_with(b"/")).count();
        if flat != 0 && (flat != args.suites.0.len() || !components.0.is_empty()) {
            let message = "a flat repository, whose `suites` end with a slash, has no `components`";
            return Err(("suites components", message.to_owned()));
        }
        if flat == 0 && components.0.is_empty() {
            let message =
                "`components` is missing; only a flat repository, whose `suites` end with a slash, has none";
            return Err((" suites components", message.to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let path = Form::Sources.path(&args.name)?;
        sources::refuse_others(&path, Form::Sources, host)?;
        let content = Content::Bytes(text(args).into_bytes());
        Ok(match compare(&wanted(&path), content, host)? {
            Ok(_) => Finding::Settled(output(&path)),
            Err(file) => {
                let before = match host.metadata(path.as_path(), Follow::Yes)? {
                    Some(_) => Some(host.read(path.as_path(), 1 << 20)?),
                    None => None,
                };
                Finding::Pending(SourceChange { file, before })
            }
        })
    }

    fn apply(args: &Args, change: SourceChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let path = Form::Sources.path(&args.name)?;
        deploy(&wanted(&path), change.file, host)?;
        if let Err(failure) = accepted(args, &path, host) {
            undo(&path, change.before, host)?;
            let message = format!("`{}` was not added: {}", args.name, failure.message);
            return Err(Failure { message, ..failure });
        }
        Ok(output(&path))
    }
}

/// Whether apt takes packages from it, and from all others still.
fn accepted(args: &Args, path: &HostPath, host: &Writer<'_>) -> Result<(), Failure> {
    sources::check(host)?;
    if !args.refresh || !args.enabled {
        return Ok(());
    }
    let own = format!("Dir::Etc::sourcelist={path}");
    let only = [
        "-o",
        &own,
        "-o",
        "Dir::Etc::sourceparts=-",
        "-o",
        "APT::Get::List-Cleanup=0",
    ];
    apt::refresh(host, &only)
}

/// The next run is to try again.
fn undo(path: &HostPath, before: Option<Vec<u8>>, host: &Writer<'_>) -> Result<(), Failure> {
    match before {
        Some(bytes) => {
            if let Err(change) = compare(&wanted(path), Content::Bytes(bytes), host)? {
                deploy(&wanted(path), change, host)?;
            }
            Ok(())
        }
        None => match host.locate(path.as_path(), Follow::No)? {
            Some(at) => host.remove(&at),
            None => Ok(()),
        },
    }
}

fn text(args: &Args) -> String {
    let mut text = String::new();
    let mut field = |name: &str, words: &[Text]| {
        if !words.is_empty() {
            let words: Vec<_> = words.iter().map(Text::to_string_lossy).collect();
            text.extend([name, ": ", &words.join(" "), "\n"]);
        }
    };
    field("Types", &args.types.0);
    field("URIs", &args.uris.0);
    field("Suites", &args.suites.0);
    field("Components", args.components.as_ref().map_or(&[], |it| &it.0));
    field(
        "Architectures",
        args.architectures.as_ref().map_or(&[], |it| &it.0),
    );
    if let Some(path) = &args.signed_by {
        field("Signed-By", &[path.as_path().as_os_str().to_owned().into()]);
    }
    if args.trusted {
        field("Trusted", &["yes".into()]);
    }
    if !args.enabled {
        field("Enabled", &["no".into()]);
    }
    text
}

fn output(path: &HostPath) -> Output {
    Output {
        path: path.as_path().as_os_str().to_owned().into(),
    }
}

fn wanted(path: &HostPath) -> Wanted<'_> {
    Wanted {
        path,
        mode: Some(FileMode(0o644).into()),
        owner: None,
        group: None,
        caution: caution(false, None),
        parents: true,
        text: Texts::Kept,
    }
}
