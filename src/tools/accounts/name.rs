//! Names of accounts.

/// Refuses what no account can be called, so that it is neither an option nor a line of a file.
///
/// # Errors
/// What is wrong with it.
pub(in crate::tools) fn check_name(noun: &str, name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.@-$".contains(c);
    let is_name = name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().all(is_plain)
        && !name.trim_end_matches('$').contains('$')
        && !name.chars().all(|c| c.is_ascii_digit());
    if is_name {
        return Ok(());
    }
    Err(format!("`{}` is not the name of a {noun}", name.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_an_option_nor_a_path_nor_a_number() {
        for good in ["alice", "_apt", "john.doe", "svc-web", "host$", "a@realm"] {
            assert_eq!(check_name("user", good), Ok(()), "{good}");
        }
        for bad in ["", "-r", "a b", "a:b", "../x", "1000", "a\nroot", "a$b", "x/y"] {
            assert!(check_name("user", bad).is_err(), "{bad}");
        }
    }
}
