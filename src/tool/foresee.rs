//! A call in check mode, on the host as the calls before it would leave it.

use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::provisional;
use crate::tool::server::fields;
use crate::tool::{Apply, Describe as _, Finding, Pending, Served, Tool};

/// In check mode: looks at the host as it would be after the calls before this one, and does there what `apply` would do.
pub(super) fn foresee<T: Tool>(
    args: &T::Args,
    apply: Apply,
    diff: bool,
    host: &Writer<'_>,
    id: u64,
) -> Result<Served, Failure> {
    let found = T::inspect(args, host);
    if let Some(why) = host.raised() {
        establish::<T>(args, found, host, why);
        return Ok(Served::unknown(why));
    }
    let change = match found? {
        Finding::Settled(output) => {
            return Ok(Served::settled(&output)?.without_unsure(host));
        }
        Finding::Pending(change) => change,
    };
    let pending = change.pending();
    // A command that only looks is run.
    if apply == Apply::Yes {
        let output = T::apply(args, change, host);
        return match host.raised() {
            Some(why) => Ok(Served::unknown(why)),
            None => Ok(Served::settled(&output?)?.without_unsure(host)),
        };
    }
    match pending {
        Pending::Change => {}
        Pending::Nothing => {
            return Ok(Served::settled(&T::predict(args, change, host)?)?.without_unsure(host));
        }
        Pending::Unknown | Pending::Doubtful => {
            T::spoils(args).spoil(host, id);
            return Ok(Served {
                unknown: true,
                ..Served::nothing()
            });
        }
    }
    let mut served = Served {
        changed: true,
        diff: if diff {
            provisional::hidden(change.diff())
        } else {
            Vec::new()
        },
        ..Served::nothing()
    };
    if !T::FORESEES {
        T::spoils_by(args, &change).spoil(host, id);
        return Ok(if T::KNOWS_LATE {
            Served::unknown(id)
        } else {
            served
        });
    }
    let changes = host.begin_changes();
    let done = T::predict(args, change, host);
    host.warn_of_limit();
    if let Some(why) = host.raised() {
        if let Some(changes) = changes {
            changes.take_back();
        }
        T::spoils(args).spoil(host, why);
        let is_certain = why == id && !T::KNOWS_LATE && !host.is_doubtful();
        return Ok(if is_certain { served } else { Served::unknown(why) });
    }
    let output = match done {
        // It begins again, and must not find done what it has done itself.
        Err(failure) if failure.kind == Kind::Raced => {
            if let Some(changes) = changes {
                changes.take_back();
            }
            return Err(failure);
        }
        done => done?,
    };
    if !T::is_changed(&output) {
        served.changed = false;
        served.diff.clear();
    }
    served.fields = fields(&output)?;
    Ok(served.without_unsure(host))
}

/// In check mode, where it is not known what a call would find: makes what it declares known all the same, or else unknown
/// what it may touch.
fn establish<T: Tool>(args: &T::Args, found: Result<Finding<T>, Failure>, host: &Writer<'_>, why: u64) {
    let changes = host.begin_changes();
    if let (Some(left), Ok(found)) = (T::establishes(args), found) {
        host.lower();
        let is_known = match found {
            Finding::Settled(_) => true,
            Finding::Pending(change) => T::predict(args, change, host).is_ok() && host.raised().is_none(),
        };
        if is_known {
            left.spoil(host, why);
            return;
        }
    }
    if let Some(changes) = changes {
        changes.take_back();
    }
    T::spoils(args).spoil(host, why);
}

impl Served {
    /// Leaves out what is known only once the call is made.
    fn without_unsure(mut self, host: &Reader<'_>) -> Self {
        let unsure = host.unsure_fields();
        let left_out = &mut self.unsure;
        self.fields.retain(|name, value| {
            let is_known = !unsure.contains(&**name) && !provisional::is_in(value);
            if !is_known {
                left_out.push(name.clone());
            }
            is_known
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::system::{Follow, PredictedHost};
    use crate::tool::{Access, Footprint, HostPath, Server};
    use crate::tools::testing::TestLink;

    /// Removes a file, and is in the way of somebody else the first time, after it has done that.
    struct Late;

    static TIMES: AtomicU32 = AtomicU32::new(0);

    #[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
    struct Args {
        path: HostPath,
    }

    impl Tool for Late {
        const NAME: &'static str = "test.late";
        const ACCESS: Access = Access::Writes;
        const EXAMPLE: &'static str = "";

        type Args = Args;
        type Change = ();
        type Output = ();

        fn footprint(args: &Args) -> Footprint {
            Footprint::writes(args.path.area())
        }

        fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
            let found = host.metadata(args.path.as_path(), Follow::No)?;
            Ok(found.map_or(Finding::Settled(()), |_| Finding::Pending(())))
        }

        fn apply(args: &Args, (): (), host: &Writer<'_>) -> Result<(), Failure> {
            let at = host
                .locate(args.path.as_path(), Follow::No)?
                .expect("it is there");
            host.remove(&at)?;
            if TIMES.fetch_add(1, Ordering::Relaxed) == 0 {
                return Err(Failure::new(Kind::Raced, "somebody else was there"));
            }
            Ok(())
        }
    }

    #[test]
    fn a_call_that_begins_again_does_not_find_done_what_it_has_done_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "x").unwrap();
        let link = TestLink::default();
        let host = PredictedHost::default();
        let args = rmp_serde::to_vec_named(&Args {
            path: HostPath::new(path.to_str().unwrap().as_bytes()).unwrap(),
        });
        let server = Server::of::<Late>();
        let writer = Writer::predicting(&link, &host, 1, None);
        let found = server.serve(&args.unwrap(), Apply::No, true, &writer).unwrap();
        assert_eq!(TIMES.load(Ordering::Relaxed), 2);
        assert!(found.changed);
        assert!(path.exists());
    }
}
