//! `rmote-play lsp`, by conversations with the real binary.

mod client;
mod editor;
mod endure;

use std::fs;

use serde_json::{Value, json};

use client::Client;

const SITE: &str = "hosts: { web1: { vars: { port: 80 } }, web2: { vars: { port: 81 } }, db: {} }
groups: { web: { hosts: [web1, web2] } }
vars: { place: /srv }
rounds:
  - name: one
    hosts: web
    calls:
      - id: conf
        fs.stat: /etc/hosts
      - log.log: \"{{ place }} {{ port }}\"
";

fn site(files: &[(&str, &str)]) -> Client {
    let mut client = Client::start(files, &["utf-8"]);
    client.open("site.yml", SITE);
    assert_eq!(client.wrong("site.yml"), Vec::<String>::new());
    client
}

#[test]
fn what_is_wrong_is_told_while_it_is_typed_and_taken_back() {
    let mut client = site(&[]);
    client.change(
        "site.yml",
        &format!("{SITE}      - log.log: \"{{{{ plac }}}}\"\n      - log.log: [a\n"),
    );
    let found = client.wrong("site.yml");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("10:21 undefined-variable") && found[1].contains("yaml-syntax"),
        "{found:?}"
    );
    client.change("site.yml", SITE);
    assert!(client.wrong("site.yml").is_empty());
    // Only a part of the text is sent.
    let range = json!({ "start": { "line": 4, "character": 10 }, "end": { "line": 4, "character": 13 } });
    client.changes("site.yml", json!([{ "range": range, "text": "\"" }, { "range": { "start": { "line": 4, "character": 11 }, "end": { "line": 4, "character": 11 } }, "text": "x\"" }]));
    assert!(client.wrong("site.yml").is_empty());
    assert_eq!(client.leave(), Some(0));
}

#[test]
fn open_texts_hold_before_their_files() {
    let files = [
        (
            "play.yml",
            "hosts: [a]\nvars_files: [vars.yml]\nrounds:\n  - name: r\n    hosts: a\n    calls:\n      - import: unit.yml\n      - log.log: \"{{ x }}\"\n      - template.file: { src: t.j2, dest: /t }\n",
        ),
        ("unit.yml", "calls:\n  - log.log: a\n"),
        ("vars.yml", "x: 1\n"),
        ("t.j2", "{{ x }}\n"),
    ];
    let mut client = Client::start(&files, &["utf-8"]);
    client.open("play.yml", files[0].1);
    assert!(client.wrong("play.yml").is_empty());
    client.open("vars.yml", "y: 1\n");
    client.told.clear();
    let found = client.wrong("vars.yml");
    assert!(found.is_empty(), "{found:?}");
    client.change("play.yml", &format!("{}\n", files[0].1));
    assert!(client.wrong("play.yml")[0].contains("`x` is not defined"));
    client.change("vars.yml", "x: 1\n");
    client.wrong("vars.yml");
    client.open("unit.yml", "calls:\n  - lgo.log: a\n");
    assert!(client.wrong("unit.yml")[0].contains("there is no tool `lgo.log`"));
    client.open("t.j2", "{{ zz }}\n");
    assert!(client.wrong("t.j2")[0].contains("`zz` is not defined"));
    // A file that is closed is as it is stored.
    let uri = client.uri("unit.yml");
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    client.change("t.j2", "{{ x }}\n");
    assert!(client.wrong("t.j2").is_empty());
    client.change("play.yml", files[0].1);
    assert!(client.wrong("play.yml").is_empty());
    for (name, text) in files {
        assert_eq!(
            fs::read_to_string(client.path(name)).unwrap(),
            text,
            "no file is written"
        );
    }
}

#[test]
fn a_template_is_checked_by_the_playbook_that_uses_it_though_that_is_not_open() {
    let files = [
        (
            "plays/play.yml",
            "hosts: [a]\nrounds:\n  - name: r\n    hosts: a\n    calls:\n      - template.file: { src: t.j2, dest: /t }\n",
        ),
        ("plays/t.j2", "fine\n"),
    ];
    let mut client = Client::start(&files, &["utf-8"]);
    client.open("plays/t.j2", "{{ zz }}\n");
    assert!(client.wrong("plays/t.j2")[0].contains("`zz` is not defined"));
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let mut client = site(&[]);
    for (name, text) in [
        ("compose.yml", "services: { a: [ }\n"),
        ("x.yml", "- hosts: all\n  tasks: []\n"),
        ("a.txt", "rounds"),
    ] {
        client.open(name, text);
        for method in [
            "documentSymbol",
            "foldingRange",
            "hover",
            "completion",
            "definition",
        ] {
            let params = json!({ "textDocument": { "uri": client.uri(name) }, "position": { "line": 0, "character": 3 } });
            let answer = client.ask(&format!("textDocument/{method}"), params);
            assert!(answer.is_null(), "{name} {method}: {answer}");
        }
    }
    client.change("site.yml", &format!("{SITE}\n"));
    assert!(client.wrong("site.yml").is_empty());
    assert!(
        client.told.iter().all(|it| it["uri"] == client.uri("site.yml")),
        "{:?}",
        client.told
    );
}

