//! One rendering: variables are evaluated when they are used, secrets and unknown values are noticed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr, ValueKind};
use minijinja::{Error, ErrorKind, Output, State};

use crate::source::{Span, Spanned};
use crate::template::convert::{self, NoData};
use crate::template::missing;
use crate::template::program::Program;
use crate::template::scope::{Binding, Meaning};
use crate::template::{Form, Lookup, RenderError, Rendering, Root, Scope, SyntaxError};
use crate::value::Value;

/// How many variables may be read through each other.
const DEPTH: usize = 32;

/// Why there is no value.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Interrupt {
    #[error("it depends on `{0}`")]
    Unknown(String),
    #[error("{}", .0.message)]
    Fault(Box<Fault>),
}

/// A failure; where it happened is filled in by whatever program it passes first.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) span: Option<Span>,
    pub(super) through: Vec<(String, Span)>,
    pub(super) help: Option<String>,
}

impl Interrupt {
    pub(super) fn fault(message: impl Into<String>, span: Option<Span>, help: Option<String>) -> Self {
        Self::Fault(Box::new(Fault {
            message: message.into(),
            span,
            through: Vec::new(),
            help,
        }))
    }

    pub(super) fn into_value(self) -> minijinja::Value {
        Error::new(ErrorKind::InvalidOperation, self.to_string())
            .with_source(self)
            .into()
    }

    /// The interruption that an error of the engine carries, if it does.
    fn of(error: &Error) -> Option<&Self> {
        std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| {
            error.source()
        })
        .find_map(|error| error.downcast_ref())
    }
}

/// The state of one rendering.
#[derive(Debug)]
pub(super) struct Render {
    pub(super) scope: Arc<Scope>,
    pub(super) secret: Arc<AtomicBool>,
    /// How many variables are being evaluated by the renderings that this one is a part of.
    pub(super) depth: usize,
    /// The renderings of what is evaluated in other scopes than this one's.
    pub(super) outside: Mutex<Vec<Arc<Self>>>,
    pub(super) memo: Mutex<HashMap<String, minijinja::Value>>,
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
            secret: Arc::default(),
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

