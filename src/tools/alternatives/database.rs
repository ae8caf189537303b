//! What `update-alternatives` keeps of a name, without a process.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader};

/// Debian's directory, and that of Red Hat's kin.
pub(super) const FOLDERS: [&str; 2] = ["/var/lib/dpkg/alternatives", "/var/lib/alternatives"];
/// Where the links lead that names are.
pub(super) const LINKS: &str = "/etc/alternatives";
const LIMIT: u64 = 1 << 20;

/// A name with its choices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) is_auto: bool,
    pub(super) choices: Vec<String>,
    /// Where it leads now.
    pub(super) target: Option<String>,
}

/// What is known of a name; nothing where there is no such name.
pub(super) fn read(name: &str, host: &Reader<'_>) -> Result<Option<Group>, Failure> {
    for folder in FOLDERS {
        let text = match host.read(&Path::new(folder).join(name), LIMIT) {
            Err(failure) if failure.kind == Kind::NotFound => continue,
            text => text?,
        };
        let mut group = parse(&String::from_utf8_lossy(&text));
        let link = PathBuf::from(LINKS).join(name);
        if let Some(at) = host.locate(&link, Follow::No)?
            && at.stat()?.is_some()
        {
            group.target = at.link_target().ok().map(|it| it.to_string_lossy().into_owned());
        }
        return Ok(Some(group));
    }
    Ok(None)
}

/// `auto`, the link, then each slave with its link; after an empty line each choice with its priority and a line for each slave.
fn parse(text: &str) -> Group {
    let mut lines = text.lines();
    let is_auto = lines.next() == Some("auto");
    lines.next();
    let mut slaves = 0;
    while let Some(line) = lines.next() {
        if line.is_empty() {
            break;
        }
        lines.next();
        slaves += 1;
    }
    let mut choices = Vec::new();
    while let Some(path) = lines.next().filter(|it| !it.is_empty()) {
        choices.push(path.to_owned());
        for _ in 0..=slaves {
            lines.next();
        }
    }
    Group {
        is_auto,
        choices,
        target: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_past_their_slaves() {
        // Of a Debian 12.
        let text = "manual\n/usr/bin/pager\npager.1.gz\n/usr/share/man/man1/pager.1.gz\n\n/bin/more\n50\n/usr/share/man/man1/more.1.gz\n\
            /usr/bin/less\n77\n\n\n";
        let group = parse(text);
        assert!(!group.is_auto);
        assert_eq!(group.choices, ["/bin/more", "/usr/bin/less"]);
        assert_eq!(
            parse("auto\n/usr/bin/x\n\n/a\n1\n/b\n2\n\n").choices,
            ["/a", "/b"]
        );
    }
}
