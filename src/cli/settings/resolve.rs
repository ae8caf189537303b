//! The value of each setting, and where it comes from: the environment, else the playbook's file, else the user's.

use std::path::{Path, PathBuf};

use clap::Command;

use crate::cli::error::CliError;
use crate::cli::printer::Printer;
use crate::cli::settings::file::{self, NAME};
use crate::cli::settings::table::{Place, SETTINGS, Setting};
use crate::cli::settings::value::{Value, check, placed};
use crate::diagnostic::{Diagnostics, Format, nearest, render};
use crate::inventory::{Connection, HostKeys, KeyExchange};
use crate::source::SourceMap;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This line of a file.
    File(PathBuf, usize),
    /// A variable of the environment.
    Variable(String),
    /// Nobody has set it.
    Default,
}

/// A setting with its value; `None`: nobody has set it.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) setting: &'static Setting,
    pub(crate) value: Option<Value>,
    pub(crate) origin: Origin,
}

/// All settings, in the order of the table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) all: Vec<Resolved>,
    /// The files that were looked for, and what became of them.
    pub(crate) files: Vec<(PathBuf, Found)>,
}

/// What became of a file that was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It was read.
    Read,
    /// It is not there.
    Missing,
    /// It was not read, since others could have written it.
    Refused,
}

impl Settings {
    /// Those that hold for what is in a directory.
    ///
    /// # Errors
    /// Where a file or a variable is wrong: all of it is told.
    pub(crate) fn of(folder: &Path, printer: Printer) -> Result<Self, CliError> {
        Self::found(folder, Some(printer))
    }

    /// The same for whoever asks by the way: nothing is said, and where something is wrong, there are none.
    pub(crate) fn quiet(folder: &Path) -> Self {
        Self::found(folder, None).unwrap_or_default()
    }

    fn found(folder: &Path, printer: Option<Printer>) -> Result<Self, CliError> {
        let warn = |message: &str, help: &str| {
            if let Some(printer) = printer {
                printer.complain("warning", message, Some(help));
            }
        };
        let mut settings = Self::default();
        let unset = |setting| Resolved {
            setting,
            value: None,
            origin: Origin::Default,
        };
        settings.all.extend(SETTINGS.iter().map(unset));
        let (mut sources, mut found) = (SourceMap::default(), Diagnostics::default());
        let user = file::of_user();
        let near = file::nearest(folder).filter(|near| Some(near) != user.as_ref());
        if let Some(user) = user {
            let became = if user.is_file() {
                settings.add(&user, &mut sources, &mut found);
                Found::Read
            } else {
                Found::Missing
            };
            settings.files.push((user, became));
        }
        match near {
            Some(near) if file::is_of_others(&near) => {
                let message = format!(
                    "`{}` is not read: other users of this machine can write it",
                    near.display()
                );
                let help = "Make it yours: `chown` it to your user, and `chmod go-w`.";
                warn(&message, help);
                settings.files.push((near, Found::Refused));
            }
            Some(near) => {
                settings.add(&near, &mut sources, &mut found);
                settings.files.push((near, Found::Read));
            }
            None => settings.files.push((folder.join(NAME), Found::Missing)),
        }
        if found.has_errors() {
            if let Some(printer) = printer {
                let color = printer.err_color();
                printer.err(&render(&found, &sources, Format::Human { color }));
            }
            return Err(CliError::invalid("the settings are not valid")
                .help("`rmote-play config` lists all settings."));
        }
        settings.environment(&warn)?;
        Ok(settings)
    }

    /// What a file says, over what is there.
    fn add(&mut self, path: &Path, sources: &mut SourceMap, found: &mut Diagnostics) {
        for placed in file::read(path, sources, found) {
            let is_it = |it: &&mut Resolved| it.setting.key == placed.setting.key;
            if let Some(resolved) = self.all.iter_mut().find(is_it) {
                resolved.value = Some(placed.value);
                resolved.origin = Origin::File(path.to_path_buf(), placed.line);
            }
        }
    }

