//! `secrets`: their names, and that none of them is in the text of a command.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::inventory::{Answer, Privilege};
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::Place;
use crate::playbook::model::Call;
use crate::source::{Span, Spanned};
use crate::template::{Access, Form};
use crate::tool::Role;

impl<'a> Checker<'a, '_> {
    /// Checks the arguments of a call.
    pub(super) fn arguments(&mut self, place: &Place<'a>, call: &'a Call) {
        let Form::Map(written) = &call.args.value else {
            self.form(place, &call.args.value);
            return;
        };
        for (name, form) in written {
            let field = call.tool.args().field(name);
            let is_command = field.is_some_and(|field| field.role == Some(Role::Command));
            self.command = is_command.then(|| format!("`{name}` of `{}`", call.tool.name));
            self.form(place, &form.value);
        }
        self.command = None;
    }

    /// Checks that the password of `become` names a secret.
    pub(super) fn password(&mut self, privilege: &Privilege) {
        if let Some(password) = &privilege.password {
            self.answer(password);
        }
    }

    /// The same of what hosts, and the playbook as a whole, say.
    pub(super) fn answers_of_hosts(&mut self) {
        let playbook = self.playbook;
        let connections = playbook.inventory.hosts.iter().map(|host| &host.connection);
        let of_hosts = connections.flat_map(|it| it.answers.all().chain(&it.privilege.password));
        // What is said of all hosts is in each of them.
        let mut seen = HashSet::new();
        for answer in of_hosts.chain(&playbook.privilege.password) {
            if seen.insert(answer.span) {
                self.answer(answer);
            }
        }
    }

    /// Checks that what is answered where a password is asked for names a secret.
    pub(super) fn answer(&mut self, answer: &Spanned<Answer>) {
        if let Answer::Secret(name) = &answer.value
            && let Some(error) = self.unknown_secret(name, answer.span)
        {
            self.diagnostics.push(error);
        }
    }

    fn unknown_secret(&self, name: &str, span: Span) -> Option<Diagnostic> {
        if self.playbook.secrets.contains_key(name) {
            return None;
        }
        let known = self.playbook.secrets.keys().map(String::as_str);
        let error = Diagnostic::error(Code::UnknownSecret, format!("there is no secret `{name}`"));
        let error = error.at(span).did_you_mean(name, known);
        Some(match error.help {
            Some(_) => error,
            None => error.help("Secrets are declared under `secrets:` of the playbook."),
        })
    }

    /// The error for an input that is a secret, where the text of a command is made of it.
    pub(super) fn secret_input(&self, place: &Place<'_>, span: Span, name: &str) -> Option<Diagnostic> {
        let argument = self.command.as_ref()?;
        let what = || format!("`{name}` is an input of type `secret`");
        place
            .is_secret_input(self.playbook, name)
            .then(|| secret_in_command(span, &what(), argument))
    }

    /// Checks an access of `secrets`.
    pub(super) fn secrets(&self, access: &Access) -> Option<Diagnostic> {
        if let Some(name) = access.path.get(1)
            && let Some(error) = self.unknown_secret(name, access.span)
        {
            return Some(error);
        }
        let argument = self.command.as_ref()?;
        let written = access.path.join(".");
        Some(secret_in_command(
            access.span,
            &format!("`{written}` is a secret"),
            argument,
        ))
    }
}

/// The error for a secret in the text of a command.
pub(super) fn secret_in_command(span: Span, what: &str, argument: &str) -> Diagnostic {
    let message = format!("{what}, and would stand in {argument}, where every user of the host can read it");
    Diagnostic::error(Code::SecretInCommand, message)
        .at(span)
        .help("Give it by `env` (and write `$NAME` in a shell script) or by `stdin`.")
}
