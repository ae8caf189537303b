//! What a tool may touch.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::system::Link;
use crate::system::predicted::{Changes, Domain, Item, Predicted, PredictedHost};

/// What a tool may use while it looks. Nothing here changes the host.
pub struct Reader<'a> {
    link: &'a dyn Link,
    /// In check mode: the host as it would be, which is looked at and changed instead.
    model: Option<Predicted>,
}

/// What a tool may use while it changes the host.
pub struct Writer<'a> {
    reader: Reader<'a>,
}

impl<'a> Deref for Writer<'a> {
    type Target = Reader<'a>;
    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

impl<'a> Writer<'a> {
    /// For one call.
    pub fn new(link: &'a dyn Link) -> Self {
        Self {
            reader: Reader { link, model: None },
        }
    }

    /// For one call of check mode, by its number: it changes the host as it would be, and nothing else.
    ///
    /// `reads`: what the programs depend on that it runs to look; nothing: anything.
    pub fn predicting(link: &'a dyn Link, host: &PredictedHost, id: u64, reads: Option<Vec<String>>) -> Self {
        Self {
            reader: Reader {
                link,
                model: Some(Predicted::new(host, id, reads)),
            },
        }
    }

    /// In check mode: while this is held, no program is run, and the host as it would be is changed, by nobody else.
    pub fn begin_changes(&self) -> Option<Changes<'_>> {
        self.model().map(Predicted::begin_changes)
    }

    /// In check mode: forgets on which call it depended what was found so far.
    pub fn lower(&self) {
        if let Some(model) = self.model() {
            model.lower();
        }
    }

    /// In check mode: from now on nobody knows what is at a path and below it; only the call with this number decides it.
    pub fn spoil(&self, path: &Path, why: u64) {
        if let Some(model) = self.model() {
            model.spoil(path, why);
        }
    }

    /// The same of a part of the host that is more than files.
    pub fn spoil_domain(&self, domain: Domain, why: u64) {
        if let Some(model) = self.model() {
            model.spoil_domain(domain, why);
        }
    }

    /// In check mode: from now on files may have come where packages put them.
    pub fn expect_files(&self, why: u64) {
        if let Some(model) = self.model() {
            model.may_come(why);
        }
    }

    /// In check mode: remembers what a thing would be that is no file.
    pub fn set_item(&self, domain: Domain, key: &str, value: String) {
        if let Some(model) = self.model() {
            model.set_item(domain, key, value);
        }
    }
}

impl Reader<'_> {
    /// The way back to the controller.
    pub fn link(&self) -> &dyn Link {
        self.link
    }

    /// In check mode: the host as it would be.
    pub(super) fn model(&self) -> Option<&Predicted> {
        self.model.as_ref()
    }

    /// The same, once it differs from the host.
    pub(super) fn differing(&self) -> Option<&Predicted> {
        self.model.as_ref().filter(|it| it.differs())
    }

    /// In check mode: the number of this call.
    pub fn foreseeing(&self) -> Option<u64> {
        self.model().map(Predicted::id)
    }

    /// In check mode: the number of a call on whose effect it depended what this one has found.
    pub fn raised(&self) -> Option<u64> {
        self.model().and_then(Predicted::raised)
    }

    /// In check mode: the failure of what is not done then, and of which nobody knows what would come of it.
    pub fn unforeseen(&self) -> Option<Failure> {
        self.model().map(Predicted::unforeseen)
    }

    /// In check mode: whether what this call would come to is not known before it is made.
    pub fn is_doubtful(&self) -> bool {
        self.model().is_some_and(Predicted::is_doubtful)
    }

    /// In check mode: whether what is at a path, or in it, would be another one than on the host.
    pub fn is_foreseen(&self, path: &Path) -> bool {
        self.differing()
            .is_some_and(|model| model.touched(path).is_some())
    }

    /// In check mode: what this call finds depends on more than can be known of what would be changed at a path or in it.
    pub fn doubt(&self, path: &Path) {
        if let Some((model, why)) = self.differing().and_then(|it| Some((it, it.touched(path)?))) {
            model.raise(why);
        }
    }

    /// In check mode: a field of the result is known only once the call is made.
    pub fn unsure(&self, field: &'static str) {
        if let Some(model) = self.model() {
            model.unsure(field);
        }
    }

    /// These fields.
    pub fn unsure_fields(&self) -> BTreeSet<&'static str> {
        self.model().map(Predicted::unsure_fields).unwrap_or_default()
    }

    /// In check mode: what earlier calls would have made of a thing that is no file.
    ///
    /// # Errors
    /// Where that cannot be known; the call is unknown then.
    pub fn item(&self, domain: Domain, key: &str) -> Result<Option<String>, Failure> {
        let Some(model) = self.differing() else {
            return Ok(None);
        };
        match model.item(domain, key) {
            Item::AsOnHost => Ok(None),
            Item::Is(value) => Ok(Some(value)),
            Item::Unknown(why) => {
                model.raise(why);
                let message = format!("what would be of `{key}` is not known in check mode");
                Err(Failure::new(Kind::Unsupported, message))
            }
        }
    }

    /// In check mode, once more is changed than can be held: says so.
    pub fn warn_of_limit(&self) {
        if self.model().is_some_and(Predicted::is_full_now) {
            let message = "the changes are too many to be held in memory in check mode: what else would be changed is unknown";
            self.link.warn(message.to_owned());
        }
    }

    /// Ends the call where it was canceled or has used up its time.
    ///
    /// # Errors
    /// `canceled` or `timeout`.
    pub fn check_canceled(&self) -> Result<(), Failure> {
        self.link.cancel().check()
    }
}
