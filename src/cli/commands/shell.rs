//! `rmote-play shell`: a login shell on a host, at this terminal, on the connection that runs have.

use std::sync::Arc;

use clap::Args;

use crate::blob::Blobs;
use crate::bootstrap::quoted;
use crate::cli::commands::call;
use crate::cli::commands::load::planned;
use crate::cli::connecting;
use crate::cli::error::{CliError, Exit};
use crate::cli::extra::extra;
use crate::cli::inventories::Inventories;
use crate::cli::keys::keys;
use crate::cli::printer::Printer;
use crate::cli::privilege::{BecomeArgs, privilege};
use crate::cli::reach::ReachArgs;
use crate::cli::secrets;
use crate::inventory::Privilege;
use crate::login::{Method, is_user};
use crate::name::HostId;
use crate::playbook::Playbook;
use crate::runner::{Asking, resting_scope};
use crate::tools;
use crate::transport::Connector;

/// Opening a shell.
#[derive(Debug, Args)]
#[command(
    after_help = "rmote-play shell web1 -i site.yml\nrmote-play shell db1 -b=postgres -i inventory.ini -- psql"
)]
pub(crate) struct ShellArgs {
    /// The host: of -i, which may be a playbook too; without it, as ssh knows it
    host: String,
    /// What runs there in place of the login shell
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    #[command(flatten)]
    pub(crate) inventories: Inventories,
    #[command(flatten)]
    pub(crate) reach: ReachArgs,
    #[command(flatten)]
    pub(crate) privilege: BecomeArgs,
    /// A variable that wins over all others: name=text, @file of YAML or JSON, or a JSON object of several
    #[arg(short = 'e', long = "extra", value_name = "NAME=VALUE")]
    extra: Vec<String>,
}

/// Opens it, and ends as it ends.
pub(crate) fn shell(args: &ShellArgs, printer: Printer) -> Result<Exit, CliError> {
    let Some((playbook, id)) = found(args, printer)? else {
        return Ok(Exit::Invalid);
    };
    let playbook = Arc::new(playbook);
    let host = playbook.inventory.host(id);
    let privilege = privilege(&args.privilege)?.over(&host.connection.privilege);
    let script = script(&privilege, &args.command)?;
    let given = args.reach.answers()?;
    let keys = keys(&args.inventories.keys);
    let secrets = secrets::of_login(&playbook, id, keys)?;
    let settings = connecting::connections(&args.reach, 1, Arc::new(Blobs::default()), &secrets);
    let runtime = connecting::runtime()?;
    runtime.block_on(async {
        let connector = Connector::new(settings);
        let scope = |id: HostId| resting_scope(&playbook, &secrets, id);
        let asking = Asking {
            inventory: &playbook.inventory,
            secrets: &secrets,
            given: &given,
            scope: &scope,
        };
        let unreachable = |error: crate::cause::Unreachable| CliError {
            exit: Exit::Run {
                failed: false,
                unreachable: true,
            },
            message: format!("`{}` is not reached: {}", host.name, error.message),
            help: error.help,
        };
        let credentials = asking.of(id).await.map_err(unreachable)?;
        let terminal = connector
            .terminal(&host.name, &host.connection, &credentials, script.as_deref())
            .await
            .map_err(unreachable)?;
        let status = terminal.run(secrets.variables()).await;
        connector.close().await;
        status.map(Exit::Of).map_err(unreachable)
    })
}

/// The playbook that has the host, and the host; `None`: what is wrong was said.
fn found(args: &ShellArgs, printer: Printer) -> Result<Option<(Playbook, HostId)>, CliError> {
    let named =
        !args.inventories.named.all().is_empty() || !args.inventories.named.usual.inventories.is_empty();
    let pattern = serde_json::Value::from(args.host.as_str());
    let round =
        format!("rounds:\n  - name: shell\n    hosts: {pattern}\n    calls: [{{ log.log: shell }}]\n");
    let mut what = call::synthetic(&args.inventories, &round)?;
    if !named && args.host != "localhost" {
        what.inventories = vec![format!("{},", args.host)];
    }
    let options = crate::playbook::Options {
        text: what.text.clone(),
        inventories: what.inventories.clone(),
        replaces_inventory: what.replaces_inventory,
        ..args.inventories.options(&extra(&args.extra)?, false)
    };
    let Some((mut playbook, _)) = planned(&what.path, &tools::registry(), &options, printer) else {
        return Ok(None);
    };
    args.reach.apply(&mut playbook.inventory)?;
    match playbook.rounds.first().map(|round| round.hosts.as_slice()) {
        Some([id]) => {
            let id = *id;
            Ok(Some((playbook, id)))
        }
        _ => Err(CliError::usage(format!("`{}` is more than one host", args.host))
            .help("A shell is opened on one; `rmote-play console` calls tools on many.")),
    }
}

/// What runs on the host; `None`: the login shell of the account.
fn script(privilege: &Privilege, command: &[String]) -> Result<Option<String>, CliError> {
    let command = (!command.is_empty()).then(|| command.join(" "));
    if privilege.is_on != Some(true) {
        return Ok(command);
    }
    let user = match privilege.user.as_ref().map(|user| user.value.literal()) {
        None => "root",
        Some(Some(crate::value::Value::Str(user))) if is_user(user) => user,
        Some(_) => {
            return Err(CliError::usage("the user to become is a template")
                .help("Name the user: `rmote-play shell HOST -b=USER`."));
        }
    };
    let by = |method: Method| {
        let login = "cd; exec \"${SHELL:-/bin/sh}\" -l";
        match (method, &command) {
            (Method::Sudo, None) => format!("exec sudo -i -u {user}"),
            (Method::Sudo, Some(command)) => format!("exec sudo -u {user} -- sh -c {}", quoted(command)),
            (Method::Doas, None) => format!("exec doas -u {user} sh -c {}", quoted(login)),
            (Method::Doas, Some(command)) => format!("exec doas -u {user} sh -c {}", quoted(command)),
            (Method::Su, None) => format!("exec su - {user}"),
            (Method::Su, Some(command)) => format!("exec su {user} -c {}", quoted(command)),
        }
    };
    let script = if let Some(method) = privilege.method {
        by(method)
    } else {
        let tries = [Method::Sudo, Method::Doas].map(|method| {
            let program = method.program();
            format!("command -v {program} >/dev/null 2>&1 && {}; ", by(method))
        });
        tries.concat() + &by(Method::Su)
    };
    // The login shell of the account may be of any kind.
    Ok(Some(format!("exec /bin/sh -c {}", quoted(&script))))
}
