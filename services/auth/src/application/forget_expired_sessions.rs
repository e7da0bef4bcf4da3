//! Removing what is left of sessions.

use kernel::{Result, Timestamp};
use store::Query;

use super::Application;
use crate::domain::session::Session;

/// How many sessions are removed at once.
const BATCH: usize = 500;

impl Application {
    /// Removes the sessions whose time is over, of all companies; the number of them. Until then those that ended earlier are
    /// kept, so that a copy of one of their tokens is known for what it is. For the service itself.
    ///
    /// # Errors
    /// [`Error::Unavailable`](kernel::Error::Unavailable).
    pub async fn forget_expired_sessions(&self) -> Result<usize> {
        let mut forgotten = 0;
        for company in self.store.companies().await? {
            let store = self.store.company(company);
            loop {
                let now = self.env.now();
                let expired = Query::by("expires_at").range("expires_at", None::<Timestamp>, Some(now)).page(BATCH, None);
                let sessions = store.find::<Session>(&expired).await?.items;
                let mut transaction = store.transaction(&Self::service(company).actor, now);
                for session in &sessions {
                    transaction.delete(session);
                }
                match transaction.commit().await {
                    Ok(()) => forgotten += sessions.len(),
                    // Another program does the same.
                    Err(store::Error::Conflict { .. }) => break,
                    Err(error) => return Err(error.into()),
                }
                if sessions.len() < BATCH {
                    break;
                }
            }
        }
        Ok(forgotten)
    }
}
