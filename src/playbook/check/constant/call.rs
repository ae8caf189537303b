//! The arguments of calls, and the other values of entries, as far as they are known.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::Code;
use crate::name::EntryId;
use crate::playbook::call::wrong;
use crate::playbook::check::constant::Row;
use crate::playbook::check::constant::fault::Fault;
use crate::playbook::check::delegates::no_host;
use crate::playbook::check::made::may_be_made;
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::Place;
use crate::playbook::input::absolute;
use crate::playbook::model::{Call, Entry};
use crate::source::{Span, Spanned};
use crate::template::{Form, Reads, RenderError, Rendering, Scope, Secrecy};
use crate::tool::{Field, Role};
use crate::value::{Map, Value};

/// Renders what is looked at in a scope.
pub(in crate::playbook::check) type Probe<'p> = dyn Fn(&Arc<Scope>) -> Probed + 'p;

/// What became of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::playbook::check) enum Probed {
    /// It comes to a value.
    Known,
    /// The run decides.
    Unknown,
    /// It fails.
    Fails,
}

impl Probed {
    /// Of a rendering.
    pub(in crate::playbook::check) const fn of(rendering: &Result<Rendering, RenderError>) -> Self {
        match rendering {
            Ok(Rendering::Known { .. }) => Self::Known,
            Ok(Rendering::Unknown { .. }) => Self::Unknown,
            Err(_) => Self::Fails,
        }
    }
}

/// The values of a call that are looked at.
struct Looked<'p, 'a> {
    call: &'a Call,
    delegate: Option<&'a Spanned<Form>>,
    arguments: &'p [(&'a str, &'a Spanned<Form>)],
    /// The names that each value reads, through whatever variables; nothing where it asks more than names.
    names: HashMap<*const Spanned<Form>, Option<BTreeSet<String>>>,
}

/// What a form came to.
enum Came {
    Known(Value),
    Unknown,
    /// `omit`.
    Omitted,
    Wrong(RenderError),
}

