//! Variables of files that are chosen on each host.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::source::Spanned;
use crate::template::convert;
use crate::template::interrupt::Interrupt;
use crate::template::render::Render;
use crate::template::{Form, Reads};
use crate::value::Value;

/// How one of some files is chosen.
#[derive(Debug)]
pub struct Choice {
    /// What tells which one.
    pub by: By,
    /// What the files are known by.
    pub files: Vec<String>,
}

/// What tells which file is chosen.
#[derive(Debug)]
pub enum By {
    /// It comes to what the file is known by.
    Key(Spanned<Form>),
    /// The first of these that comes to it.
    First(Vec<Spanned<Form>>),
}

/// What one variable is in each of the files.
#[derive(Debug)]
pub struct Chosen {
    /// How the file is chosen.
    pub choice: Arc<Choice>,
    /// The variable, by what the file is known by that defines it.
    pub of: IndexMap<String, Spanned<Form>>,
    /// What it is where none of the files is chosen.
    pub other: Option<Spanned<Form>>,
}

impl Chosen {
    fn forms(&self) -> impl Iterator<Item = &Spanned<Form>> {
        self.of.values().chain(&self.other)
    }

    /// What is read for it.
    pub(super) fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        let by = match &self.choice.by {
            By::Key(form) => std::slice::from_ref(form),
            By::First(forms) => forms.as_slice(),
        };
        for form in by {
            reads.extend(&form.value.reads());
        }
        reads.accesses.iter_mut().for_each(|it| it.decides = true);
        let mut values = Reads::default();
        self.forms().for_each(|it| values.extend(&it.value.reads()));
        values.accesses.iter_mut().for_each(|it| it.apart = true);
        reads.extend(&values);
        reads
    }

    /// Whether it is a secret in one of the files.
    pub(super) fn is_secret(&self) -> bool {
        self.forms().any(|it| it.value.is_secret())
    }
}

impl Render {
    /// The form that counts here; nothing where the file that is chosen does not define it.
    fn choose<'c>(self: &Arc<Self>, chosen: &'c Chosen) -> Result<Option<&'c Spanned<Form>>, Interrupt> {
        let Choice { by, files } = &*chosen.choice;
        let known = |form: &Spanned<Form>| {
            Ok::<_, Interrupt>(
                match self.value(&form.value)? {
                    Value::Str(text) => Some(text),
                    Value::Int(number) => Some(number.to_string()),
                    _ => None,
                }
                .filter(|it| files.contains(it)),
            )
        };
        let key = match by {
            By::Key(form) => known(form)?,
            By::First(forms) => {
                let mut found = None;
                for form in forms {
                    found = known(form)?;
                    if found.is_some() {
                        break;
                    }
                }
                found
            }
        };
        Ok(match key {
            Some(key) => chosen.of.get(&key),
            None => chosen.other.as_ref(),
        })
    }

    /// What it comes to: undefined, where it has no value.
    pub(super) fn chosen(self: &Arc<Self>, chosen: &Chosen) -> Result<minijinja::Value, Interrupt> {
        match self.choose(chosen)? {
            Some(form) => self.open_value(&form.value),
            None => Ok(minijinja::Value::UNDEFINED),
        }
    }

    /// The same as data; nothing where it has no value.
    pub(super) fn chosen_data(self: &Arc<Self>, chosen: &Chosen) -> Result<Option<Value>, Interrupt> {
        match self.choose(chosen)? {
            Some(form) => self.value(&form.value).map(Some),
            None => Ok(None),
        }
    }
}

/// A value of the engine for what is made of items.
pub(super) fn or_undefined(value: Option<Value>) -> minijinja::Value {
    value.map_or(minijinja::Value::UNDEFINED, |it| convert::into_engine(&it))
}
