//! How hosts of inventories are reached: their `ansible_*` variables as settings.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::ansible::settings::{self, COUNT, Setting};
use crate::ansible::ssh_args;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::{Answer, Connection, Inventory, Transport};
use crate::login::{Method, is_user};
use crate::name::HostId;
use crate::source::Spanned;
use crate::template::{Form, Rendering, Root, Scope, Variables};
use crate::value::{Map, Value};

/// What each variable of the table is for a host.
type Found<'a> = [Option<&'a Spanned<Form>>; COUNT];

/// Maps the variables of every host that say how it is reached onto its connection. `below` are the variables under those
/// of groups, `extra` those over everything.
pub fn connections(
    inventory: &mut Inventory,
    below: &[Arc<Variables>],
    extra: &Arc<Variables>,
    diagnostics: &mut Diagnostics,
) {
    let mut changed = Vec::new();
    {
        let inventory = &*inventory;
        let mut base: Found<'_> = [None; COUNT];
        for layer in below {
            note(&mut base, layer);
        }
        let mut of_groups: HashMap<(&[usize], bool), Found<'_>> = HashMap::new();
        for id in inventory.all() {
            let key = (inventory.host(id).groups.as_slice(), inventory.is_ungrouped(id));
            let mut found = *of_groups.entry(key).or_insert_with(|| {
                let mut found = base;
                inventory.each_group_layer(id, |_, layer| note(&mut found, layer));
                found
            });
            inventory.each_host_layer(id, |_, layer| note(&mut found, layer));
            note(&mut found, extra);
            if found.iter().any(Option::is_some) {
                let mut mapping = Mapping {
                    inventory,
                    id,
                    below,
                    extra,
                    scope: None,
                    diagnostics,
                    connection: inventory.host(id).connection.clone(),
                };
                mapping.all(&found);
                changed.push((id, mapping.connection));
            }
        }
    }
    for (id, connection) in changed {
        inventory.hosts[id.index()].connection = connection;
    }
}

fn note<'a>(found: &mut Found<'a>, layer: &'a Variables) {
    for (name, value) in layer {
        if let Some(place) = settings::find(name) {
            found[place] = Some(value);
        }
    }
}

struct Mapping<'a> {
    inventory: &'a Inventory,
    id: HostId,
    below: &'a [Arc<Variables>],
    extra: &'a Arc<Variables>,
    scope: Option<Arc<Scope>>,
    diagnostics: &'a mut Diagnostics,
    connection: Connection,
}

