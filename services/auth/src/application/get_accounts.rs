//! Accounts by their identifiers.

use kernel::{AccountId, Principal, Result, Role};
use uuid::Uuid;

use super::{AccountRecord, Application, not_found};
use crate::{documents::LastSignIn, domain::account::Account};

impl Application {
    /// One account: for everybody their own, for managers those of employees, for admins any.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), also for one that the caller may not see.
    pub async fn get_account(&self, principal: &Principal, id: AccountId) -> Result<AccountRecord> {
        self.batch_get_accounts(principal, &[id]).await?.pop().unwrap_or_else(|| Err(not_found(id, "id")))
    }

    /// Accounts in the order of `ids`, in as many reads whatever their number; who may see them is as for one.
    ///
    /// # Errors
    /// For one alone [`Error::NotFound`](kernel::Error::NotFound).
    pub async fn batch_get_accounts(&self, principal: &Principal, ids: &[AccountId]) -> Result<Vec<Result<AccountRecord>>> {
        let company = self.company(principal);
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let accounts = company.get_many::<Account>(&uuids).await?;
        let last = company.get_many::<LastSignIn>(&uuids).await?;
        let records = ids.iter().zip(accounts).zip(last).map(|((id, account), last)| {
            let account = account.filter(|account| may_see(principal, account)).ok_or_else(|| not_found(*id, "id"))?;
            Ok(AccountRecord { account, last_signed_in_at: last.map(|last| last.at) })
        });
        Ok(records.collect())
    }
}

/// Whether the caller may know of the account.
pub(super) fn may_see(principal: &Principal, account: &Account) -> bool {
    match principal.role {
        Role::Admin => true,
        Role::Manager if account.employee_id.is_some() => true,
        Role::Manager | Role::Employee => principal.account() == Some(account.id),
    }
}
