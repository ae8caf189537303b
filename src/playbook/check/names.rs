//! Every name that is read: whether it is there for every host that reads it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::name::{EntryId, RoundId, UnitId};
use crate::playbook::check::constant::{Conjuncts, Groups, Probe, ROWS, Scopes};
use crate::playbook::check::fields::{Shapes, walk};
use crate::playbook::check::guards::Guards;
use crate::playbook::check::made::forgive;
use crate::playbook::check::place::{Near, Place};
use crate::playbook::check::scope::{Class, Names, definition};
use crate::playbook::check::secrets::secret_in_command;
use crate::playbook::check::typing::Known;
use crate::playbook::check::undefined::{cycle, earlier_rounds};
use crate::playbook::load::Options;
use crate::playbook::model::Playbook;
use crate::source::{Span, Spanned};
use crate::template::{Access, Form, Reads, SyntaxError};
use crate::tool::Type;

/// Checks all names of a playbook, and the types of what they stand for. `is_broken`: something in it could not be read.
pub(in crate::playbook) fn names(
    playbook: &Playbook,
    options: &Options,
    is_broken: bool,
    diagnostics: &mut Diagnostics,
) {
    forgive(playbook, diagnostics);
    let names = Names::of(playbook);
    let classes: Vec<Vec<Class>> = (playbook.rounds.iter())
        .map(|round| names.classes(&playbook.inventory, &round.hosts))
        .collect();
    let mut checker = Checker {
        playbook,
        options,
        is_broken,
        names: &names,
        shapes: Shapes::new(),
        before: earlier_rounds(playbook),
        made_sure: BTreeSet::new(),
        types: RefCell::default(),
        scopes: Scopes::new(playbook),
        groups: Groups::new(playbook),
        conjuncts: Conjuncts::new(),
        rows_left: ROWS,
        command: None,
        reads: HashMap::new(),
        seen: HashSet::new(),
        operated: HashSet::new(),
        diagnostics,
    };
    checker.answers_of_hosts();
    for (index, round) in playbook.rounds.iter().enumerate() {
        let first = playbook.entries.partition_point(|it| it.round.index() < index);
        let mut place = Place {
            unit: UnitId::PLAYBOOK,
            round: RoundId::at(index),
            entry: EntryId::at(first),
            layers: Vec::new(),
            outside: None,
            bound: Vec::new(),
            items: Vec::new(),
            guarded: HashSet::new(),
            guards: Rc::default(),
            in_loop: false,
            passed: None,
            in_rescue: false,
            result: None,
            classes: &classes[index],
            hosts: round.hosts.len(),
        };
        checker.inputs(&place, UnitId::PLAYBOOK, None);
        for unit in playbook.enclosing(round.unit).into_iter().skip(1) {
            checker.inputs(&place, unit, playbook.unit(unit).at);
            place = place.inside(playbook, unit);
        }
        place.layers.push(&round.vars);
        checker.conditions(&place, &round.when);
        checker.guard(&mut place, &round.when);
        checker.user(&place, &round.privilege);
        for &entry in &round.entries {
            checker.entry(&place, entry);
        }
    }
}

/// A variable on the way from a use to what is looked at.
pub(super) struct Step<'a> {
    pub(super) name: String,
    pub(super) form: &'a Spanned<Form>,
    pub(super) used: Span,
}

/// A value of a variable, a class of hosts, whether only what is certain counts, and the conditions around it.
pub(super) type TypeKey = (*const Form, usize, bool, u64);

pub(super) struct Checker<'a, 'd> {
    pub(super) playbook: &'a Playbook,
    pub(super) options: &'a Options,
    pub(super) is_broken: bool,
    pub(super) names: &'a Names<'a>,
    pub(super) shapes: Shapes,
    pub(super) before: Vec<HashSet<RoundId>>,
    /// What the entries above have made sure of.
    pub(super) made_sure: BTreeSet<Vec<String>>,
    /// The types of variables that were read within the text that is looked at.
    pub(super) types: RefCell<HashMap<TypeKey, Type>>,
    pub(super) scopes: Scopes<'a>,
    pub(super) groups: Groups<'a>,
    pub(super) conjuncts: Conjuncts,
    /// How many rows more are looked at.
    pub(super) rows_left: usize,
    /// The argument that is looked at, where it is the text of a command.
    pub(super) command: Option<String>,
    reads: HashMap<*const Form, Rc<Reads>>,
    seen: HashSet<(*const Form, bool, Vec<usize>)>,
    /// Variables of which the expressions were looked at.
    operated: HashSet<(*const Form, RoundId, Vec<usize>, u64)>,
    pub(super) diagnostics: &'d mut Diagnostics,
}