impl Mapping<'_> {
    fn all(&mut self, found: &Found<'_>) {
        let mut transport = None;
        let mut options = Vec::new();
        for (place, form) in found.iter().enumerate() {
            let Some(form) = form else { continue };
            let (name, setting) = settings::at(place);
            match setting {
                Setting::Unmapped => {
                    self.unmapped(name, form);
                    continue;
                }
                Setting::BecomePassword => {
                    self.connection.privilege.password = answer(form);
                    continue;
                }
                Setting::Password => {
                    self.connection.answers.password = answer(form);
                    continue;
                }
                Setting::Passphrase => {
                    self.connection.answers.passphrase = answer(form);
                    continue;
                }
                Setting::PasswordOf(method) => {
                    if self.is_meant(method) {
                        self.connection.privilege.password = answer(form);
                    }
                    continue;
                }
                Setting::UserOf(method) if !self.is_meant(method) => continue,
                _ => {}
            }
            let Some(value) = self.value(name, form) else {
                continue;
            };
            if setting == Setting::Connection {
                transport = Some((value, *form));
            } else if setting == Setting::Arguments {
                options.extend(self.arguments(name, &value, form));
            } else if !self.set(setting, &value, form) {
                let message = format!(
                    "`{name}` of `{}` cannot be `{}`",
                    self.inventory.host(self.id).name,
                    value.escape_debug()
                );
                self.diagnostics
                    .push(Diagnostic::error(Code::InvalidHost, message).at(form.span));
            }
        }
        self.connection.ssh_options.extend(options);
        if let Some((name, form)) = transport {
            self.transport(&name, form);
        }
    }

    fn unmapped(&mut self, name: &str, form: &Spanned<Form>) {
        let help = match name {
            "ansible_become_exe" | "ansible_become_flags" => {
                "Remove it: the program is found by its name, and is given no other options."
            }
            _ => "Remove it, or set what it is for in the configuration of ssh.",
        };
        let message = format!("`{name}` does nothing here");
        self.diagnostics.push(
            Diagnostic::warning(Code::UnmappedSetting, message)
                .at(form.span)
                .help(help),
        );
    }

    /// Whether calls become another user by this method: `sudo`, where nothing else is said.
    fn is_meant(&self, method: Method) -> bool {
        self.connection.privilege.method.unwrap_or(Method::Sudo) == method
    }

    /// The text of a variable; `None` where it is nothing.
    fn value(&mut self, name: &str, form: &Spanned<Form>) -> Option<String> {
        let value = match form.value.literal() {
            Some(value) => value.clone(),
            None => match form.value.render(&self.scope()) {
                Ok(Rendering::Known { value, .. }) => value,
                Ok(Rendering::Unknown { .. }) => return None,
                Err(error) => {
                    let host = &self.inventory.host(self.id).name;
                    let message = format!("`{name}` of `{host}`: {}", error.message);
                    let mut diagnostic = Diagnostic::error(Code::UndefinedVariable, message).at(error.span);
                    diagnostic.help = error.help;
                    self.diagnostics.push(diagnostic);
                    return None;
                }
            },
        };
        let text = match value {
            Value::Str(text) => text,
            Value::Int(it) => it.to_string(),
            Value::Uint(it) => it.to_string(),
            Value::Bool(it) => it.to_string(),
            Value::Float(it) => it.to_string(),
            _ => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    fn set(&mut self, setting: Setting, value: &str, form: &Spanned<Form>) -> bool {
        let connection = &mut self.connection;
        let is_word =
            !value.starts_with('-') && !value.contains(|c: char| c.is_whitespace() || c.is_control());
        match setting {
            Setting::Address if is_word => connection.address = Some(value.to_owned()),
            Setting::User if is_word => connection.user = Some(value.to_owned()),
            Setting::Identity if !value.starts_with('-') => connection.identity = Some(path(value)),
            Setting::Port => match value.parse::<u16>() {
                Ok(port) if port > 0 => connection.port = Some(port),
                _ => return false,
            },
            Setting::Timeout => match value.parse::<f64>() {
                Ok(seconds) if seconds > 0.0 && seconds < 1e6 => {
                    connection.connect_timeout = Duration::from_secs_f64(seconds);
                }
                _ => return false,
            },
            Setting::Retries => match value.parse() {
                Ok(retries) => connection.connect_retries = retries,
                Err(_) => return false,
            },
            Setting::HostKeys => match boolean(value) {
                Some(true) => {}
                Some(false) => connection.ssh_options.push("StrictHostKeyChecking=no".to_owned()),
                None => return false,
            },
            Setting::Become => match boolean(value) {
                Some(is_on) => connection.privilege.is_on = Some(is_on),
                None => return false,
            },
            Setting::BecomeUser | Setting::UserOf(_) if is_user(value) => {
                let user = Form::Literal(Value::from(value));
                connection.privilege.user = Some(Spanned::new(user, form.span));
            }
            Setting::BecomeMethod => match Method::named(value.rsplit('.').next().unwrap_or(value)) {
                Some(method) => connection.privilege.method = Some(method),
                None => return false,
            },
            Setting::Address
            | Setting::User
            | Setting::Identity
            | Setting::Connection
            | Setting::Arguments
            | Setting::BecomeUser
            | Setting::UserOf(_)
            | Setting::BecomePassword
            | Setting::Password
            | Setting::Passphrase
            | Setting::PasswordOf(_)
            | Setting::Unmapped => return false,
        }
        true
    }

    fn arguments(&mut self, name: &str, value: &str, form: &Spanned<Form>) -> Vec<String> {
        let (options, others) = ssh_args::options(value);
        for other in others {
            let message = format!("`{}` in `{name}` does nothing here", other.escape_debug());
            self.diagnostics.push(
                Diagnostic::warning(Code::UnmappedSetting, message)
                    .at(form.span)
                    .help("Options of the form `-o Name=value` are taken."),
            );
        }
        options
    }

    fn transport(&mut self, name: &str, form: &Spanned<Form>) {
        let host = self.inventory.host(self.id).name.as_str();
        let container = self.connection.address.clone().unwrap_or_else(|| host.to_owned());
        let word = name.rsplit('.').next().unwrap_or(name);
        self.connection.transport = match word {
            "ssh" | "smart" | "paramiko" | "paramiko_ssh" => Transport::Ssh,
            "local" => Transport::Local,
            "docker" | "podman" => {
                let mut argv = vec![word.to_owned(), "exec".to_owned(), "-i".to_owned()];
                if let Some(user) = &self.connection.user {
                    argv.extend(["-u".to_owned(), user.clone()]);
                }
                argv.extend([container, "/bin/sh".to_owned()]);
                Transport::Command(argv)
            }
            _ => {
                let message = format!("`{}` hosts cannot be reached", name.escape_debug());
                self.diagnostics.push(
                    Diagnostic::warning(Code::UnmappedSetting, message)
                        .at(form.span)
                        .help("`ssh`, `local`, `docker` and `podman` are known; `ssh` is tried."),
                );
                return;
            }
        };
    }

    fn scope(&mut self) -> Arc<Scope> {
        if let Some(scope) = &self.scope {
            return Arc::clone(scope);
        }
        let mut scope = Scope::new(Arc::clone(self.extra));
        for layer in self.below {
            scope = scope.with(Arc::clone(layer));
        }
        for (_, layer) in self.inventory.layers(self.id) {
            scope = scope.with(Arc::clone(layer));
        }
        let name = self.inventory.host(self.id).name.as_str();
        let groups: Vec<&str> = self.inventory.group_names_of(self.id).collect();
        let host = Map::from([
            ("name".to_owned(), name.into()),
            ("groups".to_owned(), groups.into()),
        ]);
        let short = self.inventory.short_name(self.id);
        let scope = scope
            .bind("host", Root::Value(host.into()))
            .bind("inventory_hostname", Root::Value(name.into()))
            .bind("inventory_hostname_short", Root::Value(short.into()))
            .bind(
                "group_names",
                Root::Value(self.inventory.sorted_groups(self.id).into()),
            );
        self.scope = Some(Arc::clone(&scope));
        scope
    }
}

/// What is answered where a password is asked for. It is read when that happens: whatever opens it need not be there
/// before.
fn answer(form: &Spanned<Form>) -> Option<Spanned<Answer>> {
    let is_empty = form.value.literal().is_some_and(|it| *it == Value::from(""));
    let answer = Spanned::new(Answer::Value(form.value.clone()), form.span);
    (!is_empty).then_some(answer)
}

/// A boolean as Ansible reads it.
fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" | "t" => Some(true),
        "false" | "no" | "off" | "0" | "n" | "f" => Some(false),
        _ => None,
    }
}

/// A path that does not depend on the working directory of ssh.
fn path(text: &str) -> String {
    if text.starts_with('~') {
        return text.to_owned();
    }
    let absolute = std::path::absolute(text).unwrap_or_else(|_| text.into());
    absolute.to_string_lossy().into_owned()
}
