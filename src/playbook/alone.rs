//! A unit that is checked for itself.

use std::path::Path;
use std::sync::Arc;

use crate::playbook::entry::Entries;
use crate::playbook::load::Options;
use crate::playbook::model::Playbook;
use crate::playbook::read::Reading;
use crate::yaml::Node;

impl Reading<'_> {
    /// A playbook that does nothing but import the unit, on a host of which nothing is known.
    pub(super) fn unit_alone(
        &mut self,
        path: &Path,
        unit: Node,
        options: &Options,
    ) -> Option<(Playbook, Entries)> {
        let written = serde_json::to_string(&path.to_string_lossy()).ok()?;
        let text = format!("rounds: [{{ name: unit, hosts: localhost, calls: [{{ import: {written} }}] }}]");
        let source = self.sources.add(Path::new("(unit)"), text);
        let playbook = Node::parse(source, &self.sources, &mut self.diagnostics)?;
        // It is not the file that imports, but the one that is imported.
        let link = self.chain.first_mut()?;
        let path_of_unit = std::mem::replace(&mut link.path, "(unit)".into());
        self.files.insert(path_of_unit, Some(Arc::new(unit)));
        let (mut playbook, entries) = self.playbook(path, &playbook, options)?;
        playbook.is_unit = true;
        Some((playbook, entries))
    }
}