    fn value(self: &Arc<Self>, form: &Form) -> Result<Value, Interrupt> {
        match form {
            Form::Literal(value) => Ok(value.clone()),
            Form::Template(template) => self.data(&template.program),
            Form::Expression(expression) => self.data(&expression.program),
            Form::Refused(why) => Err(refused(&why.error)),
            Form::List(items) => {
                let items = items.iter().map(|item| self.value(&item.value));
                items.collect::<Result<_, _>>().map(Value::List)
            }
            Form::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, part)| Ok((key.clone(), self.value(&part.value)?)));
                entries.collect::<Result<_, _>>().map(Value::Map)
            }
        }
    }

    /// What a program comes to.
    pub(super) fn program(self: &Arc<Self>, program: &Program) -> Result<Rendering, RenderError> {
        let value = self.data(program);
        self.conclude(value)
    }

    fn conclude(&self, value: Result<Value, Interrupt>) -> Result<Rendering, RenderError> {
        match value {
            Ok(value) => Ok(Rendering::Known {
                value,
                secret: self.secret.load(Ordering::Relaxed),
            }),
            Err(Interrupt::Unknown(because)) => Ok(Rendering::Unknown { because }),
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
        convert::from_engine(&value).map_err(|error| match error {
            NoData::Failed(error) => self.interrupt(program, &error),
            NoData::Undefined => missing::interrupt(self, program, &(0..program.text.len())),
            NoData::Other(message) => Interrupt::fault(message, Some(program.place.whole), None),
        })
    }

    fn run(self: &Arc<Self>, program: &Program) -> Result<minijinja::Value, Interrupt> {
        let names = Names {
            render: Arc::clone(self),
            folder: program.folder.clone(),
        };
        match program.run(minijinja::Value::from_object(names)) {
            Ok(value) if value.is_undefined() => {
                Err(missing::interrupt(self, program, &(0..program.text.len())))
            }
            Ok(value) => Ok(value),
            Err(error) => Err(self.interrupt(program, &error)),
        }
    }

    /// What an error of the engine means.
    fn interrupt(self: &Arc<Self>, program: &Program, error: &Error) -> Interrupt {
        let range = error
            .range()
            .map_or(0..program.text.len(), |range| program.written(&range));
        let span = program.span(&range);
        match Interrupt::of(error) {
            Some(Interrupt::Fault(fault)) => {
                let mut fault = fault.clone();
                fault.span.get_or_insert(span);
                return Interrupt::Fault(fault);
            }
            Some(unknown @ Interrupt::Unknown(_)) => return unknown.clone(),
            None => {}
        }
        match error.kind() {
            ErrorKind::UndefinedError => missing::interrupt(self, program, &range),
            ErrorKind::OutOfFuel => Interrupt::fault(
                "the template does not end, or makes far too much: it was stopped after 50 million steps",
                Some(span),
                None,
            ),
            kind => Interrupt::fault(
                error.detail().map_or_else(|| kind.to_string(), str::to_owned),
                Some(span),
                None,
            ),
        }
    }

    /// What a name stands for.
    pub(super) fn name(self: &Arc<Self>, name: &str) -> Option<minijinja::Value> {
        if let Some(value) = lock(&self.memo).get(name) {
            return Some(value.clone());
        }
        let found = self.scope.lookup(name)?;
        let value = match (found.meaning, found.scope) {
            (Meaning::Bound(binding), _) if found.gates.is_empty() => return Some(self.bound(binding)),
            (Meaning::Bound(binding), _) => self.bound(binding),
            (Meaning::Variable(variable) | Meaning::Extra(variable), None) => self.variable(name, variable),
            (Meaning::Variable(variable) | Meaning::Extra(variable), Some(scope)) => {
                self.in_scope(scope).variable(name, variable)
            }
        };
        let value = self.admitted(name, &found, value);
        lock(&self.memo).insert(name.to_owned(), value.clone());
        Some(value)
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
                self.secret.store(true, Ordering::Relaxed);
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
        let value = self.engine_value(&variable.value);
        lock(&self.stack).pop();
        value.unwrap_or_else(|interrupt| match interrupt {
            Interrupt::Fault(mut fault) => {
                fault.through.push((name.to_owned(), variable.span));
                Interrupt::Fault(fault).into_value()
            }
            unknown @ Interrupt::Unknown(_) => unknown.into_value(),
        })
    }

    fn engine_value(self: &Arc<Self>, form: &Form) -> Result<minijinja::Value, Interrupt> {
        match form {
            Form::Literal(value) => Ok(convert::into_engine(value)),
            Form::Template(template) => self.run(&template.program),
            Form::Expression(expression) => self.run(&expression.program),
            Form::Refused(why) => Err(refused(&why.error)),
            Form::List(items) => items.iter().map(|item| self.engine_value(&item.value)).collect(),
            Form::Map(entries) => {
                let parts = entries
                    .iter()
                    .map(|(key, part)| {
                        let value = match &part.value {
                            // The rest of the map can be read.
                            Form::Refused(why) => refused(&why.error).into_value(),
                            form => self.engine_value(form)?,
                        };
                        Ok((key.as_str(), value))
                    })
                    .collect::<Result<Vec<_>, Interrupt>>()?;
                Ok(minijinja::Value::from_pairs(parts))
            }
        }
    }
}

fn refused(why: &SyntaxError) -> Interrupt {
    Interrupt::fault(why.message.clone(), Some(why.span), why.help.clone())
}

/// The names of a scope as the engine asks for them.
#[derive(Debug)]
pub(super) struct Names {
    render: Arc<Render>,
    /// What `file()` counts from.
    pub(super) folder: Option<Arc<Path>>,
}

impl Object for Names {
    fn get_value(self: &Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<minijinja::Value> {
        if key == super::functions::FILE {
            return Some(super::functions::file_in(self.folder.clone()));
        }
        self.render.name(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

/// What is looked up key by key.
#[derive(Debug)]
pub(super) struct Looked {
    render: Arc<Render>,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl Object for Looked {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<minijinja::Value> {
        match self.lookup.get(key)? {
            // As with every other map, what is not there is not a part of it.
            Root::Gap(_) => None,
            root => Some(self.render.root(&root)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let keys = self.lookup.keys().into_iter().map(minijinja::Value::from);
        Enumerator::Iter(Box::new(keys.collect::<Vec<_>>().into_iter()))
    }
}

/// Writes a value into text. What is no text in it is an error where the engine would leave it out or change it.
pub(super) fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &minijinja::Value,
) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Bytes if std::str::from_utf8(value.as_bytes().unwrap_or_default()).is_err() => {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "bytes that are no UTF-8 cannot be a part of text",
            ));
        }
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => match convert::from_engine(value) {
            Ok(_) => {}
            Err(NoData::Failed(error)) => return Err(error),
            Err(NoData::Undefined) => return Err(Error::from(ErrorKind::UndefinedError)),
            Err(NoData::Other(message)) => return Err(Error::new(ErrorKind::InvalidOperation, message)),
        },
        _ => {}
    }
    minijinja::escape_formatter(out, state, value)
}