    /// What the environment says, over what is there.
    fn environment(&mut self, warn: &dyn Fn(&str, &str)) -> Result<(), CliError> {
        let here = std::env::current_dir().unwrap_or_default();
        for resolved in &mut self.all {
            let setting = resolved.setting;
            let names = std::iter::once(setting.variable()).chain(setting.alias.map(str::to_owned));
            for name in names {
                let Some(text) = std::env::var_os(&name).filter(|it| !it.is_empty()) else {
                    continue;
                };
                let text = text.to_string_lossy().into_owned();
                let is_alias = setting.alias == Some(name.as_str());
                let texts: Vec<String> = if setting.sort.is_list() && !is_alias && !text.ends_with(',') {
                    text.split(',').map(|it| it.trim().to_owned()).collect()
                } else {
                    vec![text]
                };
                for text in &texts {
                    check(setting.sort, text).map_err(|why| {
                        let error = CliError::usage(format!("the variable `{name}`: {why}"));
                        error.help(format!("It is {}.", setting.sort.wanted()))
                    })?;
                }
                let place = |text| placed(setting.sort, text, &here);
                resolved.value = Some(Value(texts.into_iter().map(place).collect()));
                resolved.origin = Origin::Variable(name);
                break;
            }
        }
        let known: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
        for (name, _) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|it| it.starts_with("RMOTE_PLAY_")) else {
                continue;
            };
            let near = nearest(name, known.iter().map(String::as_str));
            if let Some(near) = near.filter(|near| *near != name) {
                let message = format!("there is no setting for the variable `{name}`");
                warn(&message, &format!("Did you mean `{near}`?"));
            }
        }
        Ok(())
    }

    /// Those that are set.
    fn set(&self) -> impl Iterator<Item = (&'static Setting, &Value)> {
        let all = self.all.iter();
        all.filter_map(|it| it.value.as_ref().map(|value| (it.setting, value)))
    }

    /// The command line with these values for what is not typed; `None`: nothing of it is set.
    pub(crate) fn over(&self, command: Command) -> Option<Command> {
        let options: Vec<(&'static str, &Value)> = self
            .set()
            .filter_map(|(setting, value)| match setting.place {
                Place::Option(id) => Some((id, value)),
                Place::Connection | Place::Inventory => None,
            })
            .collect();
        if options.is_empty() {
            return None;
        }
        let names: Vec<String> = command
            .get_subcommands()
            .map(|it| it.get_name().to_owned())
            .collect();
        let with = |command: Command| {
            options.iter().fold(command, |command, (id, value)| {
                if command.get_arguments().any(|arg| arg.get_id() == id) {
                    command.mut_arg(id, |arg| arg.default_values(value.0.clone()))
                } else {
                    command
                }
            })
        };
        let command = with(command);
        Some(
            names
                .into_iter()
                .fold(command, |command, name| command.mut_subcommand(name, with)),
        )
    }

    /// How hosts are reached where nothing else says it.
    pub(crate) fn connection(&self) -> Connection {
        let mut connection = Connection::default();
        for (setting, value) in self.set() {
            let text = value.text();
            match setting.key {
                "connection.user" => connection.usual_user = Some(text.to_owned()),
                "connection.identity" => connection.identity = Some(text.to_owned()),
                "connection.port" => connection.port = text.parse().ok(),
                "connection.timeout" => {
                    if let Ok(timeout) = text.parse::<crate::argument::Duration>() {
                        connection.connect_timeout = timeout.0;
                    }
                }
                "connection.retries" => connection.connect_retries = text.parse().unwrap_or(0),
                "connection.host_keys" if text == "accept_new" => {
                    connection.host_keys = HostKeys::AcceptNew;
                }
                "connection.key_exchange" if text == "fast" => {
                    connection.key_exchange = KeyExchange::Fast;
                }
                "connection.ssh_options" => connection.ssh_options.clone_from(&value.0),
                _ => {}
            }
        }
        connection
    }

    /// The inventories where none are named.
    pub(crate) fn inventories(&self) -> Vec<String> {
        self.set()
            .filter(|(setting, _)| setting.place == Place::Inventory)
            .flat_map(|(_, value)| value.0.clone())
            .collect()
    }
}
