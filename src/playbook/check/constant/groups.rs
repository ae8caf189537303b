//! Which hosts give a value of their own: hosts for which everything that is read is equal are looked at once.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use crate::name::{HostId, RoundId};
use crate::playbook::check::guards::{AskedThrough, is_of_run};
use crate::playbook::check::place::Place;
use crate::playbook::check::scope::{Names, definition};
use crate::playbook::model::Playbook;
use crate::template::{Form, Reads};

/// Where nothing but the host itself differs, so many hosts of a round are looked at each for itself.
const HOSTS: usize = 256;
/// So many readings are looked at in a whole playbook, and so many of each entry at least.
const READINGS: usize = 20_000;
const LEAST: usize = 16;
/// What a function asks, as a name that is read.
const ASKED: &str = "()";
/// Names that are something else for each host.
const OWN: [&str; 4] = [
    "host",
    "inventory_hostname",
    "inventory_hostname_short",
    "group_names",
];

/// Groups of hosts by what they read.
#[derive(Debug)]
pub(in crate::playbook::check) struct Groups<'a> {
    playbook: &'a Playbook,
    /// What the values of a variable read, wherever it is defined.
    readers: HashMap<&'a str, BTreeSet<String>>,
    /// The same with the parts that are read; `None`: some value is plain.
    paths: HashMap<&'a str, Vec<Option<Vec<String>>>>,
    /// What was asked about variables.
    asked: RefCell<HashMap<String, Rc<AskedThrough>>>,
    /// Names that hosts themselves define.
    own: HashSet<&'a str>,
    known: HashMap<(RoundId, Vec<String>), Rc<[HostId]>>,
    /// How many readings of an entry are looked at.
    most: usize,
}

impl<'a> Groups<'a> {
    /// Looks at every variable of a playbook.
    pub(in crate::playbook::check) fn new(playbook: &'a Playbook) -> Self {
        let mut readers: HashMap<&str, BTreeSet<String>> = HashMap::new();
        let mut paths: HashMap<&str, Vec<Option<Vec<String>>>> = HashMap::new();
        let inventory = &playbook.inventory;
        let units = playbook.units.iter();
        let mut layers: Vec<_> = playbook.vars.iter().collect();
        layers.extend(inventory.group_layers());
        layers.extend(inventory.host_layers());
        layers.extend(playbook.rounds.iter().map(|it| &it.vars));
        layers.extend(playbook.entries.iter().map(|it| &it.vars));
        layers.extend(
            units
                .clone()
                .flat_map(|unit| unit.vars.iter().chain([&unit.given])),
        );
        let of_layers = layers.into_iter().flat_map(|layer| layer.iter());
        let inputs = units.flat_map(|unit| unit.inputs.iter());
        let defaults = inputs.filter_map(|(name, input)| Some((name, input.default.as_ref()?)));
        for (name, form) in of_layers.chain(defaults) {
            let paths = paths.entry(name.as_str()).or_default();
            let mut is_plain = !matches!(form.value, Form::Expression(_) | Form::Template(_));
            if form.value.literal().is_none() {
                let reads = form.value.reads();
                add(readers.entry(name).or_default(), &reads);
                paths.extend(reads.accesses.iter().map(|it| Some(it.path.clone())));
                is_plain |= reads.asks;
            }
            if is_plain && paths.last() != Some(&None) {
                paths.push(None);
            }
        }
        let own = inventory.host_layers().flat_map(|layer| layer.keys());
        Self {
            playbook,
            readers,
            paths,
            asked: RefCell::default(),
            own: own.map(String::as_str).collect(),
            known: HashMap::new(),
            most: (READINGS / playbook.entries.len().max(1)).max(LEAST),
        }
    }

    /// All names that are read, through whatever variables; nothing where something else is asked.
    pub(super) fn closure(&self, reads: impl IntoIterator<Item = Reads>) -> Option<BTreeSet<String>> {
        let mut direct = BTreeSet::new();
        reads.into_iter().for_each(|it| add(&mut direct, &it));
        self.closure_of(direct)
    }

