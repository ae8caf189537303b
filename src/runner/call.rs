//! One call on one host: its arguments rendered, sent ahead, answered, made again.

use std::sync::Arc;
use std::time::Instant;

use crate::event::{Kind as Event, Outcome};
use crate::failure::{Failure, Kind};
use crate::login::Login;
use crate::name::{EntryId, HostId};
use crate::playbook::{Action, Call};
use crate::runner::delegate::Delegate;
use crate::runner::flight::{Flight, Owner};
use crate::runner::frame::{State, Trigger};
use crate::runner::guest::Guest;
use crate::runner::host::Host;
use crate::runner::local;
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::start::Verdict;
use crate::source::Spanned;
use crate::template::{Form, Rendering, Scope};
use crate::tool::{Access, Area, Entry, Footprint, Place as Where, Prepared, Role, normalize};
use crate::value::{Map, Value};

/// A call that is ready to be sent, or why it will not be.
enum Ready {
    Yes {
        prepared: Arc<Prepared>,
        footprint: Footprint,
        login: Option<Box<Login>>,
        is_secret: bool,
    },
    No(Box<Record>, Option<String>),
}

impl Host {
    /// Makes a call for one item.
    pub(super) async fn send(&mut self, place: Place, attempt: u32) {
        let context = Arc::clone(&self.context);
        let Some((entry_id, scope, is_loop, trigger)) = self.item(place) else {
            return;
        };
        let entry = context.playbook.entry(entry_id);
        let Action::Call(call) = &entry.action else { return };
        let tool = context
            .registry
            .get(call.tool)
            .expect("checked against this registry");
        if is_loop && let Verdict::End(record, because) = self.conditions(&entry.when, &scope) {
            self.end_item(place, *record, because, 0, false);
            return;
        }
        let delegate = match self.delegate(place.frame, entry, &scope) {
            Delegate::Unknown(because) => {
                let record = Record::unknown(because.clone());
                self.end_item(place, record, Some(because), 0, false);
                return;
            }
            Delegate::Wrong(failure) => {
                self.end_item(place, Record::failed(failure), None, 0, false);
                return;
            }
            Delegate::To(host) if tool.place != Where::Controller => Some(host),
            Delegate::To(_) | Delegate::Nobody => None,
        };
        let on = delegate.unwrap_or(self.id);
        let ready = match self.ready(on, place.frame, entry_id, call, &scope).await {
            Ok(ready) => ready,
            Err(failure) => Ready::No(Box::new(Record::failed(failure)), None),
        };
        let (prepared, footprint, login, is_secret) = match ready {
            Ready::Yes {
                prepared,
                footprint,
                login,
                is_secret,
            } => (prepared, footprint, login, is_secret),
            Ready::No(record, because) => {
                self.end_item(place, *record, because, 0, false);
                return;
            }
        };
        self.emit_started(place, entry_id, delegate);
        if tool.place == Where::Controller {
            self.serve_here(place, attempt, tool, &prepared, is_secret);
            return;
        }
        if let Some(to) = delegate {
            let guest = Guest {
                home: self.id,
                ticket: 0,
                home_name: self.name.clone(),
                to,
                entry: entry_id,
                attempt,
                prepared,
                footprint,
                access: tool.access,
                login,
                is_secret,
                behind: None,
            };
            self.send_away(place, guest);
            return;
        }
        if self.session.is_none() && !self.connect().await {
            let because = Some("there is no connection".to_owned());
            self.end_item(place, Record::of(Outcome::Canceled), because, 0, false);
            return;
        }
        let if_changed = match trigger {
            Trigger::Pulled => None,
            Trigger::Ask(ids) => Some(ids),
        };
        let stops = self.stops(place.frame, entry_id);
        let flight = Flight {
            owner: Owner::Own(place),
            attempt,
            is_reader: footprint.is_read_only(),
            footprint,
            stops,
            prepared,
            access: tool.access,
            is_repeated: false,
            if_changed,
            login,
            is_secret,
            receiver: None,
        };
        self.launch(flight);
    }

    /// Does a call on the controller.
    fn serve_here(&mut self, place: Place, attempt: u32, tool: &Entry, prepared: &Prepared, is_secret: bool) {
        let started = Instant::now();
        let (served, warnings) = local::serve(tool, prepared);
        let record = match served {
            Ok(served) => Record {
                fields: served.fields,
                warnings,
                ..Record::of(Outcome::Ok)
            },
            Err(failure) => Record {
                warnings,
                ..Record::failed(failure)
            },
        };
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.judge(place, attempt, record, None, micros, is_secret);
    }

