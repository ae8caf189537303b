//! Downloads a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, Duration, ModeChange, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Fresh, Location, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::check_owner;
use crate::tools::fs::deploy::{caution, footprint, no_folder, require_file, verify_file};
use crate::tools::http::ask::{Ask, Head};
use crate::tools::http::body::{Access as Way, Manner};
use crate::tools::http::checksum::Checksum;
use crate::tools::http::client;
use crate::tools::http::curl::{self, Transfer};

/// `http.download`.
#[derive(Debug)]
pub(crate) struct Download;

/// Downloads, on the host, what is at a URL into a file. If the file has the checksum already, nothing is asked. A transfer
/// that breaks off is taken up where it stopped, where the server can do that. The file takes its place whole, once its
/// checksum is right. HTTPS needs `curl` on the host; plain HTTP needs nothing, and takes no proxy.
///
/// Check mode: says whether it would be downloaded; nothing is asked of the server.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an argument of its own, none a state"
)]
pub(crate) struct Args {
    /// The URL.
    url: String,
    /// The file on the host.
    dest: HostPath,
    /// What it must be: `sha256:`, `sha512:` or `blake3:` and the sum in hex. `none`: nobody checks, and a file that is there
    /// is left alone.
    checksum: Checksum,
    /// With `checksum: none`: downloads it each time.
    #[serde(default)]
    force: bool,
    /// Headers that are sent along.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, Text>,
    /// How long all of it may take.
    #[serde(default = "timeout")]
    timeout: Duration,
    /// A file on the host with the certificates to trust, instead of the host's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_file: Option<HostPath>,
    /// Trusts any certificate.
    #[serde(default)]
    insecure: bool,
    /// The permission bits, such as 0644 or `u=rw,go=r`; a new file gets 0644 less the umask, an old one keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<ModeChange>,
    /// The owner, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Text>,
    /// The group, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<Text>,
    /// Keeps the old file next to the new one, as `NAME.20260131-235959~`.
    #[serde(default)]
    backup: bool,
    /// A command that must accept the new file before it takes its place; `%s` in it is the path of the new file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "command"))]
    validate: Option<Argv>,
    /// Creates missing directories above `dest`.
    #[serde(default)]
    parents: bool,
}

/// Ten minutes.
const fn timeout() -> Duration {
    Duration(std::time::Duration::from_mins(10))
}

/// A transfer that has broken off so often is given up.
const MOST_BREAKS: usize = 5;

/// What was downloaded.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Where it is, links followed.
    path: Text,
    /// Bytes.
    size: u64,
    /// The backup that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<Text>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Change {
    place: Option<Location>,
    attributes: Attributes,
    has_content: bool,
    diffs: Vec<Diff>,
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        self.diffs.clone()
    }
}

