//! Changing one's own password.

use kernel::{Error, Principal, Result, id::SessionId};
use runtime::retry::retry_conflicts;

use super::{Application, Known, session_ended};
use crate::domain::{account::Account, password::Password, secret::Secret, session::Session};

/// What a person hands in to change their password.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// The password until now.
    pub current: Password,
    /// The password from now on, as typed.
    pub new: Secret,
}

impl Application {
    /// Sets another password; the caller's other sessions and an open invitation end. For everybody who signed in, for
    /// themselves.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `current_password` or `new_password`; [`Error::ResourceExhausted`] after too many wrong
    /// passwords; [`Error::Unauthenticated`] `SESSION_ENDED`.
    pub async fn change_password(&self, principal: &Principal, session: SessionId, command: ChangePassword) -> Result<()> {
        let Some(id) = principal.account() else {
            return Err(Error::PermissionDenied("this is for people who signed in".into()));
        };
        let company = self.company(principal);
        let account = company.get::<Account>(id.uuid()).await?.ok_or_else(session_ended)?;
        let new = Password::choose("new_password", command.new.expose(), &account.email, &account.name)?;

        self.check_tries(&company, account.email.as_str()).await?;
        let hash = account.password_hash().map_err(|_| session_ended())?;
        if !self.passwords.verify(command.current, Some(hash)).await? {
            self.note_failure(&company, account.email.as_str(), |_| ()).await?;
            tracing::info!(account = %id, "a password change was refused: the present password was wrong");
            return Err(wrong_password());
        }
        let new = self.passwords.hash(&self.env, new).await?;

        retry_conflicts(async || {
            let now = self.env.now();
            let account = company.get::<Account>(id.uuid()).await?.ok_or_else(session_ended)?;
            let session = company.get::<Session>(session.uuid()).await?.filter(|session| session.account_id == id);
            let session = session.filter(|session| session.is_live(&account, now)).ok_or_else(session_ended)?;
            if account.password_hash() != Ok(hash) {
                return Err(wrong_password());
            }
            let mut transaction = company.transaction(&principal.actor, now);
            let change = account.change_password(new.clone(), now);
            let known = Known { session: Some(&session), ..Known::default() };
            self.keep(&mut transaction, principal, Some(&account), vec![change], known).await?;
            Ok(transaction.commit().await?)
        })
        .await?;
        tracing::info!(account = %id, "the password was changed");
        Ok(())
    }
}

fn wrong_password() -> Error {
    Error::invalid("current_password", "WRONG_PASSWORD", "must be the password until now")
}
