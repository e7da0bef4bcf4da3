//! Making an account usable again.

use kernel::{AccountId, Error, Principal, Result, Role};
use runtime::retry::retry_conflicts;

use super::{AccountRecord, Application, Known, change_role::stale};
use crate::domain::{account::DisabledBy, employee::Employee};

impl Application {
    /// Enables a disabled account; it is as usable as its password makes it. For admins.
    ///
    /// # Errors
    /// [`Error::NotFound`] that names `account_id`; [`Error::Conflict`]; [`Error::FailedPrecondition`] `EMPLOYEE_INACTIVE`
    /// where its employee does not work for the company or has no email address.
    pub async fn enable_account(&self, principal: &Principal, id: AccountId, version: u64) -> Result<AccountRecord> {
        let principal = &self.authorise(principal, Role::Admin).await?;
        let company = self.company(principal);
        let outcome = retry_conflicts(async || {
            let record = self.load(&company, id, "account_id").await?;
            if record.account.version != version {
                return Ok(Err(stale(&record.account)));
            }
            let Some(change) = record.account.enable(DisabledBy::Admin) else { return Ok(Ok(record)) };
            let mut transaction = company.transaction(&principal.actor, self.env.now());
            if let Some(employee) = record.account.employee_id {
                let employee = company.get::<Employee>(employee.uuid()).await?;
                let employee = employee.filter(|employee| employee.facts.login().is_some()).ok_or_else(inactive)?;
                // So that an event that tells otherwise at this moment is not missed.
                transaction.update(&employee, &employee.with(employee.facts.clone()));
            }
            let account = self.keep(&mut transaction, principal, Some(&record.account), vec![change], Known::default()).await?;
            transaction.commit().await?;
            Ok(Ok(AccountRecord { account, ..record }))
        });
        outcome.await?
    }
}

fn inactive() -> Error {
    Error::failed_precondition(
        "EMPLOYEE_INACTIVE",
        "account_id",
        "the account's employee is INACTIVE or has no email address; change that first",
    )
}
