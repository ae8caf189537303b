//! The way to a host: jump hosts, containers, and what ssh is to hold for safe.

use crate::diagnostic::{Code, Diagnostic};
use crate::inventory::{Connection, Engine, HostKeys, KeyExchange, Transport};
use crate::playbook::read::{Fields, Reading};
use crate::source::Spanned;
use crate::yaml::{Kind, Node};

impl Reading<'_> {
    /// What is said of the way over what is there.
    pub(super) fn way(&mut self, connection: &mut Connection, fields: &Fields<'_>) {
        if let Some(jump) = self.texts(fields, "jump") {
            connection.jump = jump;
        }
        let exchanges = [
            ("configured", KeyExchange::Configured),
            ("fast", KeyExchange::Fast),
        ];
        if let Some(chosen) = self.choice(fields, "key_exchange", &exchanges) {
            connection.key_exchange = chosen;
        }
        let keys = [
            ("configured", HostKeys::Configured),
            ("accept_new", HostKeys::AcceptNew),
        ];
        if let Some(chosen) = self.choice(fields, "host_keys", &keys) {
            connection.host_keys = chosen;
        }
    }

    /// A host that says of itself that it is on the way to itself.
    pub(super) fn own_jump(&mut self, name: &Spanned<String>, connection: &Connection) {
        if let Some(own) = connection.jump.iter().find(|it| it.value == name.value) {
            let message = format!("the way to `{}` goes through itself", name.value);
            self.error(Code::InvalidHost, message, own.span);
        }
    }

    fn choice<T: Copy>(&mut self, fields: &Fields<'_>, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let written = self.text(fields, key)?;
        let found = choices.iter().find(|(name, _)| *name == written.value);
        if found.is_none() {
            let names: Vec<_> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
            let shown = written.value.escape_debug();
            self.diagnostics.push(
                Diagnostic::error(Code::WrongType, format!("`{key}` cannot be `{shown}`"))
                    .at(written.span)
                    .help(format!("It is {}.", names.join(" or "))),
            );
        }
        found.map(|(_, chosen)| *chosen)
    }

    /// A container by its name.
    pub(super) fn container(&mut self, engine: Engine, node: &Node) -> Option<Transport> {
        let name = self.text_of(engine.program(), node)?;
        let fine = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
        let starts = name
            .value
            .starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
        if !starts || !name.value.chars().all(fine) {
            let message = format!(
                "`{}` cannot be the name of a container",
                name.value.escape_debug()
            );
            self.error(Code::InvalidHost, message, name.span);
            return None;
        }
        Some(Transport::Container {
            engine,
            name: Some(name.value),
        })
    }
}

/// A transport that is one word.
pub(super) fn named(word: &str) -> Option<Transport> {
    match word {
        "ssh" => Some(Transport::Ssh),
        "local" => Some(Transport::Local),
        word => Engine::named(word).map(|engine| Transport::Container { engine, name: None }),
    }
}

/// The engine of a transport that is a map of one key.
pub(super) fn engine(entries: &[(Spanned<String>, Node)]) -> Option<(Engine, &Node)> {
    match entries {
        [(key, node)] if matches!(node.kind, Kind::Str(_)) => Some((Engine::named(&key.value)?, node)),
        _ => None,
    }
}
