//! The masters that end with a run, each as soon as the last host that goes by it is done.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::name::HostName;
use crate::transport::ssh::Master;

/// Who uses which.
#[derive(Debug, Default)]
pub(super) struct Masters(Mutex<Users>);

#[derive(Debug, Default)]
struct Users {
    of: HashMap<HostName, Vec<Master>>,
    /// How often each is used, by its socket: two hosts may be one to ssh.
    uses: HashMap<PathBuf, usize>,
}

impl Masters {
    /// A host goes by this one.
    pub(super) fn add(&self, host: &HostName, master: &Master) {
        let mut users = self.lock();
        *users.uses.entry(master.socket().to_owned()).or_default() += 1;
        users.of.entry(host.clone()).or_default().push(master.clone());
    }

    /// A host is done: ends what nobody else uses.
    pub(super) async fn release(&self, host: &HostName) {
        let released = self.lock().release(host);
        for master in released {
            master.end_for_good().await;
        }
    }

    /// Ends all.
    pub(super) async fn end(&self) {
        let users = std::mem::take(&mut *self.lock());
        for master in users.of.into_values().flatten() {
            master.end_for_good().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Users> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Users {
    fn release(&mut self, host: &HostName) -> Vec<Master> {
        let mut released = self.of.remove(host).unwrap_or_default();
        released.retain(|master| match self.uses.get_mut(master.socket()) {
            Some(uses @ 2..) => {
                *uses -= 1;
                false
            }
            _ => self.uses.remove(master.socket()).is_some(),
        });
        released
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn one_that_two_hosts_use_ends_with_the_last_of_them() {
        let [a, b] = ["a", "b"].map(|name| HostName::new(name).unwrap());
        let [shared, own] = ["/shared", "/own"].map(|path| Master::at(Path::new(path), false));
        let masters = Masters::default();
        masters.add(&a, &shared);
        masters.add(&a, &own);
        masters.add(&b, &shared);
        let release = |host| {
            let released = masters.lock().release(host);
            released
                .iter()
                .map(|it| it.socket().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(release(&a), [Path::new("/own")]);
        assert_eq!(release(&a), [] as [&Path; 0]);
        assert_eq!(release(&b), [Path::new("/shared")]);
    }

    #[test]
    fn one_that_a_host_found_twice_ends_once() {
        let host = HostName::new("a").unwrap();
        let master = Master::at(Path::new("/a"), false);
        let masters = Masters::default();
        masters.add(&host, &master);
        masters.add(&host, &master);
        assert_eq!(masters.lock().release(&host).len(), 1);
    }
}
