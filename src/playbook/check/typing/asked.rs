//! Where types are asked for, and what is known there of names that a text or a loop binds.

use crate::playbook::check::guards::Guards;
use crate::playbook::check::place::Place;
use crate::tool::Type;

/// Where types are asked for: a place, for one class of its hosts.
#[derive(Clone, Copy)]
pub(in crate::playbook::check) struct Asked<'p, 'a> {
    pub(in crate::playbook::check) place: &'p Place<'a>,
    pub(super) class: usize,
    pub(super) depth: u32,
    /// Names that the text itself binds.
    pub(super) locals: &'p [(String, Known)],
    /// What is asked about before it is evaluated.
    pub(in crate::playbook::check) guards: &'p Guards,
    /// Whether only that counts which is so whatever variables hold.
    pub(super) is_certain: bool,
}

/// What is known of what a loop or a text binds to a name.
#[derive(Debug, Clone)]
pub(in crate::playbook::check) struct Known {
    /// The type, with variables as they are written.
    pub(in crate::playbook::check) of: Type,
    /// The type that it has whatever variables hold.
    pub(in crate::playbook::check) certain: Type,
    /// What it was made of: whoever asks about it asks about these.
    pub(in crate::playbook::check) asks: Vec<Vec<String>>,
}

impl Known {
    /// Of something that may be anything.
    pub(super) const ANY: Self = Self {
        of: Type::Any,
        certain: Type::Any,
        asks: Vec::new(),
    };

    /// The same, of the types that come of these.
    pub(super) fn map(&self, make: impl Fn(&Type) -> Type) -> Self {
        Self {
            of: make(&self.of),
            certain: make(&self.certain),
            asks: self.asks.clone(),
        }
    }
}

impl<'p, 'a> Asked<'p, 'a> {
    pub(in crate::playbook::check) fn new(place: &'p Place<'a>, class: usize) -> Self {
        Self {
            place,
            class,
            depth: 0,
            locals: &[],
            guards: &place.guards,
            is_certain: false,
        }
    }

    /// The same where the text itself binds names.
    pub(super) fn with<'l>(self, locals: &'l [(String, Known)]) -> Asked<'l, 'a>
    where
        'p: 'l,
    {
        Asked { locals, ..self }
    }

    /// The same under conditions; they take the place of those before.
    pub(in crate::playbook::check) fn under<'g>(self, guards: &'g Guards) -> Asked<'g, 'a>
    where
        'p: 'g,
    {
        Asked { guards, ..self }
    }

    /// The same, where only that counts which is so whatever variables hold.
    pub(super) fn certain(self) -> Self {
        Self {
            is_certain: true,
            ..self
        }
    }

    /// Whether plain values of variables do not count.
    pub(super) fn is_certain(&self) -> bool {
        self.is_certain || self.guards.by_variables
    }

    /// Of what is known the type that counts.
    pub(in crate::playbook::check) fn pick<'k>(&self, known: &'k Known) -> &'k Type {
        if self.is_certain() {
            &known.certain
        } else {
            &known.of
        }
    }

    /// The same in another text.
    pub(super) fn outside(self) -> Self {
        Self { locals: &[], ..self }
    }

    /// What the text itself binds to a name.
    pub(in crate::playbook::check) fn local(&self, name: &str) -> Option<&'p Known> {
        let found = self.locals.iter().rev().find(|(bound, _)| bound == name);
        found.map(|(_, of)| of)
    }
}
