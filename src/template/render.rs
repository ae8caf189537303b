//! One rendering: variables are evaluated when they are used, secrets and unknown values are noticed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::{Error, ErrorKind};

use crate::source::Spanned;
use crate::template::convert::{self, NoData};
use crate::template::interrupt::{Interrupt, inmost, plainly};
use crate::template::missing;
use crate::template::nothing;
use crate::template::objects::{Looked, Names};
use crate::template::omit;
use crate::template::program::Program;
use crate::template::scope::{Binding, Found, Meaning};
use crate::template::{Expression, Form, RenderError, Rendering, Root, Scope, Secrecy, SyntaxError};
use crate::value::Value;

/// How many variables may be read through each other.
const DEPTH: usize = 32;

/// The state of one rendering.
#[derive(Debug)]
pub(super) struct Render {
    pub(super) scope: Arc<Scope>,
    /// What was read so far for the part that is being made.
    pub(super) secrecy: Arc<Mutex<Secrecy>>,
    /// How many variables are being evaluated by the renderings that this one is a part of.
    pub(super) depth: usize,
    /// The renderings of what is evaluated in other scopes than this one's.
    pub(super) outside: Mutex<Vec<Arc<Self>>>,
    pub(super) memo: Mutex<HashMap<String, (minijinja::Value, Secrecy)>>,
    /// The variables that are being evaluated, outermost first: their names, and which forms they are.
    pub(super) stack: Mutex<Vec<(String, usize)>>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Render {
    pub(super) fn new(scope: &Arc<Scope>) -> Arc<Self> {
        Arc::new(Self {
            scope: Arc::clone(scope),
            secrecy: Arc::default(),
            depth: 0,
            outside: Mutex::default(),
            memo: Mutex::default(),
            stack: Mutex::default(),
        })
    }

    /// What a form comes to, as data.
    pub(super) fn form(self: &Arc<Self>, form: &Form) -> Result<Rendering, RenderError> {
        let value = self.value(form);
        self.conclude(value)
    }

    pub(super) fn value(self: &Arc<Self>, form: &Form) -> Result<Value, Interrupt> {
        match form {
            Form::Literal(value) => Ok(value.clone()),
            Form::Template(template) => self.part(|| self.data(&template.program)),
            Form::Expression(expression) => self.part(|| self.expression_data(expression)),
            Form::Secret(form) => self.part(|| {
                let value = self.value(form)?;
                self.read_secret(&value);
                Ok(value)
            }),
            Form::Refused(why) => Err(refused(&why.error)),
            Form::Each(each) => {
                let made = self.each(each)?;
                made.ok_or_else(|| nothing::fault(None, Some(each.value.span)))
            }
            Form::Chosen(chosen) => self
                .chosen_data(chosen)?
                .ok_or_else(|| nothing::not_chosen(None, chosen)),
            Form::List(items) => {
                let items = items.iter().map(|item| self.value(&item.value));
                let items = items.filter(|item| !matches!(item, Err(Interrupt::Omitted(_))));
                items.collect::<Result<_, _>>().map(Value::List)
            }
            Form::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, part)| Ok((key.clone(), self.value(&part.value)?)));
                let entries = entries.filter(|entry| !matches!(entry, Err(Interrupt::Omitted(_))));
                entries.collect::<Result<_, _>>().map(Value::Map)
            }
        }
    }

    /// What a program comes to.
    pub(super) fn program(self: &Arc<Self>, program: &Program) -> Result<Rendering, RenderError> {
        let value = self.part(|| self.data(program));
        self.conclude(value)
    }

    /// What an expression comes to.
    pub(super) fn expression(self: &Arc<Self>, expression: &Expression) -> Result<Rendering, RenderError> {
        let value = self.part(|| self.expression_data(expression));
        self.conclude(value)
    }

    fn expression_data(self: &Arc<Self>, expression: &Expression) -> Result<Value, Interrupt> {
        let value = self.surrounded(expression)?;
        self.as_data(&expression.program, &value)
    }

    /// What an expression gives, with the white space around it where that is text.
    fn surrounded(self: &Arc<Self>, expression: &Expression) -> Result<minijinja::Value, Interrupt> {
        self.run(&expression.program)
            .map(|value| expression.surround(value))
    }

    /// Makes a part of the whole, and tells if a secret was read for just that part.
    fn part(&self, work: impl FnOnce() -> Result<Value, Interrupt>) -> Result<Value, Interrupt> {
        let (value, secrecy) = self.apart(|| {
            let made = work();
            // What holds or does not is no text that could be read anywhere.
            if let Ok(Value::Bool(_) | Value::Null) = &made {
                let mut own = lock(&self.secrecy);
                *own = Secrecy::Findable.min(*own);
            }
            made
        });
        if secrecy > Secrecy::Public
            && let (Ok(value), Some(keeper)) = (&value, self.scope.keeper())
            && !keeper.made(value)
        {
            self.note(Secrecy::Blind);
        }
        value
    }

    /// Does something, and says which secrets were read for it.
    pub(super) fn apart<T>(&self, work: impl FnOnce() -> T) -> (T, Secrecy) {
        let before = std::mem::take(&mut *lock(&self.secrecy));
        let made = work();
        let mut secrecy = lock(&self.secrecy);
        let own = *secrecy;
        *secrecy = before.max(own);
        (made, own)
    }

    pub(super) fn note(&self, secrecy: Secrecy) {
        let mut known = lock(&self.secrecy);
        *known = known.max(secrecy);
    }

    pub(super) fn read_secret(&self, value: &Value) {
        let is_findable = self.scope.keeper().is_some_and(|keeper| keeper.read(value));
        self.note(if is_findable {
            Secrecy::Findable
        } else {
            Secrecy::Blind
        });
    }

    pub(super) fn conclude(&self, value: Result<Value, Interrupt>) -> Result<Rendering, RenderError> {
        match value {
            Ok(value) => Ok(Rendering::Known {
                value,
                secrecy: *lock(&self.secrecy),
            }),
            Err(Interrupt::Unknown(because)) => Ok(Rendering::Unknown { because }),
            Err(Interrupt::Omitted(span)) => self.conclude(Err(omit::fault(span))),
            Err(Interrupt::Fault(fault)) => Err(RenderError {
                message: fault.message,
                span: fault
                    .span
                    .expect("every failure passes a program, which places it"),
                through: fault.through,
                help: fault.help,
            }),
        }
    }

    fn data(self: &Arc<Self>, program: &Program) -> Result<Value, Interrupt> {
        let value = self.run(program)?;
        self.as_data(program, &value)
    }

    fn as_data(self: &Arc<Self>, program: &Program, value: &minijinja::Value) -> Result<Value, Interrupt> {
        convert::from_engine(value).map_err(|error| match error {
            NoData::Failed(error) => self.interrupt(program, &error),
            NoData::Omitted => Interrupt::Omitted(program.piece.place.whole),
            NoData::Undefined => missing::interrupt(self, &program.piece, &(0..program.piece.text.len())),
            NoData::Other(message) => Interrupt::fault(message, Some(program.piece.place.whole), None),
        })
    }

    fn run(self: &Arc<Self>, program: &Program) -> Result<minijinja::Value, Interrupt> {
        let value = self.run_open(program)?;
        if nothing::is(&value) {
            return Err(nothing::fault(None, Some(program.piece.place.whole)));
        }
        Ok(value)
    }

    /// The same, where it may give no value.
    pub(super) fn run_open(self: &Arc<Self>, program: &Program) -> Result<minijinja::Value, Interrupt> {
        let names = Names {
            render: Arc::clone(self),
            folder: program.folder.clone(),
            folders: program.folders().into(),
        };
        match program.run(minijinja::Value::from_object(names), self.scope.is_brief()) {
            Ok(value) if value.is_undefined() => Err(missing::interrupt(
                self,
                &program.piece,
                &(0..program.piece.text.len()),
            )),
            Ok(value) => Ok(value),
            Err(error) => Err(self.interrupt(program, &error)),
        }
    }

    /// What an error of the engine means.
    fn interrupt(self: &Arc<Self>, program: &Program, error: &Error) -> Interrupt {
        let error = inmost(error);
        let piece = program.piece_of(error);
        let range = error
            .range()
            .map_or(0..piece.text.len(), |range| piece.written(&range));
        let span = piece.span(&range);
        match Interrupt::of(error) {
            Some(Interrupt::Fault(fault)) => {
                let mut fault = fault.clone();
                fault.span.get_or_insert(span);
                return Interrupt::Fault(fault);
            }
            Some(other @ (Interrupt::Unknown(_) | Interrupt::Omitted(_))) => return other.clone(),
            None => {}
        }
        match error.kind() {
            ErrorKind::UndefinedError => missing::interrupt(self, piece, &range),
            ErrorKind::OutOfFuel if self.scope.is_brief() => Interrupt::Unknown("what takes long".to_owned()),
            ErrorKind::OutOfFuel => Interrupt::fault(
                "the template does not end, or makes far too much: it was stopped after 50 million steps",
                Some(span),
                None,
            ),
            // What the engine says may hold what it was given.
            kind if *lock(&self.secrecy) > Secrecy::Public => Interrupt::fault(
                format!("{kind} (more is not said, since a secret was read)"),
                Some(span),
                None,
            ),
            kind => Interrupt::fault(
                error.detail().map_or_else(|| kind.to_string(), plainly),
                Some(span),
                None,
            ),
        }
    }

    /// What a name stands for.
    pub(super) fn name(self: &Arc<Self>, name: &str) -> Option<minijinja::Value> {
        let known = lock(&self.memo).get(name).cloned();
        if let Some((value, secrecy)) = known {
            self.note(secrecy);
            return Some(value);
        }
        let found = self.scope.lookup(name)?;
        if let (Meaning::Bound(binding), true) = (found.meaning, found.gates.is_empty()) {
            return Some(self.bound(binding));
        }
        let (value, mut secrecy) = self.apart(|| {
            let value = self.meant(name, &found);
            match self.scope.default(name) {
                Some(default) if value.is_undefined() || omit::is(&value) => {
                    let value = self.meant(name, &default);
                    self.admitted(name, &default, value)
                }
                _ => self.admitted(name, &found, value),
            }
        });
        if secrecy > Secrecy::Public
            && let (Some(keeper), Ok(data)) = (self.scope.keeper(), convert::from_engine(&value))
            && !keeper.made(&data)
        {
            secrecy = Secrecy::Blind;
            self.note(secrecy);
        }
        lock(&self.memo).insert(name.to_owned(), (value.clone(), secrecy));
        Some(value)
    }

    fn meant(self: &Arc<Self>, name: &str, found: &Found<'_>) -> minijinja::Value {
        match (found.meaning, found.scope) {
            (Meaning::Bound(binding), _) => self.bound(binding),
            (Meaning::Variable(variable) | Meaning::Extra(variable), None) => self.variable(name, variable),
            (Meaning::Variable(variable) | Meaning::Extra(variable), Some(scope)) => {
                self.in_scope(scope).variable(name, variable)
            }
        }
    }

    fn bound(self: &Arc<Self>, binding: &Binding) -> minijinja::Value {
        match &binding.root {
            Root::Value(value) => binding
                .converted
                .get_or_init(|| convert::into_engine(value))
                .clone(),
            other => self.root(other),
        }
    }

    /// A root as the engine sees it.
    pub(super) fn root(self: &Arc<Self>, root: &Root) -> minijinja::Value {
        match root {
            Root::Value(value) => convert::into_engine(value),
            Root::Secret(value) => {
                self.read_secret(value);
                convert::into_engine(value)
            }
            Root::Lookup(lookup) if lookup.is_list() => {
                let parts = lookup.keys();
                parts
                    .iter()
                    .filter_map(|key| Some(self.root(&lookup.get(key)?)))
                    .collect()
            }
            Root::Lookup(lookup) => minijinja::Value::from_object(Looked {
                render: Arc::clone(self),
                lookup: Arc::clone(lookup),
            }),
            Root::Unknown(because) => Interrupt::Unknown(because.clone()).into_value(),
            Root::Gap(_) => minijinja::Value::UNDEFINED,
            Root::Broken(why) => Interrupt::fault(why.as_str(), None, None).into_value(),
        }
    }

    fn variable(self: &Arc<Self>, name: &str, variable: &Spanned<Form>) -> minijinja::Value {
        if let Form::Literal(value) = &variable.value {
            return convert::into_engine(value);
        }
        {
            let mut stack = lock(&self.stack);
            let form = std::ptr::from_ref(variable).addr();
            if let Some(begin) = stack.iter().position(|(_, open)| *open == form) {
                let mut chain: Vec<&str> = stack[begin..].iter().map(|(open, _)| open.as_str()).collect();
                chain.push(name);
                let message = format!("`{name}` is defined by itself: {}", chain.join(" -> "));
                return Interrupt::fault(message, None, None).into_value();
            }
            if self.depth + stack.len() >= DEPTH {
                let message = format!("variables are read through more than {DEPTH} others");
                return Interrupt::fault(message, None, None).into_value();
            }
            stack.push((name.to_owned(), form));
        }
        let value = self.open_value(&variable.value);
        lock(&self.stack).pop();
        value.unwrap_or_else(|interrupt| match interrupt {
            Interrupt::Fault(mut fault) => {
                fault.through.push((name.to_owned(), variable.span));
                Interrupt::Fault(fault).into_value()
            }
            other @ (Interrupt::Unknown(_) | Interrupt::Omitted(_)) => other.into_value(),
        })
    }

    pub(super) fn engine_value(self: &Arc<Self>, form: &Form) -> Result<minijinja::Value, Interrupt> {
        match form {
            Form::Literal(value) => Ok(convert::into_engine(value)),
            Form::Template(template) => self.run(&template.program),
            Form::Expression(expression) => self.surrounded(expression),
            Form::Secret(form) => {
                let value = self.value(form)?;
                self.read_secret(&value);
                Ok(convert::into_engine(&value))
            }
            Form::Refused(why) => Err(refused(&why.error)),
            Form::Each(_) | Form::Chosen(_) => Ok(convert::into_engine(&self.value(form)?)),
            Form::List(items) => {
                let parts = items.iter().map(|item| self.engine_part(&item.value));
                Ok(self.parted(None, parts.collect::<Result<_, _>>()?))
            }
            Form::Map(entries) => {
                let parts = entries.values().map(|part| match &part.value {
                    // The rest of the map can be read.
                    Form::Refused(why) => Ok((refused(&why.error).into_value(), Secrecy::Public)),
                    form => self.engine_part(form),
                });
                let keys = entries.keys().map(String::as_str).collect();
                Ok(self.parted(Some(keys), parts.collect::<Result<_, _>>()?))
            }
        }
    }
}

fn refused(why: &SyntaxError) -> Interrupt {
    Interrupt::fault(why.message.clone(), Some(why.span), why.help.clone())
}
