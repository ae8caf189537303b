//! Calls that read files of the controller which calls before them bring there: they wait for the end of those, since they
//! are prepared from these files before they are sent.

use crate::name::EntryId;
use crate::plan::graph::{Reason, Want};
use crate::playbook::{Action, Call, Playbook};
use crate::template::Form;
use crate::tool::{Area, Role};
use crate::value::Value;

/// A place on the controller.
enum Spot {
    At(Area),
    /// It is known only when the call is made.
    Anywhere,
}

impl Spot {
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::At(a), Self::At(b)) => a.meets(b),
            (Self::Anywhere, _) | (_, Self::Anywhere) => true,
        }
    }
}

/// A call that brings files, and where to.
struct Bringer {
    entry: EntryId,
    to: Spot,
}

/// What has to wait for files that are brought, round by round.
pub(super) fn brought(playbook: &Playbook, wants: &mut Vec<Want>) {
    let mut bringers: Vec<Bringer> = Vec::new();
    let mut round = None;
    for after in (0..playbook.entries.len()).map(EntryId::at) {
        let entry = playbook.entry(after);
        if round.replace(entry.round) != Some(entry.round) {
            bringers.clear();
        }
        let Action::Call(call) = &entry.action else {
            continue;
        };
        for field in &call.tool.args().fields {
            let is_target = field.role == Some(Role::ControllerTarget);
            if !is_target && field.role != Some(Role::ControllerFile) {
                continue;
            }
            let Some(spot) = spot(playbook, call, &field.name) else {
                continue;
            };
            for bringer in bringers.iter().rev() {
                if !spot.meets(&bringer.to) {
                    continue;
                }
                wants.push(Want {
                    before: bringer.entry,
                    after,
                    reason: Reason::Data("files that it brings".to_owned()),
                });
                if matches!(bringer.to, Spot::Anywhere) {
                    // That one waits for all before it itself.
                    break;
                }
            }
            if is_target {
                bringers.push(Bringer {
                    entry: after,
                    to: spot,
                });
            }
        }
    }
}

/// Where on the controller an argument points to, if it is given.
fn spot(playbook: &Playbook, call: &Call, argument: &str) -> Option<Spot> {
    let (value, span) = match &call.args.value {
        Form::Map(args) => {
            let form = args.get(argument)?;
            (form.value.literal(), form.span)
        }
        Form::Literal(Value::Map(args)) => (Some(args.get(argument)?), call.args.span),
        _ => (None, call.args.span),
    };
    let Some(path) = value.and_then(Value::as_str) else {
        return Some(Spot::Anywhere);
    };
    let path = playbook.sources.folder(span.source).join(path);
    let path = std::path::absolute(&path).unwrap_or(path);
    Some(Spot::At(Area::path(&path.to_string_lossy())))
}
