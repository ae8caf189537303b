//! The questions of a host's schedule: what conditions say, what loops run over, how calls are made.

use std::sync::Arc;
use std::time::Instant;

use crate::event::Outcome;
use crate::failure::{Failure, Kind};
use crate::name::EntryId;
use crate::playbook::Action;
use crate::runner::host::arguments::Made;
use crate::runner::host::local;
use crate::runner::host::view::{Delegate, View};
use crate::runner::items::{Bindings, Items, expand};
use crate::runner::names::{FrameId, Place};
use crate::runner::record::Record;
use crate::runner::schedule::effect::{Answer, Asked, Judged, Question, Ready};
use crate::runner::schedule::state::gate::{End, Gate};
use crate::runner::secrets;
use crate::runner::settings::Settings;
use crate::template::{Form, Rendering, Scope, Secrecy};
use crate::tool::{Entry, Place as Where, Prepared};
use crate::value::Value;

impl View {
    /// The answer to a question that needs no connection and nobody else.
    pub(super) async fn answer(&mut self, question: Question) -> Answer {
        let context = Arc::clone(&self.context);
        let (playbook, secrets) = (&context.playbook, &context.options.secrets);
        match question {
            Question::Round(id) => {
                let scope = self.round_scope(id);
                let when = &playbook.round(id).when;
                Answer::Gate(secrets::beside(secrets, || self.gate(when, &scope, None)).await)
            }
            Question::Gate(frame, id, unknown) => {
                let scope = self.scope(frame, id);
                let when = &playbook.entry(id).when;
                let gate = || self.gate(when, &scope, unknown.clone());
                Answer::Gate(secrets::beside(secrets, gate).await)
            }
            Question::Items(frame, slot, id) => Answer::Items(self.items(frame, slot, id).await),
            Question::Item {
                place,
                entry,
                is_patient,
            } => {
                let scope = self.item_scope(place, entry);
                let when = &playbook.entry(entry).when;
                let gate = || self.gate(when, &scope, None);
                Answer::Gate(if is_patient {
                    secrets::beside(secrets, gate).await
                } else {
                    match secrets.without_waiting(gate) {
                        (gate, wanted) if wanted.is_empty() => gate,
                        _ => Gate::Open,
                    }
                })
            }
            Question::Settings(frame, id) => {
                let scope = self.scope(frame, id);
                let settings = secrets::beside(secrets, || Settings::of(playbook.entry(id), &scope)).await;
                let end = |error| {
                    let failure = Failure::new(Kind::Invalid, self.explain(&error));
                    (Box::new(Record::failed(failure)), None)
                };
                Answer::Settings(settings.map(Box::new).map_err(end))
            }
            Question::Fail {
                frame,
                slot,
                entry,
                items,
            } => {
                let end = secrets::beside(secrets, || self.failing(frame, slot, entry, items)).await;
                Answer::Fail(end)
            }
            Question::Call(place, id) => Answer::Call(self.call(place, id).await),
            Question::Verdict(place, id, record) => {
                let scope = self.item_scope(place, id);
                let call = playbook.entry(id).action.call();
                Answer::Verdict(Box::new(match call {
                    Some(call) => self.judge(*record, call, &scope),
                    None => Judged {
                        record: *record,
                        until: None,
                    },
                }))
            }
            Question::Connect | Question::Step(_) => unreachable!("not a question of templates"),
        }
    }

    /// What a loop runs over.
    async fn items(&mut self, frame: FrameId, slot: usize, id: EntryId) -> Result<Vec<Bindings>, End> {
        let context = Arc::clone(&self.context);
        let scope = self.scope(frame, id);
        let Some(repeat) = &context.playbook.entry(id).repeat else {
            return Ok(vec![Bindings::default()]);
        };
        let wrong = |message: String| {
            let failure = Failure::new(Kind::Invalid, message);
            Err((Box::new(Record::failed(failure)), None))
        };
        match secrets::beside(&context.options.secrets, || expand(repeat, &scope)).await {
            Items::Known(items) => {
                self.keep_items(frame, slot, scope, items.clone());
                Ok(items)
            }
            Items::Unknown(because) => Err((Box::new(Record::unknown(because.clone())), Some(because))),
            Items::Wrong(message) => wrong(message),
            Items::Failed(error) => wrong(self.explain(&error)),
        }
    }

