//! Colour, where it may be used.

/// Whether escape sequences may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// Never.
    #[default]
    Off,
    /// Yes.
    On,
}

/// What a text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Changed,
    Bad,
    Odd,
    Faint,
    Strong,
}

impl Color {
    /// The text in its tone.
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        if self == Self::Off {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Changed => "33",
            Tone::Bad => "1;31",
            Tone::Odd => "35",
            Tone::Faint => "2",
            Tone::Strong => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