/// What one access is checked with.
#[derive(Clone, Copy)]
pub(super) struct Use<'p> {
    /// The classes, by index, for which it is read.
    pub(super) classes: &'p [usize],
    /// Whether a gap is accepted.
    pub(super) guarded: bool,
    /// What is asked about before it is read.
    pub(super) guards: &'p Guards,
    /// Whether some condition within the texts through which it is read decides whether it is.
    pub(super) is_conditional: bool,
    /// Renders all of which it is a part.
    pub(super) probe: Option<&'p Probe<'p>>,
}

impl Use<'_> {
    /// Of what is known of an item the type that counts.
    fn pick<'k>(&self, item: &'k Known) -> &'k Type {
        if self.guards.by_variables {
            &item.certain
        } else {
            &item.of
        }
    }
}

impl<'a> Checker<'a, '_> {
    /// Checks everything that is read at a place.
    pub(super) fn reads_of(&mut self, place: &Place<'a>, reads: &Reads, probe: &Probe<'_>) {
        self.seen.clear();
        let classes: Vec<usize> = (0..place.classes.len()).collect();
        let asked = |name: Option<&String>| reads.asks_for(name);
        let guards = self.guarded_in(place, &place.guards, reads);
        let apart = guards.apart();
        for access in &reads.accesses {
            let name = access.path.first();
            let usage = Use {
                classes: &classes,
                guarded: access.guarded || asked(name) || name.is_some_and(|it| place.guarded.contains(it)),
                guards: if access.apart { &apart } else { &guards },
                is_conditional: reads.is_conditional(),
                probe: Some(probe),
            };
            self.access(place, access, usage, &mut Vec::new());
        }
    }

    pub(super) fn access(
        &mut self,
        place: &Place<'a>,
        access: &Access,
        usage: Use<'_>,
        trail: &mut Vec<Step<'a>>,
    ) {
        let Some(name) = access.path.first() else { return };
        if let Some(error) = self.secret_input(place, access.span, name) {
            self.tell(error, trail);
        }
        let unit = self.playbook.unit(place.unit);
        let is_extra = || {
            let is_seen = unit.sees(name) || place.layers.iter().any(|layer| layer.contains_key(name));
            is_seen && self.options.extra.contains_key(name)
        };
        if place.bound.iter().any(|it| it == name) || is_extra() {
            if let (Some(item), false) = (place.item(name), usage.guarded)
                && !usage.guards.cover_whole_of(&access.path)
                && let Some(error) = walk(usage.pick(item), name, &access.path[1..], access)
            {
                self.tell(error, trail);
            }
            return;
        }
        if let Some(error) = self.reserved(place, access, usage.guarded) {
            if let Err(error) = error {
                self.tell(error, trail);
            }
            return;
        }
        let near = place.definition(self.playbook, name);
        if let Some(error) = self.spare(&near, access) {
            if let (Err(error), false) = (error, usage.guarded) {
                self.tell(error, trail);
            }
            return;
        }
        match near {
            Near::Form(form) => {
                if let Some(error) = self.parts(place, access, usage, form) {
                    self.tell(error, trail);
                }
                self.variable(place, access, usage, trail, (name, form));
                return;
            }
            // It was looked at where the unit is imported; what it may hold is declared.
            Near::Input(input) => {
                if !usage.guarded
                    && !usage.guards.cover_whole_of(&access.path)
                    && let Some(error) = walk(&input.of, name, &access.path[1..], access)
                {
                    self.tell(error, trail);
                }
                return;
            }
            Near::Nothing => {
                if !usage.guarded {
                    let error = self.undefined(place, access, name, None);
                    self.tell(error, trail);
                }
                return;
            }
            Near::OfHosts => {}
        }
        self.own_of_hosts(place, access, usage, trail, name);
    }

    /// Checks a variable of which each host may have its own.
    fn own_of_hosts(
        &mut self,
        place: &Place<'a>,
        access: &Access,
        usage: Use<'_>,
        trail: &mut Vec<Step<'a>>,
        name: &str,
    ) {
        let mut undefined = Vec::new();
        let mut found: IndexMap<*const Spanned<Form>, (&'a Spanned<Form>, Vec<usize>)> = IndexMap::new();
        if self.names.depends_on_host(name) {
            for &class in usage.classes {
                match definition(self.playbook, place.classes[class].hosts.first().copied(), name) {
                    Some(form) => {
                        let (_, classes) = found
                            .entry(std::ptr::from_ref(form))
                            .or_insert_with(|| (form, Vec::new()));
                        classes.push(class);
                    }
                    None => undefined.push(class),
                }
            }
        } else {
            match definition(self.playbook, None, name) {
                Some(form) => {
                    found.insert(std::ptr::from_ref(form), (form, usage.classes.to_vec()));
                }
                None => undefined.extend_from_slice(usage.classes),
            }
        }
        if !undefined.is_empty() && !usage.guarded && !place.has_default(self.playbook, name) {
            let without = self.without(place, &undefined, usage);
            if !without.is_empty() {
                let error = self.undefined(place, access, name, Some(without));
                self.tell(error, trail);
            }
        }
        let of_form = |classes| Use { classes, ..usage };
        let errors = found
            .values()
            .map(|(form, classes)| self.parts(place, access, of_form(classes), form));
        let errors: Vec<Option<Diagnostic>> = errors.collect();
        if !usage.guards.is_some() || undefined.is_empty() && errors.iter().all(Option::is_some) {
            errors
                .into_iter()
                .flatten()
                .for_each(|error| self.tell(error, trail));
        }
        for (form, classes) in found.into_values() {
            self.variable(
                place,
                access,
                Use {
                    classes: &classes,
                    ..usage
                },
                trail,
                (name, form),
            );
        }
    }

    /// Follows a variable into its own value.
    fn variable(
        &mut self,
        place: &Place<'a>,
        access: &Access,
        usage: Use<'_>,
        trail: &mut Vec<Step<'a>>,
        (name, form): (&str, &'a Spanned<Form>),
    ) {
        if form.value.literal().is_some() {
            return;
        }
        if let Some(why) = refused(&form.value, &access.path[1..]) {
            let mut error = Diagnostic::error(Code::UnusableValue, why.message.clone())
                .label(access.span, "read here")
                .label(why.span, "this");
            error.help.clone_from(&why.help);
            self.tell(error, trail);
            return;
        }
        if let Some(start) = trail.iter().position(|step| std::ptr::eq(step.form, form)) {
            let error = cycle(&trail[start..], access.span);
            self.diagnostics.push(error);
            return;
        }
        if let Some(argument) = &self.command
            && form.value.is_secret()
        {
            let error = secret_in_command(access.span, &format!("`{name}` is encrypted"), argument);
            self.tell(error, trail);
        }
        let key = std::ptr::from_ref(&form.value);
        if !self.seen.insert((key, usage.guarded, usage.classes.to_vec())) {
            return;
        }
        let reads = Rc::clone(
            self.reads
                .entry(key)
                .or_insert_with(|| Rc::new(form.value.reads())),
        );
        let inside = self.guarded_in(place, usage.guards, &reads);
        let apart = inside.apart();
        if !usage.guarded {
            let read = reads.accesses.iter().filter_map(|it| it.path.first());
            let is_asked =
                usage.guards.by_variables || read.into_iter().any(|it| usage.guards.cover_name(it));
            let guards = if is_asked { usage.guards.key() } else { 0 };
            let key = (key, place.round, usage.classes.to_vec(), guards);
            if self.operated.insert(key) {
                let mut place = place.clone();
                place.guards = Rc::new(usage.guards.clone());
                self.operations(&place, usage.classes, &form.value);
            }
        }
        trail.push(Step {
            name: name.to_owned(),
            form,
            used: access.span,
        });
        for inner in &reads.accesses {
            let usage = Use {
                guarded: usage.guarded || inner.guarded || reads.asks_for(inner.path.first()),
                guards: if inner.apart { &apart } else { &inside },
                is_conditional: usage.is_conditional || reads.is_conditional(),
                ..usage
            };
            self.access(place, inner, usage, trail);
        }
        trail.pop();
    }

    /// Reports what is wrong with an access, and through which variables it was reached.
    pub(super) fn tell(&mut self, mut error: Diagnostic, trail: &[Step<'_>]) {
        if let Some(first) = trail.first() {
            error = error.label(first.used, format!("read from here, through `{}`", first.name));
        }
        self.diagnostics.push(error);
    }
}

/// Why what a chain of keys leads to cannot be used. A map of which another part cannot be used is no error.
fn refused<'f>(form: &'f Form, keys: &[String]) -> Option<&'f SyntaxError> {
    match keys.split_first().map(|(key, rest)| (form.part(key), rest)) {
        Some((Some(part), rest)) => refused(part, rest),
        _ => form.refusal(),
    }
}
