//! What of an archive is unpacked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::argument::OneOrMany;
use crate::failure::{Failure, Kind};
use crate::tools::fs::pack::entry::{Entry, What};

/// Patterns of paths and names in an archive.
///
/// # Errors
/// Says which is not a pattern.
pub(in crate::tools::fs) fn patterns(patterns: &OneOrMany<String>) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for pattern in &patterns.0 {
        let plain = pattern.trim_start_matches("./").trim_end_matches('/');
        let glob = GlobBuilder::new(plain)
            .backslash_escape(true)
            .literal_separator(true)
            .build();
        set.add(glob.map_err(|error| format!("`{pattern}` is not a pattern: {}", error.kind()))?);
    }
    set.build().map_err(|error| format!("too many patterns: {error}"))
}

/// What is taken and what is left out.
pub(in crate::tools::fs) struct Choice {
    includes: Option<GlobSet>,
    excludes: GlobSet,
}

impl Choice {
    pub(in crate::tools::fs) fn of(
        includes: Option<&OneOrMany<String>>,
        excludes: Option<&OneOrMany<String>>,
    ) -> Result<Self, String> {
        Ok(Self {
            includes: includes.map(patterns).transpose()?,
            excludes: excludes.map_or_else(|| Ok(GlobSet::empty()), patterns)?,
        })
    }

    fn takes(&self, path: &Path) -> bool {
        // What is in a directory is taken and left out with it.
        let matches = |set: &GlobSet| {
            let mut above = path.ancestors().filter(|it| !it.as_os_str().is_empty());
            above.any(|it| set.is_match(it) || it.file_name().is_some_and(|name| set.is_match(name)))
        };
        self.includes.as_ref().is_none_or(matches) && !matches(&self.excludes)
    }

    /// Leaves out what is not taken.
    ///
    /// # Errors
    /// `invalid` where a pattern that takes something takes nothing, or a file is another name of one that is left out.
    pub(in crate::tools::fs) fn keep(&self, entries: &mut BTreeMap<u64, Entry>) -> Result<(), Failure> {
        if self.includes.is_none() && self.excludes.is_empty() {
            return Ok(());
        }
        let had_any = !entries.is_empty();
        entries.retain(|_, entry| self.takes(entry.path()));
        if entries.is_empty() && had_any && self.includes.is_some() {
            let message = "nothing in the archive matches `includes`";
            return Err(Failure::new(Kind::Invalid, message));
        }
        for entry in entries.values() {
            if let What::Same { target } = &entry.what
                && !self.takes(Path::new(target.as_os_str()))
            {
                let message = format!(
                    "`{}` in the archive is another name of `{}`, which is left out",
                    entry.path().display(),
                    target.to_string_lossy()
                );
                return Err(Failure::new(Kind::Invalid, message));
            }
        }
        Ok(())
    }
}

/// A path may stand in an archive more than once: what comes last counts.
pub(in crate::tools::fs) fn last_of_each(entries: Vec<(u64, Entry)>) -> BTreeMap<u64, Entry> {
    let mut last = BTreeMap::new();
    for (number, entry) in &entries {
        last.insert(entry.path.clone(), *number);
    }
    let kept: BTreeSet<u64> = last.into_values().collect();
    entries
        .into_iter()
        .filter(|(number, _)| kept.contains(number))
        .collect()
}

/// Refuses an archive in which something is in what is a file or link there.
pub(in crate::tools::fs) fn check_nesting(entries: &BTreeMap<u64, Entry>) -> Result<(), Failure> {
    let is_folder = |entry: &&Entry| matches!(entry.what, What::Folder { .. });
    let others: BTreeSet<&Path> = entries
        .values()
        .filter(|it| !is_folder(it))
        .map(Entry::path)
        .collect();
    for entry in entries.values() {
        if let Some(above) = entry.path().ancestors().skip(1).find(|it| others.contains(it)) {
            let message = format!(
                "the archive is refused: `{}` is in `{}`, which is not a directory there",
                entry.path().display(),
                above.display()
            );
            return Err(Failure::new(Kind::Conflict, message));
        }
    }
    Ok(())
}
