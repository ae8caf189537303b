//! Reports that the command line asks for.

use std::path::PathBuf;

use crate::report::file;

/// A report that was asked for: in which format, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    /// `None`: the events as JSON Lines.
    pub(super) format: Option<file::Format>,
    pub(super) file: PathBuf,
}

impl Report {
    /// Reads `FORMAT:FILE`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        const FORMATS: &str =
            "a report is one of junit, markdown, html, trace and json, as in `junit:report.xml`";
        let (format, file) = text.split_once(':').ok_or(FORMATS)?;
        let format = match format {
            "junit" => Some(file::Format::Junit),
            "markdown" => Some(file::Format::Markdown),
            "html" => Some(file::Format::Html),
            "trace" => Some(file::Format::Trace),
            "json" => None,
            _ => return Err(FORMATS.to_owned()),
        };
        if file.is_empty() {
            return Err("the file of the report is missing".to_owned());
        }
        Ok(Self {
            format,
            file: file.into(),
        })
    }
}
