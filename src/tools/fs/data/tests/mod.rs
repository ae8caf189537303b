//! Values that are set in texts, and all else that stays.

use serde_json::{Value as Json, json};

mod random;
mod trees;

use super::{Format, Place, Set, edit};

fn place(at: &Json) -> Place {
    match at {
        Json::String(text) => Place::read(text).unwrap(),
        other => Place(serde_json::from_value(other.clone()).unwrap()),
    }
}

fn set(format: Format, text: &str, at: &Json, value: Option<Json>) -> Result<String, String> {
    let set = Set {
        place: place(at),
        value,
    };
    let once = edit(format, text, std::slice::from_ref(&set), None)?.text;
    let twice = edit(format, &once, &[set], None)?.text;
    assert_eq!(twice, once, "a second edit of {at}");
    Ok(once)
}

/// Before, where, what, and after.
type Row = (&'static str, Json, Option<Json>, &'static str);

fn hold(format: Format, rows: &[Row]) {
    for (before, at, value, after) in rows {
        let edited = set(format, before, at, value.clone());
        assert_eq!(
            edited.as_deref(),
            Ok(*after),
            "{format:?} {before:?} {at} {value:?}"
        );
    }
}

#[test]
fn a_place_is_read_as_it_is_shown() {
    for text in ["a", "a.b", "a[0].b[1][2]", "[0]", "[1].a"] {
        assert_eq!(Place::read(text).unwrap().to_string(), text);
    }
    for bad in ["", ".", "a.", "a..b", "a[", "a[x]", "a[0]b", "a[-1]", "a.[0]"] {
        assert!(Place::read(bad).is_err(), "{bad}");
    }
}

#[test]
fn ini_files_keep_comments_and_how_they_are_written() {
    let file = "# top\nglobal=1\n\n[web]\n; note\nport = 80\nhost : a\nlist = a\n  b\n\n[db]\nflag\n";
    hold(
        Format::Ini,
        &[
            (file, json!(["web", "port"]), Some(json!(80)), file),
            (
                "[a]\nb = 1\n",
                json!(["a", "b"]),
                Some(json!("2 3")),
                "[a]\nb = 2 3\n",
            ),
            (
                "[a]\nb=1\n\n[c]\nd=1\n",
                json!(["a", "x"]),
                Some(json!(true)),
                "[a]\nb=1\nx=true\n\n[c]\nd=1\n",
            ),
            (
                "[a]\n  b : 1\n",
                json!(["a", "b"]),
                Some(json!(2)),
                "[a]\n  b : 2\n",
            ),
            (
                "[a]\nb = 1\n  2\nc = 3\n",
                json!(["a", "b"]),
                Some(json!("x")),
                "[a]\nb = x\nc = 3\n",
            ),
            (
                "[a]\nb = 1\n  2\nc = 3\n",
                json!(["a", "b"]),
                None,
                "[a]\nc = 3\n",
            ),
            (
                "a = 1\n[s]\n",
                json!("b"),
                Some(json!("2")),
                "a = 1\nb = 2\n[s]\n",
            ),
            (
                "",
                json!(["new one", "k"]),
                Some(json!("v")),
                "[new one]\nk = v\n",
            ),
            (
                "[a]\nb = 1",
                json!(["z", "k"]),
                Some(json!("v")),
                "[a]\nb = 1\n\n[z]\nk = v\n",
            ),
            ("[a]\nb = 1\n", json!(["z", "k"]), None, "[a]\nb = 1\n"),
            ("[a]\nb =\n", json!(["a", "b"]), Some(json!(1)), "[a]\nb = 1\n"),
            (
                "[a]\r\nb = 1\r\n",
                json!(["a", "b"]),
                Some(json!(2)),
                "[a]\r\nb = 2\r\n",
            ),
            (
                "[a]\nurl = http://x/?a=b\n",
                json!(["a", "url"]),
                Some(json!("http://y")),
                "[a]\nurl = http://y\n",
            ),
        ],
    );
    for (bad, at) in [
        ("[a]\nb = 1\n[a]\nc = 1\n", json!(["a", "b"])),
        ("[a]\nb = 1\nb = 2\n", json!(["a", "b"])),
    ] {
        let error = set(Format::Ini, bad, &at, Some(json!("x"))).unwrap_err();
        assert!(error.contains("line 3") && error.contains("twice"), "{error}");
    }
}

