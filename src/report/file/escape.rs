//! Text of hosts made harmless in XML, HTML and Markdown.

use crate::report::safe::safe;

/// For XML 1.0 and HTML, between tags and in attributes. Characters that XML 1.0 forbids are replaced.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in safe(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// As code within a line of Markdown, where nothing in it means anything: no link, no mention, no HTML.
pub(super) fn code(text: &str) -> String {
    let text = safe(text).replace(['\n', '\t'], " ").replace('|', "\\|");
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// As a block of code, in a fence longer than any within.
pub(super) fn block(text: &str, language: &str) -> String {
    let text = safe(text);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{end}{fence}\n")
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_place() {
        assert_eq!(
            xml("<a b='c'>&\"\u{0}\u{b}\u{ffff}\u{1b}[31m]]>"),
            "&lt;a b=&#39;c&#39;&gt;&amp;&quot;\u{fffd}]]&gt;"
        );
        assert_eq!(code("a `b` | @all\nc"), "``a `b` \\| @all c``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(
            block("x\n```\n</details>", "diff"),
            "````diff\nx\n```\n</details>\n````\n"
        );
        assert_eq!(block("a", ""), "```\na\n```\n");
    }

    proptest::proptest! {
        #[test]
        fn any_text_stays_within_its_fence(text in "[`a\n~]{0,60}") {
            let block = block(&text, "");
            let fence = block.lines().next().unwrap();
            let inner: Vec<_> = block.lines().skip(1).collect();
            let closing = inner.iter().position(|line| line.trim_start_matches('`').is_empty() && line.len() >= fence.len());
            proptest::prop_assert_eq!(closing, Some(inner.len() - 1));
        }

        #[test]
        fn any_text_is_xml(text in "\\PC*|[\\x00-\\x1f<>&'\"\u{fffe}\u{ffff}]*") {
            let out = xml(&text);
            let is_allowed = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
            proptest::prop_assert!(out.chars().all(is_allowed));
            proptest::prop_assert!(!out.contains(['<', '>', '"', '\'']));
        }
    }
}
