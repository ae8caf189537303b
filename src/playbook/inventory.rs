//! All hosts of a playbook: its own, those of its inventories, and the files of variables next to them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ansible;
use crate::inventory::{Builder, Inventory, find_ways};
use crate::playbook::keys::Site;
use crate::playbook::load::Options;
use crate::playbook::read::{Fields, Reading};
use crate::source::Span;
use crate::template::Variables;

/// What rounds are read against.
#[derive(Debug, Default)]
pub(super) struct Base {
    pub(super) inventory: Inventory,
    /// Variables below those of groups and hosts.
    pub(super) vars: Vec<Arc<Variables>>,
}

impl Reading<'_> {
    /// Hosts, groups and the variables below theirs. `folder` is that of the playbook, if there is one.
    pub(super) fn base(
        &mut self,
        fields: Option<&Fields<'_>>,
        folder: Option<&Path>,
        options: &Options,
    ) -> Base {
        let mut inventory = self.inventory(fields, folder, options);
        let mut vars = Vec::new();
        if let Some(fields) = fields {
            vars = self.layers(fields);
        }
        ansible::connections(&mut inventory, &vars, &options.extra, &mut self.diagnostics);
        // With what variables say of jump hosts.
        find_ways(&mut inventory, &mut self.diagnostics);
        Base { inventory, vars }
    }

    fn inventory(
        &mut self,
        fields: Option<&Fields<'_>>,
        folder: Option<&Path>,
        options: &Options,
    ) -> Inventory {
        let mut defaults = options.connection.clone();
        let mut builder = Builder::default();
        let mut named: Vec<(String, &Path, Option<Span>)> = Vec::new();
        let here = Path::new(".");
        if let Some(fields) = fields {
            if let Some(node) = fields.get("connection")
                && let Some(fields) = self.fields(Site::Connection, "connection", node)
            {
                self.connection(&mut defaults, &fields);
            }
            self.own_hosts(&mut builder, fields, &defaults);
            let own = self.texts(fields, "inventory").unwrap_or_default();
            for path in own.into_iter().filter(|_| !options.replaces_inventory) {
                named.push((path.value, folder.unwrap_or(here), Some(path.span)));
            }
        }
        let given = options.inventories.iter();
        named.extend(given.map(|path| (path.clone(), here, None)));
        let has_hosts = fields.is_some_and(|fields| fields.get("hosts").is_some());
        if named.is_empty() && !has_hosts {
            let usual = options.usual_inventories.iter();
            named.extend(usual.map(|path| (path.clone(), here, None)));
        }
        let mut reading = ansible::Reading {
            sources: &mut self.sources,
            diagnostics: &mut self.diagnostics,
            builder: &mut builder,
            defaults: &defaults,
            scripts: options.scripts.as_deref(),
            keys: options.keys.as_deref(),
            gaps: options.gaps,
            named: None,
            folders: Vec::new(),
        };
        for (path, base, span) in named {
            reading.source(&path, base, span);
        }
        reading.named = None;
        let mut folders = std::mem::take(&mut reading.folders);
        folders.extend(folder.map(Path::to_path_buf));
        let mut inventory = builder.finish(&mut self.diagnostics);
        inventory.meant = options.limit.as_ref().and_then(|limit| limit.hosts(&inventory));
        let mut nobody = Builder::default();
        let mut reading = ansible::Reading {
            sources: &mut self.sources,
            diagnostics: &mut self.diagnostics,
            builder: &mut nobody,
            defaults: &defaults,
            scripts: options.scripts.as_deref(),
            keys: options.keys.as_deref(),
            gaps: options.gaps,
            named: None,
            folders: Vec::new(),
        };
        for folder in last_of_each(&folders) {
            reading.beside(&mut inventory, &folder);
        }
        inventory
    }
}

/// Each directory once, where it is named last.
fn last_of_each(folders: &[PathBuf]) -> Vec<PathBuf> {
    let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let reals: Vec<PathBuf> = folders.iter().map(real).collect();
    let is_last = |at: &usize| !reals[at + 1..].contains(&reals[*at]);
    (0..folders.len())
        .filter(is_last)
        .map(|at| folders[at].clone())
        .collect()
}
