//! What would be changed, and by which call.

use std::path::Path;

use crate::system::predicted::tree::{Look, Node, Rest, Slot, Sort, Tree, names};
use crate::system::predicted::{Domain, Fault, Known};

impl Node {
    /// The call that would change it or anything in it.
    fn touched(&self) -> Option<u64> {
        self.touched_but(u64::MAX)
    }

    /// The same, of calls other than this one.
    fn touched_but(&self, call: u64) -> Option<u64> {
        let own = |by: u64| (by != call).then_some(by);
        if let (Some(_), Some(by)) = (&self.stat, own(self.by)) {
            return Some(by);
        }
        match &self.kind {
            Sort::Folder(folder) => {
                let rest = match folder.rest {
                    Rest::Unknown(why) => own(why),
                    Rest::Disk(_) | Rest::Nothing => None,
                };
                let mut names = folder.names.values();
                rest.or_else(|| {
                    names.find_map(|slot| match slot {
                        Slot::Is(node) => node.touched_but(call),
                        Slot::Gone(by) | Slot::Unknown(by) => own(*by),
                    })
                })
            }
            _ => own(self.by),
        }
    }
}

impl Tree {
    /// A call that would change anything, other than this one.
    pub(super) fn any_but(&self, call: u64) -> Option<u64> {
        let items = self.items.values().map(|Known(_, by)| *by);
        let others = items.chain(self.domains.values().copied()).chain(self.coming);
        let mut others = others.filter(|by| *by != call);
        self.root.touched_but(call).or_else(|| others.next())
    }

    pub(super) fn touched(&self, path: &Path) -> Option<u64> {
        match self.look(path) {
            Ok(Look::Node(node)) => node.touched().or_else(|| self.coming(path)),
            Ok(Look::Disk(_)) => self.coming(path),
            Ok(Look::Nothing) => self.coming(path).or(Some(self.gone(path))),
            Err(Fault::Unknown(why)) => Some(why),
            Err(Fault::System(_)) => None,
        }
    }

    /// The call by which what is at a path itself is another thing than on the host, whatever is in it.
    pub(super) fn differs_at(&self, path: &Path) -> Option<u64> {
        match self.look(path) {
            Ok(Look::Disk(disk)) if disk == path => None,
            // It was moved here with what it is in.
            Ok(Look::Disk(_) | Look::Nothing) => Some(self.gone(path)),
            Ok(Look::Node(node)) => {
                node.stat?;
                // Who may do anything passes a directory whatever its mode and owner are.
                let is_as_before = node.disk() == Some(path)
                    && matches!(node.kind, Sort::Folder(_))
                    && rustix::process::geteuid().is_root();
                (!is_as_before).then_some(node.by)
            }
            Err(Fault::Unknown(why)) => Some(why),
            Err(Fault::System(_)) => None,
        }
    }

    /// The call by which nothing is at a path.
    fn gone(&self, path: &Path) -> u64 {
        let mut node = &self.root;
        for name in names(path) {
            let Sort::Folder(folder) = &node.kind else { break };
            match folder.names.get(&name) {
                Some(Slot::Is(inner)) => node = inner,
                Some(Slot::Gone(by) | Slot::Unknown(by)) => return *by,
                None => break,
            }
        }
        node.by
    }

    pub(super) fn touched_domain(&self, domain: Domain) -> Option<u64> {
        let known = self.items.iter().find(|((other, _), _)| *other == domain);
        self.domains
            .get(&domain)
            .copied()
            .or(known.map(|(_, Known(_, by))| *by))
    }
}
