//! One call on one host: its arguments rendered, sent ahead, answered, made again.

use std::sync::Arc;
use std::time::Instant;

use crate::event::{Kind as Event, Outcome};
use crate::name::{EntryId, HostId};
use crate::playbook::Action;
use crate::runner::arguments::Ready;
use crate::runner::delegate::Delegate;
use crate::runner::flight::{Flight, Owner};
use crate::runner::frame::{State, Trigger};
use crate::runner::guest::Guest;
use crate::runner::host::Host;
use crate::runner::local;
use crate::runner::names::Place;
use crate::runner::record::Record;
use crate::runner::secrets;
use crate::template::{Scope, Secrecy};
use crate::tool::{Entry, Place as Where, Prepared};
use crate::value::Map;

impl Host {
    /// Makes a call for one item.
    pub(super) async fn send(&mut self, place: Place, attempt: u32) {
        let context = Arc::clone(&self.context);
        let Some((entry_id, scope, is_loop, trigger)) = self.item(place) else {
            return;
        };
        let entry = context.playbook.entry(entry_id);
        let Action::Call(call) = &entry.action else { return };
        let tool = &call.tool;
        let secrets = &context.options.secrets;
        if is_loop
            && let Some((record, because)) = secrets::beside(secrets, || self.gate(&entry.when, &scope, None))
                .await
                .end()
        {
            self.end_item(place, *record, because, 0, Secrecy::Public);
            return;
        }
        let delegate = secrets::beside(secrets, || self.delegate(place.frame, entry, &scope));
        let delegate = match delegate.await {
            Delegate::Unknown(because) => {
                let record = Record::unknown(because.clone());
                self.end_item(place, record, Some(because), 0, Secrecy::Public);
                return;
            }
            Delegate::Wrong(failure) => {
                self.end_item(place, Record::failed(failure), None, 0, Secrecy::Public);
                return;
            }
            Delegate::To(host) if tool.place != Where::Controller => Some(host),
            Delegate::To(_) | Delegate::Nobody => None,
        };
        let on = delegate.unwrap_or(self.id);
        secrets::of_entry(&context, entry_id).await;
        let (ready, secrecy) = self.ready(on, place.frame, entry_id, call, &scope).await;
        let (prepared, footprint, login, told) = match ready {
            Ready::Yes {
                prepared,
                footprint,
                login,
                told,
            } => (prepared, footprint, login, told),
            Ready::No(..) if matches!(trigger, Trigger::Ask(_)) => {
                self.ask_later(place);
                return;
            }
            Ready::No(record, because) => {
                self.end_item(place, *record, because, 0, secrecy);
                return;
            }
        };
        // Further attempts are told as such.
        if attempt == 1 {
            self.emit_started(place, entry_id, delegate, told);
        }
        if tool.place == Where::Controller {
            self.serve_here(place, attempt, tool, &prepared, secrecy);
            return;
        }
        if let Some(to) = delegate {
            let guest = Guest {
                home: self.id,
                ticket: 0,
                home_name: self.name.clone(),
                place,
                to,
                entry: entry_id,
                attempt,
                prepared,
                footprint,
                access: tool.access,
                login,
                secrecy,
                always: self.is_in_always(place),
            };
            self.send_away(place, guest);
            return;
        }
        if self.session.is_none() && !self.connect().await {
            let because = Some("there is no connection".to_owned());
            self.end_item(place, Record::of(Outcome::Canceled), because, 0, secrecy);
            return;
        }
        let mut flight = Flight::new(Owner::Own(place), attempt, footprint, prepared, tool.access);
        flight.is_item = is_loop;
        flight.if_changed = match trigger {
            Trigger::Pulled => None,
            Trigger::Ask(ids) => Some(ids),
        };
        flight.login = login;
        flight.secrecy = secrecy;
        self.launch(flight);
    }

    /// Does a call on the controller.
    fn serve_here(
        &mut self,
        place: Place,
        attempt: u32,
        tool: &Entry,
        prepared: &Prepared,
        secrecy: Secrecy,
    ) {
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
        self.judge(place, attempt, record, None, micros, secrecy);
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

    fn emit_started(&mut self, place: Place, entry: EntryId, delegate: Option<HostId>, arguments: Map) {
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
            arguments: if is_hidden { Map::new() } else { arguments },
        });
    }
}
