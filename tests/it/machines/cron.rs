//! `cron.job` with a crontab program that is there.

use super::law::on;
use crate::support::{Kind, Lab};

#[test]
fn a_job_comes_into_the_crontab_of_its_user_and_leaves_the_others_alone() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("bb", Kind::BusyBox);
    machine.says("mkdir -p /var/spool/cron/crontabs");
    let on = on(&machine);
    let table = || machine.says("crontab -l");
    let (diff, _) = on.keeps_the_laws("cron.job: { name: backup, minute: '*/5', job: 'backup --all' }");
    assert!(diff.contains("+*/5 * * * * backup --all"), "{diff}");
    assert_eq!(
        table().trim_end(),
        "# rmote-play: backup\n*/5 * * * * backup --all"
    );
    machine.says("(crontab -l; echo '0 1 * * * mine') | crontab -");
    on.keeps_the_laws("cron.job: { name: backup, special: daily, job: other, env: { MAILTO: ops } }");
    assert_eq!(
        table().trim_end(),
        "MAILTO=\"ops\"\n# rmote-play: backup\n@daily other\n0 1 * * * mine"
    );
    on.keeps_the_laws("cron.job: { name: backup, state: absent }");
    assert_eq!(table().trim_end(), "MAILTO=\"ops\"\n0 1 * * * mine");
    on.is_settled("cron.job: { name: backup, state: absent }");
    let failure = on.fails("cron.job: { name: x, job: x, user: nobody-here }");
    assert!(failure.starts_with("command_failed: "), "{failure}");
}
