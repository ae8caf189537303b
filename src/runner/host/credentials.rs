//! What is answered where ssh asks on its way to a host: what the host says, else what the command line says.

use std::sync::Arc;

use crate::cause::{Cause, Unreachable};
use crate::inventory::{self, Answer, Inventory, Transport};
use crate::login::Password;
use crate::name::HostId;
use crate::runner::context::Context;
use crate::runner::scope::host_scope;
use crate::runner::secrets::beside;
use crate::secret::Secrets;
use crate::source::Spanned;
use crate::template::{Rendering, Scope};
use crate::transport::{Answers, Credentials};
use crate::value::Value;

/// Of a host of a run and those on the way to it.
///
/// # Errors
/// Where a password cannot be had.
pub(super) async fn credentials(context: &Arc<Context>, id: HostId) -> Result<Credentials, Unreachable> {
    let scope = |id| host_scope(context, id);
    let asking = Asking {
        inventory: &context.playbook.inventory,
        secrets: &context.options.secrets,
        given: &context.options.login,
        scope: &scope,
    };
    asking.of(id).await
}

/// Where answers come from.
pub struct Asking<'a> {
    /// The hosts.
    pub inventory: &'a Inventory,
    /// The secrets that they name.
    pub secrets: &'a Arc<Secrets>,
    /// What is answered for hosts that say nothing.
    pub given: &'a Answers,
    /// In which the variables of a host are read.
    pub scope: &'a dyn Fn(HostId) -> Arc<Scope>,
}

impl Asking<'_> {
    /// Of a host and those on the way to it.
    ///
    /// # Errors
    /// Where a password cannot be had.
    pub async fn of(&self, id: HostId) -> Result<Credentials, Unreachable> {
        let connection = &self.inventory.host(id).connection;
        if connection.transport != Transport::Ssh {
            return Ok(Credentials::default());
        }
        let make = || {
            let of_way = connection.way.iter().map(|jump| match jump.host {
                Some(host) => self.answers(host, &jump.answers),
                // It is told by its address alone, and gets no other host's password.
                None => Ok(Answers::default()),
            });
            Ok(Credentials {
                way: of_way.collect::<Result<_, String>>()?,
                own: self.answers(id, &connection.answers)?,
            })
        };
        let credentials: Result<_, String> = beside(self.secrets, make).await;
        credentials.map_err(|why| Unreachable::new(Cause::Local, why))
    }

    fn answers(&self, id: HostId, said: &inventory::Answers) -> Result<Answers, String> {
        let of = |answer: &Option<Spanned<Answer>>, key, otherwise: &Option<Password>| match answer {
            Some(answer) => self.password(id, key, &answer.value).map(Some),
            None => Ok(otherwise.clone()),
        };
        Ok(Answers {
            password: of(&said.password, "password", &self.given.password)?,
            passphrase: of(&said.passphrase, "passphrase", &self.given.passphrase)?,
        })
    }

    fn password(&self, id: HostId, key: &str, answer: &Answer) -> Result<Password, String> {
        let text = match answer {
            Answer::Secret(name) => match self.secrets.get(name) {
                Some(text) => return text.map(Password::new),
                None => return Err(format!("`{key}`: there is no secret `{name}`")),
            },
            Answer::Value(form) => match form.render(&(self.scope)(id)) {
                Ok(Rendering::Known { value, .. }) => value,
                Ok(Rendering::Unknown { because }) => return Err(format!("`{key}` is not known: {because}")),
                Err(error) => return Err(format!("`{key}`: {}", error.message)),
            },
        };
        let text = match text {
            Value::Str(text) => text,
            Value::Int(number) => number.to_string(),
            other => return Err(format!("`{key}`: a {} is not a password", other.type_name())),
        };
        self.secrets.masker().hide(&text);
        Ok(Password::new(&text))
    }
}