    /// The entry, scope and trigger of an item.
    pub(super) fn item(&self, place: Place) -> Option<(EntryId, Arc<Scope>, bool, Trigger)> {
        let node = &self.frames.get(&place.frame)?.nodes[place.slot];
        let State::Calling(calling) = &node.state else {
            return None;
        };
        let scope = calling.items[place.item].scope(&calling.scope, place.item, calling.items.len());
        Some((node.entry, scope, calling.is_loop, calling.trigger.clone()))
    }

    pub(super) fn state(&mut self, place: Place) -> Option<&mut State> {
        Some(
            &mut self
                .frames
                .get_mut(&place.frame)?
                .nodes
                .get_mut(place.slot)?
                .state,
        )
    }

    async fn ready(
        &self,
        on: HostId,
        frame: FrameId,
        id: EntryId,
        call: &Call,
        scope: &Arc<Scope>,
    ) -> Result<Ready, Failure> {
        let unknown = |because: String| Ready::No(Box::new(Record::unknown(because.clone())), Some(because));
        let (mut is_secret, mut of_templates) = (false, false);
        let mut render = |form: &Form| match form.render(scope) {
            Ok(Rendering::Known { value, secret }) => {
                is_secret |= secret;
                Ok(Ok(value))
            }
            Ok(Rendering::Unknown { because }) => Ok(Err(because)),
            Err(error) => Err(Failure::new(Kind::Invalid, self.explain(&error))),
        };
        let mut args = match render(&call.args.value)? {
            Ok(args) => args,
            Err(because) => return Ok(unknown(because)),
        };
        if let Value::Map(args) = &mut args {
            // For an optional argument, null is the same as not given.
            args.retain(|_, value| !value.is_null());
            match self.templates(call, scope, args)? {
                Rendering::Known { secret, .. } => of_templates = secret,
                Rendering::Unknown { because } => return Ok(unknown(because)),
            }
            self.complete(call, args);
        }
        if let Some(env) = &call.env {
            match render(&env.value)? {
                Ok(Value::Map(env)) => merge_env(&mut args, env),
                Ok(_) => return Err(Failure::new(Kind::Invalid, "`env` is not a map of strings")),
                Err(because) => return Ok(unknown(because)),
            }
        }
        let mut areas = [Area::Everything, Area::Everything];
        for (area, form) in areas.iter_mut().zip([&call.reads, &call.writes]) {
            let Some(Spanned { value: form, .. }) = form else {
                continue;
            };
            match render(form)? {
                Ok(value) => *area = paths(&value)?,
                Err(because) => return Ok(unknown(because)),
            }
        }
        let context = &self.context;
        let tool = context
            .registry
            .get(call.tool)
            .expect("checked against this registry");
        let preparing = context
            .preparations
            .prepare(id, call.tool, &args, &context.registry, &context.blobs);
        let prepared = preparing.await?;
        let [reads, writes] = areas;
        let login = if tool.place == Where::Host {
            match self.login(on, frame, context.playbook.entry(id), scope)? {
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
        Ok(Ready::Yes {
            prepared,
            footprint,
            login,
            is_secret: is_secret || of_templates,
        })
    }

    /// What the controller adds to rendered arguments: paths of its own files count from the file in which they are
    /// written, and a program's exit code is judged here where the playbook says how.
    fn complete(&self, call: &Call, args: &mut Map) {
        let signature = self.context.registry.get(call.tool).map(Entry::args);
        for field in signature.iter().flat_map(|signature| &signature.fields) {
            if field.role == Some(Role::ControllerTarget) {
                args.insert("host".to_owned(), Value::Str(self.name.to_string()));
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
            if field.name == "check" && call.is_judged_here() {
                args.entry("check".to_owned()).or_insert(Value::Bool(false));
            }
        }
    }

    fn emit_started(&mut self, place: Place, entry: EntryId, delegate: Option<HostId>) {
        let Some(State::Calling(calling)) = self.state(place) else {
            return;
        };
        let label = calling.items[place.item].label(place.item);
        let is_hidden = self.context.playbook.entry(entry).no_log;
        let item = if is_hidden {
            label.map(|_| format!("#{}", place.item + 1))
        } else {
            label
        };
        let call = Arc::clone(&self.context.references[entry.index()]);
        self.emit(Event::CallStarted {
            call,
            host: self.name.clone(),
            delegate: delegate.map(|host| self.context.name(host)),
            item,
        });
    }
}

fn merge_env(args: &mut Value, env: Map) {
    if let Value::Map(args) = args {
        let merged = args
            .entry("env".to_owned())
            .or_insert_with(|| Value::Map(Map::new()));
        if let Value::Map(merged) = merged {
            merged.extend(env.into_iter().map(|(name, value)| (name, as_text(value))));
        }
    }
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
