//! A failing playbook made smaller, one entry, host or key at a time, as long as it still fails.

use std::collections::BTreeSet;

use super::book::{Book, Condition, Entry, Round, What, Word, walk};

/// How many smaller playbooks are tried at most.
const TRIES: usize = 1500;

/// The smallest playbook of which this still holds.
pub(super) fn shrink(mut book: Book, fails: impl Fn(&Book) -> bool) -> Book {
    let mut tries = 0;
    'again: loop {
        for smaller in smaller(&book) {
            tries += 1;
            if tries > TRIES {
                return book;
            }
            if fails(&smaller) {
                book = smaller;
                continue 'again;
            }
        }
        return book;
    }
}

/// Everything that is a little smaller, the largest steps first.
fn smaller(book: &Book) -> Vec<Book> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Book)| {
        let mut smaller = book.clone();
        change(&mut smaller);
        mend(&mut smaller);
        let is_whole = !smaller.hosts.is_empty() && !smaller.rounds.is_empty();
        if is_whole
            && smaller
                .rounds
                .iter()
                .all(|it| !it.hosts.is_empty() && !it.entries.is_empty())
        {
            all.push(smaller);
        }
    };
    for at in 0..book.rounds.len() {
        with(&|book| drop(book.rounds.remove(at)));
    }
    for at in 0..book.hosts.len() {
        with(&|book| drop(book.hosts.remove(at)));
    }
    let count = book.all().count();
    for at in 0..count {
        with(&|book| edit(book, at, Edit::Remove));
        with(&|book| edit(book, at, Edit::Unwrap));
    }
    for (at, change) in (0..book.rounds.len()).flat_map(|at| ROUND.iter().map(move |change| (at, change))) {
        with(&|book| change(&mut book.rounds[at]));
    }
    for (at, change) in (0..count).flat_map(|at| ENTRY.iter().map(move |change| (at, change))) {
        with(&|book| edit(book, at, Edit::Change(*change)));
    }
    let before = format!("{book:?}");
    all.retain(|it| format!("{it:?}") != before);
    all
}

const ROUND: [fn(&mut Round); 6] = [
    |it| it.when = None,
    |it| it.needs = None,
    |it| it.is_loose = false,
    |it| it.serial.clear(),
    |it| it.max_failures = None,
    |it| it.hosts.truncate(1),
];

const ENTRY: [fn(&mut Entry); 23] = [
    |it| it.items = None,
    |it| drop(it.items.as_mut().map(Vec::pop)),
    |it| it.when.clear(),
    |it| drop(it.when.pop()),
    |it| it.on_change.clear(),
    |it| drop(it.on_change.pop()),
    |it| it.on_failure.clear(),
    |it| drop(it.on_failure.pop()),
    |it| it.always = false,
    |it| it.ignore = false,
    |it| it.once = false,
    |it| it.delegate = None,
    |it| it.until = None,
    |it| it.failed_when = None,
    |it| it.see = None,
    |it| it.by_host.clear(),
    |it| it.by_item.clear(),
    |it| drop(it.by_item.pop_first()),
    |it| drop(it.by_item.pop_last()),
    |it| it.words.truncate(1),
    |it| it.plain = true,
    |it| {
        if it.what == What::Call {
            it.words = vec![Word::Changed];
        }
    },
    |it| (it.writes, it.reads) = (None, None),
];

#[derive(Clone, Copy)]
enum Edit {
    Remove,
    /// A group gives way to what is in it.
    Unwrap,
    Change(fn(&mut Entry)),
}

/// Edits the entry with this number, in written order.
fn edit(book: &mut Book, number: usize, edit: Edit) {
    fn go(entries: &mut Vec<Entry>, left: &mut usize, edit: Edit) -> bool {
        for at in 0..entries.len() {
            if *left == 0 {
                match edit {
                    Edit::Remove => drop(entries.remove(at)),
                    Edit::Unwrap => {
                        let inner = std::mem::take(&mut entries[at].entries);
                        let mut all = Vec::new();
                        walk(&inner, &mut all);
                        let is_needed = entries[at].timeout && all.iter().any(|it| it.outlasts());
                        if !is_needed && !inner.is_empty() {
                            entries.splice(at..=at, inner);
                        } else {
                            entries[at].entries = inner;
                        }
                    }
                    Edit::Change(change) => change(&mut entries[at]),
                }
                return true;
            }
            *left -= 1;
            if go(&mut entries[at].entries, left, edit) {
                return true;
            }
        }
        false
    }
    let mut left = number;
    for round in &mut book.rounds {
        if go(&mut round.entries, &mut left, edit) {
            return;
        }
    }
}

/// Takes away what names something that is gone.
fn mend(book: &mut Book) {
    let hosts: BTreeSet<String> = book.hosts.iter().map(|it| it.0.clone()).collect();
    let rounds: BTreeSet<String> = book.rounds.iter().map(|it| it.name.clone()).collect();
    let mut known = BTreeSet::new();
    book.rounds.iter_mut().for_each(|round| {
        round.hosts.retain(|it| hosts.contains(it));
        round
            .needs
            .iter_mut()
            .for_each(|needs| needs.retain(|it| rounds.contains(it)));
        round.when = round.when.take().filter(|it| is_known(it, &known, &hosts));
        entries(&mut round.entries, &mut known, &hosts);
        round.timeout &= round.all().iter().any(|it| it.outlasts());
    });
}

fn is_known(condition: &Condition, known: &BTreeSet<String>, hosts: &BTreeSet<String>) -> bool {
    match condition {
        Condition::Is(_) => true,
        Condition::Host(host, _) => hosts.contains(host),
        Condition::Result(of, ..) => known.contains(of),
    }
}

fn entries(all: &mut Vec<Entry>, known: &mut BTreeSet<String>, hosts: &BTreeSet<String>) {
    for entry in &mut *all {
        entry.on_change.retain(|it| known.contains(it));
        entry.on_failure.retain(|it| known.contains(it));
        entry.when.retain(|it| is_known(it, known, hosts));
        entry.see = entry.see.take().filter(|it| known.contains(it));
        entry.delegate = entry.delegate.take().filter(|it| hosts.contains(it));
        entry.by_host.retain(|host, _| hosts.contains(host));
        entries(&mut entry.entries, known, hosts);
        let mut all = vec![&*entry];
        walk(&entry.entries, &mut all);
        // Whatever hangs is within a limit, and nothing else has one.
        if !all.iter().any(|it| it.outlasts()) {
            entry.timeout = false;
        }
        if entry.what != What::Group || !entry.entries.is_empty() {
            known.insert(entry.id.clone());
        }
    }
    all.retain(|it| it.what != What::Group || !it.entries.is_empty());
}
