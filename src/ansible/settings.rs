//! Variables of Ansible that say how a host is reached, and what they are here.

use crate::login::Method;

/// What a variable sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Setting {
    Address,
    Port,
    User,
    Identity,
    Connection,
    Arguments,
    HostKeys,
    Timeout,
    Retries,
    Become,
    BecomeUser,
    BecomeMethod,
    BecomePassword,
    Password,
    Passphrase,
    /// The user, where this method is meant.
    UserOf(Method),
    /// The password, where this method is meant.
    PasswordOf(Method),
    /// Nothing that there is here: it is told.
    Unmapped,
}

/// The variables, sorted by name. Where two mean the same, the later one wins, as in Ansible.
const SETTINGS: [(&str, Setting); 43] = [
    ("ansible_become", Setting::Become),
    ("ansible_become_exe", Setting::Unmapped),
    ("ansible_become_flags", Setting::Unmapped),
    ("ansible_become_method", Setting::BecomeMethod),
    ("ansible_become_pass", Setting::BecomePassword),
    ("ansible_become_password", Setting::BecomePassword),
    ("ansible_become_user", Setting::BecomeUser),
    ("ansible_connection", Setting::Connection),
    ("ansible_doas_pass", Setting::PasswordOf(Method::Doas)),
    ("ansible_doas_user", Setting::UserOf(Method::Doas)),
    ("ansible_host", Setting::Address),
    ("ansible_host_key_checking", Setting::HostKeys),
    ("ansible_password", Setting::Password),
    ("ansible_port", Setting::Port),
    ("ansible_private_key_file", Setting::Identity),
    ("ansible_scp_executable", Setting::Unmapped),
    ("ansible_scp_extra_args", Setting::Unmapped),
    ("ansible_sftp_executable", Setting::Unmapped),
    ("ansible_sftp_extra_args", Setting::Unmapped),
    ("ansible_shell_executable", Setting::Unmapped),
    ("ansible_ssh_args", Setting::Arguments),
    ("ansible_ssh_common_args", Setting::Arguments),
    ("ansible_ssh_executable", Setting::Unmapped),
    ("ansible_ssh_extra_args", Setting::Arguments),
    ("ansible_ssh_host", Setting::Address),
    ("ansible_ssh_host_key_checking", Setting::HostKeys),
    ("ansible_ssh_pass", Setting::Password),
    ("ansible_ssh_passphrase", Setting::Passphrase),
    ("ansible_ssh_password", Setting::Password),
    ("ansible_ssh_pkcs11_provider", Setting::Unmapped),
    ("ansible_ssh_port", Setting::Port),
    ("ansible_ssh_private_key", Setting::Unmapped),
    ("ansible_ssh_private_key_file", Setting::Identity),
    ("ansible_ssh_reconnection_retries", Setting::Retries),
    ("ansible_ssh_retries", Setting::Retries),
    ("ansible_ssh_timeout", Setting::Timeout),
    ("ansible_ssh_user", Setting::User),
    ("ansible_su_pass", Setting::PasswordOf(Method::Su)),
    ("ansible_su_user", Setting::UserOf(Method::Su)),
    ("ansible_sudo_pass", Setting::PasswordOf(Method::Sudo)),
    ("ansible_sudo_user", Setting::UserOf(Method::Sudo)),
    ("ansible_timeout", Setting::Timeout),
    ("ansible_user", Setting::User),
];

/// How many variables there are.
pub(super) const COUNT: usize = SETTINGS.len();

/// The place of a variable in the table.
pub(super) fn find(name: &str) -> Option<usize> {
    if !name.starts_with("ansible_") {
        return None;
    }
    SETTINGS.binary_search_by_key(&name, |(name, _)| name).ok()
}

/// The variable that was meant by a name that is none of them, and near to one.
pub(crate) fn meant_setting(name: &str) -> Option<&'static str> {
    let own = name.strip_prefix("ansible_")?;
    let is_other = ["ansible_pipelining", "ansible_ssh_pipelining", "ansible_facts"].contains(&name);
    if own.len() < 3 || is_other || find(name).is_some() {
        return None;
    }
    let known = SETTINGS.iter().map(|(name, _)| &name["ansible_".len()..]);
    let near = crate::diagnostic::nearest(own, known)?;
    SETTINGS
        .iter()
        .map(|(name, _)| *name)
        .find(|name| name.ends_with(near) && name.len() == near.len() + 8)
}

/// A variable by its place.
pub(super) fn at(place: usize) -> (&'static str, Setting) {
    SETTINGS[place]
}

/// Whether words such as `FALSE` are read as booleans there.
pub(super) fn is_boolean(name: &str) -> bool {
    let is_switch = |place| matches!(at(place).1, Setting::HostKeys | Setting::Become);
    matches!(name, "ansible_pipelining" | "ansible_ssh_pipelining") || find(name).is_some_and(is_switch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(SETTINGS.is_sorted());
    }
}