#[test]
fn keys_of_ini_files_may_be_indented_and_what_may_be_either_is_left_alone() {
    let git = "[user]\n\tname = a\n\temail = b\n";
    hold(
        Format::Ini,
        &[
            (
                git,
                json!(["user", "name"]),
                Some(json!("c")),
                "[user]\n\tname = c\n\temail = b\n",
            ),
            (git, json!(["user", "email"]), None, "[user]\n\tname = a\n"),
        ],
    );
    let odd = "[a]\nurls =\n  http://x\n  http://y\nb = 1\n";
    let error = set(Format::Ini, odd, &json!(["a", "urls"]), Some(json!("z"))).unwrap_err();
    assert!(error.contains("line 3"), "{error}");
    assert_eq!(
        set(Format::Ini, odd, &json!(["a", "b"]), Some(json!(2))).unwrap(),
        odd.replace("b = 1", "b = 2")
    );
}

#[test]
fn variables_keep_their_quotes() {
    hold(
        Format::Env,
        &[
            (
                "# x\nA=1\nexport B='b c' # why\n",
                json!("B"),
                Some(json!("d e")),
                "# x\nA=1\nexport B='d e' # why\n",
            ),
            ("A=1\n", json!("A"), Some(json!("two words")), "A=\"two words\"\n"),
            ("A=\"1\"\n", json!("A"), Some(json!(2)), "A=\"2\"\n"),
            ("A=\"a\\$b\"\n", json!("A"), Some(json!("a$b")), "A=\"a\\$b\"\n"),
            ("A=1", json!("B"), Some(json!("x/y")), "A=1\nB=x/y\n"),
            ("A=1\nB=2\n", json!("A"), None, "B=2\n"),
            ("AB=1\n", json!("A"), Some(json!("")), "AB=1\nA=\n"),
        ],
    );
    assert!(
        set(Format::Env, "A=1\nA=2\n", &json!("A"), Some(json!(3)))
            .unwrap_err()
            .contains("line 2")
    );
}

#[test]
fn json_keeps_its_layout() {
    hold(
        Format::Json,
        &[
            (
                "{\n  \"a\": 1,\n  \"b\": [1, 2]\n}\n",
                json!("a"),
                Some(json!(2)),
                "{\n  \"a\": 2,\n  \"b\": [1, 2]\n}\n",
            ),
            (
                "{\n  \"a\": 1\n}\n",
                json!("b.c"),
                Some(json!([1])),
                "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [\n      1\n    ]\n  }\n}\n",
            ),
            (
                "{\"a\":1}",
                json!("b"),
                Some(json!({"x": null})),
                "{\"a\":1, \"b\":{\"x\": null}}",
            ),
            (
                "{\n\t\"a\": {}\n}\n",
                json!("a.b"),
                Some(json!("x")),
                "{\n\t\"a\": {\n\t\t\"b\": \"x\"\n\t}\n}\n",
            ),
            ("[1]", json!("[1]"), Some(json!(2)), "[1, 2]"),
            ("{\"a\": 1, \"b\": 2}", json!("a"), None, "{\"b\": 2}"),
            (
                "{\n  \"a\": 1,\n  \"b\": 2\n}",
                json!("b"),
                None,
                "{\n  \"a\": 1\n}",
            ),
            ("{\"a\": 1.00}", json!("a"), Some(json!(1.0)), "{\"a\": 1.00}"),
            (
                "{\"a\": null}",
                json!("a.b"),
                Some(json!(1)),
                "{\"a\": {\"b\": 1}}",
            ),
            ("", json!("a"), Some(json!("x")), "{\n  \"a\": \"x\"\n}\n"),
            ("{\"k.e\": 1}", json!(["k.e"]), Some(json!(2)), "{\"k.e\": 2}"),
            ("{\"\\u0061\": 1}", json!("a"), Some(json!(2)), "{\"\\u0061\": 2}"),
        ],
    );
    for (bad, why) in [
        ("{\"a\": 1, \"a\": 2}", "twice"),
        ("{a: 1}", "double quotes"),
        ("{\"a\": 1} x", "follows"),
        ("{\"a\": 1,}", "missing"),
        ("{\n// x\n\"a\": 1}", "line 2"),
        ("[1]", "map"),
    ] {
        let error = set(Format::Json, bad, &json!("a"), Some(json!(3))).unwrap_err();
        assert!(error.contains(why), "{bad}: {error}");
    }
    assert!(set(Format::Json, "[1]", &json!("[3]"), Some(json!(3))).is_err());
}
