//! The closed list of diagnostic codes.

/// The stable name of one kind of mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The text is not YAML.
    YamlSyntax,
}
