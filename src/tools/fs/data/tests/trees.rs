//! TOML and YAML.

use serde_json::json;

use super::{hold, set};
use crate::tools::fs::data::Format;

#[test]
fn toml_keeps_comments_and_order() {
    hold(
        Format::Toml,
        &[
            (
                "# top\na = 1 # why\n\n[s]\nb = 'x'\n",
                json!("a"),
                Some(json!(2)),
                "# top\na = 2 # why\n\n[s]\nb = 'x'\n",
            ),
            (
                "a = 1\n",
                json!("s.b"),
                Some(json!("x")),
                "a = 1\n\n[s]\nb = \"x\"\n",
            ),
            (
                "[s]\nb = [1, 2] # n\n",
                json!("s.b[0]"),
                Some(json!(5)),
                "[s]\nb = [5, 2] # n\n",
            ),
            ("[s]\nb = 1\nc = 2\n", json!("s.b"), None, "[s]\nc = 2\n"),
            (
                "t = 2026-01-31\n",
                json!("t"),
                Some(json!("2026-01-31")),
                "t = 2026-01-31\n",
            ),
            ("a = 1_000\n", json!("a"), Some(json!(1000)), "a = 1_000\n"),
            (
                "p = { x = 1 }\n",
                json!("p.y"),
                Some(json!(2)),
                "p = { x = 1 , y = 2 }\n",
            ),
            (
                "[[l]]\na = 1\n\n[[l]]\na = 2\n",
                json!("l[1].a"),
                Some(json!(3)),
                "[[l]]\na = 1\n\n[[l]]\na = 3\n",
            ),
        ],
    );
    assert!(
        set(Format::Toml, "a = \n", &json!("a"), Some(json!(1)))
            .unwrap_err()
            .contains("TOML")
    );
    assert!(
        set(Format::Toml, "a = 1\n", &json!("a.b"), Some(json!(1)))
            .unwrap_err()
            .contains("`a` is not a map")
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn yaml_keeps_comments_order_and_quotes() {
    hold(
        Format::Yaml,
        &[
            (
                "# top\na: 1 # why\nb:\n  c: 'x'\n",
                json!("a"),
                Some(json!(2)),
                "# top\na: 2 # why\nb:\n  c: 'x'\n",
            ),
            (
                "b:\n  c: 'x'  # n\n",
                json!("b.c"),
                Some(json!("it's")),
                "b:\n  c: 'it''s'  # n\n",
            ),
            (
                "b:\n    c: x\n# end\n",
                json!("b.d"),
                Some(json!("yes")),
                "b:\n    c: x\n    d: \"yes\"\n# end\n",
            ),
            (
                "a: 1\n",
                json!("b.c"),
                Some(json!([1, "two"])),
                "a: 1\nb:\n  c:\n    - 1\n    - two\n",
            ),
            (
                "l:\n- a\n- b\n",
                json!("l[2]"),
                Some(json!("c")),
                "l:\n- a\n- b\n- c\n",
            ),
            (
                "l:\n  - a: 1\n    b: 2\nz: 1\n",
                json!("l[0].b"),
                Some(json!(3)),
                "l:\n  - a: 1\n    b: 3\nz: 1\n",
            ),
            (
                "l:\n  - a: 1\nz: 1\n",
                json!("l[1]"),
                Some(json!({"a": 2, "b": []})),
                "l:\n  - a: 1\n  - a: 2\n    b: []\nz: 1\n",
            ),
            (
                "a:\n  b: 1\n  c: 2\nd: 3\n",
                json!("a.b"),
                None,
                "a:\n  c: 2\nd: 3\n",
            ),
            ("a:\n  b: 1\nd: 3\n", json!("a.b"), None, "a:\n  {}\nd: 3\n"),
            (
                "a: {b: 1, c: 2}\n",
                json!("a.c"),
                Some(json!("x")),
                "a: {b: 1, c: x}\n",
            ),
            ("a: {b: 1}\n", json!("a.d"), Some(json!(2)), "a: {b: 1, d: 2}\n"),
            ("a: {x: 1, y: 2}\n", json!("a.x"), None, "a: {y: 2}\n"),
            (
                "a: |\n  one\n  two\nb: 1\n",
                json!("a"),
                Some(json!("x")),
                "a: x\nb: 1\n",
            ),
            (
                "a: |\n  one\n  two\nb: 1\n",
                json!("b"),
                Some(json!(2)),
                "a: |\n  one\n  two\nb: 2\n",
            ),
            ("a:\nb: 1\n", json!("a"), Some(json!("x")), "a: x\nb: 1\n"),
            (
                "a: # note\nb: 1\n",
                json!("a"),
                Some(json!("x")),
                "a: x # note\nb: 1\n",
            ),
            ("a:\nb: 1\n", json!("a.c"), Some(json!("x")), "a:\n  c: x\nb: 1\n"),
            ("# only this\n", json!("a"), Some(json!(1)), "# only this\na: 1\n"),
            ("", json!("a.b"), Some(json!("0644")), "a:\n  b: \"0644\"\n"),
            ("a: 1", json!("b"), Some(json!(2)), "a: 1\nb: 2"),
            ("a: 010\n", json!("a"), Some(json!("x: y")), "a: \"x: y\"\n"),
            ("a: 1\r\nb: 2\r\n", json!("b"), Some(json!(3)), "a: 1\r\nb: 3\r\n"),
            (
                "--- # doc\na: 1\n",
                json!("a"),
                Some(json!(2)),
                "--- # doc\na: 2\n",
            ),
            (
                "a: old text\nb: 1\n",
                json!("a"),
                Some(json!({"x": 1})),
                "a:\n  x: 1\nb: 1\n",
            ),
            (
                "a:\n  x: 1\n  y: 2\nb: 1\n",
                json!("a"),
                Some(json!("s")),
                "a: s\nb: 1\n",
            ),
        ],
    );
    for (bad, at, why) in [
        ("a: &x {k: 1}\nb: *x\n", "a.k", "second name"),
        ("a: &x 1\nb: *x\n", "b", "second name"),
        ("a: 1\na: 2\n", "a", "line 2"),
        ("a: 1\n---\nb: 1\n", "a", "second document"),
        ("a: [x,\n  y]\n", "a[0]", "several lines"),
        ("a:\n  # lost\n  b: 1\n", "a", "comments"),
        ("a: [x\n", "a", "not YAML"),
        ("- 1\n", "a", "map"),
    ] {
        let value = if at == "a[0]" { json!([1]) } else { json!("new") };
        let at = if at == "a[0]" { "a[2].x" } else { at };
        let error = set(Format::Yaml, bad, &json!(at), Some(value)).unwrap_err();
        assert!(error.contains(why) || at == "a[2].x", "{bad}: {error}");
    }
}
