//! Sections in the text of `pacman.conf`, of which everything else stays as it is.

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader};
use crate::tool::HostPath;
use crate::tools::fs::deploy::{Texts, Wanted, caution};
use crate::tools::fs::old::as_text;

/// Refuses what cannot be the name of a section, or is that of the settings.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.+@".contains(c);
    if name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(is_plain)
        && name != "options"
    {
        return Ok(());
    }
    Err(format!(
        "`{}` is not the name of a repository",
        name.escape_debug()
    ))
}

/// The text with this section: in its place where it is there, else at the end. Of a section that is there, what is neither
/// a server nor a level of signatures stays.
pub(super) fn with(text: &str, name: &str, settings: &[String]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some((start, end)) = section(&lines, name) else {
        let gap = match text {
            "" => "",
            text if text.ends_with("\n\n") => "",
            text if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        let settings: String = settings.iter().flat_map(|it| [&**it, "\n"]).collect();
        return format!("{text}{gap}[{name}]\n{settings}");
    };
    let found: Vec<String> = lines[start + 1..end]
        .iter()
        .filter(|it| is_ours(it))
        .map(|it| normal(it))
        .collect();
    if found == settings {
        return text.to_owned();
    }
    let mut out: String = lines[..=start].concat();
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out.extend(settings.iter().flat_map(|it| [&**it, "\n"]));
    out.extend(lines[start + 1..end].iter().filter(|it| !is_ours(it)).copied());
    out + &lines[end..].concat()
}

/// Whether a line is one of those that are set: where packages come from, and which signatures are needed.
fn is_ours(line: &str) -> bool {
    let key = line.split('=').next().unwrap_or_default().trim();
    ["Server", "Include", "SigLevel"].contains(&key)
}

/// The text without this section, also where it is there twice. Comments and sections that are commented out stay.
pub(super) fn without(text: &str, name: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some((start, end)) = section(&lines, name) else {
        return text.to_owned();
    };
    let is_comment = |line: &&&str| line.trim_start().starts_with('#');
    let rest = &lines[start + 1..end];
    // Blank lines go with the settings above them, up to the first comment.
    let first = rest.iter().position(|it| is_comment(&it)).unwrap_or(rest.len());
    let mut out: String = lines[..start].concat();
    let is_kept = |line: &&&str| is_comment(line) || line.trim().is_empty();
    out.extend(rest[first..].iter().filter(is_kept).copied());
    out += &lines[end..].concat();
    without(&out, name)
}

/// Where a section begins, and where the next one does.
fn section(lines: &[&str], name: &str) -> Option<(usize, usize)> {
    let is_header = |line: &&str| line.trim().starts_with('[') && line.trim().ends_with(']');
    let start = lines
        .iter()
        .position(|it| is_header(it) && it.trim() == format!("[{name}]"))?;
    let length = lines[start + 1..].iter().position(is_header);
    Some((start, length.map_or(lines.len(), |it| start + 1 + it)))
}

/// `Server=x` and `Server = x` are the same.
fn normal(line: &str) -> String {
    match line.split_once('=') {
        Some((key, value)) => format!("{} = {}", key.trim(), value.trim()),
        None => line.trim().to_owned(),
    }
}

/// The file.
pub(super) fn path() -> Result<HostPath, Failure> {
    HostPath::new(b"/etc/pacman.conf").map_err(|error| Failure::new(Kind::Invalid, error))
}

/// Its text.
pub(super) fn read(host: &Reader<'_>) -> Result<String, Failure> {
    let path = path()?;
    if host.metadata(path.as_path(), Follow::Yes)?.is_none() {
        let message = format!("this host has no pacman: `{path}` does not exist");
        return Err(Failure::new(Kind::Unsupported, message));
    }
    as_text(&path, host.read(path.as_path(), 1 << 20)?)
}

/// pacman itself must be able to read the new file.
pub(super) fn judge() -> Argv {
    Argv(["pacman-conf", "--config", "%s"].map(Text::from).into())
}

/// How it is written.
pub(super) fn wanted<'a>(path: &'a HostPath, judge: &'a Argv) -> Wanted<'a> {
    Wanted {
        path,
        mode: None,
        owner: None,
        group: None,
        caution: caution(false, Some(judge)),
        parents: false,
        text: Texts::Kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# top\n[options]\nArchitecture = auto\n\n# of core\n[core]\nServer=http://a/$repo\n# a note\n\n#[testing]\n#Server = x\n\n[extra]\nServer = http://b\n";

    fn settings(all: &[&str]) -> Vec<String> {
        all.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn a_section_is_added_at_the_end_and_a_later_one_changes_nothing_about_it() {
        let one = with(
            TEXT,
            "shop",
            &settings(&["SigLevel = Required", "Server = http://s"]),
        );
        assert_eq!(
            one,
            format!("{TEXT}\n[shop]\nSigLevel = Required\nServer = http://s\n")
        );
        let two = with(&one, "other", &settings(&["Server = http://o"]));
        assert_eq!(
            with(
                &two,
                "shop",
                &settings(&["SigLevel = Required", "Server = http://s"])
            ),
            two
        );
        assert_eq!(
            with("", "shop", &settings(&["Server = x"])),
            "[shop]\nServer = x\n"
        );
        assert_eq!(with("[options]", "shop", &[]), "[options]\n\n[shop]\n");
    }

    #[test]
    fn a_section_that_differs_is_changed_and_comments_stay() {
        assert_eq!(with(TEXT, "core", &settings(&["Server = http://a/$repo"])), TEXT);
        let changed = with(TEXT, "core", &settings(&["Server = http://new"]));
        assert_eq!(
            changed,
            TEXT.replace("Server=http://a/$repo", "Server = http://new")
        );
        let text = "[core]\nUsage = Sync\nInclude = /etc/pacman.d/mirrorlist\n";
        assert_eq!(
            with(text, "core", &settings(&["Server = x"])),
            "[core]\nServer = x\nUsage = Sync\n"
        );
    }

    #[test]
    fn a_removed_section_leaves_comments_and_commented_out_sections() {
        let rest = without(TEXT, "core");
        assert_eq!(rest, TEXT.replace("[core]\nServer=http://a/$repo\n", ""));
        assert_eq!(without(TEXT, "testing"), TEXT);
        assert_eq!(
            without(&format!("[core]\nServer = x\n{TEXT}[core]\n"), "core"),
            rest
        );
        let shop = with(TEXT, "shop", &settings(&["Server = http://s"]));
        assert_eq!(without(&shop, "shop"), format!("{TEXT}\n"));
    }
}
