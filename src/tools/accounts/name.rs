//! Names of accounts.

use crate::argument::Text;

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

/// Refuses what can be neither the name nor the number of an owner or a group: `www:www` names two.
///
/// # Errors
/// Which of the two arguments it is, and what is wrong with it.
pub(in crate::tools) fn check_owner(
    owner: Option<&Text>,
    group: Option<&Text>,
) -> Result<(), (&'static str, String)> {
    for (argument, noun, text) in [("owner", "user", owner), ("group", "group", group)] {
        let Some(text) = text else { continue };
        let is_odd = |byte: &u8| byte.is_ascii_control() || matches!(byte, b':' | b'/' | b',' | b' ');
        if text.0.is_empty() || text.0.starts_with(b"-") || text.0.iter().any(is_odd) {
            let shown = text.to_string_lossy();
            let help = match shown.split_once(':') {
                Some((owner, group)) if argument == "owner" && !owner.is_empty() && !group.is_empty() => {
                    format!(": write `owner: {owner}` and `group: {group}`")
                }
                _ => String::new(),
            };
            let shown = shown.escape_debug();
            return Err((argument, format!("`{shown}` is not the name of a {noun}{help}")));
        }
    }
    Ok(())
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
