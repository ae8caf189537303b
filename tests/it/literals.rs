//! Arguments that no host could take are errors of `validate`, also where other arguments are templates.

use crate::support::Fixture;

/// Calls that are refused, each with the argument that is named.
const REFUSED: &[(&str, &str)] = &[
    (
        "fs.write: { path: /x, content: x, validate: visudo -c }",
        "validate",
    ),
    (
        "fs.write: { path: /x, content: '{{ any }}', validate: visudo -c }",
        "validate",
    ),
    ("fs.write: { path: /x/, content: x }", "path"),
    (
        "template.file: { src: x.j2, dest: /x, validate: nginx -t }",
        "validate",
    ),
    ("template.file: { src: x.j2, dest: /x/ }", "dest"),
    ("fs.copy: { src: x.j2, dest: /x, validate: 'true' }", "validate"),
    (
        "fs.line_in_file: { path: /x, line: x, validate: 'true' }",
        "validate",
    ),
    (
        "fs.block_in_file: { path: /x, block: x, validate: 'true' }",
        "validate",
    ),
    (
        "fs.replace: { path: /x, regexp: x, replace: y, validate: 'true' }",
        "validate",
    ),
    ("fs.remove: { path: /, recursive: true }", "path"),
    ("fs.symlink: { path: /x, target: '' }", "target"),
    ("fs.copy: { dest: /x }", "host_src"),
    ("fs.copy: { host_src: /x, src: x.j2, dest: /y }", "host_src"),
    ("fs.hardlink: { path: /x, target: /x }", "path"),
    ("fs.touch: { path: /x/ }", "path"),
    ("fs.touch: { path: /x, modified: now }", "modified"),
    ("fs.touch: ~/../x", "path"),
    ("fs.fetch: { src: ~/x, dest: y }", "src"),
    ("fs.edit: { path: /x, at: a, value: 1 }", "format"),
    ("fs.edit: { path: /x.toml, value: 1 }", "at"),
    ("fs.edit: { path: /x.toml, at: a }", "value"),
    ("fs.edit: { path: /x.toml, at: 'a[', value: 1 }", "at"),
    ("fs.edit: { path: /x.toml, at: a, value: [null] }", "at"),
    ("fs.edit: { path: /x.ini, at: a.b, value: [1] }", "at"),
    ("fs.edit: { path: /x.env, at: a-b, value: 1 }", "at"),
    (
        "fs.edit: { path: /x.env, at: A, value: 1, spaces: true }",
        "spaces",
    ),
    ("fs.edit: { path: /x.json, sets: [{ at: a }] }", "sets"),
    ("fs.acl: { path: /x }", "type"),
    (
        "fs.acl: { path: /x, type: user, entity: a, permissions: rwz }",
        "permissions",
    ),
    ("fs.acl: { path: /x, entry: 'x:a:r' }", "entry"),
    ("fs.temp: { prefix: a/b }", "prefix"),
    ("user.ssh_key: { user: x, bits: 100 }", "bits"),
    ("user.ssh_key: { user: x, type: rsa, bits: 512 }", "bits"),
    ("http.get: { url: 'http://x/', password: y }", "password"),
    ("http.get: { url: 'http://x/', client_cert: /y }", "client_cert"),
    ("fs.find: { patterns: x }", "path"),
    ("fs.find: { path: /x, regexp: '(' }", "regexp"),
    ("fs.unpack: { host_src: /x, dest: /y, includes: '[' }", "includes"),
    ("user.lookup: {}", "name"),
    ("user.lookup: { name: x, id: 1 }", "id"),
    (
        "user.present: { name: x, password_min_days: -2 }",
        "password_min_days",
    ),
    ("user.present: { name: x, non_unique: true }", "non_unique"),
    ("ssh.known_host: { name: 'a,b', key: x }", "name"),
    ("ssh.known_host: { name: web, key: x }", "key"),
    ("fs.move: { src: /x, dest: /x/y }", "dest"),
    ("fs.attributes: { path: /x }", "mode"),
    ("fs.find: { path: /x, patterns: a/b }", "patterns"),
    ("fs.archive: { paths: /x, dest: /x.odd }", "format"),
    ("fs.archive: { paths: [/a/x, /b/x], dest: /x.tar }", "paths"),
    ("fs.unpack: { dest: /x }", "host_src"),
    ("fs.sync: { local: ., path: /x, excludes: '[' }", "excludes"),
    (
        "http.download: { url: 'http://x/y', dest: /tmp/, checksum: none }",
        "dest",
    ),
    (
        "http.download: { url: 'ftp://x/y', dest: /x, checksum: none }",
        "url",
    ),
    ("http.get: { url: 'x' }", "url"),
    (
        "http.request: { url: 'http://x', method: post, body: '{{ any }}' }",
        "method",
    ),
    ("service.start: a b", "name"),
    ("service.status: ../x", "name"),
    (
        "service.converge: { name: x, masked: true, started: true }",
        "masked",
    ),
    ("apt.package: { name: x=1, state: latest }", "name"),
    ("apt.package: { name: x, state: absent, hold: true }", "hold"),
    ("dnf.package: { name: x=1, state: absent }", "name"),
    ("apk.package: { name: 'x=*1' }", "name"),
    ("pacman.package: x=1", "name"),
    ("pacman.converge: [{ name: x=1 }]", "packages"),
    ("package.package: x=1", "name"),
    ("wait.path: { path: /x, state: absent, contains: x }", "contains"),
    ("mount.absent: /", "path"),
    ("mount.present: { path: /x, source: x, type: swap }", "type"),
    (
        "mount.present: { path: /x, source: x, type: none, options: bind }",
        "source",
    ),
    (
        "mount.present: { path: /x, source: /x, type: none, options: remount }",
        "options",
    ),
];

/// Calls that are right, or may be.
const TAKEN: &[&str] = &[
    "fs.write: { path: /x, content: '{{ any }}', validate: visudo -cf %s }",
    "service.converge: { name: x, masked: true, started: '{{ any == \"y\" }}', enabled: false }",
    "apt.package: { name: x=1, state: '{{ want }}' }",
    "fs.line_in_file: { path: /x, line: '{{ any }}' }",
    "fs.attributes: { path: /x, owner: '{{ any }}' }",
    "cron.job: { name: x, job: '{{ any }}', minute: 1 }",
    "template.file: { src: x.j2, dest: /x, validate: nginx -tc %s }",
];

fn said(call: &str) -> (Option<i32>, String) {
    let playbook = format!(
        "hosts: {{ here: {{ transport: local, vars: {{ any: x, want: present }} }} }}\nrounds:\n  - name: r\n    hosts: here\n    calls:\n      - {call}\n"
    );
    let scene = Fixture::new(playbook).file("x.j2", "x").build();
    let ran = scene.rmote_play(&["validate", "--format", "json", "site.yml"]);
    (ran.code, ran.to_string())
}

#[test]
fn they_are_refused_before_the_run_and_the_argument_is_named() {
    let mut wrong = Vec::new();
    for (call, argument) in REFUSED {
        let (code, text) = said(call);
        if code != Some(1) || !text.contains("invalid-argument") || !text.contains(&format!("`{argument}`")) {
            wrong.push(format!("{call}: {text}"));
        }
    }
    for call in TAKEN {
        let (code, text) = said(call);
        if code != Some(0) {
            wrong.push(format!("{call}: {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
