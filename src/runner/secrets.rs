//! `secrets`, and how readings of secrets are kept in mind.

use std::sync::Arc;

use crate::event::{Kind, mask};
use crate::name::EntryId;
use crate::runner::context::Context;
use crate::secret::Secrets;
use crate::template::{Keeper, Lookup, Root};
use crate::value::Value;

/// `secrets`.
#[derive(Debug)]
pub(super) struct SecretsLookup(pub(super) Arc<Secrets>);

impl Lookup for SecretsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        Some(match self.0.get(key)? {
            Ok(secret) => Root::Secret(secret.into()),
            Err(why) => Root::Broken(why),
        })
    }

    fn keys(&self) -> Vec<String> {
        self.0.names().map(str::to_owned).collect()
    }
}

/// Tells the masker what is secret.
#[derive(Debug)]
pub(super) struct Keeping(pub(super) Arc<Secrets>);

impl Keeper for Keeping {
    fn read(&self, secret: &Value) -> bool {
        self.0.masker().hide_all(secret)
    }

    fn made(&self, value: &Value) -> bool {
        self.0.masker().hide_derived(value)
    }
}

/// What is told when something has happened: without secrets, and after what there is to say of them.
pub(super) fn told(secrets: &Secrets, mut kind: Kind) -> Vec<Kind> {
    mask(&mut kind, secrets.masker());
    let notices = secrets.notices().into_iter();
    let warnings = notices.map(|message| Kind::Warning { message, host: None });
    warnings.chain([kind]).collect()
}

/// Does something that may read secrets. What it has to wait for is got next to whatever else is under way.
pub(super) async fn beside<T>(secrets: &Arc<Secrets>, work: impl Fn() -> T) -> T {
    loop {
        let (made, wanted) = secrets.without_waiting(&work);
        if wanted.is_empty() {
            return made;
        }
        drop(made);
        get(secrets, wanted).await;
    }
}

/// Gets the secrets that an entry reads.
pub(super) async fn of_entry(context: &Arc<Context>, entry: EntryId) {
    let names = context.program.plan.node(entry).secrets.iter().cloned();
    get(&context.options.secrets, names).await;
}

async fn get(secrets: &Arc<Secrets>, names: impl IntoIterator<Item = String>) {
    for name in names {
        if secrets.is_settled(&name) {
            continue;
        }
        let secrets = Arc::clone(secrets);
        let getting = tokio::task::spawn_blocking(move || drop(secrets.get(&name)));
        // What it came to is read where it is used.
        let _done = getting.await;
    }
}
