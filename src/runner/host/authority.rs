//! As whom a call acts: what the levels around it say, the innermost first.

use std::sync::Arc;

use crate::failure::{Failure, Kind};
use crate::inventory::{Answer, Privilege};
use crate::login::{Login, Method, PASSWORD_LIMIT, Password, is_user};
use crate::name::HostId;
use crate::playbook::Entry;
use crate::runner::host::view::View;
use crate::runner::names::FrameId;
use crate::runner::scope::host_scope;
use crate::source::Spanned;
use crate::template::{Form, Rendering, Scope};
use crate::value::Value;

/// The user where it is only said that another one is meant.
const ROOT: &str = "root";

/// What some levels say together, each user with the scope in which its name is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Authority {
    is_on: Option<bool>,
    user: Option<(Spanned<Form>, Option<Arc<Scope>>)>,
    method: Option<Method>,
    password: Option<Spanned<Answer>>,
}

impl Authority {
    /// What an inner level says over this one.
    #[must_use]
    pub(super) fn with(&self, inner: &Privilege, scope: Option<&Arc<Scope>>) -> Self {
        if inner.is_empty() {
            return self.clone();
        }
        let user = inner.user.as_ref().map(|user| (user.clone(), scope.cloned()));
        Self {
            is_on: inner.is_on.or(self.is_on),
            user: user.or_else(|| self.user.clone()),
            method: inner.method.or(self.method),
            password: inner.password.as_ref().or(self.password.as_ref()).cloned(),
        }
    }

    /// What inner levels say over this one.
    fn under(&self, inner: &Self) -> Self {
        Self {
            is_on: inner.is_on.or(self.is_on),
            user: inner.user.as_ref().or(self.user.as_ref()).cloned(),
            method: inner.method.or(self.method),
            password: inner.password.as_ref().or(self.password.as_ref()).cloned(),
        }
    }
}

impl View {
    /// The account that a call acts as on a host, where it is not the one that logged in there; the inner error: what
    /// that depends on has not happened.
    ///
    /// # Errors
    /// Where that is no user.
    pub(super) fn login(
        &self,
        host: HostId,
        frame: FrameId,
        entry: &Entry,
        scope: &Arc<Scope>,
    ) -> Result<Result<Option<Login>, String>, Failure> {
        let context = &self.context;
        let target = context.playbook.inventory.host(host);
        let [round, groups] = self.authority(frame);
        // Who sits at the controller became nobody else by what is said of hosts.
        let is_local = target.name.as_str() == "localhost";
        let outer = Authority::default();
        let outer = if is_local {
            outer.with(&target.connection.privilege, None)
        } else {
            outer
                .with(&context.playbook.privilege, None)
                .with(&context.options.privilege, None)
                .with(&target.connection.privilege, None)
                .under(&round)
        };
        let authority = outer.under(&groups).with(&entry.privilege, Some(scope));
        if authority.is_on != Some(true) {
            return Ok(Ok(None));
        }
        let user = match &authority.user {
            None => ROOT.to_owned(),
            Some((form, within)) => match self.user(form, within.as_ref().unwrap_or(scope))? {
                Ok(user) => user,
                Err(because) => return Ok(Err(because)),
            },
        };
        let timeout = target.connection.connect_timeout.as_millis();
        let password = match &authority.password {
            Some(answer) => match self.password(&answer.value, host)? {
                Ok(password) => Some(password),
                Err(because) => return Ok(Err(because)),
            },
            None => context.options.password.clone(),
        };
        let length = password.as_ref().map_or(0, |it| it.reveal().len());
        if length > PASSWORD_LIMIT {
            let message = format!(
                "`become`: the password has {length} bytes, and a terminal takes {PASSWORD_LIMIT} at most"
            );
            return Err(Failure::new(Kind::Invalid, message));
        }
        Ok(Ok(Some(Login {
            user,
            method: authority.method,
            password,
            timeout_ms: u64::try_from(timeout).unwrap_or(u64::MAX),
        })))
    }

    /// The password; the inner error: what it depends on has not happened.
    fn password(&self, answer: &Answer, host: HostId) -> Result<Result<Password, String>, Failure> {
        let invalid = |message: String| Failure::new(Kind::Invalid, format!("`become`: {message}"));
        let secrets = &self.context.options.secrets;
        let name = match answer {
            Answer::Secret(name) => name,
            Answer::Value(form) => match form.render(&host_scope(&self.context, host)) {
                Ok(Rendering::Known { value, .. }) => {
                    let text = match value {
                        Value::Str(text) => text,
                        Value::Int(number) => number.to_string(),
                        other => {
                            let message = format!("a {} of the inventory is no password", other.type_name());
                            return Err(invalid(message));
                        }
                    };
                    secrets.masker().hide(&text);
                    return Ok(Ok(Password::new(&text)));
                }
                Ok(Rendering::Unknown { because }) => return Ok(Err(because)),
                Err(error) => return Err(invalid(self.explain(&error))),
            },
        };
        match secrets.get(name) {
            Some(Ok(password)) => Ok(Ok(Password::new(password))),
            Some(Err(why)) => Err(invalid(why)),
            None => Err(invalid(format!("there is no secret `{name}`"))),
        }
    }

    fn user(&self, form: &Spanned<Form>, scope: &Arc<Scope>) -> Result<Result<String, String>, Failure> {
        let invalid = |message: String| Failure::new(Kind::Invalid, message);
        match form.value.render(scope) {
            Ok(Rendering::Known {
                value: Value::Str(user),
                ..
            }) if is_user(&user) => Ok(Ok(user)),
            Ok(Rendering::Known { value, .. }) => {
                let shown = value.as_str().map_or("a value that is no text", |it| it);
                Err(invalid(format!(
                    "`become`: `{}` cannot be a user",
                    shown.escape_debug()
                )))
            }
            Ok(Rendering::Unknown { because }) => Ok(Err(because)),
            Err(error) => Err(invalid(format!("`become`: {}", self.explain(&error)))),
        }
    }
}
