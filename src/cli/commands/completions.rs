//! `rmote-play completions`: what a shell needs to complete the command line.

use std::borrow::Cow;
use std::fmt::Write as _;

use clap::CommandFactory as _;
use clap::builder::PossibleValuesParser;
use clap_complete::{Shell, generate};

use crate::cli::args::{CompletionsArgs, Typed};
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::tools::registry;

/// Prints the script for a shell; names of tools are in it.
pub(crate) fn completions(args: &CompletionsArgs, printer: Printer) -> Result<Exit, CliError> {
    let registry = registry();
    let names = registry.iter().filter_map(|tool| match tool.name {
        Cow::Borrowed(name) => Some(name),
        Cow::Owned(_) => None,
    });
    let names: Vec<&'static str> = names.collect();
    let mut command = Typed::command().mut_subcommand("tools", |tools| {
        tools.mut_arg("name", |name| {
            name.value_parser(PossibleValuesParser::new(names.clone()))
        })
    });
    let mut script = Vec::new();
    generate(args.shell, &mut command, "rmote-play", &mut script);
    let mut script = without_hidden(&String::from_utf8_lossy(&script));
    match args.shell {
        Shell::Fish => {
            // What may stand alone is not among what is generated for it.
            let words = names.join(" ");
            let _ = writeln!(
                script,
                "complete -c rmote-play -n \"__fish_seen_subcommand_from tools\" -f -a \"{words}\"\n{FISH}"
            );
        }
        Shell::Zsh => script.push_str(ZSH),
        _ => script.push_str(BASH),
    }
    printer.out(&script)?;
    Ok(Exit::Success)
}

/// The script without the command that is for scripts alone.
fn without_hidden(script: &str) -> String {
    let is_offer = |line: &&str| line.contains("'__complete:") || line.contains("-a \"__complete\"");
    let kept = script.split_inclusive('\n').filter(|line| !is_offer(line));
    kept.collect::<String>().replace(" __complete ", " ")
}

// Hosts and tools are asked for where they may stand; where the program says that none may, what was generated knows more.

const BASH: &str = r#"
_rmote_play_words() {
    local words
    if words=$("${COMP_WORDS[0]}" __complete "$COMP_CWORD" "${COMP_WORDS[@]}" 2>/dev/null); then
        COMPREPLY=()
        [ -z "$words" ] || mapfile -t COMPREPLY <<< "$words"
    else
        _rmote__play "$@"
    fi
}
complete -F _rmote_play_words -o nosort -o bashdefault -o default rmote-play
"#;

const ZSH: &str = r#"
_rmote_play_words() {
    local found
    if found=$("${words[1]}" __complete $((CURRENT - 1)) "${words[@]}" 2>/dev/null); then
        [ -z "$found" ] || compadd -- "${(@f)found}"
    else
        _rmote-play "$@"
    fi
}
compdef _rmote_play_words rmote-play
"#;

const FISH: &str = r#"function __rmote_play_words
    set -l words (commandline -opc)
    set -l at (count $words)
    $words[1] __complete $at $words (commandline -ct) 2>/dev/null
end
complete -c rmote-play -s l -l limit -x -a "(__rmote_play_words)"
complete -c rmote-play -n "__fish_seen_subcommand_from call hosts console shell config" -a "(__rmote_play_words)"
complete -c rmote-play -n "__fish_seen_subcommand_from hosts" -l explain -x -a "(__rmote_play_words)"
"#;
