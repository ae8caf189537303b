//! A repository as one line, the old form: `deb [signed-by=/etc/apt/keyrings/x.gpg] https://x suite main`.

use crate::argument::{OneOrMany, Text};
use crate::tool::HostPath;

/// What a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) types: Vec<Text>,
    pub(super) uris: Vec<Text>,
    pub(super) suites: Vec<Text>,
    pub(super) components: Vec<Text>,
    pub(super) architectures: Vec<Text>,
    pub(super) signed_by: Option<HostPath>,
    pub(super) trusted: bool,
}

/// The texts of an argument that may not be given.
pub(super) fn texts(list: Option<&OneOrMany<Text>>) -> Vec<Text> {
    list.map(|it| it.0.clone()).unwrap_or_default()
}

/// Reads such a line.
///
/// # Errors
/// What is wrong with it, and at which character.
pub(super) fn parse(line: &str) -> Result<Source, String> {
    let mut rest = line.trim();
    let at = |rest: &str| line.trim_end().len() - rest.len() + 1;
    let word = |rest: &mut &str| {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        *rest = after.trim_start();
        word.to_owned()
    };
    let kind = word(&mut rest);
    if !matches!(&*kind, "deb" | "deb-src") {
        return Err(format!(
            "`{}` at the beginning is neither `deb` nor `deb-src`",
            kind.escape_debug()
        ));
    }
    let mut source = Source {
        types: vec![Text::from(&*kind)],
        uris: Vec::new(),
        suites: Vec::new(),
        components: Vec::new(),
        architectures: Vec::new(),
        signed_by: None,
        trusted: false,
    };
    if let Some(options) = rest.strip_prefix('[') {
        let Some((options, after)) = options.split_once(']') else {
            return Err(format!("the `[` at character {} has no `]`", at(rest)));
        };
        for option in options.split_whitespace() {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            match name {
                "arch" => source.architectures = value.split(',').map(Text::from).collect(),
                "signed-by" => source.signed_by = Some(HostPath::new(value.as_bytes())?),
                "trusted" if matches!(value, "yes" | "no") => source.trusted = value == "yes",
                _ => {
                    return Err(format!(
                        "`{}` at character {} is not one of `arch`, `signed-by` and `trusted`, each with `=` and a value",
                        option.escape_debug(),
                        line.find(option).unwrap_or(0) + 1
                    ));
                }
            }
        }
        rest = after.trim_start();
    }
    if rest.contains('#') {
        return Err(format!(
            "there is a remark at character {}",
            line.find('#').unwrap_or(0) + 1
        ));
    }
    let uri = word(&mut rest);
    if !uri.contains(':') {
        let place = line.find(&uri).unwrap_or(line.len()) + 1;
        return Err(format!(
            "at character {place} a URI is missing, such as `https://deb.example.org/debian`"
        ));
    }
    source.uris = vec![Text::from(&*uri)];
    if rest.is_empty() {
        return Err(format!(
            "behind `{uri}` a suite is missing, such as `bookworm`, or `./`"
        ));
    }
    source.suites = vec![Text::from(&*word(&mut rest))];
    source.components = rest.split_whitespace().map(Text::from).collect();
    Ok(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_same_parts_as_the_arguments() {
        let source =
            parse("deb [arch=amd64,i386 signed-by=/k.gpg]  https://x/debian  bookworm main contrib ")
                .unwrap();
        let words = |all: &[Text]| {
            all.iter()
                .map(|it| it.to_string_lossy().into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(words(&source.architectures), ["amd64", "i386"]);
        assert_eq!(source.signed_by, HostPath::new(b"/k.gpg").ok());
        assert_eq!(
            (words(&source.uris), words(&source.suites)),
            (vec!["https://x/debian".into()], vec!["bookworm".into()])
        );
        assert_eq!(words(&source.components), ["main", "contrib"]);
        let flat = parse("deb-src [ trusted=yes ] file:/srv ./").unwrap();
        assert!(flat.trusted && flat.components.is_empty() && words(&flat.types) == ["deb-src"]);
    }

    #[test]
    fn what_is_no_line_is_told_with_its_place() {
        for (line, said) in [
            ("", "neither `deb`"),
            ("ppa:x/y", "neither `deb`"),
            (
                "deb [arch=amd64 http://x a b",
                "the `[` at character 5 has no `]`",
            ),
            ("deb [lang=de] http://x a b", "`lang=de` at character 6"),
            ("deb [signed-by=k] http://x a b", "not absolute"),
            ("deb bookworm main", "at character 5 a URI is missing"),
            ("deb http://x", "behind `http://x` a suite is missing"),
            ("deb http://x a b # c", "a remark at character 18"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(said), "{line}: {error}");
        }
    }
}
