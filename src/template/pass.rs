//! Values on their way through gates: evaluated on the side where they are written, and judged.

use std::sync::{Arc, Mutex};

use crate::template::convert;
use crate::template::interrupt::Interrupt;
use crate::template::render::{Render, lock};
use crate::template::scope::{Found, Meaning, Scope};

impl Render {
    /// The part of this rendering that happens in another scope.
    pub(super) fn in_scope(&self, scope: &Arc<Scope>) -> Arc<Self> {
        let mut outside = lock(&self.outside);
        if let Some(render) = outside.iter().find(|render| Arc::ptr_eq(&render.scope, scope)) {
            return Arc::clone(render);
        }
        let render = self.beside(scope);
        outside.push(Arc::clone(&render));
        render
    }

    /// A part of this rendering that happens in another scope, which nothing else of it does.
    pub(super) fn beside(&self, scope: &Arc<Scope>) -> Arc<Self> {
        Arc::new(Self {
            scope: Arc::clone(scope),
            secrecy: Arc::clone(&self.secrecy),
            depth: self.depth + lock(&self.stack).len() + 1,
            outside: Mutex::default(),
            memo: Mutex::default(),
            stack: Mutex::default(),
        })
    }

    /// What the gates that a value passes make of it.
    pub(super) fn admitted(
        &self,
        name: &str,
        found: &Found<'_>,
        value: minijinja::Value,
    ) -> minijinja::Value {
        if found.gates.is_empty() {
            return value;
        }
        // What is no data is told when it is used.
        let Ok(mut data) = convert::from_engine(&value) else {
            return value;
        };
        let written = match found.meaning {
            Meaning::Variable(variable) => Some(variable.span),
            Meaning::Extra(_) | Meaning::Bound(_) => None,
        };
        for gate in found.gates.iter().rev() {
            match gate.admit(name, data, written) {
                Ok(admitted) => {
                    data = admitted.value;
                    if admitted.secret {
                        self.read_secret(&data);
                    }
                }
                Err(message) => return Interrupt::fault(message, written, None).into_value(),
            }
        }
        convert::into_engine(&data)
    }
}
