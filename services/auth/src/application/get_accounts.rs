//! Accounts by their identifiers.

use contracts::{crm::auth::v1, mask::Mask};
use kernel::{AccountId, EmployeeId, Principal, Result, Role, Timestamp};
use store::{CompanyStore, Part};
use uuid::Uuid;

use super::{AccountRecord, Application, not_found};
use crate::{documents::LastSignIn, messages, parts::AccountParts};

impl Application {
    /// One account: for everybody their own, for managers those of employees, for admins any.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), also for one that the caller may not see.
    pub async fn get_account(&self, principal: &Principal, id: AccountId) -> Result<AccountRecord> {
        let record = self.load(&self.company(principal), id, "id").await?;
        match may_see(principal, id, record.account.employee_id) {
            true => Ok(record),
            false => Err(not_found(id, "id")),
        }
    }

    /// Accounts in the order of `ids`, in as many reads whatever their number, of which no more is read than a mask asks for; who may
    /// see them is as for one.
    ///
    /// # Errors
    /// For one alone [`Error::NotFound`](kernel::Error::NotFound).
    pub async fn batch_get_accounts(
        &self,
        principal: &Principal,
        ids: &[AccountId],
        mask: Mask<v1::Account>,
    ) -> Result<Vec<Result<AccountRecord<AccountParts>>>> {
        let company = self.company(principal);
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let accounts = company.only(mask.names()).get_many::<AccountParts>(&uuids).await?;
        let last = last_sign_ins(&company, &uuids, mask).await?;
        let records = ids.iter().zip(accounts).zip(last).map(|((id, account), last_signed_in_at)| {
            let account = account.filter(|account| may_see(principal, *id, account.employee_id)).ok_or_else(|| not_found(*id, "id"))?;
            Ok(AccountRecord { account, last_signed_in_at })
        });
        Ok(records.collect())
    }
}

/// For each account when somebody last signed in with it, where it is asked for.
pub(super) async fn last_sign_ins(company: &CompanyStore, ids: &[Uuid], mask: Mask<v1::Account>) -> Result<Vec<Part<Option<Timestamp>>>> {
    if !mask.has(messages::LAST_SIGN_IN) {
        return Ok(vec![Part::Unread; ids.len()]);
    }
    let last = company.get_many::<LastSignIn>(ids).await?;
    Ok(last.into_iter().map(|last| Part::Read(last.map(|last| last.at))).collect())
}

/// Whether the caller may know of the account.
pub(super) fn may_see(principal: &Principal, id: AccountId, employee: Option<EmployeeId>) -> bool {
    match principal.role {
        Role::Admin => true,
        Role::Manager if employee.is_some() => true,
        Role::Manager | Role::Employee => principal.account() == Some(id),
    }
}