    /// How a call is made.
    async fn call(&self, place: Place, id: EntryId) -> Asked {
        let context = &self.context;
        let entry = context.playbook.entry(id);
        let Some(call) = entry.action.call() else {
            unreachable!("only a call is made");
        };
        let tool = &call.tool;
        let secrets = &context.options.secrets;
        let scope = self.item_scope(place, id);
        if entry.repeat.is_some()
            && let Some(end) = secrets::beside(secrets, || self.gate(&entry.when, &scope, None))
                .await
                .end()
        {
            return Asked::Shut(end);
        }
        let delegate = secrets::beside(secrets, || self.delegate(place.frame, entry, &scope));
        let delegate = match delegate.await {
            Delegate::Unknown(because) => {
                let record = Box::new(Record::unknown(because.clone()));
                return Asked::Shut((record, Some(because)));
            }
            Delegate::Wrong(failure) => return Asked::Shut((Box::new(Record::failed(failure)), None)),
            Delegate::To(host) if tool.place != Where::Controller => Some(host),
            Delegate::To(_) | Delegate::Nobody => None,
        };
        secrets::of_entry(context, id).await;
        let on = delegate.unwrap_or(self.id);
        let (made, secrecy) = self.ready(on, place.frame, id, call, &scope).await;
        match made {
            Made::No(record, because) => Asked::Unready((record, because), secrecy),
            Made::Yes { prepared, told, .. } if tool.place == Where::Controller => {
                let started = Instant::now();
                let record = Box::new(serve_here(tool, &prepared));
                let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
                Asked::Served {
                    told,
                    record,
                    micros,
                    secrecy,
                }
            }
            Made::Yes {
                prepared,
                footprint,
                login,
                told,
            } => Asked::Ready(Box::new(Ready {
                delegate,
                prepared,
                footprint,
                login,
                told,
                secrecy,
            })),
        }
    }

    /// What comes of a `fail`: one failure, with the messages of all items of its loop for which its conditions hold.
    fn failing(&self, frame: FrameId, slot: usize, id: EntryId, items: usize) -> End {
        let entry = self.context.playbook.entry(id);
        let Action::Fail(message) = &entry.action else {
            unreachable!("only a `fail` has a message");
        };
        let failed = |message: String| {
            (
                Box::new(Record::failed(Failure::new(Kind::Invalid, message))),
                None,
            )
        };
        if entry.repeat.is_none() {
            return failed(self.message(message, &self.scope(frame, id)));
        }
        let (mut messages, mut unknown) = (Vec::new(), None);
        for item in 0..items {
            let scope = self.item_scope(Place { frame, slot, item }, id);
            match self.gate(&entry.when, &scope, None) {
                Gate::Open => messages.push(self.message(message, &scope)),
                Gate::Shut(_) => {}
                Gate::Unknown(because) => drop(unknown.get_or_insert(because)),
                Gate::Failed(failure) => return (Box::new(Record::failed(failure)), None),
            }
        }
        match unknown {
            _ if !messages.is_empty() => failed(messages.join("; ")),
            Some(because) => (Box::new(Record::unknown(because.clone())), Some(because)),
            None => (
                Box::new(Record::of(Outcome::Skipped)),
                Some("no item was left".to_owned()),
            ),
        }
    }

    /// The message of a `fail`.
    fn message(&self, message: &Form, scope: &Arc<Scope>) -> String {
        match message.render(scope) {
            Ok(Rendering::Known {
                secrecy: Secrecy::Blind,
                ..
            }) => {
                "the message is hidden, since it reads a secret that is too short to be looked for".to_owned()
            }
            Ok(Rendering::Known {
                value: Value::Str(text),
                ..
            }) => text,
            Ok(Rendering::Known { value, .. }) => serde_json::to_string(&value).unwrap_or_default(),
            // That it fails is certain.
            Ok(Rendering::Unknown { because }) => {
                format!("the message depends on {because}, which has not run")
            }
            Err(error) => self.explain(&error),
        }
    }
}

/// Does a call on the controller.
fn serve_here(tool: &Entry, prepared: &Prepared) -> Record {
    let (served, warnings) = local::serve(tool, prepared);
    match served {
        Ok(served) => Record {
            fields: served.fields,
            warnings,
            ..Record::of(Outcome::Ok)
        },
        Err(failure) => Record {
            warnings,
            ..Record::failed(failure)
        },
    }
}
