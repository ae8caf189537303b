//! The one `MiniJinja` environment: strict, without escaping, with fuel, with the filters, tests and functions of the language.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use minijinja::machinery::TemplateConfig;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

/// Steps and bytes that one rendering may take.
const FUEL: u64 = 50_000_000;
/// The same before a run.
const BRIEF_FUEL: u64 = 50_000;
/// How deep macros may call each other.
const RECURSION: usize = 100;

/// The environment that everything runs in.
pub(super) static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(RECURSION);
    engine.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    engine.set_formatter(super::write::write_value);
    super::filters::add_to(&mut engine);
    engine
});

/// The same for what is rendered before a run, where time is short.
pub(super) static BRIEF: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = ENGINE.clone();
    engine.set_fuel(Some(BRIEF_FUEL));
    engine
});

/// How the text around blocks is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whitespace {
    /// Whether the newline after a block goes.
    pub(super) trim_blocks: bool,
    /// Whether the blanks before a block go, where nothing else is before it on its line.
    pub(super) lstrip_blocks: bool,
}

impl Default for Whitespace {
    /// As others read templates, be they files or texts of playbooks.
    fn default() -> Self {
        Self {
            trim_blocks: true,
            lstrip_blocks: false,
        }
    }
}

impl Whitespace {
    /// How such a text is read.
    pub(super) fn syntax(self) -> SyntaxConfig {
        SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .trim_blocks(self.trim_blocks)
            .lstrip_blocks(self.lstrip_blocks)
            .build()
            .expect("the delimiters are the ordinary ones")
    }

    /// How such a text is compiled.
    pub(super) fn config(self) -> TemplateConfig {
        TemplateConfig {
            syntax_config: self.syntax(),
            default_auto_escape: Arc::new(|_| AutoEscape::None),
        }
    }
}

/// Keeps a text as long as the process lives, once: what is compiled points into it.
pub(super) fn keep(text: String) -> &'static str {
    static TEXTS: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = texts.get(text.as_str()) {
        return kept;
    }
    let kept = Box::leak(text.into_boxed_str());
    texts.insert(kept);
    kept
}
