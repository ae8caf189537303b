//! What a call reads and writes on its host, and when two calls must keep their order.

use serde::{Deserialize, Serialize};

/// A set of things on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Area {
    /// These paths, absolute and normalised, each with everything under it. Empty: nothing.
    Paths(Vec<String>),
    /// Anything.
    Everything,
}

impl Area {
    /// No thing at all.
    pub const NOTHING: Self = Self::Paths(Vec::new());

    /// One path and what is under it.
    pub fn path(path: &str) -> Self {
        Self::Paths(vec![normalize(path)])
    }

    /// What decides who an account is and what it may become.
    pub fn accounts() -> Self {
        let paths = [
            "/etc/passwd",
            "/etc/shadow",
            "/etc/group",
            "/etc/sudoers",
            "/etc/sudoers.d",
            "/etc/doas.conf",
        ];
        Self::Paths(paths.map(str::to_owned).into())
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Paths(paths) if paths.is_empty())
    }

    /// Whether the two have something in common.
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (a, b) if a.is_empty() || b.is_empty() => false,
            (Self::Everything, _) | (_, Self::Everything) => true,
            (Self::Paths(a), Self::Paths(b)) => a.iter().any(|x| b.iter().any(|y| overlap(x, y))),
        }
    }

    /// Adds another area to it.
    pub fn extend(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Everything, _) => {}
            (_, Self::Everything) => *self = Self::Everything,
            (Self::Paths(mine), Self::Paths(more)) => mine.extend(more.iter().cloned()),
        }
    }
}

/// What a call may touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footprint {
    /// What its outcome depends on.
    pub reads: Area,
    /// What it may change.
    pub writes: Area,
}

impl Footprint {
    /// Touches anything: what is always safe to say.
    pub const EVERYTHING: Self = Self {
        reads: Area::Everything,
        writes: Area::Everything,
    };
    /// Touches nothing on the host.
    pub const NOTHING: Self = Self {
        reads: Area::NOTHING,
        writes: Area::NOTHING,
    };

    /// Reads this, changes nothing.
    pub const fn reads(reads: Area) -> Self {
        Self {
            reads,
            writes: Area::NOTHING,
        }
    }

    /// Reads and changes this.
    pub fn writes(writes: Area) -> Self {
        Self {
            reads: writes.clone(),
            writes,
        }
    }

    /// Whether it changes nothing.
    pub fn is_read_only(&self) -> bool {
        self.writes.is_empty()
    }

    /// Whether two calls must keep their written order: one writes what the other reads or writes.
    pub fn conflicts(&self, other: &Self) -> bool {
        self.writes.meets(&other.writes) || self.writes.meets(&other.reads) || self.reads.meets(&other.writes)
    }
}

fn overlap(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short == "/" || long == short || (long.starts_with(short) && long.as_bytes()[short.len()] == b'/')
}

/// Resolves `.`, `..` and doubled slashes by the text alone; links are not looked at.
pub fn normalize(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_covers_what_lies_under_it_and_not_its_namesakes() {
        let meets = |a: &str, b: &str| Area::path(a).meets(&Area::path(b));
        assert!(meets("/etc", "/etc/nginx/nginx.conf"));
        assert!(meets("/srv/app/../x", "/srv/x/y"));
        assert!(meets("/", "/var"));
        assert!(!meets("/srv/app", "/srv/app2"));
        assert!(!Area::NOTHING.meets(&Area::Everything));
    }

    #[test]
    fn two_readers_never_conflict() {
        let read = Footprint::reads(Area::Everything);
        assert!(!read.conflicts(&read));
        assert!(read.conflicts(&Footprint::writes(Area::path("/a"))));
    }
}
