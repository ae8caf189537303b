//! What only Debian and its kin have: answers of debconf, and alternatives.

use super::law::on;
use crate::support::{Kind, Lab};

#[test]
fn an_answer_is_there_before_it_is_asked_for_and_a_password_is_never_shown() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    let call = "debconf.set: { package: shop, question: shop/name, type: string, value: 'a b  c' }";
    let (diff, result) = on.keeps_the_laws(call);
    assert!(diff.contains("+answer: a b  c\n"), "{diff}");
    assert_eq!(result["before"], serde_json::Value::Null);
    assert_eq!(machine.says("debconf-show shop"), "* shop/name: a b  c\n");
    let (diff, result) = on.keeps_the_laws(&call.replace("a b  c", "d"));
    assert!(diff.contains("-answer: a b  c\n+answer: d\n"), "{diff}");
    assert_eq!(result["before"], "a b  c");
    // Whether it counts as asked is told apart.
    on.keeps_the_laws(&call.replace("'a b  c' }", "d, seen: false }"));
    assert_eq!(machine.says("debconf-show shop"), "  shop/name: d\n");
    let call = "debconf.set: { package: shop, question: shop/password, type: password, value: KEY-1 }";
    let (diff, _) = on.keeps_the_laws(call);
    assert!(!diff.contains("KEY-1") && diff.contains("(not shown)"), "{diff}");
    let got = machine.says("echo GET shop/password | debconf-communicate shop");
    assert_eq!(got, "0 KEY-1\n");
    let (diff, result) = on.keeps_the_laws(&call.replace("KEY-1", "KEY-2"));
    assert!(!format!("{diff}{result}").contains("KEY-"), "{diff}{result}");
    for bad in [
        "{ package: shop, question: a/b, type: boolean, value: 'yes' }",
        "{ package: '-x', question: a/b, type: string, value: x }",
        "{ package: shop, question: 'a b', type: string, value: x }",
        "{ package: shop, question: a/b, type: string, value: \"x\\ny\" }",
    ] {
        on.is_refused(&format!("debconf.set: {bad}"));
    }
    let on_others = super::law::on(&lab.machine("bb", Kind::BusyBox)).fails(call);
    assert!(
        on_others.contains("which the package `debconf` brings"),
        "{on_others}"
    );
}

#[test]
fn a_name_stands_for_what_was_chosen_or_for_the_best_choice() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says("for it in one two three; do printf '#!/bin/sh\\necho %s\\n' $it >/usr/bin/shop-$it; chmod 755 /usr/bin/shop-$it; echo $it >/srv/$it.txt; done
        update-alternatives --install /usr/bin/shop shop /usr/bin/shop-one 10
        update-alternatives --install /usr/bin/shop shop /usr/bin/shop-two 20");
    let on = on(&machine);
    let (diff, result) = on.keeps_the_laws("alternatives.set: { name: shop, path: /usr/bin/shop-one }");
    assert_eq!(
        diff,
        "alternative shop\n-path: /usr/bin/shop-two\n+path: /usr/bin/shop-one\nalternative shop\n-mode: auto\n+mode: manual\n"
    );
    assert_eq!(result["before"], "/usr/bin/shop-two");
    assert_eq!(machine.says("shop"), "one\n");
    on.keeps_the_laws("alternatives.set: { name: shop, auto: true }");
    assert_eq!(machine.says("shop"), "two\n");
    let failure = on.fails("alternatives.set: { name: shop, path: /usr/bin/shop-three }");
    assert!(
        failure.starts_with("not_found: `/usr/bin/shop-three` is not among the choices of `shop`")
            && failure.contains("/usr/bin/shop-one, /usr/bin/shop-two"),
        "{failure}"
    );
    on.keeps_the_laws(
        "alternatives.set: { name: shop, path: /usr/bin/shop-three, link: /usr/bin/shop, priority: 5 }",
    );
    assert_eq!(machine.says("shop"), "three\n");
    on.keeps_the_laws(
        "alternatives.set: { name: new, path: /usr/bin/shop-one, link: /usr/bin/new, slaves: [{ name: new.txt, link: /srv/new.txt, path: /srv/one.txt }] }",
    );
    assert_eq!(machine.says("new; cat /srv/new.txt"), "one\none\n");
    let failure = on.fails("alternatives.set: { name: nosuch, auto: true }");
    assert!(failure.starts_with("not_found: "), "{failure}");
    let failure = on.fails("alternatives.set: { name: shop, path: /usr/bin/gone, link: /usr/bin/shop }");
    assert_eq!(failure, "not_found: `/usr/bin/gone` does not exist");
    for bad in [
        "{ name: shop }",
        "{ name: '../x', auto: true }",
        "{ name: shop, path: /x, auto: true }",
    ] {
        on.is_refused(&format!("alternatives.set: {bad}"));
    }
}

#[test]
fn a_host_without_docker_and_podman_is_said_to_have_neither() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    let on = on(&machine);
    for tool in ["container.absent", "container.stopped"] {
        let failure = on.fails(&format!("{tool}: shop"));
        assert_eq!(
            failure,
            "not_found: this host has neither `docker` nor `podman`; install one of them first"
        );
        let failure = on.fails(&format!("{tool}: {{ name: shop, cli: podman }}"));
        assert!(
            failure.starts_with("not_found: ") && failure.contains("podman"),
            "{failure}"
        );
        for bad in ["--all", "'a b'", "a/b", "''", "{ name: shop, cli: lxc }"] {
            on.is_refused(&format!("{tool}: {bad}"));
        }
    }
}