impl Tool for Download {
    const NAME: &'static str = "http.download";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "http.download: { url: \"https://example.com/tool.tar.gz\", dest: /opt/tool.tar.gz, checksum: \"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\" }";
    const FORESEES: bool = false;
    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let account = args.owner.as_ref().or(args.group.as_ref());
        footprint(&args.dest, account, args.validate.as_ref())
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_owner(args.owner.as_ref(), args.group.as_ref())?;
        verify_file("dest", &args.dest, args.validate.as_ref())?;
        if args.force && args.checksum != Checksum::None {
            let message = "`force` makes sense with `checksum: none` only";
            return Err(("force checksum", message.to_owned()));
        }
        args.manner().verify()
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let title = args.dest.to_string();
        let place = host.locate(args.dest.as_path(), Follow::Yes)?;
        if place.is_none() && !args.parents {
            return Err(no_folder(&args.dest));
        }
        let stat = place.as_ref().map_or(Ok(None), Location::stat)?;
        let owner = Attributes::of(host, None, args.owner.as_ref(), args.group.as_ref())?;
        let attributes = owner.with_mode(args.mode.as_ref(), stat.as_ref(), Fresh::File);
        let wanted = args.checksum.to_string();
        let content =
            |old: Option<&str>| Diff::of_property(&title, "content", old, Some(&args.shown(&wanted)));
        let (Some(at), Some(stat)) = (&place, stat) else {
            let mut diffs = vec![content(None)];
            diffs.extend(attributes.diff(host, &title, None));
            host.check_makeable(args.dest.as_path())?;
            host.check_giveable(&title, &attributes)?;
            return Ok(Finding::Pending(Change {
                place,
                attributes,
                has_content: true,
                diffs,
            }));
        };
        require_file(&title, &stat)?;
        let old = match &args.checksum {
            Checksum::None if args.force => Some("another download".to_owned()),
            Checksum::None => None,
            Checksum::Sum { method, .. } => Some(method.of(at.open()?, host)?).filter(|old| *old != wanted),
        };
        let missing = attributes.missing_in(&stat);
        if old.is_none() && missing.is_empty() {
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            return Ok(Finding::Settled(Output::at(at, size, None)));
        }
        let has_content = old.is_some();
        let mut diffs: Vec<_> = old.as_deref().map(|old| content(Some(old))).into_iter().collect();
        diffs.extend(missing.diff(host, &title, Some(&stat)));
        if has_content {
            host.check_placeable(at)?;
            host.check_giveable(&title, &attributes)?;
        } else {
            host.check_changeable(at, &stat, &missing)?;
        }
        Ok(Finding::Pending(Change {
            attributes: if has_content { attributes } else { missing },
            place,
            has_content,
            diffs,
        }))
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let at = match change.place {
            Some(place) => place,
            None => host.make_place(args.dest.as_path(), Follow::Yes)?,
        };
        if !change.has_content {
            host.set_attributes(&at, &change.attributes)?;
            let size = at.stat()?.map_or(0, |it| u64::try_from(it.st_size).unwrap_or(0));
            return Ok(Output::at(&at, size, None));
        }
        let mut size = 0;
        let caution = caution(args.backup, args.validate.as_ref());
        let backup = host.replace(&at, &change.attributes, &caution, &mut |file| {
            fill(args.ask()?, file, args.checksum != Checksum::None, host)?;
            let failed = |error: std::io::Error| Failure::io("cannot read what was downloaded", &error);
            size = file.seek(SeekFrom::End(0)).map_err(failed)?;
            if let Checksum::Sum { method, .. } = &args.checksum {
                file.rewind().map_err(failed)?;
                let found = method.of(&*file, host)?;
                if found != args.checksum.to_string() {
                    let message = format!(
                        "what `{}` gives is not what was wanted: {found}",
                        args.shown_url()
                    );
                    return Err(Failure::new(Kind::Conflict, message));
                }
            }
            Ok(())
        })?;
        Ok(Output::at(
            &at,
            size,
            backup.map(|path| path.into_os_string().into()),
        ))
    }
}

impl Output {
    fn at(place: &Location, size: u64, backup: Option<Text>) -> Self {
        Self {
            path: place.path().into_os_string().into(),
            size,
            backup,
        }
    }
}

impl Args {
    fn ask(&self) -> Result<Ask, Failure> {
        self.manner().ask("GET", Vec::new())
    }

    fn manner(&self) -> Manner<'_> {
        Manner {
            url: &self.url,
            headers: &self.headers,
            follow: true,
            timeout: self.timeout,
            ca_file: self.ca_file.as_ref(),
            insecure: self.insecure,
            access: Way::default(),
        }
    }

    fn shown_url(&self) -> String {
        self.ask()
            .map_or_else(|_| String::new(), |ask| ask.url.to_string())
    }

    fn shown(&self, wanted: &str) -> String {
        match self.checksum {
            Checksum::None => format!("what {} gives", self.shown_url()),
            Checksum::Sum { .. } => wanted.to_owned(),
        }
    }
}

