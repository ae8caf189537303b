//! A call's arguments: rendered, completed and prepared.

use std::path::Path;
use std::sync::Arc;

use crate::failure::{Failure, Kind};
use crate::login::Login;
use crate::name::{EntryId, HostId};
use crate::playbook::Call;
use crate::runner::host::view::View;
use crate::runner::names::FrameId;
use crate::runner::record::Record;
use crate::runner::secrets;
use crate::source::Spanned;
use crate::template::{Form, RenderError, Rendering, Scope, Secrecy};
use crate::tool::{Access, Area, Field, Footprint, Given, Place as Where, Prepared, Role, normalize};
use crate::value::{Map, Value};

/// A call that is ready to be sent, or why it will not be.
pub(super) enum Made {
    Yes {
        prepared: Arc<Prepared>,
        footprint: Footprint,
        login: Option<Box<Login>>,
        /// The arguments as they are told, where they are.
        told: Map,
    },
    No(Box<Record>, Option<String>),
}

impl View {
    /// Renders a call's arguments and prepares them; and whether a secret was read for them.
    pub(super) async fn ready(
        &self,
        on: HostId,
        frame: FrameId,
        id: EntryId,
        call: &Call,
        scope: &Arc<Scope>,
    ) -> (Made, Secrecy) {
        let mut secrecy = Secrecy::Public;
        let ready = self.prepare(on, frame, id, call, scope, &mut secrecy).await;
        let ready = ready.unwrap_or_else(|failure| Made::No(Box::new(Record::failed(failure)), None));
        (ready, secrecy)
    }

    async fn prepare(
        &self,
        on: HostId,
        frame: FrameId,
        id: EntryId,
        call: &Call,
        scope: &Arc<Scope>,
        secrecy: &mut Secrecy,
    ) -> Result<Made, Failure> {
        let unknown = |because: String| Made::No(Box::new(Record::unknown(because.clone())), Some(because));
        let mut of_templates = Secrecy::Public;
        let mut known = |rendering: Result<Rendering, RenderError>| match rendering {
            Ok(Rendering::Known { value, secrecy: part }) => {
                *secrecy = part.max(*secrecy);
                Ok(Ok((value, part)))
            }
            Ok(Rendering::Unknown { because }) => Ok(Err(because)),
            Err(error) => Err(Failure::new(Kind::Invalid, self.explain(&error))),
        };
        let mut args = match &call.args.value {
            Form::Map(written) => {
                let mut args = Map::with_capacity(written.len());
                for (name, form) in written {
                    let Some(rendering) = form.value.render_argument(scope).transpose() else {
                        continue;
                    };
                    match known(rendering)? {
                        Ok((_, part)) if part > Secrecy::Public && is_command(call, name) => {
                            return Err(secret_in_command(call, name));
                        }
                        Ok((value, _)) => drop(args.insert(name.clone(), value)),
                        Err(because) => return Ok(unknown(because)),
                    }
                }
                Value::Map(args)
            }
            form => match known(form.render(scope))? {
                Ok((args, _)) => args,
                Err(because) => return Ok(unknown(because)),
            },
        };
        if let Value::Map(args) = &mut args {
            // For an optional argument, null is the same as not given, unless it means something else than the default.
            let means = |name: &str| call.tool.args().field(name).is_some_and(Field::has_null);
            args.retain(|name, value| !value.is_null() || means(name));
            match self.templates(call, scope, args)? {
                Rendering::Known { secrecy: part, .. } => of_templates = part,
                Rendering::Unknown { because } => return Ok(unknown(because)),
            }
            self.complete(call, args);
            if let Some(because) = self.brought(call, args) {
                return Ok(unknown(because));
            }
        }
        let mut env = Map::new();
        if let Some(written) = &call.env {
            match known(written.value.render(scope))? {
                Ok((Value::Map(written), _)) => {
                    env.extend(written.into_iter().map(|(name, value)| (name, as_text(value))));
                }
                Ok(_) => return Err(Failure::new(Kind::Invalid, "`env` is not a map of strings")),
                Err(because) => return Ok(unknown(because)),
            }
        }
        let own = call.tool.touches.clone();
        let mut areas = [own.reads, own.writes];
        for (area, form) in areas.iter_mut().zip([&call.reads, &call.writes]) {
            let Some(Spanned { value: form, .. }) = form else {
                continue;
            };
            match known(form.render(scope))? {
                Ok((value, _)) => *area = paths(&value)?,
                Err(because) => return Ok(unknown(because)),
            }
        }
        *secrecy = of_templates.max(*secrecy);
        let context = &self.context;
        let told = self.told_arguments(&args, *secrecy);
        let tool = &call.tool;
        let given = Given { args, env };
        let preparing = context.preparations.prepare(id, tool, &given, &context.blobs);
        let prepared = preparing.await?;
        let [reads, writes] = areas;
        let login = if tool.place == Where::Host {
            let entry = context.playbook.entry(id);
            let login = || self.login(on, frame, entry, scope);
            match secrets::beside(&context.options.secrets, login).await? {
                Ok(login) => login.map(Box::new),
                Err(because) => return Ok(unknown(because)),
            }
        } else {
            None
        };
        let mut footprint = match tool.access {
            Access::Reads => prepared.footprint.clone(),
            Access::Opaque => Footprint { reads, writes },
            Access::Writes | Access::Waits | Access::Fence => Footprint::EVERYTHING,
        };
        if login.is_some() {
            footprint.reads.extend(&Area::accounts());
        }
        Ok(Made::Yes {
            prepared,
            footprint,
            login,
            told,
        })
    }