impl<'a> Checker<'a, '_> {
    /// Holds what is known of an entry to what its tool makes of it.
    pub(in crate::playbook::check) fn constants(
        &mut self,
        place: &Place<'a>,
        entry: &'a Entry,
        call: &'a Call,
    ) {
        if !self.knows_values() || self.may_fail(place.entry) {
            return;
        }
        let is_literal = |form: &Spanned<Form>| form.value.literal().is_some();
        let delegate = entry.delegate_to.as_ref().filter(|it| !is_literal(it));
        if is_literal(&call.args) && delegate.is_none() && call.templates.is_empty() {
            return;
        }
        let arguments: Vec<(&'a str, &'a Spanned<Form>)> = match &call.args.value {
            Form::Map(written) => written.iter().map(|(name, form)| (name.as_str(), form)).collect(),
            _ => Vec::new(),
        };
        let conditions = self.conditions_around(place.entry);
        // What one argument asks does not keep the others from being looked at.
        let mut forms: Vec<Option<&'a Spanned<Form>>> = vec![delegate];
        forms.extend(arguments.iter().map(|(_, form)| Some(*form)));
        forms.extend(call.templates.iter().map(|it| Some(&it.path)));
        let mut names = HashMap::new();
        let mut reads: Vec<Reads> = conditions;
        for form in forms.into_iter().flatten() {
            let own = form.value.reads();
            let read = self.groups.closure([own.clone()]);
            if read.is_some() {
                reads.push(own);
            }
            names.insert(std::ptr::from_ref(form), read);
        }
        let Some(read) = self.groups.closure(reads) else {
            return;
        };
        let looked = Looked {
            call,
            delegate,
            arguments: &arguments,
            names,
        };
        let hosts = self.groups.representatives(place, self.names, &read);
        // What is wrong only for those of the hosts that come here, where it is not known which ones do.
        let mut of_all: Option<Vec<Fault>> = None;
        let end = self.rows_after();
        for &host in hosts.iter() {
            if self.rows_left <= end {
                return;
            }
            let rows = self.rows(host, place);
            let mut of_host = Vec::new();
            for row in &rows {
                let faults = self.faults(place, &looked, row);
                if faults.is_empty() {
                } else if row.is_open() {
                    of_host.extend(faults);
                } else {
                    let of_host = (hosts.len() > 1).then_some(host);
                    for fault in faults {
                        self.blame(place, fault, of_host);
                    }
                    return;
                }
            }
            match &mut of_all {
                _ if rows.is_empty() => {}
                None => of_all = Some(of_host),
                Some(before) => before.retain(|it| of_host.iter().any(|other| other.at == it.at)),
            }
        }
        if !self.groups.is_sample(&hosts) {
            for fault in of_all.into_iter().flatten() {
                self.blame(place, fault, None);
            }
        }
    }

    /// Whether every variable has its value: nothing is said of values that were not read.
    pub(in crate::playbook::check) fn knows_values(&self) -> bool {
        !self.is_broken && !self.playbook.is_unit && self.playbook.inventory.gaps.is_empty()
    }

    /// Whether a failure of an entry is ignored or handled: then it may be meant.
    fn may_fail(&self, id: EntryId) -> bool {
        let mut chain = self.playbook.around(id);
        chain.any(|it| self.playbook.entry(it).ignore_errors.may_be() || self.playbook.entry(it).is_region)
    }

    /// What the conditions and loops around an entry read, its own with them.
    fn conditions_around(&self, id: EntryId) -> Vec<Reads> {
        let playbook = self.playbook;
        let chain = playbook.around(id);
        let mut reads = Vec::new();
        for entry in chain.map(|it| playbook.entry(it)) {
            reads.extend(entry.when.iter().map(|it| it.reads().clone()));
            let loops = entry.repeat.iter().flat_map(|it| &it.over);
            reads.extend(loops.map(|(_, form)| form.value.reads()));
        }
        let round = playbook.round(playbook.entry(id).round);
        reads.extend(round.when.iter().map(|it| it.reads().clone()));
        reads.retain(|it| self.groups.closure([it.clone()]).is_some());
        reads
    }

    fn faults(&self, place: &Place<'a>, looked: &Looked<'_, 'a>, row: &Row) -> Vec<Fault> {
        let Looked {
            call,
            delegate,
            arguments,
            ..
        } = *looked;
        let mut faults = Vec::new();
        let come = |form: &Spanned<Form>| match looked.names.get(&std::ptr::from_ref(form)) {
            // Where a condition asks about it, it may be right whenever that holds.
            Some(Some(names)) if !row.asks_about(names) => came(&form.value, &row.scope),
            _ => Came::Unknown,
        };
        if let Some(form) = delegate {
            match come(form) {
                Came::Known(Value::Str(name)) => {
                    faults
                        .extend(no_host(self.playbook, &name, form.span).map(|it| Fault::of(it, form.span)));
                }
                Came::Wrong(error) => faults.extend(Fault::of_error(error)),
                _ => {}
            }
        }
        let (mut known, mut unknown) = (Map::new(), Vec::new());
        let mut literal = Vec::new();
        for &(name, form) in arguments {
            let field = call.tool.args().field(name);
            let role = field.and_then(|it| it.role);
            if role == Some(Role::Expression) {
                // What it asks is answered in the run; whether it can be is known.
                if let Came::Wrong(error) = come(form) {
                    faults.extend(Fault::of_error(error));
                }
                return faults;
            }
            match come(form) {
                Came::Known(Value::Null) if !field.is_some_and(Field::has_null) => {}
                Came::Known(value) => {
                    if form.value.literal().is_some() {
                        literal.push(name);
                    } else if let (Some(Role::ControllerFile), Value::Str(path)) = (role, &value) {
                        faults.extend(self.no_file(place, name, path, form.span));
                    }
                    known.insert(name.to_owned(), value);
                }
                Came::Unknown => unknown.push(name),
                Came::Omitted => faults.extend(omitted(call, field, form.span)),
                Came::Wrong(error) => {
                    faults.extend(Fault::of_error(error));
                    unknown.push(name);
                }
            }
        }
        for it in &call.templates {
            unknown.push(it.argument.as_str());
            match come(&it.path) {
                Came::Known(Value::Str(path)) => {
                    faults.extend(self.no_file(place, &it.argument, &path, it.path.span));
                }
                Came::Wrong(error) => faults.extend(Fault::of_error(error)),
                _ => {}
            }
        }
        let missing = call.tool.args().fields.iter().filter(|it| it.required);
        let missing =
            missing.filter(|it| !known.contains_key(&it.name) && !unknown.contains(&it.name.as_str()));
        let missing: Vec<&str> = missing.map(|it| it.name.as_str()).collect();
        unknown.extend(missing);
        if known.len() == literal.len() {
            return faults;
        }
        for error in call.tool.check_known(&known, &unknown) {
            let path = error.path.trim_matches('.');
            let first = path.split(['.', '[']).next().unwrap_or_default();
            if literal.contains(&first) && !first.is_empty() {
                continue;
            }
            let form = arguments
                .iter()
                .find(|(name, _)| *name == first)
                .map(|(_, form)| *form);
            let value = known.get(first);
            let message = match call.tool.args().field(first).zip(value) {
                Some((field, value)) if !field.of.accepts(value) => {
                    format!(
                        "`{path}` of `{}` takes {}, not {}",
                        call.tool.name,
                        field.of,
                        shown(value)
                    )
                }
                _ => wrong(&call.tool, path, &error.message),
            };
            faults.push(Fault {
                code: Code::InvalidArgument,
                message,
                at: form.map_or(call.args.span, |it| it.span),
                help: None,
                through: Vec::new(),
            });
        }
        faults
    }

    /// The fault of a path on this machine that leads nowhere.
    fn no_file(&self, place: &Place<'a>, name: &str, path: &str, at: Span) -> Option<Fault> {
        let found = absolute(self.playbook.sources.folder(at.source), path);
        let is_missing = !exists(&found) && !may_be_made(self.playbook, Some(place.entry));
        is_missing.then(|| Fault {
            code: Code::MissingFile,
            message: format!("`{name}` names `{path}`, which does not exist"),
            at,
            help: None,
            through: Vec::new(),
        })
    }
}

/// The fault of a required argument that is `omit`.
fn omitted(call: &Call, field: Option<&Field>, at: Span) -> Option<Fault> {
    let field = field.filter(|it| it.required)?;
    Some(Fault {
        code: Code::MissingArgument,
        message: format!("`{}` needs `{}`, and this omits it", call.tool.name, field.name),
        at,
        help: None,
        through: Vec::new(),
    })
}

fn came(form: &Form, scope: &Arc<Scope>) -> Came {
    match form.render_argument(scope) {
        Ok(Some(Rendering::Known {
            value,
            secrecy: Secrecy::Public,
        })) => Came::Known(value),
        Ok(None) => Came::Omitted,
        Ok(_) => Came::Unknown,
        Err(error) => Came::Wrong(error),
    }
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Str(text) if text.chars().count() <= 60 => format!("the text `{}`", text.escape_debug()),
        Value::Str(_) => "a text".to_owned(),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
        other => format!("`{}`", serde_json::to_string(other).unwrap_or_default()),
    }
}
