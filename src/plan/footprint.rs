//! What can be said offline of what an entry may touch.

use crate::name::EntryId;
use crate::plan::fold::Folder;
use crate::playbook::{Action, Call, Playbook};
use crate::source::Spanned;
use crate::template::Form;
use crate::tool::{Access, Area, Footprint, Place};
use crate::value::Value;

/// A group that names more paths than this is taken to touch everything.
const PATHS_LIMIT: usize = 256;

/// What an entry may touch, and how firmly it keeps its place.
#[derive(Debug, Clone)]
pub(super) struct Touch {
    pub(super) access: Access,
    pub(super) footprint: Footprint,
    pub(super) fence: bool,
    pub(super) decided_here: bool,
}

/// What each entry may touch, by its number.
pub(super) fn touches(playbook: &Playbook) -> Vec<Touch> {
    let folder = Folder::new(playbook);
    let mut found: Vec<Option<Touch>> = vec![None; playbook.entries.len()];
    // A group comes before its own, so that from the end all of a group is known when it is reached.
    for at in (0..playbook.entries.len()).rev() {
        let id = EntryId::at(at);
        let entry = playbook.entry(id);
        let mut touch = match &entry.action {
            Action::Call(call) => of_call(playbook, call, id, &folder),
            Action::Group(group) => {
                let members = group.entries.iter().filter_map(|it| found[it.index()].as_ref());
                of_group(members, entry.ignore_errors.may_be())
            }
            Action::Fail(_) => Touch {
                access: Access::Fence,
                footprint: Footprint::EVERYTHING,
                fence: true,
                decided_here: true,
            },
        };
        if entry.action.call().is_some() && playbook.delegation(id).is_some() {
            touch.fence = true;
            touch.decided_here = true;
            // It touches another machine; what may change there keeps its place against everything here, too.
            touch.footprint = if touch.footprint.is_read_only() {
                Footprint::NOTHING
            } else {
                Footprint::EVERYTHING
            };
        }
        if entry.run_once {
            touch.fence = true;
            touch.decided_here = true;
        }
        if entry.always || !entry.on_failure.is_empty() {
            touch.fence = true;
            touch.decided_here = true;
        }
        touch.decided_here |= entry.is_region;
        found[at] = Some(touch);
    }
    found.into_iter().flatten().collect()
}

fn of_call(playbook: &Playbook, call: &Call, id: EntryId, folder: &Folder<'_>) -> Touch {
    let (access, place) = (call.tool.access, call.tool.place);
    let mut footprint = match (access, place) {
        (Access::Reads, Place::Controller) => Footprint::NOTHING,
        (Access::Reads, Place::Host | Place::Agent) => {
            let literal = call.args.value.literal().cloned();
            let known = literal.and_then(|args| call.tool.check(args).ok());
            let reads = known.map_or(Area::Everything, |known| known.reads);
            // What looks at nothing on the host, such as a log record, is still about what came before it.
            Footprint::reads(if reads.is_empty() { Area::Everything } else { reads })
        }
        (Access::Opaque, _) => Footprint {
            reads: area(call.reads.as_ref(), &call.tool.touches.reads, id, folder),
            writes: area(call.writes.as_ref(), &call.tool.touches.writes, id, folder),
        },
        (Access::Writes | Access::Waits | Access::Fence, _) => Footprint::EVERYTHING,
    };
    if place == Place::Host && may_become(playbook, id) {
        footprint.reads.extend(&Area::accounts());
    }
    let is_judged = !(call.until.is_empty() && call.failed_when.is_empty() && call.changed_when.is_empty());
    let is_held_to_it = call.tool.custom().is_some_and(|tool| !tool.returns.is_empty());
    Touch {
        access,
        footprint,
        fence: matches!(access, Access::Waits | Access::Fence),
        decided_here: is_judged || is_held_to_it || place == Place::Controller,
    }
}

/// Whether a call acts as another user on some host, or may.
fn may_become(playbook: &Playbook, id: EntryId) -> bool {
    let mut at = Some(id);
    while let Some(id) = at {
        let entry = playbook.entry(id);
        if let Some(is_on) = entry.privilege.is_on {
            return is_on;
        }
        at = entry.parent;
    }
    let round = playbook.round(playbook.entry(id).round);
    let of_hosts = (round.hosts.iter()).map(|host| playbook.inventory.host(*host).connection.privilege.is_on);
    round.privilege.is_on.unwrap_or_else(|| {
        playbook.privilege.is_on == Some(true) || of_hosts.into_iter().any(|it| it == Some(true))
    })
}

fn of_group<'a>(members: impl Iterator<Item = &'a Touch>, ignores_errors: bool) -> Touch {
    let mut whole = Touch {
        access: Access::Reads,
        footprint: Footprint::NOTHING,
        fence: false,
        decided_here: ignores_errors,
    };
    for member in members {
        if rank(member.access) > rank(whole.access) {
            whole.access = member.access;
        }
        extend(&mut whole.footprint.reads, &member.footprint.reads);
        extend(&mut whole.footprint.writes, &member.footprint.writes);
        whole.fence |= member.fence;
    }
    whole
}

const fn rank(access: Access) -> u8 {
    match access {
        Access::Reads => 0,
        Access::Writes => 1,
        Access::Opaque => 2,
        Access::Waits | Access::Fence => 3,
    }
}

fn extend(area: &mut Area, more: &Area) {
    area.extend(more);
    if let Area::Paths(paths) = area {
        paths.sort_unstable();
        paths.dedup();
        if paths.len() > PATHS_LIMIT {
            *area = Area::Everything;
        }
    }
}

/// The paths of `reads` or `writes`, each cut at its first unknown part; what the tool says where the call does not.
fn area(said: Option<&Spanned<Form>>, own: &Area, id: EntryId, folder: &Folder<'_>) -> Area {
    let Some(said) = said else { return own.clone() };
    let mut area = Area::NOTHING;
    match &said.value {
        Form::List(items) => {
            for item in items {
                area.extend(&path(item, id, folder));
            }
        }
        Form::Literal(Value::List(items)) => {
            for item in items {
                area.extend(&item.as_str().map_or(Area::Everything, absolute));
            }
        }
        _ => area.extend(&path(said, id, folder)),
    }
    area
}

fn path(form: &Spanned<Form>, id: EntryId, folder: &Folder<'_>) -> Area {
    match folder.value(&form.value, id) {
        Some(Value::Str(path)) => absolute(&path),
        Some(Value::List(items)) => items.iter().fold(Area::NOTHING, |mut area, item| {
            area.extend(&item.as_str().map_or(Area::Everything, absolute));
            area
        }),
        Some(_) => Area::Everything,
        None => folder.prefix(form, id).map_or(Area::Everything, |prefix| {
            // The last part may go on in what is not known: only whole parts count.
            prefix
                .rfind('/')
                .map_or(Area::Everything, |end| absolute(&prefix[..end]))
        }),
    }
}

/// A path that does not begin at the root may lie anywhere.
fn absolute(path: &str) -> Area {
    match path.trim_end_matches('/') {
        path if path.starts_with('/') => Area::path(path),
        _ => Area::Everything,
    }
}
