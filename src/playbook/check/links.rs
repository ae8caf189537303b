//! Ids, and the entries that `on_change` and `on_failure` name.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::name::{EntryId, RoundId, UnitId};
use crate::playbook::check::lints::never_notified;
use crate::playbook::entry::Links;
use crate::playbook::model::Playbook;
use crate::playbook::unit::Target;
use crate::source::Spanned;

/// Numbers the ids and resolves what entries say of each other.
pub(in crate::playbook) fn links(playbook: &mut Playbook, links: &[Links], diagnostics: &mut Diagnostics) {
    ids(playbook, diagnostics);
    for link in links {
        let on_change = resolve(playbook, link.entry, &link.on_change, Kind::Change, diagnostics);
        let on_failure = resolve(playbook, link.entry, &link.on_failure, Kind::Failure, diagnostics);
        if on_change.len() == link.on_change.len()
            && let Some(error) = never_notified(playbook, &link.on_change, &on_change)
        {
            diagnostics.push(error);
        }
        for region in &on_failure {
            playbook.entries[region.index()].is_region = true;
        }
        let entry = &mut playbook.entries[link.entry.index()];
        entry.on_change = on_change;
        entry.on_failure = on_failure;
    }
}

fn ids(playbook: &mut Playbook, diagnostics: &mut Diagnostics) {
    let Playbook { entries, units, .. } = playbook;
    for (index, entry) in entries.iter().enumerate() {
        let Some(id) = &entry.id else { continue };
        let unit = &units[entry.unit.index()];
        if let Some(import) = unit.imports.get(&id.value)
            && let Some(first) = units[import.index()].at
        {
            diagnostics.push(
                Diagnostic::error(
                    Code::DuplicateId,
                    format!("an entry and an import have the id `{}`", id.value),
                )
                .at(id.span)
                .label(first, "the import"),
            );
        }
        let ids = &mut units[entry.unit.index()].ids;
        let first = *ids.entry(id.value.clone()).or_insert(EntryId::at(index));
        let first_span = entries[first.index()].id.as_ref().map(|it| it.span);
        if let (true, Some(span)) = (first.index() != index, first_span) {
            diagnostics.push(
                Diagnostic::error(
                    Code::DuplicateId,
                    format!("two entries have the id `{}`", id.value),
                )
                .at(id.span)
                .label(span, "the first"),
            );
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Change,
    Failure,
}

fn resolve(
    playbook: &Playbook,
    own: EntryId,
    names: &[Spanned<String>],
    kind: Kind,
    diagnostics: &mut Diagnostics,
) -> Vec<EntryId> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        match target(playbook, own, name, kind) {
            Ok(id) if found.contains(&id) => {}
            Ok(id) => found.push(id),
            Err(error) => diagnostics.push(error),
        }
    }
    found
}

fn target(
    playbook: &Playbook,
    own: EntryId,
    name: &Spanned<String>,
    kind: Kind,
) -> Result<EntryId, Diagnostic> {
    let key = match kind {
        Kind::Change => "on_change",
        Kind::Failure => "on_failure",
    };
    let path: Vec<&str> = name.value.split('.').collect();
    let unit = playbook.entry(own).unit;
    let found = playbook.target(unit, &path);
    let Some(id) = found.filter(|it| it.steps == path.len()).map(|it| it.entry) else {
        return Err(unknown(playbook, unit, name, found));
    };
    let error = if id == own {
        Diagnostic::error(
            Code::DependencyCycle,
            format!("`{key}` names the entry that it is on"),
        )
    } else if is_inside(playbook, own, id) {
        Diagnostic::error(
            Code::DependencyCycle,
            format!("`{key}` names `{}`, the group that it is in", name.value),
        )
        .help("A group has ended only after everything in it: move this entry out of the group.")
    } else if id > own {
        Diagnostic::error(
            Code::LaterId,
            format!("`{key}` names `{}`, which is written below", name.value),
        )
        .help(format!("Move this entry under `{}`.", name.value))
    } else if kind == Kind::Failure && playbook.entry(id).round != playbook.entry(own).round {
        Diagnostic::error(
            Code::UnknownId,
            format!("`on_failure` names `{}`, which is of another round", name.value),
        )
        .help("A failure is handled in its own round: move this entry there.")
    } else if !is_needed(playbook, playbook.entry(own).round, playbook.entry(id).round) {
        let round = &playbook.round(playbook.entry(id).round).name.value;
        Diagnostic::error(
            Code::LaterId,
            format!(
                "`{}` is of the round `{round}`, which this round does not need",
                name.value
            ),
        )
        .help(format!("Add `{round}` to this round's `needs`."))
    } else {
        return Ok(id);
    };
    let there = playbook.entry(id).id.as_ref().map(|it| it.span);
    let error = error.at(name.span);
    Err(match there.filter(|_| id != own) {
        Some(span) => error.label(span, format!("`{}` is here", name.value)),
        None => error,
    })
}

/// The error for a name that no entry has.
fn unknown(playbook: &Playbook, unit: UnitId, name: &Spanned<String>, found: Option<Target>) -> Diagnostic {
    let error = |what: String| Diagnostic::error(Code::UnknownId, what).at(name.span);
    let Some(Target { entry, steps }) = found else {
        let mut known: Vec<_> = playbook.unit(unit).ids.keys().map(String::as_str).collect();
        known.sort_unstable();
        return error(format!("no entry has the id `{}`", name.value)).did_you_mean(&name.value, known);
    };
    let outer: Vec<&str> = name.value.split('.').take(steps).collect();
    let (outer, step) = (
        outer.join("."),
        name.value.split('.').nth(steps).unwrap_or_default(),
    );
    let Some(inner) = playbook.imported(entry) else {
        return error(format!(
            "`{outer}` is no import: it has no entries by ids of their own"
        ))
        .help(format!("Write `{outer}`."));
    };
    let mut known: Vec<_> = playbook.unit(inner).ids.keys().map(String::as_str).collect();
    known.sort_unstable();
    error(format!("no entry of `{outer}` has the id `{step}`")).did_you_mean(step, known)
}

/// Whether a round is another one, or needs it, through any number of others.
fn is_needed(playbook: &Playbook, round: RoundId, wanted: RoundId) -> bool {
    let needs = &playbook.round(round).needs;
    round == wanted
        || needs
            .iter()
            .any(|need| *need >= wanted && is_needed(playbook, *need, wanted))
}

/// Whether an entry is in a group, at whatever depth.
pub(super) fn is_inside(playbook: &Playbook, entry: EntryId, group: EntryId) -> bool {
    let mut at = playbook.entry(entry).parent;
    while let Some(id) = at {
        if id == group {
            return true;
        }
        at = playbook.entry(id).parent;
    }
    false
}
