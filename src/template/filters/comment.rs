//! Text as a comment.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands its arguments over"
)]

use minijinja::Error;
use minijinja::value::Kwargs;

use super::invalid;

/// Styles: their names, what is before each line, and what begins and ends the whole.
const STYLES: [(&str, &str, &str, &str); 5] = [
    ("plain", "# ", "", ""),
    ("erlang", "% ", "", ""),
    ("c", "// ", "", ""),
    ("cblock", " * ", "/*", " */"),
    ("xml", " - ", "<!--", "-->"),
];

/// How often a line before or after the text may be there.
const MOST: usize = 1000;

/// A text as a comment, to the byte as Ansible writes it, with an empty line of the comment before and after it.
pub(super) fn comment(text: &str, style: Option<&str>, options: Kwargs) -> Result<String, Error> {
    let style = match style {
        Some(style) => style,
        None => options.get::<Option<&str>>("style")?.unwrap_or("plain"),
    };
    let Some((_, decoration, beginning, end)) = STYLES.iter().find(|(name, ..)| *name == style) else {
        let known = STYLES.map(|(name, ..)| format!("`{name}`")).join(", ");
        return Err(invalid(format!(
            "`comment` has no style `{style}`; it has {known}"
        )));
    };
    let word = |name| options.get::<Option<&str>>(name);
    let count = |name| {
        let count = options.get::<Option<usize>>(name)?.unwrap_or(1);
        if count > MOST {
            return Err(invalid(format!("`{name}` of `comment` is at most {MOST}")));
        }
        Ok(count)
    };
    let decoration = word("decoration")?.unwrap_or(decoration);
    let bare = decoration.trim_end();
    let newline = word("newline")?.unwrap_or("\n");
    let beginning = word("beginning")?.unwrap_or(beginning);
    let end = word("end")?.unwrap_or(end);
    let prefix = word("prefix")?.unwrap_or(bare);
    let postfix = word("postfix")?.unwrap_or(bare);
    let (prefixes, postfixes) = (count("prefix_count")?, count("postfix_count")?);
    options.assert_all_used()?;
    let mut made = String::new();
    if !beginning.is_empty() {
        made.extend([beginning, newline]);
    }
    for _ in 0..prefixes {
        match prefix {
            "" => {}
            it if it == newline => made.push_str(newline),
            it => made.extend([it, newline]),
        }
    }
    let between = format!("{newline}{decoration}");
    let lines = format!("{decoration}{}", text.replace(newline, &between));
    made.push_str(&lines.replace(&format!("{decoration}{newline}"), &format!("{bare}{newline}")));
    for _ in 0..postfixes {
        made.extend([newline, postfix]);
    }
    if !end.is_empty() {
        made.extend([newline, end]);
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use crate::template::tests::check;

    /// What Ansible 2.16 gives for each of these.
    #[test]
    fn a_comment_is_that_of_ansible_to_the_byte() {
        for (written, expected) in [
            ("'a' | comment", "#\\n# a\\n#"),
            ("'a\\n\\nb' | comment", "#\\n# a\\n#\\n# b\\n#"),
            ("'a\\n' | comment", "#\\n# a\\n# \\n#"),
            ("'a' | comment('c')", "//\\n// a\\n//"),
            ("'a' | comment('cblock')", "/*\\n *\\n * a\\n *\\n */"),
            ("'a' | comment('xml')", "<!--\\n -\\n - a\\n -\\n-->"),
            ("'a' | comment('erlang')", "%\\n% a\\n%"),
            ("'a' | comment(decoration='; ')", ";\\n; a\\n;"),
            (
                "'a' | comment('plain', prefix='#######\\n#', postfix='#\\n#######')",
                "#######\\n#\\n# a\\n#\\n#######",
            ),
            ("'a' | comment(prefix='', postfix='')", "# a\\n"),
            ("'a' | comment(prefix_count=2, postfix_count=0)", "#\\n#\\n# a"),
        ] {
            check(&format!("{{{{ {written} }}}}"), "{}", &format!("\"{expected}\""));
        }
    }
}
