//! The keys of hosts, of their groups, and of how hosts are reached.

use crate::playbook::keys::{Key, Site};
use crate::playbook::table::{COUNT, DURATION, REACHED, TEXT, TEXTS, VARIABLES, key};

/// All of them but `become`, in the order in which they are best written.
pub(super) const KEYS: &[Key] = &[
    key(
        "address",
        &[Site::Host],
        TEXT,
        "What is connected to instead of the host's name.",
    ),
    key(
        "port",
        REACHED,
        r#"{"type": "integer", "minimum": 1, "maximum": 65535}"#,
        "The port; where it is not given, ssh's own configuration decides.",
    ),
    key(
        "user",
        REACHED,
        TEXT,
        "The account to log in as; where it is not given, ssh's own configuration decides.",
    ),
    key(
        "identity",
        REACHED,
        TEXT,
        "A private key file; a relative path counts from the file in which it is written.",
    ),
    key(
        "password",
        REACHED,
        TEXT,
        "The secret that is the password of the account; without it logins use keys.",
    ),
    key(
        "passphrase",
        REACHED,
        TEXT,
        "The secret that is the passphrase of the private key.",
    ),
    key(
        "transport",
        REACHED,
        r#"{"anyOf": [{"enum": ["ssh", "local", "docker", "podman"]}, {"type": "object", "properties": {"command": {"type": "array", "items": {"type": "string"}, "minItems": 1}, "docker": {"type": "string"}, "podman": {"type": "string"}}, "minProperties": 1, "maxProperties": 1, "additionalProperties": false}]}"#,
        "How the host is reached: `ssh` (default), `local`, in a container (`docker: NAME`, `podman: NAME`; `user` is the account there), or by a `command` that gives a shell on its standard input and output.",
    ),
    key(
        "jump",
        REACHED,
        TEXTS,
        "Hosts on the way, in order: of the inventory, whose settings hold, or `user@host:port`.",
    ),
    key(
        "key_exchange",
        REACHED,
        r#"{"enum": ["configured", "fast"]}"#,
        "`configured` (default): ssh and its configuration choose. `fast`: curve25519 first, which costs a fraction of what OpenSSH before version 10 chooses, and gives up its protection against those who record now and decrypt with a quantum computer later.",
    ),
    key(
        "host_keys",
        REACHED,
        r#"{"enum": ["configured", "accept_new"]}"#,
        "`configured` (default): ssh and its configuration choose. `accept_new`: keys of hosts never seen are accepted and kept; one that has changed is refused.",
    ),
    key(
        "ssh_options",
        REACHED,
        TEXTS,
        "More options for ssh, each as `Name=value`.",
    ),
    key(
        "connect_timeout",
        REACHED,
        DURATION,
        "How long connecting may take, login and start of the agent included; default 10s.",
    ),
    key(
        "connect_retries",
        REACHED,
        COUNT,
        "How many more times a connection that failed is tried; default 0.",
    ),
    key("groups", &[Site::Host], TEXTS, "Groups that the host is in."),
    key("vars", &[Site::Host], VARIABLES, "Variables of the host."),
    key(
        "hosts",
        &[Site::Group],
        TEXTS,
        "Patterns of the hosts that are in the group.",
    ),
    key(
        "children",
        &[Site::Group],
        TEXTS,
        "Groups whose hosts are in this group, too.",
    ),
    key(
        "vars",
        &[Site::Group],
        VARIABLES,
        "Variables of the group's hosts.",
    ),
];
