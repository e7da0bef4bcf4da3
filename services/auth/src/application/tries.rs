//! Wrong passwords: what was tried for an address is looked at before each comparison, and written down after a failure.

use kernel::{Result, Timestamp};
use runtime::retry::retry_contended;
use store::{CompanyStore, Query, Transaction};

use super::Application;
use crate::throttle::Tries;

/// How many are removed at once.
const BATCH: usize = 500;

impl Application {
    /// Goes on only where another password may be tried for `email`.
    ///
    /// # Errors
    /// [`Error::ResourceExhausted`](kernel::Error::ResourceExhausted) after too many wrong ones.
    pub(super) async fn check_tries(&self, company: &CompanyStore, email: &str) -> Result<()> {
        self.tries(company, email).await?.check(self.env.now())
    }

    /// Writes down a wrong password, with what `also` adds to the transaction. None is passed over, however many are tried at
    /// once and wherever.
    ///
    /// # Errors
    /// [`Error::Unavailable`](kernel::Error::Unavailable).
    pub(super) async fn note_failure(&self, company: &CompanyStore, email: &str, also: impl Fn(&mut Transaction)) -> Result<()> {
        // Those of this process come one after another, so that only other replicas are met in the store.
        let _turn = self.noting.lock().await;
        retry_contended("signing in", async || {
            let (now, before) = (self.env.now(), self.tries(company, email).await?);
            let mut transaction = company.transaction(&Self::service(company.id()).actor, now);
            match before.version {
                0 => transaction.insert(&before.failed(now)),
                _ => transaction.update(&before, &before.failed(now)),
            };
            also(&mut transaction);
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn tries(&self, company: &CompanyStore, email: &str) -> Result<Tries> {
        let id = Tries::id(email);
        Ok(company.get(id).await?.unwrap_or_else(|| Tries::none(id)))
    }

    /// Removes what has no weight any more, of all companies; the number removed. For the service itself.
    ///
    /// # Errors
    /// [`Error::Unavailable`](kernel::Error::Unavailable).
    pub async fn forget_old_tries(&self) -> Result<usize> {
        let mut forgotten = 0;
        for company in self.store.companies().await? {
            let store = self.store.company(company);
            loop {
                let now = self.env.now();
                let empty = Query::by("empty_at").range("empty_at", None::<Timestamp>, Some(now)).page(BATCH, None);
                let tries = store.find::<Tries>(&empty).await?.items;
                let mut transaction = store.transaction(&Self::service(company).actor, now);
                for tries in &tries {
                    transaction.delete(tries);
                }
                match transaction.commit().await {
                    Ok(()) => forgotten += tries.len(),
                    // Another program does the same, or somebody tries again.
                    Err(store::Error::Conflict { .. }) => break,
                    Err(error) => return Err(error.into()),
                }
                if tries.len() < BATCH {
                    break;
                }
            }
        }
        Ok(forgotten)
    }
}
