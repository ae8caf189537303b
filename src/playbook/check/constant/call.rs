//! The arguments of calls, and the other values of entries, as far as they are known.

use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::name::{EntryId, HostId};
use crate::playbook::call::wrong;
use crate::playbook::check::delegates::no_host;
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::{Near, Place};
use crate::playbook::check::scope::definition;
use crate::playbook::input::absolute;
use crate::playbook::model::{Call, Entry};
use crate::source::{Span, Spanned};
use crate::template::{Form, Reads, RenderError, Rendering, Scope, Secrecy};
use crate::tool::{Field, Role};
use crate::value::{Map, Value};

/// Renders what is looked at in a scope: whether it comes to a value there.
pub(in crate::playbook::check) type Probe<'p> = dyn Fn(&Arc<Scope>) -> bool + 'p;

/// What a form came to.
enum Came {
    Known(Value),
    Unknown,
    Wrong(RenderError),
}

/// A value that cannot be right, for a host.
struct Fault {
    code: Code,
    message: String,
    at: Span,
    help: Option<String>,
    through: Vec<(String, Span)>,
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
        let mut asking = Vec::new();
        let mut reads: Vec<Reads> = conditions;
        for form in forms.into_iter().flatten() {
            let own = form.value.reads();
            if self.groups.closure([own.clone()]).is_none() {
                asking.push(std::ptr::from_ref(form));
            } else {
                reads.push(own);
            }
        }
        let Some(read) = self.groups.closure(reads) else {
            return;
        };
        let hosts = self.groups.representatives(place, self.names, &read);
        for &host in hosts.iter() {
            for scope in self.rows(host, place) {
                let faults = self.faults(call, delegate, &arguments, &asking, &scope);
                if !faults.is_empty() {
                    let of_host = (hosts.len() > 1).then_some(host);
                    for fault in faults {
                        self.blame(place, fault, of_host);
                    }
                    return;
                }
            }
        }
    }

    /// Whether every variable has its value: nothing is said of values that were not read.
    pub(in crate::playbook::check) fn knows_values(&self) -> bool {
        !self.is_broken && !self.playbook.is_unit && self.playbook.inventory.gaps.is_empty()
    }

    /// Whether a failure of an entry is ignored or handled: then it may be meant.
    fn may_fail(&self, id: EntryId) -> bool {
        let mut chain = std::iter::successors(Some(id), |it| self.playbook.entry(*it).parent);
        chain.any(|it| self.playbook.entry(it).ignore_errors || self.playbook.entry(it).is_region)
    }

    /// What the conditions and loops around an entry read, its own with them.
    fn conditions_around(&self, id: EntryId) -> Vec<Reads> {
        let playbook = self.playbook;
        let chain = std::iter::successors(Some(id), |it| playbook.entry(*it).parent);
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

    fn faults(
        &self,
        call: &Call,
        delegate: Option<&Spanned<Form>>,
        arguments: &[(&str, &Spanned<Form>)],
        asking: &[*const Spanned<Form>],
        scope: &Arc<Scope>,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        let come = |form: &Spanned<Form>| {
            if asking.contains(&std::ptr::from_ref(form)) {
                return Came::Unknown;
            }
            came(&form.value, scope)
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
                        faults.extend(self.no_file(name, path, form.span));
                    }
                    known.insert(name.to_owned(), value);
                }
                Came::Unknown => unknown.push(name),
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
                    let file = self.no_file(&it.argument, &path, it.path.span);
                    faults.extend(file);
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
    fn no_file(&self, name: &str, path: &str, at: Span) -> Option<Fault> {
        let found = absolute(self.playbook.sources.folder(at.source), path);
        (!exists(&found)).then(|| Fault {
            code: Code::MissingFile,
            message: format!("`{name}` names `{path}`, which does not exist"),
            at,
            help: None,
            through: Vec::new(),
        })
    }

    /// Says it, with the host and where the value comes from, unless something there is wrong anyway.
    fn blame(&mut self, place: &Place<'a>, fault: Fault, host: Option<HostId>) {
        let origins = match fault.through.as_slice() {
            [] => self.origins(place, fault.at, host),
            _ => fault.through,
        };
        let is_input_of_all = || {
            let mut extra = self
                .diagnostics
                .sorted()
                .into_iter()
                .filter(|it| it.code == Code::InvalidInput);
            extra.any(|it| it.message.starts_with("`-e "))
        };
        if fault.code == Code::InvalidInput && is_input_of_all() {
            return;
        }
        // One mistake is told once, wherever it is seen.
        if self.diagnostics.has_error_at(fault.at)
            || origins
                .iter()
                .any(|(_, span)| self.diagnostics.has_error_at(*span))
        {
            return;
        }
        let message = match host {
            Some(host) => format!(
                "{}: for {}",
                fault.message,
                self.playbook.inventory.host(host).name
            ),
            None => fault.message,
        };
        let mut error = Diagnostic::error(fault.code, message).at(fault.at);
        error.help = fault.help;
        for (name, span) in origins {
            error = error.label(span, format!("`{name}` has its value here"));
        }
        self.diagnostics.push(error);
    }

    /// Where the variables have their values that are read within a place.
    fn origins(&self, place: &Place<'a>, at: Span, host: Option<HostId>) -> Vec<(String, Span)> {
        let entry = self.playbook.entry(place.entry);
        let mut forms: Vec<&Spanned<Form>> = entry.delegate_to.iter().collect();
        if let Some(call) = entry.action.call() {
            forms.extend(call.templates.iter().map(|it| &it.path));
            if let Form::Map(written) = &call.args.value {
                forms.extend(written.values());
            }
        }
        let reads = forms
            .into_iter()
            .filter(|it| it.span.source == at.source && it.span.start <= at.start && at.end <= it.span.end);
        let names = reads.flat_map(|form| form.value.reads().accesses);
        let mut found: Vec<(String, Span)> = Vec::new();
        for name in names.filter_map(|it| it.path.into_iter().next()) {
            if found.iter().any(|(known, _)| *known == name) || found.len() == 3 {
                continue;
            }
            let span = if place.bound.contains(&name.as_str()) {
                self.loop_of(place.entry, &name)
            } else {
                self.value_of(place, &name, host)
            };
            found.extend(span.map(|span| (name, span)));
        }
        found
    }

    /// Where a variable of a place has its value for a host.
    fn value_of(&self, place: &Place<'a>, name: &str, host: Option<HostId>) -> Option<Span> {
        let playbook = self.playbook;
        match place.definition(playbook, name) {
            Near::Form(form) => Some(form.span),
            Near::Input(_) => playbook.unit(place.unit).given.get(name).map(|it| it.span),
            Near::Nothing => None,
            Near::OfHosts => {
                let any = place.classes.first().and_then(|it| it.hosts.first().copied());
                definition(playbook, host.or(any), name).map(|it| it.span)
            }
        }
    }

    fn loop_of(&self, id: EntryId, name: &str) -> Option<Span> {
        let chain = std::iter::successors(Some(id), |it| self.playbook.entry(*it).parent);
        let mut loops = chain.filter_map(|it| self.playbook.entry(it).repeat.as_ref());
        loops.find_map(|it| {
            it.over
                .iter()
                .find(|(bound, _)| bound.value == name)
                .map(|(_, form)| form.span)
        })
    }
}

impl Fault {
    fn of(error: Diagnostic, at: Span) -> Self {
        Self {
            code: error.code,
            message: error.message,
            at,
            help: error.help,
            through: Vec::new(),
        }
    }

    /// A rendering that fails; not for a name that is not there, which is told of names.
    fn of_error(error: RenderError) -> Option<Self> {
        let name = error
            .message
            .strip_prefix('`')
            .and_then(|it| it.strip_suffix("` is undefined"));
        let is_part = name.is_some_and(|name| name.contains(['.', '[']) && !name.contains(['(', '|']));
        if error.message.contains("undefined") && !is_part {
            return None;
        }
        let is_input = error.message.starts_with("the input `");
        Some(Self {
            code: if is_input {
                Code::InvalidInput
            } else {
                Code::InvalidValue
            },
            message: error.message,
            at: error.span,
            help: error.help,
            through: error.through,
        })
    }
}

fn came(form: &Form, scope: &Arc<Scope>) -> Came {
    match form.render(scope) {
        Ok(Rendering::Known {
            value,
            secrecy: Secrecy::Public,
        }) => Came::Known(value),
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
