//! Setting a password with an invitation.

use kernel::{Error, Result};
use runtime::retry::retry_conflicts;

use super::{Application, Known, Tokens};
use crate::domain::{account::Account, password::Password, secret::Secret, token::InvitationToken};

impl Application {
    /// Sets the password of the account that the invitation is for, and signs in; the account's other sessions end. For
    /// whoever has the token.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `token` where it was made up, used or expired, alike; or `password`.
    pub async fn accept_invitation(&self, token: &str, password: &Secret) -> Result<Tokens> {
        let token = InvitationToken::parse(token).ok_or_else(not_valid)?;
        let company = self.store.company(token.company);
        let invited = async || {
            let account = company.get::<Account>(token.account.uuid()).await?;
            account.filter(|account| account.is_invited_by(&token.digest(), self.env.now())).ok_or_else(not_valid)
        };
        let account = invited().await?;
        let password = Password::choose("password", password.expose(), &account.email, &account.name)?;
        let hash = self.passwords.hash(&self.env, password).await?;
        let key = self.signing_key().await?;

        retry_conflicts(async || {
            let (now, account) = (self.env.now(), invited().await?);
            let principal = account.principal(token.company);
            let mut transaction = company.transaction(&principal.actor, now);
            let change = account.accept_invitation(hash.clone(), now);
            let account = self.keep(&mut transaction, &principal, Some(&account), vec![change], Known::default()).await?;
            let begun = self.begin_session(&mut transaction, token.company, &account);
            transaction.commit().await?;
            tracing::info!(account = %account.id, session = %begun.session.id, "an invitation was accepted");
            Ok(self.first_tokens(&key, token.company, &begun, account))
        })
        .await
    }
}

/// The one answer to a token that is no open invitation.
fn not_valid() -> Error {
    Error::invalid(
        "token",
        "INVALID_INVITATION",
        "must be an invitation that is not older than 24 hours and was not used; ask the office for a new one",
    )
}