/// Fills a new file, over redirects and breaks.
fn fill(mut ask: Ask, file: &mut File, is_checked: bool, host: &Writer<'_>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::io("cannot write what is downloaded", &error);
    let mut breaks = 0;
    // What must be the same when a transfer is taken up again.
    let mut tag: Option<String> = None;
    loop {
        let offset = file.seek(SeekFrom::End(0)).map_err(failed)?;
        let end = if ask.url.is_secure {
            curl::download(&ask, offset, file, host)?
        } else {
            match plain(&ask, offset, file, &mut tag, host)? {
                Ok(end) => end,
                Err(head) => {
                    if !ask.redirect(&head)? {
                        let message = format!("`{}` answered with status {}", ask.url, head.status);
                        return Err(Failure::new(Kind::Invalid, message));
                    }
                    breaks += 1;
                    if breaks > 2 * MOST_BREAKS {
                        let message = format!("`{}` leads on and on", ask.url);
                        return Err(Failure::new(Kind::Invalid, message));
                    }
                    continue;
                }
            }
        };
        match end {
            Transfer::Done => return Ok(()),
            Transfer::FromStart => file.set_len(0).map_err(failed)?,
            Transfer::Broken(failure) if breaks >= MOST_BREAKS => return Err(failure),
            // What curl takes up may have changed meanwhile: without a checksum nobody would notice.
            Transfer::Broken(_) if ask.url.is_secure && !is_checked => file.set_len(0).map_err(failed)?,
            Transfer::Broken(_) => {}
        }
        breaks += 1;
        host.link()
            .cancel()
            .sleep(std::time::Duration::from_millis(200))?;
    }
}

/// One transfer over plain HTTP; the head where it is none.
fn plain(
    ask: &Ask,
    offset: u64,
    file: &mut File,
    tag: &mut Option<String>,
    host: &Writer<'_>,
) -> Result<Result<Transfer, Head>, Failure> {
    let mut ask = ask.clone();
    let offset = match (&tag, offset) {
        (_, 0) => 0,
        (Some(tag), offset) => {
            ask.headers.insert("Range".into(), format!("bytes={offset}-"));
            ask.headers.insert("If-Range".into(), tag.clone());
            offset
        }
        (None, _) => {
            file.set_len(0)
                .map_err(|error| Failure::io("cannot write what is downloaded", &error))?;
            file.rewind()
                .map_err(|error| Failure::io("cannot write what is downloaded", &error))?;
            0
        }
    };
    let mut is_whole = offset == 0;
    // Another part than was asked for, or a part where the whole was.
    let mut is_astray = false;
    let taken = client::request(&ask, host, &mut |head, piece| {
        let failed = |error: std::io::Error| Failure::io("cannot write what is downloaded", &error);
        match head.status {
            206 if !is_whole && begins_at(head, offset) => {}
            206 => {
                is_astray = true;
                return Ok(());
            }
            200 => {
                if !is_whole {
                    // It begins again.
                    file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
                    is_whole = true;
                }
                *tag = ["etag", "last-modified"]
                    .iter()
                    .find_map(|name| head.headers.get(*name))
                    .filter(|tag| !tag.starts_with("W/"))
                    .cloned();
            }
            _ => return Ok(()),
        }
        file.write_all(piece).map_err(failed)
    });
    match taken {
        Ok(_) if is_astray && offset == 0 => {
            let message = format!("`{}` gives a part where the whole was asked for", ask.url);
            Err(Failure::new(Kind::Invalid, message))
        }
        Ok(_) if is_astray => {
            *tag = None;
            Ok(Ok(Transfer::FromStart))
        }
        Ok(head) if matches!(head.status, 200 | 206) => Ok(Ok(Transfer::Done)),
        Ok(head) if head.status == 416 => Ok(Ok(Transfer::FromStart)),
        Ok(head) => Ok(Err(head)),
        Err(failure) if failure.kind == Kind::Unreachable && offset_of(file) > 0 => {
            Ok(Ok(Transfer::Broken(failure)))
        }
        Err(failure) => Err(failure),
    }
}

/// Whether a part is the one from this place on: `Content-Range: bytes 100-299/300`.
fn begins_at(head: &Head, offset: u64) -> bool {
    let range = head.headers.get("content-range");
    let start = range.and_then(|it| {
        it.trim()
            .strip_prefix("bytes ")?
            .split('-')
            .next()?
            .trim()
            .parse()
            .ok()
    });
    start == Some(offset)
}

fn offset_of(file: &mut File) -> u64 {
    file.stream_position().unwrap_or(0)
}
