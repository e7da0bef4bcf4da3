//! Making an account unusable.

use kernel::{AccountId, Principal, Result, Role};

use super::{AccountRecord, Application};
use crate::domain::account::DisabledBy;

impl Application {
    /// Disables an account; its sessions end at once. For admins.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound) that names `account_id`; [`Error::Conflict`](kernel::Error::Conflict);
    /// [`Error::FailedPrecondition`](kernel::Error::FailedPrecondition) `LAST_ADMIN`.
    pub async fn disable_account(&self, principal: &Principal, id: AccountId, version: u64) -> Result<AccountRecord> {
        let principal = &self.authorise(principal, Role::Admin).await?;
        self.edit(principal, id, version, |account| account.disable(DisabledBy::Admin)).await
    }
}
