//! The viewer and their account.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject, dataloader::DataLoader};
use contracts::crm::{api::v1 as api, auth::v1};

use super::{loader::Accounts, value::enumeration};

enumeration!(Role = api::Role { Employee, Manager, Admin });
enumeration!(AccountStatus = v1::AccountStatus { Invited, Active, Disabled });

#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct Viewer {
    role: Role,
    #[graphql(skip)]
    account_id: Option<String>,
}

#[derive(Clone, SimpleObject)]
pub(super) struct Account {
    id: ID,
    email: String,
    name: String,
    role: Option<Role>,
    status: Option<AccountStatus>,
}

#[ComplexObject]
impl Viewer {
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<Account>> {
        let Some(id) = &self.account_id else { return Ok(None) };
        Ok(ctx.data::<DataLoader<Accounts>>()?.load_one(id.clone()).await?)
    }
}

impl From<&kernel::Principal> for Viewer {
    fn from(viewer: &kernel::Principal) -> Self {
        let role = match viewer.role {
            kernel::Role::Employee => Role::Employee,
            kernel::Role::Manager => Role::Manager,
            kernel::Role::Admin => Role::Admin,
        };
        Self { role, account_id: viewer.account().map(|account| account.to_string()) }
    }
}

impl From<v1::Account> for Account {
    fn from(account: v1::Account) -> Self {
        Self {
            id: ID(format!("account_{}", account.id)),
            role: Role::read(account.role()),
            status: AccountStatus::read(account.status()),
            email: account.email,
            name: account.name,
        }
    }
}