    /// What is asked about by whoever asks about a variable.
    pub(in crate::playbook::check) fn asked(&self, name: &str) -> Rc<AskedThrough> {
        if let Some(known) = self.asked.borrow().get(name) {
            return Rc::clone(known);
        }
        let mut found = AskedThrough::default();
        let (mut seen, mut open) = (HashSet::from([name]), vec![name]);
        while let Some(name) = open.pop() {
            let Some(paths) = self.paths.get(name) else {
                // An input, something of the host, or nothing.
                found.by_variables = true;
                continue;
            };
            for path in paths {
                let Some(path) = path else {
                    found.by_variables = true;
                    continue;
                };
                if !is_of_run(path) && seen.insert(&path[0]) {
                    open.push(&path[0]);
                }
                found.paths.insert(path.clone());
            }
        }
        let found = Rc::new(found);
        self.asked.borrow_mut().insert(name.to_owned(), Rc::clone(&found));
        found
    }

    /// The same of names.
    pub(in crate::playbook::check) fn closure_of(
        &self,
        names: impl IntoIterator<Item = String>,
    ) -> Option<BTreeSet<String>> {
        let mut all = BTreeSet::new();
        let mut open: Vec<String> = names.into_iter().collect();
        while let Some(name) = open.pop() {
            if name == ASKED {
                return None;
            }
            if let Some(more) = self.readers.get(name.as_str()) {
                open.extend(more.iter().filter(|it| !all.contains(*it)).cloned());
            }
            all.insert(name);
        }
        Some(all)
    }

    /// Of the hosts of a place one for each different reading of the names; where those are too many, the outermost ones and
    /// some between.
    pub(super) fn representatives(
        &mut self,
        place: &Place<'_>,
        names: &Names<'_>,
        read: &BTreeSet<String>,
    ) -> Rc<[HostId]> {
        let mut differing: Vec<String> = read
            .iter()
            .filter(|it| names.depends_on_host(it))
            .cloned()
            .collect();
        let is_own = OWN.iter().any(|it| read.contains(*it)) && place.hosts <= HOSTS;
        if is_own {
            differing.push(OWN[0].to_owned());
        }
        let key = (place.round, differing);
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        let found: Rc<[HostId]> = self.spread(self.find(place, &key.1, is_own), &key.1).into();
        self.known.insert(key, Rc::clone(&found));
        found
    }

    /// Whether hosts are as many as are looked at, so that there may be others.
    pub(super) fn is_sample(&self, hosts: &[HostId]) -> bool {
        hosts.len() >= self.most
    }

    fn find(&self, place: &Place<'_>, differing: &[String], is_own: bool) -> Vec<HostId> {
        let all = place.classes.iter();
        if is_own {
            return all.flat_map(|it| it.hosts.iter().copied()).collect();
        }
        if differing.is_empty() {
            return all.filter_map(|it| it.hosts.first().copied()).take(1).collect();
        }
        let of_hosts = differing.iter().any(|it| self.own.contains(it.as_str()));
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for class in all {
            // Those of a class differ in nothing but what they define themselves.
            let hosts = if of_hosts {
                &class.hosts[..]
            } else {
                &class.hosts[..1]
            };
            for &host in hosts {
                let values = differing.iter().map(|name| self.value(host, name));
                if seen.insert(values.collect::<Vec<_>>()) {
                    found.push(host);
                }
            }
        }
        found
    }

    fn spread(&self, mut hosts: Vec<HostId>, differing: &[String]) -> Vec<HostId> {
        if hosts.len() <= self.most {
            return hosts;
        }
        // The shortest and the longest, the smallest and the largest are more often wrong than what is between.
        hosts.sort_by_cached_key(|host| {
            let values = differing
                .iter()
                .map(|name| self.value(*host, name).unwrap_or_default());
            values.map(|value| (value.len(), value)).collect::<Vec<_>>()
        });
        let last = hosts.len() - 1;
        let steps = self.most - 1;
        (0..=steps).map(|at| hosts[at * last / steps]).collect()
    }

    /// What tells one value from others: of a literal the value itself.
    fn value(&self, host: HostId, name: &str) -> Option<String> {
        let form = definition(self.playbook, Some(host), name)?;
        Some(match &form.value {
            Form::Literal(value) => serde_json::to_string(value).unwrap_or_default(),
            other => format!("{:p}", std::ptr::from_ref(other)),
        })
    }
}

fn add(names: &mut BTreeSet<String>, reads: &Reads) {
    names.extend(reads.accesses.iter().filter_map(|it| it.path.first().cloned()));
    if reads.asks {
        names.insert(ASKED.to_owned());
    }
}
