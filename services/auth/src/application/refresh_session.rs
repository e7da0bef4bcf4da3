//! Exchanging a refresh token for the next tokens.

use kernel::{Error, Result};
use runtime::retry::retry_conflicts;

use super::{Application, Tokens, session_ended};
use crate::{
    domain::{
        account::Account,
        session::{EndReason, Refresh, Session},
        token::RefreshToken,
    },
    publishing,
};

impl Application {
    /// The next tokens of a session. A refresh token that was exchanged before ends its session, save the last one while its
    /// successor is unused. For whoever has the token.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] `SESSION_ENDED`, whatever is wrong with the token; [`Error::Unavailable`] where others who
    /// have the token were faster again and again.
    pub async fn refresh_session(&self, refresh_token: &str) -> Result<Tokens> {
        let token = RefreshToken::parse(refresh_token).ok_or_else(session_ended)?;
        match retry_conflicts(async || self.refresh(&token).await).await {
            Err(Error::Conflict { .. }) => Err(Error::Unavailable("the session".into())),
            outcome => outcome,
        }
    }

    async fn refresh(&self, token: &RefreshToken) -> Result<Tokens> {
        let (now, company) = (self.env.now(), self.store.company(token.company));
        let session = company.get::<Session>(token.session.uuid()).await?.ok_or_else(session_ended)?;
        let account = company.get::<Account>(session.account_id.uuid()).await?.ok_or_else(session_ended)?;
        let principal = account.principal(token.company);
        let next = token.next(self.env.random_bytes());
        let mut transaction = company.transaction(&principal.actor, now);
        match session.refresh(token, &next, &account, now) {
            Refresh::Refused => Err(session_ended()),
            Refresh::Reused(ended) => {
                transaction.update(&session, &ended);
                let service = Self::service(token.company);
                transaction.publish(publishing::session_revoked(&self.env, &service, &session, EndReason::RefreshTokenReused));
                transaction.commit().await?;
                tracing::warn!(account = %account.id, session = %session.id, "a refresh token was used again; the session has ended");
                Err(session_ended())
            }
            Refresh::Rotated(refreshed) => {
                let (key, record) = (self.signing_key().await?, self.record(&company, account).await?);
                transaction.update(&session, &refreshed);
                transaction.commit().await?;
                Ok(self.tokens(&key, token.company, &refreshed, &next, record))
            }
        }
    }
}
