//! Inventories that are programs: they print JSON for `--list`, and for `--host NAME` where that says no more.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::ansible::{Gaps, Reading};
use crate::diagnostic::{Code, Diagnostic};
use crate::inventory::GroupId;
use crate::name::HostId;
use crate::source::{Span, Spanned};
use crate::template::Variables;
use crate::value::{Map, Value};

/// How many calls for single hosts run at once.
const AT_ONCE: usize = 16;

impl Reading<'_> {
    /// Runs a program and reads what it prints.
    pub(super) fn program(&mut self, path: &Path, mode: u32) {
        let shown = path.display();
        if mode & 0o111 == 0 {
            let message = format!("the inventory `{shown}` is a script that may not be executed");
            let help = format!("`chmod +x {shown}`, if it is meant to run.");
            return self.tell(Diagnostic::error(Code::InventoryScript, message).help(help));
        }
        if let Some(what) = writable_by_others(path) {
            let message = format!("the inventory `{shown}` is not run: {what} can be written by everyone");
            let help = "Remove write permission for others: `chmod o-w`.";
            return self.tell(Diagnostic::error(Code::WritableByOthers, message).help(help));
        }
        let Some(scripts) = self.scripts else {
            let message = format!("the inventory `{shown}` was not run, so that its hosts are not known");
            self.builder.gap(message.clone());
            let help = "`--run-inventory` runs it. Until then, what depends on its hosts is a warning.";
            let diagnostic = match self.gaps {
                Gaps::Refused => Diagnostic::error(Code::InventoryNotRun, message),
                Gaps::Told => Diagnostic::warning(Code::InventoryNotRun, message).help(help),
            };
            return self.tell(diagnostic);
        };
        // A path without a directory is not to be looked for in PATH.
        let program = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let source = self.sources.add(path, "");
        let span = Span::new(source, 0, 0);
        let told = scripts
            .output(&program, &["--list"])
            .and_then(|output| object(&output));
        let groups = match told {
            Ok(groups) => groups,
            Err(error) => return self.failed(path, "--list", error),
        };
        self.printed(groups, &program, path, span);
    }

    fn failed(&mut self, path: &Path, args: &str, (why, stderr): (String, String)) {
        let message = format!("the inventory `{} {args}` {why}", path.display());
        let mut diagnostic = Diagnostic::error(Code::InventoryScript, message);
        if !stderr.trim().is_empty() {
            diagnostic = diagnostic.help(format!("It said: {}", stderr.trim()));
        }
        self.tell(diagnostic);
    }

    fn wrong(&mut self, message: String) {
        self.tell(Diagnostic::error(Code::InventoryScript, message));
    }

    fn printed(&mut self, groups: Map, program: &Path, path: &Path, span: Span) {
        let mut known: Option<Map> = None;
        let mut hosts: Vec<(HostId, String)> = Vec::new();
        for (name, data) in groups {
            if name != "_meta" {
                self.printed_group(&name, data, &mut hosts, path, span);
                continue;
            }
            match data {
                Value::Map(mut meta) => match meta.shift_remove("hostvars") {
                    Some(Value::Map(vars)) => known = Some(vars),
                    _ => self.wrong(format!("`{}`: `_meta.hostvars` must be a map", path.display())),
                },
                _ => self.wrong(format!("`{}`: `_meta` must be a map", path.display())),
            }
        }
        let vars: Vec<Option<Map>> = match known {
            Some(mut known) => hosts
                .iter()
                .map(|(_, name)| known.shift_remove(name))
                .map(|vars| match vars {
                    Some(Value::Map(vars)) => Some(vars),
                    Some(_) => {
                        self.wrong(format!(
                            "`{}`: the variables of a host must be a map",
                            path.display()
                        ));
                        None
                    }
                    None => None,
                })
                .collect(),
            None => self.one_by_one(&hosts, program, path),
        };
        for ((host, _), vars) in hosts.into_iter().zip(vars) {
            let vars = self.script_variables(vars.unwrap_or_default(), span);
            self.builder.set_host_variables(host, &Arc::new(vars));
        }
    }

    pub(super) fn script_variables(&mut self, map: Map, span: Span) -> Variables {
        map.into_iter()
            .map(|(name, value)| {
                self.variable_name(&name, span);
                (name, Spanned::new(self.values(span).data(value, span), span))
            })
            .collect()
    }

    fn printed_group(
        &mut self,
        name: &str,
        data: Value,
        hosts: &mut Vec<(HostId, String)>,
        path: &Path,
        span: Span,
    ) {
        let mut parts = match data {
            Value::Map(parts) => parts,
            hosts => Map::from([("hosts".to_owned(), hosts)]),
        };
        let shown = path.display();
        let Some(group) = self.group(name, span) else {
            return;
        };
        if !["hosts", "vars", "children"]
            .iter()
            .any(|key| parts.contains_key(*key))
        {
            if let Some(host) = self.listed(name, group, hosts, span) {
                let vars = self.script_variables(std::mem::take(&mut parts), span);
                self.builder.set_host_variables(host, &Arc::new(vars));
            }
            return;
        }
        match parts.shift_remove("hosts") {
            None => {}
            Some(Value::List(names)) => {
                for host in names {
                    match host {
                        Value::Str(host) => {
                            self.listed(&host, group, hosts, span);
                        }
                        _ => self.wrong(format!("`{shown}`: a host of the group `{name}` is no text")),
                    }
                }
            }
            Some(other) => self.wrong(format!(
                "`{shown}`: `hosts` of the group `{name}` must be a list, not {}",
                other.type_name()
            )),
        }
        match parts.shift_remove("vars") {
            None => {}
            Some(Value::Map(vars)) => {
                for (name, value) in vars {
                    let form = self.values(span).data(value, span);
                    if name == "ansible_group_priority" {
                        self.priority(group, &form, span);
                        continue;
                    }
                    self.variable_name(&name, span);
                    self.builder
                        .set_group_variable(group, name, Spanned::new(form, span));
                }
            }
            Some(other) => self.wrong(format!(
                "`{shown}`: `vars` of the group `{name}` must be a map, not {}",
                other.type_name()
            )),
        }
        match parts.shift_remove("children") {
            None => {}
            Some(Value::List(children)) => {
                for child in children {
                    let Value::Str(child) = child else {
                        self.wrong(format!("`{shown}`: a child of the group `{name}` is no text"));
                        continue;
                    };
                    if self.group(&child, span).is_some() {
                        self.builder.add_child(group, Spanned::new(child, span));
                    }
                }
            }
            Some(other) => self.wrong(format!(
                "`{shown}`: `children` of the group `{name}` must be a list, not {}",
                other.type_name()
            )),
        }
        for key in parts.keys() {
            let message = format!("`{shown}`: the group `{name}` has `{key}`, which means nothing there");
            self.tell(Diagnostic::warning(Code::InventoryFormat, message));
        }
    }

    fn listed(
        &mut self,
        name: &str,
        group: GroupId,
        hosts: &mut Vec<(HostId, String)>,
        span: Span,
    ) -> Option<HostId> {
        let host = self.host(name, span)?;
        self.builder.put(host, group);
        if !hosts.iter().rev().take(1).any(|(id, _)| *id == host) {
            hosts.push((host, name.to_owned()));
        }
        Some(host)
    }

    /// Asks for the variables of each host, several at once.
    fn one_by_one(&mut self, hosts: &[(HostId, String)], program: &Path, path: &Path) -> Vec<Option<Map>> {
        let Some(scripts) = self.scripts else {
            return Vec::new();
        };
        let mut first: HashMap<HostId, usize> = HashMap::new();
        for (at, (host, _)) in hosts.iter().enumerate() {
            first.entry(*host).or_insert(at);
        }
        let wanted: Vec<usize> = (0..hosts.len())
            .filter(|at| first[&hosts[*at].0] == *at)
            .collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut told = Vec::new();
            while let Some(&at) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                let output = scripts.output(program, &["--host", &hosts[at].1]);
                let vars = output.and_then(|output| {
                    if output.iter().all(u8::is_ascii_whitespace) {
                        return Ok(Map::new());
                    }
                    object(&output)
                });
                let is_bad = vars.is_err();
                told.push((at, vars));
                if is_bad {
                    // One complaint is enough: the rest would say the same.
                    next.store(wanted.len(), Ordering::Relaxed);
                }
            }
            told
        };
        let told: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..AT_ONCE.min(wanted.len()))
                .map(|_| scope.spawn(work))
                .collect();
            workers
                .into_iter()
                .filter_map(|it| it.join().ok())
                .flatten()
                .collect()
        });
        let mut vars = vec![None; hosts.len()];
        let mut has_failed = false;
        for (at, result) in told {
            match result {
                Ok(map) => vars[at] = Some(map),
                Err(error) if !std::mem::replace(&mut has_failed, true) => {
                    self.failed(path, &format!("--host {}", hosts[at].1), error);
                }
                Err(_) => {}
            }
        }
        vars
    }
}

/// Output as a map.
fn object(output: &[u8]) -> Result<Map, (String, String)> {
    let no = |why: String| (why, String::new());
    let text = std::str::from_utf8(output).map_err(|_| no("printed what is not UTF-8".to_owned()))?;
    match serde_json::from_str(text) {
        Ok(Value::Map(map)) => Ok(map),
        Ok(other) => Err(no(format!(
            "printed JSON that is a {}, not a map",
            other.type_name()
        ))),
        Err(error) => Err(no(format!(
            "printed no JSON: line {}, column {}",
            error.line(),
            error.column()
        ))),
    }
}

/// Which of a file and its directory everyone can write to.
fn writable_by_others(path: &Path) -> Option<&'static str> {
    let mode = |path: &Path| std::fs::metadata(path).map_or(0, |meta| meta.permissions().mode());
    if mode(path) & 0o002 != 0 {
        return Some("it");
    }
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = mode(folder.unwrap_or(Path::new(".")));
    // In a sticky directory, as /tmp, others cannot replace it.
    (folder & 0o002 != 0 && folder & 0o1000 == 0).then_some("its directory")
}
