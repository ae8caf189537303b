//! The secrets of a run: each got once, when it is first read.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::IndexMap;

use crate::secret::{Keys, Masker, Source};

thread_local! {
    /// The secrets that what this thread does would have to wait for; `None`: it waits.
    static WANTED: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// The secrets of a run by name.
#[derive(Debug, Default)]
pub struct Secrets {
    slots: IndexMap<String, Slot>,
    keys: Arc<Keys>,
    masker: Arc<Masker>,
    notices: Mutex<Vec<String>>,
}

struct Slot {
    source: Source,
    cell: OnceLock<Result<String, String>>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl Secrets {
    /// Those that a playbook names. None of them is got yet.
    pub fn new(
        sources: impl IntoIterator<Item = (String, Source)>,
        keys: Arc<Keys>,
        masker: Arc<Masker>,
    ) -> Self {
        let slot = |source| Slot {
            source,
            cell: OnceLock::new(),
        };
        let slots = sources
            .into_iter()
            .map(|(name, source)| (name, slot(source)))
            .collect();
        Self {
            slots,
            keys,
            masker,
            notices: Mutex::default(),
        }
    }

    /// Knows what must not be shown.
    pub fn masker(&self) -> &Arc<Masker> {
        &self.masker
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.slots.keys().map(String::as_str)
    }

    /// The variables of the environment that they come from.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.slots.values().filter_map(|slot| match &slot.source {
            Source::Env(variable) => Some(variable.as_str()),
            _ => None,
        })
    }

    /// A secret. The first reading gets it, which may take its time; every later one comes to the same.
    ///
    /// # Errors
    /// Why it is not available: a message that names it.
    pub fn get(&self, name: &str) -> Option<Result<&str, String>> {
        let slot = self.slots.get(name)?;
        if slot.cell.get().is_none() && slot.source.takes_time() && want(name) {
            return Some(Err(format!("the secret `{name}` is not there yet")));
        }
        let got = slot.cell.get_or_init(|| {
            let got = slot.source.get(name, &self.keys);
            let got = got.map_err(|why| format!("the secret `{name}` is not available: {why}"))?;
            if !self.masker.hide(&got) {
                self.notice(format!(
                    "the secret `{name}` has fewer than 6 characters: calls that it goes to are hidden as by `no_log`, and it \
                     cannot be looked for elsewhere"
                ));
            }
            Ok(got)
        });
        Some(got.as_deref().map_err(Clone::clone))
    }

    /// Whether it was got already, or cannot be.
    pub fn is_settled(&self, name: &str) -> bool {
        self.slots.get(name).is_none_or(|slot| slot.cell.get().is_some())
    }

    /// Does something that may read secrets, without waiting for any. Those that it would have had to wait for are given,
    /// too: where there are some, it did not come to anything and is to be done again once they are there.
    pub fn without_waiting<T>(&self, work: impl FnOnce() -> T) -> (T, Vec<String>) {
        let before = WANTED.replace(Some(Vec::new()));
        let made = work();
        (made, WANTED.replace(before).unwrap_or_default())
    }

    /// Gets those of these for which somebody may be asked, before anything moves on the terminal.
    ///
    /// # Errors
    /// Why the first one cannot be had.
    pub fn ask<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<(), String> {
        for name in names {
            if self.slots.get(name).is_some_and(|slot| slot.source.may_ask()) {
                self.get(name).transpose()?;
            }
        }
        Ok(())
    }

    /// Gets those that are got at once and of nobody: variables of the environment and files that are there. So they are
    /// hidden from the first thing on that is told, whenever they are read.
    pub fn get_ahead(&self) {
        for (name, slot) in &self.slots {
            if slot.source.is_at_hand() {
                drop(self.get(name));
            }
        }
    }

    /// Tries to get one of the environment or of a file, whether it is there or not.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub fn try_plain(&self, name: &str) -> Result<(), String> {
        if self.slots.get(name).is_some_and(|slot| slot.source.is_plain()) {
            self.get(name).transpose()?;
        }
        Ok(())
    }

    fn notice(&self, notice: String) {
        self.notices
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(notice);
    }

    /// What the user should be told, since it was last asked for.
    pub fn notices(&self) -> Vec<String> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Notes that a secret would have to be waited for; whether anybody asks.
fn want(name: &str) -> bool {
    WANTED.with_borrow_mut(|wanted| match wanted {
        Some(wanted) => {
            wanted.push(name.to_owned());
            true
        }
        None => false,
    })
}
