//! The table of settings: reading, messages, `rmote-play config` and the reference come from it.

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A text.
    Text,
    /// The path of a file or directory; a relative one counts from the directory of the file that names it.
    Path,
    /// True or false.
    Flag,
    /// A whole number of this range.
    Number(i64, i64),
    /// Such as `10s`.
    Duration,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Texts.
    Texts,
    /// Paths.
    Paths,
    /// Inventories: paths, or names of hosts with commas.
    Inventories,
}

impl Sort {
    /// Whether there may be several.
    pub(crate) const fn is_list(self) -> bool {
        matches!(self, Self::Texts | Self::Paths | Self::Inventories)
    }

    /// In words.
    pub(crate) fn wanted(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::Duration => "a duration such as \"10s\"".to_owned(),
            Self::Choice(words) => {
                let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
                format!("one of {}", words.join(", "))
            }
            Self::Texts => "a list of texts".to_owned(),
            Self::Paths => "a list of paths".to_owned(),
            Self::Inventories => "a list of inventories".to_owned(),
        }
    }
}

/// What a setting decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The value of this option, where it is not typed.
    Option(&'static str),
    /// How hosts are reached where neither playbook nor inventory says it.
    Connection,
    /// The inventories of those who name none.
    Inventory,
}

/// A setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The name, with its section.
    pub(crate) key: &'static str,
    pub(crate) sort: Sort,
    pub(crate) place: Place,
    /// What holds where nothing is set, as it is shown.
    pub(crate) default: &'static str,
    /// An older variable of the environment that means the same.
    pub(crate) alias: Option<&'static str>,
    pub(crate) doc: &'static str,
}

impl Setting {
    /// The variable of the environment that sets it.
    pub(crate) fn variable(&self) -> String {
        format!("RMOTE_PLAY_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// The section and the name in it.
    pub(crate) fn parts(&self) -> (&'static str, &'static str) {
        self.key.split_once('.').unwrap_or(("", self.key))
    }
}

const fn setting(
    key: &'static str,
    sort: Sort,
    place: Place,
    default: &'static str,
    doc: &'static str,
) -> Setting {
    Setting {
        key,
        sort,
        place,
        default,
        alias: None,
        doc,
    }
}

const CONFIGURED: &[&str] = &["configured", "accept_new"];
const EXCHANGE: &[&str] = &["configured", "fast"];

/// All settings, in the order in which they are shown.
pub(crate) const SETTINGS: &[Setting] = &[
    setting(
        "run.inventory",
        Sort::Inventories,
        Place::Inventory,
        "",
        "The inventories where neither the command line nor the playbook names hosts",
    ),
    setting(
        "run.forks",
        Sort::Number(1, 10_000),
        Place::Option("forks"),
        "64",
        "Maximum number of hosts that connect at the same time",
    ),
    setting(
        "run.diff",
        Sort::Flag,
        Place::Option("diff"),
        "false",
        "Show the lines that differ",
    ),
    setting(
        "run.strict",
        Sort::Flag,
        Place::Option("strict"),
        "false",
        "Warnings of `validate` are errors",
    ),
    setting(
        "connection.user",
        Sort::Text,
        Place::Connection,
        "",
        "The account to log in as",
    ),
    setting(
        "connection.identity",
        Sort::Path,
        Place::Connection,
        "",
        "A private key file",
    ),
    setting(
        "connection.port",
        Sort::Number(1, 65_535),
        Place::Connection,
        "",
        "The port",
    ),
    setting(
        "connection.timeout",
        Sort::Duration,
        Place::Connection,
        "10s",
        "How long connecting may take",
    ),
    setting(
        "connection.retries",
        Sort::Number(0, 1000),
        Place::Connection,
        "0",
        "How many more times a connection that failed is tried",
    ),
    setting(
        "connection.host_keys",
        Sort::Choice(CONFIGURED),
        Place::Connection,
        "configured",
        "Which keys of hosts are accepted: see `host_keys` of a host",
    ),
    setting(
        "connection.key_exchange",
        Sort::Choice(EXCHANGE),
        Place::Connection,
        "configured",
        "How keys are exchanged: see `key_exchange` of a host",
    ),
    setting(
        "connection.ssh_options",
        Sort::Texts,
        Place::Connection,
        "",
        "More options for ssh, each as `Name=value`",
    ),
    setting(
        "connection.ssh_config",
        Sort::Path,
        Place::Option("ssh_config"),
        "",
        "Another configuration file for ssh, as by ssh -F",
    ),
    setting(
        "connection.persist",
        Sort::Duration,
        Place::Option("persist"),
        "60s",
        "How long connections stay open after a run; where CI is set, 0s",
    ),
    setting(
        "become.method",
        Sort::Choice(&["sudo", "doas", "su"]),
        Place::Option("become_method"),
        "",
        "How calls become another user, where nothing else says it",
    ),
    Setting {
        alias: Some("RMOTE_AGE_IDENTITY"),
        ..setting(
            "secrets.age_identity",
            Sort::Paths,
            Place::Option("age_identity"),
            "",
            "Identities of age that open secrets",
        )
    },
    Setting {
        alias: Some("RMOTE_VAULT_PASSWORD_FILE"),
        ..setting(
            "secrets.vault_password_file",
            Sort::Paths,
            Place::Option("vault_password_file"),
            "",
            "Passwords of Ansible's vault, or programs that print one",
        )
    },
    setting(
        "output.color",
        Sort::Choice(&["auto", "always", "never"]),
        Place::Option("color"),
        "auto",
        "Whether colours are used",
    ),
    setting(
        "output.verbose",
        Sort::Number(0, 2),
        Place::Option("verbose"),
        "0",
        "How much is shown: 1 as by -v, 2 as by -vv",
    ),
    setting(
        "output.live",
        Sort::Flag,
        Place::Option("live"),
        "false",
        "Show what commands write while they run",
    ),
    setting(
        "output.progress",
        Sort::Choice(&["auto", "live", "lines", "none"]),
        Place::Option("progress"),
        "auto",
        "How it is shown how far a run is",
    ),
    setting(
        "agents.directory",
        Sort::Path,
        Place::Option("agents"),
        "",
        "Directory of agents for other architectures",
    ),
];
