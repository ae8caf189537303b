//! An example for each code: a mistake, and how it is put right. A test validates them all.
//!
//! What begins with `-` is an entry of `calls`; anything else is at the top of a playbook.

use crate::diagnostic::Code;

impl Code {
    /// YAML in which the mistake is made, and the same put right; empty where no YAML shows it.
    #[expect(clippy::too_many_lines, reason = "a list, an entry for each code")]
    pub const fn example(self) -> (&'static str, &'static str) {
        match self {
            Self::UnreadableFile => ("vars_files: [/etc]", "vars_files: []"),
            Self::YamlSyntax => ("vars: { port: 80", "vars: { port: 80 }"),
            Self::MultipleDocuments => ("vars: { a: 1 }\n---\nvars: { b: 2 }", "vars: { a: 1, b: 2 }"),
            Self::DuplicateKey => (
                "- fs.write: { path: /etc/motd, content: hello, path: /etc/issue }",
                "- fs.write: { path: /etc/motd, content: hello }",
            ),
            Self::InvalidKey => ("vars: { ? [a, b] : 1 }", "vars: { a: 1, b: 1 }"),
            Self::InvalidMerge => (
                "vars:\n  base: &base [1]\n  more: { <<: *base }",
                "vars:\n  base: &base { port: 1 }\n  more: { <<: *base }",
            ),
            Self::YamlTag => ("vars: { password: !vault x }", "vars: { password: \"!vault x\" }"),
            Self::LeadingBang => (
                "- exec.shell: make\n  failed_when: ! result.changed",
                "- exec.shell: make\n  failed_when: not result.changed",
            ),
            Self::UnusedAnchor => ("vars: { name: &staging }", "vars: { name: \"&staging\" }"),
            Self::ImpreciseNumber => ("vars: { release: 1.10 }", "vars: { release: \"1.10\" }"),
            Self::UnquotedTemplate => ("- log.log: {{ host.name }}", "- log.log: \"{{ host.name }}\""),
            Self::FlowRange => (
                "hosts: { web[1:3]: { port: 22 } }",
                "hosts: { \"web[1:3]\": { port: 22 } }",
            ),
            Self::ColonInText => (
                "- exec.shell: grep user: /etc/passwd",
                "- exec.shell: \"grep user: /etc/passwd\"",
            ),
            Self::UnknownKey => (
                "- exec.shell: make\n  whne: run.check",
                "- exec.shell: make\n  when: run.check",
            ),
            Self::MissingKey => (
                "rounds:\n  - name: all of it\n    calls: [{ log.log: hello }]",
                "rounds:\n  - name: all of it\n    hosts: localhost\n    calls: [{ log.log: hello }]",
            ),
            Self::WrongType => (
                "- loop: facts.user.uid\n  log.log: \"{{ item }}\"",
                "- loop: range(3)\n  log.log: \"{{ item }}\"",
            ),
            Self::NullValue => (
                "- exec.shell: make\n  when:",
                "- exec.shell: make\n  when: run.check",
            ),
            Self::NotOnThisEntry => (
                "- fs.stat: /etc\n  env: { A: b }",
                "- exec.shell: make\n  env: { A: b }",
            ),
            Self::TruthyWord => (
                "- fs.write: { path: /etc/motd, content: hello, backup: yes }",
                "- fs.write: { path: /etc/motd, content: hello, backup: true }",
            ),
            Self::FileMode => (
                "- fs.directory: { path: /srv/app, mode: 755 }",
                "- fs.directory: { path: /srv/app, mode: 0755 }",
            ),
            Self::Duration => (
                "- exec.shell: make\n  timeout: 30",
                "- exec.shell: make\n  timeout: 30s",
            ),
            Self::InvalidName => ("vars: { my-app: shop }", "vars: { my_app: shop }"),
            Self::ReservedName => ("vars: { host: web1 }", "vars: { target: web1 }"),
            Self::DuplicateName => (
                "rounds:\n  - { name: app, hosts: localhost, calls: [] }\n  - { name: app, hosts: localhost, calls: [] }",
                "rounds:\n  - { name: app, hosts: localhost, calls: [] }\n  - { name: more, hosts: localhost, calls: [] }",
            ),
            Self::DuplicateId => (
                "- { id: build, exec.shell: make }\n- { id: build, exec.shell: make test }",
                "- { id: build, exec.shell: make }\n- { id: test, exec.shell: make test }",
            ),
            Self::UnknownTool => (
                "- fs.wirte: { path: /etc/motd }",
                "- fs.write: { path: /etc/motd }",
            ),
            Self::UnknownArgument => (
                "- fs.write: { path: /etc/motd, contnet: hello }",
                "- fs.write: { path: /etc/motd, content: hello }",
            ),
            Self::MissingArgument => (
                "- fs.write: { content: hello }",
                "- fs.write: { path: /etc/motd, content: hello }",
            ),
            Self::InvalidArgument => (
                "- fs.write: { path: etc/motd, content: hello }",
                "- fs.write: { path: /etc/motd, content: hello }",
            ),
            Self::InvalidValue => (
                "- vars: { ports: [80] }\n  log.log: \"{{ ports[1] }}\"",
                "- vars: { ports: [80, 443] }\n  log.log: \"{{ ports[1] }}\"",
            ),
            Self::TemplateSyntax => ("- log.log: \"{{ 1 + }}\"", "- log.log: \"{{ 1 + 1 }}\""),
            Self::ExpressionSyntax => (
                "- log.log: hello\n  when: 1 ==",
                "- log.log: hello\n  when: 1 == 1",
            ),
            Self::MixedExpression => (
                "- log.log: hello\n  when: \"{{ run.check }} and true\"",
                "- log.log: hello\n  when: run.check and true",
            ),
            Self::NotBoolean => (
                "- { id: read, fs.read_str: /etc/motd }\n- log.log: hello\n  when: results.read.content",
                "- { id: read, fs.read_str: /etc/motd }\n- log.log: hello\n  when: results.read.content | length > 0",
            ),
            Self::ImpossibleComparison => (
                "- log.log: hello\n  when: facts.os.family == 'Debian'",
                "- log.log: hello\n  when: facts.os.family == 'debian'",
            ),
            Self::PrintedCollection => (
                "- vars: { names: [ann, bob] }\n  log.log: \"hello {{ names }}\"",
                "- vars: { names: [ann, bob] }\n  log.log: \"hello {{ names | join(' ') }}\"",
            ),
            Self::UndefinedVariable => (
                "- vars: { release: 7 }\n  log.log: \"{{ relaese }}\"",
                "- vars: { release: 7 }\n  log.log: \"{{ release }}\"",
            ),
            Self::UnusedVariable => (
                "- vars: { release: 7 }\n  log.log: hello",
                "- vars: { release: 7 }\n  log.log: \"hello {{ release }}\"",
            ),
            Self::UnusedId => (
                "- { id: build, name: make it, exec.shell: make }",
                "- { name: make it, exec.shell: make }",
            ),
            Self::ShadowedName => (
                "- loop: [[1, 2], [3]]\n  calls:\n    - loop: item\n      log.log: \"{{ item }}\"",
                "- loop: { row: [[1, 2], [3]] }\n  calls:\n    - loop: { cell: row }\n      log.log: \"{{ cell }}\"",
            ),
            Self::VariableCycle => (
                "- vars: { a: \"{{ b }}\", b: \"{{ a }}\" }\n  log.log: \"{{ a }}\"",
                "- vars: { a: \"{{ b }}\", b: 1 }\n  log.log: \"{{ a }}\"",
            ),
            Self::UnknownId => (
                "- { id: build, exec.shell: make }\n- { on_change: [biuld], exec.shell: make install }",
                "- { id: build, exec.shell: make }\n- { on_change: [build], exec.shell: make install }",
            ),
            Self::LaterId => (
                "- { on_change: [build], exec.shell: make install }\n- { id: build, exec.shell: make }",
                "- { id: build, exec.shell: make }\n- { on_change: [build], exec.shell: make install }",
            ),
            Self::UnknownField => (
                "- log.log: \"{{ facts.os.familiy }}\"",
                "- log.log: \"{{ facts.os.family }}\"",
            ),
            Self::InvalidPattern => (
                "rounds:\n  - { name: app, hosts: \"~[\", calls: [] }",
                "rounds:\n  - { name: app, hosts: \"~web.*|localhost\", calls: [] }",
            ),
            Self::EmptyPattern => (
                "hosts: [web1]\nrounds:\n  - { name: app, hosts: \"all,!wbe1\", calls: [] }",
                "hosts: [web1, web2]\nrounds:\n  - { name: app, hosts: \"all,!web1\", calls: [] }",
            ),
            Self::AmbiguousName => (
                "hosts: [web, db]\ngroups: { web: [db] }",
                "hosts: [web, db]\ngroups: { servers: [db] }",
            ),
            Self::InvalidHost => ("hosts: { \"web[9:1]\": {} }", "hosts: { \"web[1:9]\": {} }"),
            Self::UnknownHost => (
                "- log.log: \"{{ hosts['wbe1'].address }}\"",
                "- log.log: \"{{ hosts['web1'].address }}\"",
            ),
            Self::UnknownGroup => (
                "hosts: { web1: { groups: [app] } }\ngroups: { apps: [web1] }\nrounds:\n  - { name: x, hosts: web1, calls: [{ log.log: \"{{ groups.appp | join(' ') }}\" }] }",
                "hosts: [web1]\ngroups: { apps: [web1] }\nrounds:\n  - { name: x, hosts: web1, calls: [{ log.log: \"{{ groups.apps | join(' ') }}\" }] }",
            ),
            Self::UnknownRound => (
                "rounds:\n  - { name: base, hosts: localhost, calls: [] }\n  - { name: app, needs: [bas], hosts: localhost, calls: [] }",
                "rounds:\n  - { name: base, hosts: localhost, calls: [] }\n  - { name: app, needs: [base], hosts: localhost, calls: [] }",
            ),
            Self::GroupConflict => (
                "hosts: [web1]\ngroups:\n  a: { hosts: [web1], vars: { port: 1 } }\n  b: { hosts: [web1], vars: { port: 2 } }\nrounds:\n  - { name: x, hosts: web1, calls: [{ log.log: \"{{ port }}\" }] }",
                "hosts: { web1: { vars: { port: 2 } } }\ngroups:\n  a: { hosts: [web1], vars: { port: 1 } }\nrounds:\n  - { name: x, hosts: web1, calls: [{ log.log: \"{{ port }}\" }] }",
            ),
            Self::DependencyCycle => (
                "- id: all\n  calls:\n    - { on_change: [all], log.log: hello }",
                "- id: all\n  calls: [{ exec.shell: make }]\n- { on_change: [all], log.log: hello }",
            ),
            Self::MissingFile => (
                "- fs.copy: { src: nowhere/, dest: /srv }",
                "- fs.copy: { src: /etc/hostname, dest: /srv/name }",
            ),
            Self::UnquotedInShell => (
                "- exec.shell: echo \"{{ facts.hostname }}\" >> /srv/names",
                "- exec.shell: \"echo {{ facts.hostname | quote }} >> /srv/names\"",
            ),
            Self::ShellSyntax => ("- exec.command: ls /etc | wc -l", "- exec.shell: ls /etc | wc -l"),
            Self::ContentTwice => (
                "- fs.write: { path: /etc/motd, content: a }\n- fs.write: { path: /etc/motd, content: b }",
                "- fs.write: { path: /etc/motd, content: b }",
            ),
            Self::Unreachable => (
                "- fail: not here\n- log.log: hello",
                "- fail: not here\n  when: facts.os.family == 'arch'\n- log.log: hello",
            ),
            Self::EmptyCalls => ("- calls: []", "- calls: [{ log.log: hello }]"),
            Self::NeverNotified => (
                "- { id: look, fs.stat: /etc/motd }\n- { on_change: [look], log.log: hello }",
                "- { id: look, fs.stat: /etc/motd }\n- { when: results.look.exists, log.log: hello }",
            ),
            Self::UnguardedResult => (
                "- { id: ask, exec.command: [uptime], ignore_errors: true }\n- log.log: \"{{ results.ask.stdout }}\"",
                "- { id: ask, exec.command: [uptime], ignore_errors: true }\n- log.log: \"{{ results.ask.stdout }}\"\n  when: not results.ask.failed",
            ),
            Self::SecretInPath => (
                "secrets: { token: { env: TOKEN } }\nrounds:\n  - { name: one, hosts: localhost, calls: [{ fs.write: { path: \"/srv/{{ secrets.token }}\", content: x } }] }",
                "rounds:\n  - { name: one, hosts: localhost, calls: [{ fs.write: { path: /srv/state, content: x } }] }",
            ),
            Self::CommentInCommand => ("- exec.shell: make # all", "- exec.shell: \"make # all\""),
            // Of files as a whole, and of what only some versions know.
            _ => ("", ""),
        }
    }
}