    fn told_arguments(&self, args: &Value, secrecy: Secrecy) -> Map {
        match args {
            Value::Map(args) if self.context.options.arguments && secrecy < Secrecy::Blind => args.clone(),
            _ => Map::new(),
        }
    }

    /// In check mode: the call that would bring what this one reads on the controller.
    fn brought(&self, call: &Call, args: &Map) -> Option<String> {
        let fields = call.tool.args().fields.iter();
        let mut paths = fields
            .filter(|field| field.role == Some(Role::ControllerFile))
            .filter_map(|field| match args.get(&field.name)? {
                Value::Str(path) => Some(Path::new(path)),
                _ => None,
            });
        paths.find_map(|path| self.context.preparations.brought.touched(path))
    }

    /// What the controller adds to rendered arguments: paths of its own files count from the file in which they are
    /// written, and a program's exit code is judged here where the playbook says how.
    fn complete(&self, call: &Call, args: &mut Map) {
        for field in &call.tool.args().fields {
            if field.role == Some(Role::ControllerTarget) {
                args.insert(
                    "host".to_owned(),
                    Value::Str(self.context.name(self.id).to_string()),
                );
            }
            if matches!(field.role, Some(Role::ControllerFile | Role::ControllerTarget))
                && let Some(Value::Str(path)) = args.get_mut(&field.name)
            {
                let place = match &call.args.value {
                    Form::Map(written) => written.get(&field.name).map_or(call.args.span, |it| it.span),
                    _ => call.args.span,
                };
                let folder = self.context.playbook.sources.folder(place.source);
                // Joined as text: a slash at the end means something.
                if !path.starts_with('/') {
                    *path = format!("{}/{path}", folder.display());
                }
            }
            if field.name == "check" && call.is_judged_here() && call.tool.custom().is_none() {
                args.entry("check".to_owned()).or_insert(Value::Bool(false));
            }
        }
    }
}

fn is_command(call: &Call, name: &str) -> bool {
    let field = call.tool.args().field(name);
    field.is_some_and(|field| field.role == Some(Role::Command))
}

fn secret_in_command(call: &Call, name: &str) -> Failure {
    let message = format!(
        "`{name}` of `{}` would hold a secret, which every user of the host could read there. Give it by `env` or `stdin`",
        call.tool.name
    );
    Failure::new(Kind::Invalid, message)
}

/// Numbers and booleans are text to a program.
fn as_text(value: Value) -> Value {
    match value {
        Value::Int(n) => Value::Str(n.to_string()),
        Value::Uint(n) => Value::Str(n.to_string()),
        Value::Float(n) => Value::Str(n.to_string()),
        Value::Bool(it) => Value::Str(it.to_string()),
        other => other,
    }
}

fn paths(value: &Value) -> Result<Area, Failure> {
    let wrong = || Failure::new(Kind::Invalid, "`reads` and `writes` are lists of absolute paths");
    let list = match value {
        Value::List(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let paths = list.iter().map(|item| {
        let path = item
            .as_str()
            .filter(|path| path.starts_with('/'))
            .ok_or_else(wrong)?;
        Ok(normalize(path))
    });
    Ok(Area::Paths(paths.collect::<Result<_, Failure>>()?))
}
