//! The files that apt takes its sources from: whose they are, what they name, and whether apt can read them all.

use std::path::{Path, PathBuf};

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Enter, Follow, Program, Reader, Unreadable};
use crate::tool::HostPath;

const FOLDER: &str = "/etc/apt/sources.list.d";
const LIMIT: u64 = 1 << 20;

/// The two forms of such a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Paragraphs of fields: `NAME.sources`.
    Sources,
    /// Lines: `NAME.list`.
    List,
}

impl Form {
    /// The file of a name.
    pub(super) fn path(self, name: &str) -> Result<HostPath, Failure> {
        let end = match self {
            Self::Sources => "sources",
            Self::List => "list",
        };
        HostPath::new(format!("{FOLDER}/{name}.{end}").as_bytes())
            .map_err(|error| Failure::new(Kind::Invalid, error))
    }

    /// Whether a text is one repository and nothing else, so that it is the one that its file is named after. What has
    /// comments, other repositories or fields that these tools do not write is somebody else's.
    fn is_one(self, text: &str) -> bool {
        let lines: Vec<&str> = text.trim().lines().collect();
        match self {
            Self::Sources => {
                let mut seen = Vec::new();
                lines.iter().all(|line| {
                    let Some((field, _)) = line.split_once(':') else {
                        return false;
                    };
                    let is_new = !seen.contains(&field);
                    seen.push(field);
                    is_new && FIELDS.iter().any(|it| it.eq_ignore_ascii_case(field))
                })
            }
            Self::List => {
                let place = |line: &&str| -> Option<String> {
                    let (sort, rest) = line.trim().split_once([' ', '\t'])?;
                    let is_source = matches!(sort, "deb" | "deb-src");
                    let rest = rest.trim_start();
                    let rest = match rest.strip_prefix('[') {
                        Some(options) => options.split_once(']')?.1,
                        None => rest,
                    };
                    let uri = rest.split_whitespace().next()?;
                    (is_source && !line.contains('#')).then(|| uri.to_owned())
                };
                let mut places: Vec<Option<String>> = lines.iter().map(place).collect();
                places.dedup();
                matches!(&*places, [] | [Some(_)])
            }
        }
    }
}

/// The fields that `apt_repository.present` writes.
const FIELDS: [&str; 8] = [
    "Types",
    "URIs",
    "Suites",
    "Components",
    "Architectures",
    "Signed-By",
    "Trusted",
    "Enabled",
];

/// Refuses a file that was written by somebody else under this name.
pub(super) fn refuse_others(path: &HostPath, form: Form, host: &Reader<'_>) -> Result<(), Failure> {
    if !host
        .metadata(path.as_path(), Follow::Yes)?
        .is_some_and(|it| it.is_file())
    {
        return Ok(());
    }
    let text = host.read(path.as_path(), LIMIT)?;
    if form.is_one(&String::from_utf8_lossy(&text)) {
        return Ok(());
    }
    let message = format!(
        "`{path}` was written by somebody else: it holds more than one repository, or comments, and stays as it is; \
         choose another name, or remove the file with `fs.remove`"
    );
    Err(Failure::new(Kind::Conflict, message))
}

/// Files of sources that name a key's file, but for those of its own name.
pub(super) fn users_of_key(key: &HostPath, name: &str, host: &Reader<'_>) -> Result<Vec<PathBuf>, Failure> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Some(folder) = host.locate(Path::new(FOLDER), Follow::Yes)?
        && folder.stat()?.is_some()
    {
        host.walk(&folder, Unreadable::Warn, &mut |seen| {
            files.push(seen.at.path());
            Ok(Enter::No)
        })?;
    }
    let key = key.to_string();
    let is_its_own = |path: &Path| path.file_stem().is_some_and(|it| it == name);
    let mut found = Vec::new();
    for path in files.into_iter().filter(|it| !is_its_own(it)) {
        if !host.metadata(&path, Follow::Yes)?.is_some_and(|it| it.is_file()) {
            continue;
        }
        let text = host.read(&path, LIMIT)?;
        let text = String::from_utf8_lossy(&text).replace(['[', ']', ',', '='], " ");
        if text.split_whitespace().any(|it| it == key) {
            found.push(path);
        }
    }
    Ok(found)
}

/// Whether apt can read all of its sources: one that it cannot read, or two that contradict each other, keep it from
/// everything.
///
/// # Errors
/// What apt says.
pub(super) fn check(host: &Reader<'_>) -> Result<(), Failure> {
    let argv = Argv(
        ["apt-get", "indextargets", "--format", "$(SITE)"]
            .map(Text::from)
            .into(),
    );
    let ended = host.ask(&Program::of(&argv), &[About::Domain(Domain::Packages)])?;
    let said = String::from_utf8_lossy(&ended.stderr.bytes);
    let reason = said.lines().find_map(|it| it.strip_prefix("E: "));
    match reason.filter(|_| ended.exit_code != 0) {
        None => Ok(()),
        Some(reason) => {
            let message = format!("apt could not read its sources with it: {reason}");
            Err(Failure::new(Kind::CommandFailed, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_ours_if_it_is_one_repository() {
        for (form, text, is_one) in [
            (Form::Sources, "", true),
            (
                Form::Sources,
                "Types: deb\nURIs: http://x\nSuites: a\nComponents: b\n",
                true,
            ),
            (
                Form::Sources,
                "Types: deb\nURIs: http://x\nSuites: ./\nsigned-by: /k\n",
                true,
            ),
            (
                Form::Sources,
                "# mine\nTypes: deb\nURIs: http://x\nSuites: ./\n",
                false,
            ),
            (
                Form::Sources,
                "Types: deb\nURIs: http://x\nSuites: ./\n\nTypes: deb\n",
                false,
            ),
            (
                Form::Sources,
                "Types: deb\nURIs: http://x\nSuites: ./\nSnapshot: yes\n",
                false,
            ),
            (Form::Sources, "Types: deb\nSigned-By:\n -----BEGIN\n", false),
            (
                Form::List,
                "deb [arch=amd64 signed-by=/k] http://x a b\ndeb-src http://x a b\n",
                true,
            ),
            (Form::List, "deb http://x a b\n", true),
            (Form::List, "deb http://x a b\ndeb http://y a b\n", false),
            (Form::List, "# mine\ndeb http://x a b\n", false),
            (Form::List, "deb http://x a b # mine\n", false),
        ] {
            assert_eq!(form.is_one(text), is_one, "{text:?}");
        }
    }
}
