//! Adds a repository to those that apt takes packages from.

use serde::{Deserialize, Serialize};

use crate::argument::{FileMode, OneOrMany, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::apt;
use crate::tools::apt_repository::line::{self, Source, texts};
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
    /// The repository as one line, such as `deb [signed-by=/etc/apt/keyrings/x.gpg] https://x bookworm main`, in place of `uris`,
    /// `suites` and what else the line says. The file has the new form all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uris: Option<OneOrMany<Text>>,
    /// Its suites, such as `bookworm`; for a flat repository a path that ends with a slash, such as `./`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suites: Option<OneOrMany<Text>>,
    /// Its components, such as `main`; none for a flat repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    components: Option<OneOrMany<Text>>,
    /// What is in it: `deb`, which is the default, or `deb-src`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    types: Option<OneOrMany<Text>>,
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
        let source = args.source()?;
        let place = if args.line.is_some() { Some("line") } else { None };
        for (field, words) in [
            ("uris", &source.uris),
            ("suites", &source.suites),
            ("types", &source.types),
            ("components", &source.components),
            ("architectures", &source.architectures),
        ] {
            let at = place.unwrap_or(field);
            let is_word = |it: &Text| !it.0.is_empty() && it.0.iter().all(u8::is_ascii_graphic);
            if let Some(bad) = words.iter().find(|it| !is_word(it)) {
                let bad = bad.to_string_lossy();
                return Err((at, format!("`{}` cannot be one of `{field}`", bad.escape_debug())));
            }
            if words.is_empty() && matches!(field, "uris" | "suites" | "types") {
                return Err((at, format!("`{field}` is empty")));
            }
        }
        let is_type = |it: &&Text| matches!(it.as_bytes(), b"deb" | b"deb-src");
        if let Some(bad) = source.types.iter().find(|it| !is_type(it)) {
            let bad = bad.to_string_lossy();
            let message = format!("`{}` is neither `deb` nor `deb-src`", bad.escape_debug());
            return Err(("types", message));
        }
        let flat = source.suites.iter().filter(|it| it.0.ends_with(b"/")).count();
        if flat != 0 && (flat != source.suites.len() || !source.components.is_empty()) {
            let message = "a flat repository, whose `suites` end with a slash, has no `components`";
            return Err((place.unwrap_or("suites components"), message.to_owned()));
        }
        if flat == 0 && source.components.is_empty() {
            let message =
                "`components` is missing; only a flat repository, whose `suites` end with a slash, has none";
            return Err((place.unwrap_or(" suites components"), message.to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let path = Form::Sources.path(&args.name)?;
        sources::refuse_others(&path, Form::Sources, host)?;
        let source = args.source().map_err(|it| Failure::new(Kind::Invalid, it.1))?;
        let content = Content::Bytes(text(&source, args.enabled).into_bytes());
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

impl Args {
    /// What the arguments say of it, or the line.
    fn source(&self) -> Result<Source, (&'static str, String)> {
        let Some(line) = &self.line else {
            for (field, list) in [("uris", &self.uris), ("suites", &self.suites)] {
                if list.is_none() {
                    let message = format!("`{field}` is missing, or `line`, which says the same in one line");
                    return Err((
                        if field == "uris" {
                            " uris line"
                        } else {
                            " suites line"
                        },
                        message,
                    ));
                }
            }
            return Ok(Source {
                types: self
                    .types
                    .as_ref()
                    .map_or_else(|| vec!["deb".into()], |it| it.0.clone()),
                uris: texts(self.uris.as_ref()),
                suites: texts(self.suites.as_ref()),
                components: texts(self.components.as_ref()),
                architectures: texts(self.architectures.as_ref()),
                signed_by: self.signed_by.clone(),
                trusted: self.trusted,
            });
        };
        let source =
            line::parse(line).map_err(|error| ("line", format!("`line` cannot be read: {error}")))?;
        let given = [
            ("line uris", self.uris.is_some()),
            ("line suites", self.suites.is_some()),
            ("line types", self.types.is_some()),
            ("line components", self.components.is_some()),
            (
                "line architectures",
                self.architectures.is_some() && !source.architectures.is_empty(),
            ),
            (
                "line signed_by",
                self.signed_by.is_some() && source.signed_by.is_some(),
            ),
        ];
        if let Some((fields, _)) = given.iter().find(|it| it.1) {
            let field = fields.rsplit(' ').next().unwrap_or_default();
            return Err((fields, format!("`line` and `{field}` say the same thing")));
        }
        Ok(Source {
            architectures: if source.architectures.is_empty() {
                texts(self.architectures.as_ref())
            } else {
                source.architectures
            },
            signed_by: source.signed_by.or_else(|| self.signed_by.clone()),
            trusted: source.trusted || self.trusted,
            ..source
        })
    }
}

fn text(source: &Source, enabled: bool) -> String {
    let mut text = String::new();
    let mut field = |name: &str, words: &[Text]| {
        if !words.is_empty() {
            let words: Vec<_> = words.iter().map(Text::to_string_lossy).collect();
            text.extend([name, ": ", &words.join(" "), "\n"]);
        }
    };
    field("Types", &source.types);
    field("URIs", &source.uris);
    field("Suites", &source.suites);
    field("Components", &source.components);
    field("Architectures", &source.architectures);
    if let Some(path) = &source.signed_by {
        field("Signed-By", &[path.as_path().as_os_str().to_owned().into()]);
    }
    if source.trusted {
        field("Trusted", &["yes".into()]);
    }
    if !enabled {
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
