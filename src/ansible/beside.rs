//! Files of variables: `group_vars` and `host_vars` next to inventories and the playbook.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ansible::{Gaps, Reading, source, values};
use crate::diagnostic::{Code, Diagnostic};
use crate::inventory::{Beside, Inventory};
use crate::name::HostId;
use crate::source::{SourceId, Span};
use crate::template::Variables;
use crate::value::Value;
use crate::yaml::{Dialect, Kind, Node};

/// The endings of files of variables, in the order in which they are looked for.
const ENDINGS: [&str; 4] = ["", ".yml", ".yaml", ".json"];
/// How deep directories may lie in each other.
const DEPTH: usize = 16;

impl Reading<'_> {
    /// Reads the files of variables of a directory, for the hosts and groups that there are.
    pub fn beside(&mut self, inventory: &mut Inventory, folder: &Path) {
        let mut beside = Beside {
            folder: folder.to_path_buf(),
            ..Beside::default()
        };
        for (name, files) in self.named_files(&inside(folder, "group_vars"), |name| {
            ["all", "ungrouped"].contains(&name) || inventory.group_names.contains_key(name)
        }) {
            let hosts: Vec<HostId> = match name.as_str() {
                "all" => inventory.all().collect(),
                "ungrouped" => inventory.all().filter(|id| inventory.is_ungrouped(*id)).collect(),
                name => inventory.groups[inventory.group_names[name]].hosts.clone(),
            };
            let vars = self.variable_files(files, &hosts, inventory);
            match name.as_str() {
                "all" => beside.all = vars,
                "ungrouped" => beside.ungrouped = vars,
                name => {
                    beside.groups.insert(inventory.group_names[name], vars);
                }
            }
        }
        for (name, files) in self.named_files(&inside(folder, "host_vars"), |name| {
            inventory.host_names.contains_key(name)
        }) {
            let id = inventory.host_names[name.as_str()];
            let vars = self.variable_files(files, &[id], inventory);
            beside.hosts.insert(id, vars);
        }
        let is_empty = beside.all.is_empty() && beside.ungrouped.is_empty();
        if !(is_empty && beside.groups.is_empty() && beside.hosts.is_empty()) {
            inventory.beside.push(beside);
        }
    }

    /// What a directory holds for names that are known: the name and its files.
    fn named_files(&mut self, folder: &Path, is_known: impl Fn(&str) -> bool) -> Vec<(String, Vec<PathBuf>)> {
        let Ok(meta) = fs::metadata(folder) else {
            return Vec::new();
        };
        if !meta.is_dir() {
            return Vec::new();
        }
        let mode = meta.permissions().mode();
        if mode & 0o002 != 0 {
            let message = format!(
                "`{}` can be written by everyone, and is not read",
                folder.display()
            );
            self.tell(
                Diagnostic::error(Code::WritableByOthers, message)
                    .help("Remove write permission for others: `chmod o-w`."),
            );
            return Vec::new();
        }
        let mut found: HashMap<String, (usize, PathBuf)> = HashMap::new();
        for path in self.paths(folder) {
            self.named_after_nothing(&path, &is_known);
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            for (rank, ending) in ENDINGS.iter().enumerate() {
                let Some(stem) = name.strip_suffix(ending).filter(|stem| is_known(stem)) else {
                    continue;
                };
                let (lost, won) = match found.get(stem) {
                    None => {
                        found.insert(stem.to_owned(), (rank, path.clone()));
                        continue;
                    }
                    Some((other, before)) if *other < rank => (path.clone(), before.clone()),
                    Some((_, before)) => {
                        let before = before.clone();
                        found.insert(stem.to_owned(), (rank, path.clone()));
                        (before, path.clone())
                    }
                };
                let message = format!(
                    "`{}` is not read: `{}` comes first",
                    lost.display(),
                    won.display()
                );
                self.tell(
                    Diagnostic::warning(Code::ShadowedFile, message)
                        .help("Put both into a directory of that name."),
                );
            }
        }
        let mut found: Vec<_> = found.into_iter().map(|(name, (_, path))| (name, path)).collect();
        found.sort_unstable();
        let found = found.into_iter();
        found
            .map(|(name, path)| {
                let files = if path.is_dir() {
                    self.files_in(&path, DEPTH)
                } else {
                    vec![path]
                };
                (name, files)
            })
            .collect()
    }

    /// A file of variables of a name that nothing has.
    fn named_after_nothing(&mut self, path: &Path, is_known: &impl Fn(&str) -> bool) {
        let ending = path.extension().map(|it| it.to_string_lossy().into_owned());
        let is_variables = ending.is_some_and(|it| ["yml", "yaml", "json"].contains(&&*it)) && path.is_file();
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let kind = path.parent().and_then(Path::file_name).unwrap_or_default();
        if !is_variables || is_known(&stem) || kind != "group_vars" {
            return;
        }
        let Some(text) = source::read(path)
            .ok()
            .and_then(|(bytes, _)| String::from_utf8(bytes).ok())
        else {
            return;
        };
        if values::is_vaulted(&text) {
            return;
        }
        let end = text.find('\n').unwrap_or(text.len());
        let source = self.sources.add(path, text);
        self.diagnostics.push(
            Diagnostic::warning(
                Code::UnusedFile,
                format!("there is no group `{stem}`: nothing reads this file"),
            )
            .at(Span::new(source, 0, end))
            .help("Rename it after a group, or remove it."),
        );
    }

    /// The entries of a directory, sorted.
    fn paths(&mut self, folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<Result<Vec<_>, std::io::Error>>()
        });
        match entries {
            Ok(mut entries) => {
                entries.sort_unstable();
                entries
            }
            Err(error) => {
                let (code, message) = source::unreadable(folder, &error);
                self.tell(Diagnostic::error(code, message));
                Vec::new()
            }
        }
    }

    fn files_in(&mut self, folder: &Path, depth: usize) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for path in self.paths(folder) {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.starts_with('.') || name.ends_with('~') {
                continue;
            }
            let ending = path.extension().map(|it| format!(".{}", it.to_string_lossy()));
            let ending = ending.unwrap_or_default();
            if path.is_dir() {
                if ending.is_empty() && depth > 0 {
                    files.extend(self.files_in(&path, depth - 1));
                }
            } else if ENDINGS.contains(&ending.as_str()) {
                files.push(path);
            }
        }
        files
    }

    /// Reads files of variables of these hosts.
    fn variable_files(
        &mut self,
        files: Vec<PathBuf>,
        hosts: &[HostId],
        inventory: &mut Inventory,
    ) -> Arc<Variables> {
        let mut all = Variables::new();
        for file in files {
            all.extend(self.variable_file(&file, hosts, inventory));
        }
        Arc::new(all)
    }

    fn variable_file(&mut self, file: &Path, hosts: &[HostId], inventory: &mut Inventory) -> Variables {
        let text = source::read(file).and_then(|(bytes, _)| {
            String::from_utf8(bytes).map_err(|_| {
                (
                    Code::UnreadableFile,
                    format!("`{}` is not UTF-8 text", file.display()),
                )
            })
        });
        let text = match text {
            Ok(text) => text,
            Err((code, message)) => {
                self.tell(Diagnostic::error(code, message));
                return Variables::new();
            }
        };
        let is_hidden = values::is_vaulted(&text);
        let text = if is_hidden {
            match self.open(file, &text) {
                Ok(text) => text,
                Err(why) => {
                    self.sealed_file(file, &why, hosts, inventory);
                    return Variables::new();
                }
            }
        } else {
            text
        };
        let json = file.extension().is_some_and(|it| it == "json") || text.trim_start().starts_with('{');
        let json = json.then(|| serde_json::from_str::<Value>(&text).ok()).flatten();
        let source = if is_hidden {
            self.sources.add_hidden(file, text)
        } else {
            self.sources.add(file, text)
        };
        if let Some(Value::Map(map)) = json {
            let whole = Span::new(source, 0, 0);
            return self.script_variables(map, whole);
        }
        let before = self.diagnostics.len();
        let variables = self.yaml_variables(source);
        if is_hidden {
            self.diagnostics.hide_from(before);
        }
        variables
    }

    fn yaml_variables(&mut self, source: SourceId) -> Variables {
        let Some(root) = Node::parse_as(Dialect::Ansible, source, self.sources, self.diagnostics) else {
            return Variables::new();
        };
        match root.kind {
            Kind::Null => Variables::new(),
            _ => self.variables(&root, "a file of variables"),
        }
    }

    /// A file of which not even the names are known.
    fn sealed_file(&mut self, file: &Path, why: &str, hosts: &[HostId], inventory: &mut Inventory) {
        let message = format!("`{}` {why}", file.display());
        if !hosts.is_empty() && !hosts.iter().any(|id| inventory.is_meant(*id)) {
            // The run asks for none of them, unless a call is delegated to one: that is an error then.
            inventory
                .closed
                .extend(hosts.iter().map(|id| (*id, message.clone())));
            return;
        }
        let help = "Give --vault-password-file.";
        if self.gaps == Gaps::Refused {
            return self.tell(Diagnostic::error(Code::UnusableValue, message).help(help));
        }
        inventory.gaps.push(message.clone());
        self.tell(Diagnostic::warning(Code::UnusableValue, message).help(help));
    }
}

/// A path in a directory, as one would write it.
fn inside(folder: &Path, name: &str) -> PathBuf {
    if folder == Path::new(".") {
        PathBuf::from(name)
    } else {
        folder.join(name)
    }
}
