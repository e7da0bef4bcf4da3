//! Ending one's session.

use kernel::{Principal, Result, id::SessionId};
use runtime::retry::retry_conflicts;

use super::Application;
use crate::{
    domain::session::{EndReason, Session},
    publishing,
};

impl Application {
    /// Ends the session in which the caller calls; nothing happens where it has ended. For everybody, for themselves.
    ///
    /// # Errors
    /// [`Error::Unavailable`](kernel::Error::Unavailable).
    pub async fn sign_out(&self, principal: &Principal, session: SessionId) -> Result<()> {
        retry_conflicts(async || {
            let company = self.company(principal);
            let session = company.get::<Session>(session.uuid()).await?;
            let Some(session) = session.filter(|session| Some(session.account_id) == principal.account()) else { return Ok(()) };
            let Some(ended) = session.end(EndReason::SignedOut) else { return Ok(()) };
            let mut transaction = company.transaction(&principal.actor, self.env.now());
            transaction.update(&session, &ended);
            transaction.publish(publishing::session_revoked(&self.env, principal, &session, EndReason::SignedOut));
            Ok(transaction.commit().await?)
        })
        .await
    }
}
