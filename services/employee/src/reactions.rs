//! What this service does on others' events: it shows how it stands with a login.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::{consumers, crm::auth::v1, read};
use events::{HandleError, Handler, Subscription, decode};
use kernel::{Envelope, Error, Result};
use prost::Name;
use runtime::consumers::subscription;

use crate::{
    application::{Application, LoginNews},
    domain::{AccountFacts, Refusal},
};

/// What the service hears of accounts.
pub const ACCOUNTS: Subscription = subscription(consumers::EMPLOYEE_ACCOUNTS);

/// Hears of accounts.
pub(crate) struct Accounts(Application);

impl Accounts {
    pub(crate) fn handler(application: Application) -> Arc<dyn Handler> {
        Arc::new(Self(application))
    }

    async fn account(&self, event: &Envelope, account: Option<v1::Account>) -> Result<(), HandleError> {
        let account = account.ok_or_else(|| HandleError::Poison("the event has no account".into()))?;
        let Some(employee) = read::optional_id("account.employee_id", &account.employee_id).map_err(poison)? else {
            return Ok(());
        };
        let news = LoginNews::Account(facts(&account).map_err(poison)?);
        Ok(self.0.note_login(ACCOUNTS.consumer, event, employee, &news).await?)
    }

    async fn refused(&self, event: &Envelope, refused: v1::AccountProvisionRefused) -> Result<(), HandleError> {
        let employee = read::id("employee_id", &refused.employee_id).map_err(poison)?;
        let news =
            LoginNews::Refusal(Refusal { employee_version: refused.employee_version, reason: refused.reason, message: refused.message });
        Ok(self.0.note_login(ACCOUNTS.consumer, event, employee, &news).await?)
    }
}

#[async_trait]
impl Handler for Accounts {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        let account = if is::<v1::AccountCreated>(event) {
            decode::<v1::AccountCreated>(event)?.account
        } else if is::<v1::AccountUpdated>(event) {
            decode::<v1::AccountUpdated>(event)?.account
        } else if is::<v1::AccountDisabled>(event) {
            decode::<v1::AccountDisabled>(event)?.account
        } else if is::<v1::AccountEnabled>(event) {
            decode::<v1::AccountEnabled>(event)?.account
        } else if is::<v1::AccountRoleChanged>(event) {
            decode::<v1::AccountRoleChanged>(event)?.account
        } else {
            return self.refused(event, decode(event)?).await;
        };
        self.account(event, account).await
    }
}

fn is<M: Name>(event: &Envelope) -> bool {
    event.kind == M::full_name()
}

fn facts(account: &v1::Account) -> Result<AccountFacts> {
    Ok(AccountFacts {
        id: read::id("account.id", &account.id)?,
        version: read::version("account.version", account.version)?,
        role: read::role("account.role", account.role)?,
        email: account.email.clone(),
        disabled: read::enumeration::<v1::AccountStatus>("account.status", account.status)? == v1::AccountStatus::Disabled,
    })
}

fn poison(error: Error) -> HandleError {
    HandleError::Poison(error.to_string())
}
