//! What the server survives, and what it never does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::client::Client;
use super::{SITE, site};

#[test]
fn messages_out_of_order_or_out_of_form_are_answered_and_survived() {
    let mut client = Client::silent(&[]);
    assert_eq!(client.ask("textDocument/hover", json!({}))["code"], -32002);
    client.tell(
        "textDocument/didOpen",
        json!({ "textDocument": { "uri": "file:///x.yml", "text": "rounds: [" } }),
    );
    client.ask("initialize", json!({}));
    assert_eq!(client.ask("initialize", json!({}))["code"], -32600);
    client.bytes(b"Content-Length: 5\r\n\r\n{bad}");
    assert_eq!(client.next()["error"]["code"], -32700);
    client.bytes(b"Content-Length: 2\r\n\r\n\xff\xfe");
    assert_eq!(client.next()["error"]["code"], -32700);
    assert_eq!(client.ask("no/such", json!({}))["code"], -32601);
    for params in [
        json!(null),
        json!([]),
        json!({ "textDocument": 5 }),
        json!({ "textDocument": { "uri": "http://x" }, "position": -1 }),
    ] {
        for method in [
            "completion",
            "hover",
            "definition",
            "references",
            "rename",
            "prepareRename",
            "codeAction",
            "documentSymbol",
            "foldingRange",
        ] {
            client.ask(&format!("textDocument/{method}"), params.clone());
        }
        for method in ["didOpen", "didChange", "didClose", "didSave"] {
            client.tell(&format!("textDocument/{method}"), params.clone());
        }
        client.tell("$/cancelRequest", params.clone());
    }
    assert_eq!(client.ask("shutdown", json!(null)), Value::Null);
    assert_eq!(client.ask("textDocument/hover", json!({}))["code"], -32600);
    client.tell("exit", json!(null));
    let mut client = site(&[]);
    client.tell("exit", json!(null));
    assert_eq!(client.vanish(), Some(1), "without `shutdown` it is an error");
    assert_eq!(site(&[]).vanish(), Some(1));
}

#[test]
fn a_large_or_strange_text_holds_nobody_up() {
    let mut client = site(&[]);
    for text in [
        "rounds:\n".repeat(20_000),
        format!("rounds: {}", "[".repeat(100_000)),
        "rounds:\n\u{0}".to_owned(),
        "é: \"\nrounds: [{ \t".repeat(500),
    ] {
        client.change("site.yml", &text);
        let params = json!({ "textDocument": { "uri": client.uri("site.yml") }, "position": { "line": 3, "character": 2 } });
        client.ask("textDocument/completion", params.clone());
        client.ask("textDocument/foldingRange", params);
        assert!(!client.wrong("site.yml").is_empty());
    }
    client.change("site.yml", SITE);
    assert!(client.wrong("site.yml").is_empty());
}

#[test]
fn an_inventory_program_is_not_run_and_a_secret_is_not_shown() {
    let program = "#!/bin/sh\ntouch was-run\necho '{}'\n";
    let mut client = Client::start(&[("inv", program)], &["utf-8"]);
    fs::set_permissions(client.path("inv"), fs::Permissions::from_mode(0o755)).unwrap();
    let text = "inventory: [inv]\nsecrets: { pass: { env: SOME } }\nvars: { x: \"{{ secrets.pass }}\" }\nrounds:\n  - name: r\n    hosts: all\n    calls:\n      - log.log: \"{{ x^ }}\"\n";
    client.open("site.yml", &text.replace('^', ""));
    let answer = client.at("hover", "site.yml", text);
    assert!(answer.to_string().contains("**x**"), "{answer}");
    assert!(!client.folder().join("was-run").exists());
}

#[test]
fn an_example_that_is_typed_ends_as_validate_sees_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let text = fs::read_to_string(root.join("rolling.yml")).unwrap();
    let mut client = Client::start(&[], &["utf-8"]);
    client.open("site.yml", "");
    let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    for (turn, end) in ends.iter().enumerate() {
        let typed = &text[..*end];
        client.change("site.yml", typed);
        if turn % 97 == 0 {
            let line = typed.matches('\n').count();
            let column = typed.len() - typed.rfind('\n').map_or(0, |it| it + 1);
            let params = json!({ "textDocument": { "uri": client.uri("site.yml") }, "position": { "line": line, "character": column } });
            for method in [
                "completion",
                "hover",
                "documentSymbol",
                "foldingRange",
                "definition",
            ] {
                let answer = client.ask(&format!("textDocument/{method}"), params.clone());
                assert!(answer["code"].is_null(), "{method} after {end} bytes: {answer}");
            }
        }
    }
    assert_eq!(client.wrong("site.yml"), Vec::<String>::new());
    let wrong = text.replacen("log.log", "lgo.log", 1);
    client.change("site.yml", &wrong);
    let found = client.wrong("site.yml");
    fs::write(client.path("other.yml"), &wrong).unwrap();
    let loaded = rmote_play::playbook::load(
        &client.path("other.yml"),
        &rmote_play::tools::registry(),
        &rmote_play::playbook::Options::default(),
    );
    assert_eq!(found.len(), loaded.diagnostics.sorted().len(), "{found:?}");
    assert_eq!(client.leave(), Some(0));
}
