//! Lines of files in which settings of the kernel are, and where the kernel shows them.

use std::path::PathBuf;

/// A name that a setting can have.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@*".contains(c);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(is_plain)
        && !name.contains("..");
    if is_name {
        return Ok(());
    }
    Err(format!("`{}` is not the name of a setting", name.escape_debug()))
}

/// A value that a setting can have.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_value(value: &[u8]) -> Result<(), String> {
    if value.contains(&b'\n') || value.is_empty() {
        return Err("`value` must be one line".to_owned());
    }
    Ok(())
}

/// The value that a file gives a setting.
pub(super) fn last_value(text: &str, name: &str) -> Option<String> {
    let line = text.lines().rfind(|it| sets(it, name))?;
    line.split_once('=').map(|it| words(it.1))
}

/// A value with one blank between its words, as the kernel takes it.
pub(super) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where the kernel shows it. What the name has for a separator first is one; the other stands for itself.
pub(super) fn proc_path(name: &str) -> PathBuf {
    let inner = match name.find(['.', '/']) {
        Some(at) if name.as_bytes()[at] == b'/' => name.to_owned(),
        _ => name
            .chars()
            .map(|c| match c {
                '.' => '/',
                '/' => '.',
                c => c,
            })
            .collect(),
    };
    PathBuf::from("/proc/sys").join(inner)
}

/// Whether a line sets a setting. One that begins with `-` may fail.
pub(super) fn sets(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    let Some((key, _)) = line.split_once('=') else {
        return false;
    };
    let key = key.strip_prefix('-').unwrap_or(key).trim();
    !line.starts_with(['#', ';']) && proc_path(key) == proc_path(name)
}

/// The text with the setting in it, on the last line that sets it, which is the one that holds, else at the end.
pub(super) fn edited(text: &str, name: &str, value: &str) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let Some(last) = lines.iter().rposition(|it| sets(it, name)) else {
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        return format!("{text}{end}{name} = {value}\n");
    };
    let found = lines[last].split_once('=').map(|it| words(it.1));
    if found.as_deref() == Some(value) {
        return text.to_owned();
    }
    let sign = if lines[last].trim_start().starts_with('-') {
        "-"
    } else {
        ""
    };
    let line = format!("{sign}{name} = {value}\n");
    lines[last] = &line;
    lines.concat()
}

/// The text without the lines that set a setting.
pub(super) fn without(text: &str, name: &str) -> String {
    text.split_inclusive('\n').filter(|it| !sets(it, name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_sets_it_is_the_one() {
        assert_eq!(edited("", "a.b", "1"), "a.b = 1\n");
        assert_eq!(edited("# a.b = 0\nx=1", "a.b", "1"), "# a.b = 0\nx=1\na.b = 1\n");
        assert_eq!(
            edited("a/b=0\nx=1\n-a.b = 2\n; end\n", "a.b", "1"),
            "a/b=0\nx=1\n-a.b = 1\n; end\n"
        );
        assert_eq!(edited("a.b=1\n", "a.b", "1"), "a.b=1\n");
        assert_eq!(edited("a.b=4 \t8\n", "a.b", "4 8"), "a.b=4 \t8\n");
    }

    #[test]
    fn all_lines_that_set_it_go_and_no_others() {
        assert_eq!(
            without("# a.b = 0\na/b=0\nx=1\n-a.b = 2\na.bc=1\n", "a.b"),
            "# a.b = 0\nx=1\na.bc=1\n"
        );
    }

    #[test]
    fn a_name_is_a_path_below_proc() {
        let path = |name: &str| proc_path(name).display().to_string();
        assert_eq!(path("net.ipv4.ip_forward"), "/proc/sys/net/ipv4/ip_forward");
        assert_eq!(
            path("net/ipv4/conf/eth0.100/rp_filter"),
            "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"
        );
        assert_eq!(
            path("net.ipv4.conf.eth0/100.rp_filter"),
            "/proc/sys/net/ipv4/conf/eth0.100/rp_filter"
        );
    }
}
