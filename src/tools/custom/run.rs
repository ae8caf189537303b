//! Runs an executable of the playbook: arguments as JSON in, an answer as JSON out.

use crate::argument::Text;
use crate::failure::{Failure, Kind};
use crate::system::{About, Program, Show, What, Writer};
use crate::tool::{Access, Apply, CUSTOM_SERVER, Order, Served, Server};
use crate::tools::custom::answer;
use crate::tools::exec::interpreter;
use crate::value::Value;

/// Says to an executable that it is to change nothing.
const CHECK: &str = "RMOTE_CHECK";

/// What runs them.
pub(in crate::tools) const fn server() -> Server {
    Server::untyped(CUSTOM_SERVER, Access::Opaque, serve)
}

fn serve(args: Value, apply: Apply, diff: bool, host: &Writer<'_>) -> Result<Served, Failure> {
    let mut order: Order = args
        .parse()
        .map_err(|error| Failure::new(Kind::Invalid, format!("arguments of `{CUSTOM_SERVER}`: {error}")))?;
    if apply == Apply::No {
        if !order.checks {
            return Ok(Served {
                unknown: true,
                ..Served::nothing()
            });
        }
        order.env.insert(CHECK.to_owned(), "1".into());
    }
    let input = host.fetch(&order.input)?;
    let file = host.kept(&order.file)?;
    let program = Program {
        what: What::File {
            name: &order.name,
            text: &file,
            interpreter: &interpreter(&file),
            args: &[Text::from(order.method.as_str())],
        },
        cwd: None,
        env: &order.env,
        stdin: &input,
        stdout: None,
        show: Show::Errors,
        keeps: None,
    };
    // Where it is told to change nothing, or its author says that it only looks, it is believed.
    let ended = host.ask(&program, &[About::Everything]);
    if let Some(why) = host.raised() {
        return Ok(Served::unknown(why));
    }
    let ended = ended?;
    answer::served(&order.name, &ended, apply, diff)
}
