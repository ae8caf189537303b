//! The options that a repository of dnf can have besides those with arguments of their own.

/// As dnf.conf(5) lists them for repositories, of dnf 4 and dnf 5.
const KNOWN: &[&str] = &[
    "bandwidth",
    "cost",
    "countme",
    "deltarpm",
    "deltarpm_percentage",
    "enabled_metadata",
    "enablegroups",
    "exclude",
    "excludepkgs",
    "fastestmirror",
    "includepkgs",
    "ip_resolve",
    "max_parallel_downloads",
    "mediaid",
    "metadata_expire",
    "minrate",
    "module_hotfixes",
    "password",
    "pkg_gpgcheck",
    "priority",
    "proxy",
    "proxy_auth_method",
    "proxy_password",
    "proxy_sslcacert",
    "proxy_sslclientcert",
    "proxy_sslclientkey",
    "proxy_sslverify",
    "proxy_username",
    "retries",
    "skip_if_unavailable",
    "sslcacert",
    "sslclientcert",
    "sslclientkey",
    "sslverify",
    "sslverifystatus",
    "throttle",
    "timeout",
    "type",
    "user_agent",
    "username",
];

/// Whether a repository can have it.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(name: &str) -> Result<(), String> {
    if KNOWN.contains(&name) {
        return Ok(());
    }
    let name = name.escape_debug();
    Err(format!(
        "`{name}` is not an option that a repository of dnf can have, or has an argument of its own"
    ))
}
