//! `rmote-play lsp`: the language server.

use std::io::{self, BufReader};
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::cli::error::{CliError, Exit};
use crate::cli::inventories::Named;
use crate::lsp::{Ended, serve};
use crate::plan::Plan;
use crate::playbook::{self, Options};
use crate::tools;

/// Speaking with editors.
#[derive(Debug, Args)]
pub(crate) struct LspArgs {
    #[command(flatten)]
    pub(in crate::cli) named: Named,
}

/// Speaks the language server protocol on standard input and output, until the editor leaves.
pub(crate) fn lsp(args: &LspArgs) -> Result<Exit, CliError> {
    let registry = tools::registry();
    let options = Options {
        units: true,
        ..args.named.offline(&Arc::default(), false)
    };
    let checker = |path: &Path| {
        let mut loaded = playbook::load(path, &registry, &options);
        if let Some(playbook) = &loaded.playbook {
            // What only the whole order of calls shows.
            let _plan = Plan::build(playbook, &mut loaded.diagnostics);
        }
        (
            loaded.sources,
            loaded.diagnostics,
            loaded.playbook.or(loaded.draft),
        )
    };
    let ended = serve(BufReader::new(io::stdin()), io::stdout(), &registry, &checker)?;
    Ok(match ended {
        Ended::Agreed => Exit::Success,
        Ended::Left => Exit::Invalid,
    })
}
