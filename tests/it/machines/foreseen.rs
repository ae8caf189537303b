//! What a dry run says of a real machine behind packages and accounts that are not there yet.

use super::apt::with_repository;
use super::law::on;
use crate::support::Lab;

#[test]
fn behind_a_package_only_what_it_may_touch_is_unknown() {
    let Some(lab) = Lab::start() else { return };
    let machine = with_repository(&lab);
    machine.says("apt-get install -qq -y shop=1.0-1");
    let entries = [
        "id: package\napt.package: { name: shop, state: latest }",
        // It comes in the place of this file.
        "id: replaced\nfs.line_in_file: { path: /etc/shop.conf, line: extra }",
        // It may bring this one along.
        "id: brought\nfs.read_str: /etc/shop.d/brought",
        "id: own\nfs.write: { path: /srv/own, content: x }",
        "id: there\nfs.line_in_file: { path: /etc/hosts, line: 10.0.0.9 db }",
        // Its scripts may make this user; whoever makes it, it is there afterwards.
        "id: owner\nfs.write: { path: /srv/owned, content: x, owner: app }",
        "id: user\nuser.present: { name: app, system: true, home: /srv/app, create_home: false }",
        "id: home\nfs.directory: { path: /srv/app, owner: app }",
        "id: file\nfs.write: { path: /srv/app/file, content: x, owner: app }",
        "id: again\nuser.present: app",
        "id: gone\nuser.absent: other",
    ];
    let ran = on(&machine).run(&entries, &["-C"]).code(0).outcomes(
        "m",
        &[
            ("package", "changed"),
            ("replaced", "unknown"),
            ("brought", "unknown"),
            ("own", "changed"),
            ("there", "changed"),
            ("owner", "unknown"),
            ("user", "unknown"),
            ("home", "changed"),
            ("file", "changed"),
            ("again", "ok"),
            ("gone", "unknown"),
        ],
    );
    for id in ["replaced", "brought", "owner", "user", "gone"] {
        assert_eq!(ran.end("m", id)["because"], "package", "{id}: {ran}");
    }
}
