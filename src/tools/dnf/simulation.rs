//! What dnf says that it would do: its table of a transaction.

use crate::tools::dnf::installed::{Installed, plain};
use crate::tools::packages::Step;

/// What becomes of a package, as the headings of the table say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// It comes, or comes next to the one that is there.
    Install,
    /// Another version takes its place.
    Replace,
    /// An older version takes its place.
    Downgrade,
    /// It goes, as was asked for.
    Remove,
    /// It goes because it needs one that goes, or another one takes its place.
    RemoveToo,
}

/// The rows of the table, of dnf 4 or dnf 5.
pub(super) fn steps(output: &str, installed: &Installed) -> Vec<(Verb, Step)> {
    let mut steps = Vec::new();
    let mut verb = None;
    let mut row: Vec<&str> = Vec::new();
    for line in output.lines() {
        if !line.starts_with(' ') {
            verb = heading(line);
            row.clear();
            continue;
        }
        let Some(verb) = verb else { continue };
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.first() == Some(&"replacing") {
            steps.extend(replaced(&words, &steps));
            continue;
        }
        // Where the words of a row are too long for its columns, it goes on in the next line.
        row.extend(words);
        if is_size(&row) {
            let (name, arch, version) = (row[0], row[1], plain(row[2]));
            let full = format!("{name}.{arch}");
            let before = match verb {
                Verb::Install => None,
                Verb::Remove | Verb::RemoveToo => Some(version.clone()),
                Verb::Replace | Verb::Downgrade => installed.version(&full).map(str::to_owned),
            };
            let after = (!matches!(verb, Verb::Remove | Verb::RemoveToo)).then_some(version);
            let name = name.to_owned();
            steps.push((verb, Step { name, before, after }));
            row.clear();
        }
    }
    steps.retain(|(_, step)| step.before != step.after);
    steps
}

fn heading(line: &str) -> Option<Verb> {
    let line = line.strip_suffix(':')?;
    let is_of_groups = line.to_ascii_lowercase().contains("groups");
    match line.split(' ').next()? {
        _ if is_of_groups => None,
        "Installing" => Some(Verb::Install),
        "Upgrading" | "Reinstalling" => Some(Verb::Replace),
        "Downgrading" => Some(Verb::Downgrade),
        "Removing" if line.contains("dependent") => Some(Verb::RemoveToo),
        "Removing" => Some(Verb::Remove),
        _ => None,
    }
}

/// Whether a row has come to its last column: name, architecture, version, repository, size, the last as `6.2 k`, `859`
/// or `1.0 MiB`.
fn is_size(row: &[&str]) -> bool {
    row.len() > 4 && row[4].parse::<f64>().is_ok()
}

/// `replacing  NAME.ARCH VERSION` of dnf 4, `replacing NAME ARCH VERSION REPOSITORY SIZE UNIT` of dnf 5: a package that goes
/// where its name is another one.
fn replaced(words: &[&str], steps: &[(Verb, Step)]) -> Option<(Verb, Step)> {
    let (name, version) = match words {
        [_, full, version] => (full.rsplit_once('.')?.0, version),
        [_, name, _, version, ..] => (*name, version),
        _ => return None,
    };
    (steps.last()?.1.name != name).then(|| {
        let step = Step {
            name: name.to_owned(),
            before: Some(plain(version)),
            after: None,
        };
        (Verb::RemoveToo, step)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, wanted: &[(Verb, &str, Option<&str>, Option<&str>)]) {
        let installed = Installed::parse("shop noarch 1.0-1\nshop-doc noarch 1.0-1\n");
        let found = steps(output, &installed);
        let found: Vec<_> = found
            .iter()
            .map(|(verb, it)| (*verb, &*it.name, it.before.as_deref(), it.after.as_deref()))
            .collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn the_table_of_dnf_4_is_read() {
        // dnf 4.14.0.
        let output = "Last metadata expiration check: 0:02:14 ago on Wed Nov 25 21:07:02 2026.\nDependencies resolved.\n\
            ================================================================================\n\
            \u{20}Package             Architecture      Version            Repository       Size\n\
            ================================================================================\n\
            Installing:\n a-package-whose-name-is-too-long-for-its-column\n\
            \u{20}                    noarch            1:1.0-1            test             859  \n\
            Upgrading:\n shop                noarch            2.0-1              test            6.2 k\n\
            \u{20}    replacing  shop-old.noarch 0.9-1\n\
            Installing dependencies:\n shop-lib            noarch            2.0-1              test            6.2 k\n\
            Removing dependent packages:\n shop-doc            noarch            1.0-1              @test            13  \n\n\
            Transaction Summary\n================================================================================\n\
            Install  2 Packages\nUpgrade  1 Package\n\nTotal size: 12 k\nOperation aborted.\n";
        check(
            output,
            &[
                (
                    Verb::Install,
                    "a-package-whose-name-is-too-long-for-its-column",
                    None,
                    Some("1:1.0-1"),
                ),
                (Verb::Replace, "shop", Some("1.0-1"), Some("2.0-1")),
                (Verb::RemoveToo, "shop-old", Some("0.9-1"), None),
                (Verb::Install, "shop-lib", None, Some("2.0-1")),
                (Verb::RemoveToo, "shop-doc", Some("1.0-1"), None),
            ],
        );
    }

    #[test]
    fn the_table_of_dnf_5_is_read_as_its_sources_print_it() {
        let output = "Package    Arch   Version Repository      Size\n\
            Installing:\n shop-lib  noarch 0:2.0-1 test        13.0   B\n\
            Upgrading:\n shop      noarch 0:2.0-1 test         1.0 KiB\n   replacing shop noarch 0:1.0-1 test 1.0 KiB\n\
            Installing groups:\n tools\n\n\
            Transaction Summary:\n Installing:         1 package\n Upgrading:          1 package\n Replacing:          1 package\n\n\
            Operation aborted by the user.\n";
        check(
            output,
            &[
                (Verb::Install, "shop-lib", None, Some("2.0-1")),
                (Verb::Replace, "shop", Some("1.0-1"), Some("2.0-1")),
            ],
        );
    }
}
