//! What is legal and surely not meant: told as warnings, which a comment accepts.

use crate::support::Fixture;

const SITE: &str = "hosts: { web1: { transport: local } }
groups: { web: [web1] }
rounds: [{ name: one, hosts: all, calls: [{ log.log: hello }] }]
";

#[test]
fn a_file_of_variables_of_no_group_is_told() {
    let scene = Fixture::new(SITE).file("group_vars/webs.yml", "dc: eu\n").build();
    let ran = scene.rmote_play(&["validate", "site.yml"]).code(0);
    ran.says("unused-file").says("there is no group `webs`");
}

#[test]
fn a_comment_on_the_line_or_above_it_accepts_a_warning_by_its_code() {
    let accepted = Fixture::new(SITE)
        .file("group_vars/webs.yml", "dc: eu # allow: unused-file\n")
        .build();
    accepted
        .rmote_play(&["validate", "--strict", "site.yml"])
        .code(0)
        .never_says("unused-file");
    for (comment, code) in [
        ("# allow: shell-syntax", 0),
        ("# allow: empty-calls, shell-syntax", 0),
        ("# allow: empty-calls", 1),
        ("# shell-syntax", 1),
    ] {
        let site = SITE.replace(
            "calls: [{ log.log: hello }] }]",
            &format!("calls: [\n {comment}\n {{ exec.command: ls | wc }}] }}]"),
        );
        let scene = Fixture::new(site).build();
        scene.rmote_play(&["validate", "--strict", "site.yml"]).code(code);
    }
}

#[test]
fn an_error_is_never_accepted_by_a_comment() {
    let site = SITE.replace("log.log: hello", "log.lgo: hello");
    let site = site.replace("}] }]\n", "}] }] # allow: unknown-tool\n");
    let scene = Fixture::new(site).build();
    scene
        .rmote_play(&["validate", "site.yml"])
        .code(1)
        .says("unknown-tool");
}
