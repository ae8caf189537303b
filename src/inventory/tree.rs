//! Groups as a tree below `all`: depths, who is in which group, and the order of hosts.

use std::collections::HashSet;

use crate::name::HostId;

/// Groups by their places: their own hosts and their children. The first one is `all`.
#[derive(Debug)]
pub(super) struct Tree {
    /// The hosts that each lists itself, without repetition.
    pub(super) own: Vec<Vec<HostId>>,
    /// The children of each, without repetition or circle.
    pub(super) children: Vec<Vec<usize>>,
}

impl Tree {
    /// Puts below `all` what is below nothing; `ungrouped` comes first.
    pub(super) fn root(&mut self) {
        let mut has_parent = vec![false; self.children.len()];
        self.children
            .iter()
            .flatten()
            .for_each(|child| has_parent[*child] = true);
        let below: HashSet<usize> = self.children[0].iter().copied().collect();
        let mut top = vec![1];
        top.extend(self.children[0].iter().copied().filter(|child| *child != 1));
        top.extend((2..self.children.len()).filter(|at| !has_parent[*at] && !below.contains(at)));
        self.children[0] = top;
    }

    /// The longest way from `all` to each.
    pub(super) fn depths(&self) -> Vec<usize> {
        let mut waits = vec![0; self.children.len()];
        self.children
            .iter()
            .flatten()
            .for_each(|child| waits[*child] += 1);
        let mut order: Vec<usize> = (0..self.children.len()).filter(|at| waits[*at] == 0).collect();
        let mut depths = vec![0; self.children.len()];
        let mut next = 0;
        while let Some(&parent) = order.get(next) {
            next += 1;
            for &child in &self.children[parent] {
                depths[child] = depths[child].max(depths[parent] + 1);
                waits[child] -= 1;
                if waits[child] == 0 {
                    order.push(child);
                }
            }
        }
        depths
    }

    /// The hosts of each: its own, then its children's, level by level. `hosts` is how many there are.
    pub(super) fn hosts(&self, hosts: usize) -> Vec<Vec<HostId>> {
        let mut seen_hosts = vec![usize::MAX; hosts];
        let mut seen_groups = vec![usize::MAX; self.own.len()];
        (0..self.own.len())
            .map(|group| {
                let mut found = Vec::with_capacity(self.own[group].len());
                let mut order = vec![group];
                let mut next = 0;
                while let Some(&at) = order.get(next) {
                    next += 1;
                    if std::mem::replace(&mut seen_groups[at], group) == group {
                        continue;
                    }
                    for host in &self.own[at] {
                        if std::mem::replace(&mut seen_hosts[host.index()], group) != group {
                            found.push(*host);
                        }
                    }
                    order.extend(&self.children[at]);
                }
                found
            })
            .collect()
    }
}
