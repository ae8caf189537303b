//! Hosts, groups and how hosts are reached.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::inventory::{Answer, Answers, Builder, Connection, Privilege, Transport, expand};
use crate::name::HostName;
use crate::playbook::keys::Site;
use crate::playbook::privilege::Level;
use crate::playbook::reach;
use crate::playbook::read::{Fields, Reading};
use crate::source::Spanned;
use crate::template::Variables;
use crate::yaml::{Kind, Node};

/// A host as written; its name may be a range.
#[derive(Debug)]
struct HostEntry {
    name: Spanned<String>,
    connection: Connection,
    groups: Vec<Spanned<String>>,
    vars: Arc<Variables>,
}

/// A group as written.
#[derive(Debug)]
struct GroupEntry {
    name: Spanned<String>,
    patterns: Vec<Spanned<String>>,
    children: Vec<Spanned<String>>,
    vars: Arc<Variables>,
}

impl Reading<'_> {
    /// The hosts and groups that the playbook itself declares.
    pub(super) fn own_hosts(&mut self, builder: &mut Builder, fields: &Fields<'_>, defaults: &Connection) {
        let hosts = self.host_entries(fields.get("hosts"), defaults);
        let groups = self.group_entries(fields.get("groups"));
        for host in hosts {
            self.add_hosts(builder, &host);
        }
        for group in groups {
            builder.add_group(
                group.name,
                group.vars,
                group.patterns,
                group.children,
                &mut self.diagnostics,
            );
        }
    }

    /// Adds a host, or every host of a range.
    fn add_hosts(&mut self, builder: &mut Builder, entry: &HostEntry) {
        let span = entry.name.span;
        let names = match expand(&entry.name.value) {
            Ok(names) => names,
            Err(error) => {
                let mut diagnostic = Diagnostic::error(Code::InvalidHost, error.message).at(span);
                diagnostic.help = error.help;
                self.diagnostics.push(diagnostic);
                return;
            }
        };
        for name in names {
            match HostName::new(&name) {
                Ok(name) => builder.add_host(
                    Spanned::new(name, span),
                    entry.connection.clone(),
                    Arc::clone(&entry.vars),
                    entry.groups.clone(),
                    &mut self.diagnostics,
                ),
                Err(error) => {
                    let error = Diagnostic::error(Code::InvalidHost, error).at(span);
                    let help = "Names are made of letters, digits and `._:%@-`; what a host is reached by is its `address`.";
                    self.diagnostics.push(error.help(help));
                    return;
                }
            }
        }
    }

    fn host_entries(&mut self, node: Option<&Node>, defaults: &Connection) -> Vec<HostEntry> {
        let plain = |name: Spanned<String>| HostEntry {
            connection: inherited(&name, defaults),
            name,
            groups: Vec::new(),
            vars: Arc::default(),
        };
        let Some(node) = node else { return Vec::new() };
        match &node.kind {
            Kind::Seq(items) => items
                .iter()
                .filter_map(|item| self.text_of("hosts", item))
                .map(plain)
                .collect(),
            Kind::Map(entries) => entries
                .iter()
                .map(|(name, settings)| match settings.kind {
                    Kind::Null => plain(name.clone()),
                    _ => self.host_entry(name, settings, defaults),
                })
                .collect(),
            _ => {
                self.wrong_type("hosts", "a map of names to settings, or a list of names", node);
                Vec::new()
            }
        }
    }

    fn host_entry(&mut self, name: &Spanned<String>, node: &Node, defaults: &Connection) -> HostEntry {
        let mut entry = HostEntry {
            name: name.clone(),
            connection: inherited(name, defaults),
            groups: Vec::new(),
            vars: Arc::default(),
        };
        if let Some(fields) = self.fields(Site::Host, &name.value, node) {
            self.connection(&mut entry.connection, &fields);
            if fields.get("jump").is_some() {
                self.own_jump(name, &entry.connection);
            }
            entry.connection.address = self.word(&fields, "address");
            entry.groups = self.texts(&fields, "groups").unwrap_or_default();
            entry.vars = self.variables("vars", fields.get("vars"));
        }
        entry
    }

    /// Settings over those that are there.
    pub(super) fn connection(&mut self, connection: &mut Connection, fields: &Fields<'_>) {
        if let Some(transport) = fields.get("transport").and_then(|node| self.transport(node)) {
            connection.transport = transport;
        }
        if let Some(port) = self.number(fields, "port", 1, 65535) {
            connection.port = u16::try_from(port).ok();
        }
        if let Some(user) = self.word(fields, "user") {
            connection.user = Some(user);
        }
        if let Some(identity) = self.text(fields, "identity") {
            connection.identity = Some(self.identity(&identity));
        }
        self.way(connection, fields);
        if let Some(options) = self.texts(fields, "ssh_options") {
            for option in &options {
                if !option.value.contains(['=', ' ']) || option.value.starts_with('-') {
                    self.diagnostics.push(
                        Diagnostic::error(
                            Code::WrongType,
                            format!("`{}` is not an option of ssh", option.value.escape_debug()),
                        )
                        .at(option.span)
                        .help("Write options as in ssh_config, such as `ServerAliveInterval=15`."),
                    );
                }
            }
            connection.ssh_options = options.into_iter().map(|it| it.value).collect();
        }
        for (key, place) in [
            ("password", &mut connection.answers.password),
            ("passphrase", &mut connection.answers.passphrase),
        ] {
            if let Some(secret) = self.text(fields, key) {
                *place = Some(secret.map(Answer::Secret));
            }
        }
        if let Some(timeout) = self.duration(fields, "connect_timeout") {
            connection.connect_timeout = timeout;
        }
        if let Some(retries) = self.number(fields, "connect_retries", 0, u32::MAX) {
            connection.connect_retries = retries;
        }
        let privilege = self.privilege(fields, Level::Host);
        connection.privilege = privilege.over(&connection.privilege);
    }

    /// A text that becomes an argument of ssh.
    fn word(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        let text = self.text(fields, key)?;
        let bad = text.value.is_empty()
            || text.value.starts_with('-')
            || text.value.contains(|c: char| c.is_whitespace() || c.is_control());
        if bad {
            let message = format!("`{}` cannot be `{key}`", text.value.escape_debug());
            self.error(Code::InvalidHost, message, text.span);
        }
        (!bad).then_some(text.value)
    }

    fn identity(&self, path: &Spanned<String>) -> String {
        if path.value.starts_with('~') {
            return path.value.clone();
        }
        let beside = self.beside(path.span, &path.value);
        std::path::absolute(&beside)
            .unwrap_or(beside)
            .to_string_lossy()
            .into_owned()
    }

    fn transport(&mut self, node: &Node) -> Option<Transport> {
        const WANTED: &str =
            "`ssh`, `local`, `docker: NAME`, `podman: NAME`, or `command: [program, argument...]`";
        match &node.kind {
            Kind::Str(text) => match reach::named(&text.text) {
                Some(transport) => return Some(transport),
                None => self.diagnostics.push(
                    Diagnostic::error(
                        Code::WrongType,
                        format!("there is no transport `{}`", text.text.escape_debug()),
                    )
                    .at(node.span)
                    .help(format!("It is {WANTED}.")),
                ),
            },
            Kind::Map(entries) => match entries.as_slice() {
                [(key, value)] if key.value == "command" => return self.command(value),
                entries => match reach::engine(entries) {
                    Some((engine, node)) => return self.container(engine, node),
                    None => self.wrong_type("transport", WANTED, node),
                },
            },
            _ => self.wrong_type("transport", WANTED, node),
        }
        None
    }

    fn command(&mut self, node: &Node) -> Option<Transport> {
        let Kind::Seq(items) = &node.kind else {
            self.wrong_type("command", "a list: the program and its arguments", node);
            return None;
        };
        if items.is_empty() {
            self.error(Code::WrongType, "`command` names no program", node.span);
            return None;
        }
        let argv: Vec<_> = items
            .iter()
            .filter_map(|item| self.text_of("command", item))
            .map(|it| it.value)
            .collect();
        (argv.len() == items.len()).then_some(Transport::Command(argv))
    }

    fn group_entries(&mut self, node: Option<&Node>) -> Vec<GroupEntry> {
        let Some(node) = node else { return Vec::new() };
        let Kind::Map(entries) = &node.kind else {
            self.wrong_type("groups", "a map of names to groups", node);
            return Vec::new();
        };
        entries
            .iter()
            .map(|(name, node)| {
                let mut group = GroupEntry {
                    name: name.clone(),
                    patterns: Vec::new(),
                    children: Vec::new(),
                    vars: Arc::default(),
                };
                match &node.kind {
                    Kind::Seq(items) => {
                        group.patterns = items
                            .iter()
                            .filter_map(|item| self.text_of(&name.value, item))
                            .collect();
                    }
                    Kind::Str(_) => group.patterns.extend(self.text_of(&name.value, node)),
                    _ => {
                        if let Some(fields) = self.fields(Site::Group, &name.value, node) {
                            group.patterns = self.texts(&fields, "hosts").unwrap_or_default();
                            group.children = self.texts(&fields, "children").unwrap_or_default();
                            group.vars = self.variables("vars", fields.get("vars"));
                        }
                    }
                }
                group
            })
            .collect()
    }
}

/// What a host is reached with where it does not say otherwise: `localhost` is never reached through a network, and
/// whoever sits at it becomes nobody else.
fn inherited(name: &Spanned<String>, defaults: &Connection) -> Connection {
    let mut connection = defaults.clone();
    if name.value == "localhost" {
        connection.transport = Transport::Local;
        connection.jump = Vec::new();
        connection.answers = Answers::default();
        connection.privilege = Privilege::default();
    }
    connection
}
