//! Calls that are made again on a new connection, after the old one broke.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::here;

/// It writes the table, and the first time the agent dies before anybody hears of it.
const CRONTAB: &str = "#!/bin/sh
case $1 in
  -l) cat '{DIR}/t/table' 2>/dev/null || { echo 'no crontab for you' >&2; exit 1; } ;;
  *)
    cat > '{DIR}/t/table'
    test -e '{DIR}/t/broken' || { touch '{DIR}/t/broken'; kill -9 $PPID; } ;;
esac
";

/// What it finds done, it may have done itself: it is told as changed, and its handlers run.
#[test]
fn a_call_that_is_repeated_and_finds_nothing_to_do_counts_as_changed() {
    let scene = here(
        "
- { id: job, cron.job: { name: backup, job: /bin/true, hour: '3', minute: '0' } }
- { id: handler, on_change: [job], fs.write: { path: '{DIR}/t/handled', content: x } }",
    )
    .file("bin/crontab", CRONTAB)
    .env("PATH", "{DIR}/bin:/usr/bin:/bin")
    .build();
    fs::set_permissions(scene.path("bin/crontab"), fs::Permissions::from_mode(0o755)).unwrap();
    let ran = scene.events(&[]).code(0);
    let retried = ran.all("call_retried");
    assert!(retried.iter().any(|it| it["call"]["label"] == "job"), "{ran}");
    let ran = ran.outcomes("here", &[("job", "changed"), ("handler", "changed")]);
    assert_eq!(scene.read("t/handled"), "x", "{ran}");
    assert_eq!(ran.recap("here")["changed"], 2, "{ran}");
}