#[test]
fn what_may_be_written_is_offered() {
    let mut client = site(&[]);
    for (tail, wanted, never) in [
        ("      - ^", "fs.write", "path"),
        ("      - ^", "on_change", "barrier"),
        ("      - fs.write: { pa^", "path", "on_change"),
        (
            "      - fs.write:\n          ^\n        when: run.check\n",
            "content",
            "when",
        ),
        ("      - on_change: [c^", "conf", "port"),
        ("      - on_change:\n          - ^", "conf", "port"),
        ("      - log.log: \"{{ p^ }}\"", "place", "barrier"),
        ("      - log.log: \"{{ p^ }}\"", "port", "barrier"),
        ("      - log.log: x\n        when: ^", "facts", "join"),
        ("      - log.log: \"{{ results.^ }}\"", "conf", "port"),
        ("      - log.log: \"{{ results.conf.^ }}\"", "exists", "stdout"),
        ("      - log.log: \"{{ facts.os.^ }}\"", "family", "place"),
        ("      - log.log: \"{{ place | ^ }}\"", "join", "port"),
        ("      - log.log: x\n        no_log: ^", "true", "conf"),
        ("      - service.converge: { name: a, scope: ^", "user", "conf"),
        ("      - log.log: x\n        delegate_to: ^", "db", "web"),
        ("  - name: two\n    hosts: ^", "web", "conf"),
        ("  - name: two\n    ^", "serial", "exec.shell"),
        ("  - name: two\n    needs: [^", "one", "conf"),
        ("inp^", "inputs", "exec.shell"),
    ] {
        let found = client.offered("site.yml", &format!("{SITE}{tail}"));
        assert!(
            found.iter().any(|it| it == wanted),
            "{tail}: {wanted} is not in {found:?}"
        );
        assert!(
            !found.iter().any(|it| it == never),
            "{tail}: {never} is in {found:?}"
        );
    }
}

#[test]
fn every_key_and_tool_is_offered_where_it_may_be_written() {
    let mut client = site(&[]);
    let found = client.offered("site.yml", &format!("{SITE}      - ^"));
    for tool in rmote_play::tools::registry().names() {
        assert!(found.iter().any(|it| it == tool), "{tool}");
    }
    for (spot, tail) in [
        (rmote_play::playbook::Spot::Playbook, "^"),
        (rmote_play::playbook::Spot::Round, "  - ^"),
        (rmote_play::playbook::Spot::Entry, "      - ^"),
    ] {
        let found = client.offered("site.yml", &format!("{SITE}{tail}"));
        for key in rmote_play::playbook::keys_at(spot) {
            assert!(found.iter().any(|it| it == key.name), "{spot:?} {}", key.name);
        }
    }
}

#[test]
fn what_is_written_is_explained() {
    let mut client = site(&[]);
    for (text, wanted) in [
        (SITE.replace("fs.stat", "fs.s^tat"), "Says what is at a path"),
        (SITE.replace("    hosts: web\n", "    ho^sts: web\n"), "hosts"),
        (SITE.replace("{{ port", "{{ po^rt"), "web2"),
        (SITE.replace("{{ port", "{{ po^rt"), "`81` (site.yml:1)"),
        (SITE.replace("{{ place", "{{ pl^ace"), "/srv"),
        (
            format!("{SITE}      - fs.write: {{ pat^h: /a, content: b }}\n"),
            "string",
        ),
        (
            format!("{SITE}      - on_change: co^nf\n        log.log: a\n"),
            "a call of `fs.stat`",
        ),
        (
            format!("{SITE}      - log.log: \"{{{{ results.conf.ex^ists }}}}\"\n"),
            "boolean",
        ),
    ] {
        let answer = client.at("hover", "site.yml", &text);
        let said = answer["contents"]["value"].as_str().unwrap_or_default();
        assert!(said.contains(wanted), "{text}\n{answer}");
    }
}

/// `file:line:column` of locations.
fn places(answer: &Value) -> Vec<String> {
    let all = answer.as_array().cloned().unwrap_or_default();
    let place = |it: &Value| {
        let file = it["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        format!(
            "{file}:{}:{}",
            it["range"]["start"]["line"], it["range"]["start"]["character"]
        )
    };
    let mut places: Vec<_> = all.iter().map(place).collect();
    places.sort();
    places
}

