//! Names of repositories and keys, of which files are made.

/// Refuses what would be another path, or a file that apt does not read.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(is_plain)
        && name.len() <= 100
    {
        return Ok(());
    }
    Err(format!(
        "`{}` is not the name of a repository: letters, digits, `-`, `_` and `.` make one",
        name.escape_debug()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        assert!(check("docker-ce").is_ok() && check("node_20.x").is_ok());
        for bad in ["", "../x", "a/b", ".x", "a b", "-x", "a\n"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
