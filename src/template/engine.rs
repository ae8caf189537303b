//! The one `MiniJinja` environment: strict, without escaping, with fuel, with the filters, tests and functions of the language.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use minijinja::machinery::TemplateConfig;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

/// Steps and bytes that one rendering may take.
const FUEL: u64 = 50_000_000;
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

/// How the text around blocks is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whitespace {
    /// As it stands.
    Kept,
    /// A newline after a block goes, as in template files of others.
    BlocksTrimmed,
}

impl Whitespace {
    /// How such a text is read.
    pub(super) fn config(self) -> &'static TemplateConfig {
        static KEPT: LazyLock<TemplateConfig> = LazyLock::new(|| config(false));
        static TRIMMED: LazyLock<TemplateConfig> = LazyLock::new(|| config(true));
        match self {
            Self::Kept => &KEPT,
            Self::BlocksTrimmed => &TRIMMED,
        }
    }
}

fn config(trim_blocks: bool) -> TemplateConfig {
    TemplateConfig {
        syntax_config: SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .trim_blocks(trim_blocks)
            .build()
            .expect("the delimiters are the ordinary ones"),
        default_auto_escape: Arc::new(|_| AutoEscape::None),
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
