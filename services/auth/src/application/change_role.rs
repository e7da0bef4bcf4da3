//! Changing what an account may do.

use kernel::{AccountId, Error, Principal, Result, Role};
use runtime::retry::retry_conflicts;

use super::{AccountRecord, Application};
use crate::domain::account::{Account, Change};

impl Application {
    /// Gives an account another role; its sessions go on with it from their next access token. For admins.
    ///
    /// # Errors
    /// [`Error::NotFound`] that names `account_id`; [`Error::Conflict`]; [`Error::FailedPrecondition`] `LAST_ADMIN`.
    pub async fn change_role(&self, principal: &Principal, id: AccountId, role: Role, version: u64) -> Result<AccountRecord> {
        let principal = &self.authorise(principal, Role::Admin).await?;
        self.edit(principal, id, version, |account| account.change_role(role)).await
    }

    /// Makes of the account what `change` says, where the caller has seen its version; `None` leaves it as it is.
    pub(super) async fn edit(
        &self,
        principal: &Principal,
        id: AccountId,
        version: u64,
        change: impl Fn(&Account) -> Option<Change>,
    ) -> Result<AccountRecord> {
        let company = self.company(principal);
        // Somebody else may change the admins or a session in the meantime: that is tried again. Somebody who changes the
        // account is told of.
        let outcome = retry_conflicts(async || {
            let record = self.load(&company, id, "account_id").await?;
            if record.account.version != version {
                return Ok(Err(stale(&record.account)));
            }
            match change(&record.account) {
                None => Ok(Ok(record)),
                Some(change) => self.change(principal, &record, change).await.map(Ok),
            }
        });
        outcome.await?
    }
}

/// The caller has seen another version of the account.
pub(super) fn stale(account: &Account) -> Error {
    Error::Conflict { resource: "account".into(), id: account.id.to_string(), current_version: account.version }
}