#[test]
fn names_lead_to_their_definitions_and_uses_and_are_renamed() {
    let mut client = site(&[]);
    let tail = "      - on_change: [co^nf]\n        log.log: \"{{ results.conf.exists }} conf\"\n";
    let text = format!("{SITE}{tail}");
    assert_eq!(
        places(&client.at("definition", "site.yml", &text)),
        ["site.yml:7:12"]
    );
    let uses = ["site.yml:10:20", "site.yml:11:29", "site.yml:7:12"];
    assert_eq!(places(&client.at("references", "site.yml", &text)), uses);
    let variable = format!("{SITE}      - log.log: \"{{{{ po^rt }}}}\"\n");
    assert_eq!(
        places(&client.at("definition", "site.yml", &variable)),
        ["site.yml:0:31", "site.yml:0:61"]
    );
    let (text, mut params) = client.mark("site.yml", &text);
    client.change("site.yml", &text);
    let before = client.wrong("site.yml").len();
    for (new, is_good) in [("setup", true), ("a b", false), ("", false), ("conf", false)] {
        params["newName"] = new.into();
        let answer = client.ask("textDocument/rename", params.clone());
        assert_eq!(answer["changes"].is_object(), is_good, "{new}: {answer}");
        if is_good {
            let mut edits = answer["changes"][client.uri("site.yml")]
                .as_array()
                .unwrap()
                .clone();
            edits.reverse();
            client.changes(
                "site.yml",
                edits
                    .iter()
                    .map(|it| json!({ "range": it["range"], "text": it["newText"] }))
                    .collect(),
            );
            assert_eq!(
                client.wrong("site.yml").len(),
                before,
                "what was renamed is as right as before"
            );
            client.change("site.yml", &text);
        }
    }
}

#[test]
fn mistakes_come_with_what_puts_them_right() {
    let mut client = site(&[]);
    client.change(
        "site.yml",
        &format!("{SITE}      - fs.wirte: {{ path: /a, content: b }}\n"),
    );
    let place = json!({ "line": 10, "character": 10 });
    let params = json!({
        "textDocument": { "uri": client.uri("site.yml") },
        "range": { "start": place, "end": place },
        "context": { "diagnostics": [] },
    });
    let answer = client.ask("textDocument/codeAction", params);
    assert_eq!(answer[0]["title"], "Write `fs.write`", "{answer}");
    let edit = &answer[0]["edit"]["changes"][client.uri("site.yml")][0];
    client.changes(
        "site.yml",
        json!([{ "range": edit["range"], "text": edit["newText"] }]),
    );
    assert!(client.wrong("site.yml").is_empty());
}

#[test]
fn the_structure_of_a_playbook_is_told() {
    let mut client = site(&[]);
    let document = json!({ "textDocument": { "uri": client.uri("site.yml") } });
    let symbols = client.ask("textDocument/documentSymbol", document.clone());
    let names = |all: &Value| {
        all.as_array()
            .unwrap()
            .iter()
            .map(|it| it["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&symbols), ["hosts", "groups", "vars", "rounds"]);
    assert_eq!(names(&symbols[3]["children"]), ["one"]);
    assert_eq!(names(&symbols[3]["children"][0]["children"]), ["conf", "log.log"]);
    let folds = client.ask("textDocument/foldingRange", document);
    assert!(
        folds
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["startLine"] == 4 && it["endLine"] == 9),
        "{folds}"
    );
}

#[test]
fn columns_are_counted_in_the_units_that_were_agreed() {
    let text = format!("{SITE}      - log.log: \"𝄞é {{{{ zz }}}}\"\n");
    for (offered, units, column) in [
        (&["utf-16", "utf-8"][..], "utf-8", 28),
        (&["utf-16"], "utf-16", 25),
        (&[], "utf-16", 25),
    ] {
        let mut client = Client::start(&[], offered);
        assert_eq!(client.capabilities["positionEncoding"], units);
        client.open("site.yml", &text);
        assert!(
            client.wrong("site.yml")[0].starts_with(&format!("10:{column} ")),
            "{units}"
        );
        let place = json!({ "textDocument": { "uri": client.uri("site.yml") }, "position": { "line": 10, "character": column } });
        assert_eq!(client.ask("textDocument/hover", place), Value::Null);
    }
}

#[test]
fn an_id_is_renamed_wherever_its_result_is_read_and_nowhere_else() {
    let app = "id: conf # {{ results.conf.exists }}\n";
    let vars = "thing: { id: conf }\nshown: \"{{ results['conf'].exists }}\"\n";
    let mut client = site(&[("app.yml", app), ("vars.yml", vars)]);
    let text = format!(
        "vars_files: [vars.yml]\n{SITE}      - template.file: {{ src: app.yml, dest: /app }}\n      - on_failure: co^nf\n        log.log: \"{{{{ shown }}}} {{{{ thing.id }}}}\"\n"
    );
    let (text, mut params) = client.mark("site.yml", &text);
    client.change("site.yml", &text);
    assert_eq!(client.wrong("site.yml"), Vec::<String>::new());
    params["newName"] = "setup".into();
    let answer = client.ask("textDocument/rename", params);
    let columns = |name: &str| {
        let edits = answer["changes"][client.uri(name)]
            .as_array()
            .into_iter()
            .flatten();
        let starts = edits.map(|it| it["range"]["start"]["character"].as_u64().unwrap());
        starts.collect::<Vec<_>>()
    };
    assert_eq!(columns("site.yml"), [12, 20], "{answer}");
    assert_eq!(
        columns("app.yml"),
        [app.find("conf.exists").unwrap() as u64],
        "{answer}"
    );
    assert_eq!(
        columns("vars.yml"),
        ["shown: \"{{ results['".len() as u64],
        "{answer}"
    );
}
