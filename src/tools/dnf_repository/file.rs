//! Files of repositories, which have a section for each: only our section is changed, and comments in it stay.

use crate::failure::Failure;
use crate::tool::HostPath;
use crate::tools::files;

/// A name of which a file and a section can be made.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
    if name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(is_plain)
        && name.len() <= 100
        && name != "main"
    {
        return Ok(());
    }
    Err(format!(
        "`{}` is not the name of a repository: letters, digits, `-`, `_`, `.` and `:` make one",
        name.escape_debug()
    ))
}

/// The file of that name.
pub(super) fn path(file: &str) -> Result<HostPath, Failure> {
    files::path(&format!("/etc/yum.repos.d/{file}.repo"))
}

/// Where the section is, from its heading to the next one.
fn section(lines: &[&str], name: &str) -> Option<std::ops::Range<usize>> {
    let heading = format!("[{name}]");
    let start = lines.iter().position(|it| it.trim() == heading)?;
    let length = lines[start + 1..].iter().position(|it| it.starts_with('['));
    Some(start..length.map_or(lines.len(), |it| start + 1 + it))
}

/// The key that a line begins, or that it goes on with.
fn key<'a>(line: &'a str, last: Option<&'a str>) -> Option<&'a str> {
    if line.trim().is_empty() || line.starts_with(['#', ';']) {
        return None;
    }
    if line.starts_with([' ', '\t']) {
        return last;
    }
    Some(line.split_once(['=', ':']).map_or(line, |it| it.0).trim())
}

/// The text with a section that has these options and no others.
pub(super) fn with(text: &str, name: &str, options: &[(String, String)]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let whole = |it: &(String, String)| format!("{}={}\n", it.0, it.1);
    let Some(range) = section(&lines, name) else {
        let gap = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let options: String = options.iter().map(whole).collect();
        return format!("{text}{gap}[{name}]\n{options}");
    };
    let mut kept = vec![lines[range.start].to_owned()];
    let mut done: Vec<&str> = Vec::new();
    let mut last = None;
    for line in &lines[range.start + 1..range.end] {
        let Some(found) = key(line, last) else {
            kept.push((*line).to_owned());
            continue;
        };
        last = Some(found);
        let is_same = |wanted: &str| line.split_once('=').is_some_and(|it| it.1.trim() == wanted);
        if let Some(option) = options.iter().find(|it| it.0 == found)
            && !done.contains(&found)
        {
            done.push(found);
            let is_kept = is_same(&option.1) && line.ends_with('\n');
            kept.push(if is_kept {
                (*line).to_owned()
            } else {
                whole(option)
            });
        }
    }
    // New ones come before what separates the section from the next.
    let end = kept
        .iter()
        .rposition(|it| !it.trim().is_empty())
        .map_or(kept.len(), |it| it + 1);
    if let Some(last) = kept.last_mut().filter(|it| !it.ends_with('\n')) {
        last.push('\n');
    }
    let new = options.iter().filter(|it| !done.contains(&&*it.0)).map(whole);
    kept.splice(end..end, new);
    let before = lines[..range.start].iter().map(|it| (*it).to_owned());
    let after = lines[range.end..].iter().map(|it| (*it).to_owned());
    before.chain(kept).chain(after).collect()
}

/// The text without a section.
pub(super) fn without(text: &str, name: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    match section(&lines, name) {
        None => text.to_owned(),
        Some(range) => [&lines[..range.start], &lines[range.end..]].concat().concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect()
    }

    #[test]
    fn only_the_section_of_that_name_is_changed() {
        let wanted = options(&[
            ("name", "Shop"),
            ("baseurl", "http://a\n http://b"),
            ("enabled", "1"),
        ]);
        let section = "[shop]\nname=Shop\nbaseurl=http://a\n http://b\nenabled=1\n";
        assert_eq!(with("", "shop", &wanted), section);
        assert_eq!(with("[x]\na=1", "shop", &wanted), format!("[x]\na=1\n{section}"));
        let wanted = options(&[("name", "Shop"), ("enabled", "1")]);
        let text = "# top\n[x]\nname=x\n\n[shop]\n# why\nname = Shop\nbaseurl=http://a\n  http://b\ngpgkey=k\n\n[y]\nenabled=0\n";
        assert_eq!(
            with(text, "shop", &wanted),
            "# top\n[x]\nname=x\n\n[shop]\n# why\nname = Shop\nenabled=1\n\n[y]\nenabled=0\n"
        );
        let same = "[shop]\nname = Shop\n# end\nenabled=1\n";
        assert_eq!(with(same, "shop", &wanted), same);
        assert_eq!(without(text, "shop"), "# top\n[x]\nname=x\n\n[y]\nenabled=0\n");
        assert_eq!(without(text, "sho"), text);
    }
}
