//! Accounts: the logins of people.

use async_graphql::InputObject;
use bytes::Bytes;
use contracts::{
    crm::{api, auth::v1},
    view::{Str, crm::auth::v1 as view, of_message},
};

use super::{
    connection::Connection,
    employee::EmployeesById,
    enumeration::{enumeration, numbers},
    history::{self, HistoryEntry, HistoryQuery},
    id::{GlobalId, Kind},
    scalar::{EmailAddress, Moment},
};
use crate::read::{Link, Text, batch_by_id, batch_pages, object};

batch_by_id! {
    /// Accounts by their ids.
    AccountsById: auth.batch_get_accounts(v1::BatchGetAccountsRequest) -> account as Account in accounts but version, last_signed_in_at, invitation_expires_at
}
batch_pages! {
    /// Lists of accounts.
    AccountPages: auth.batch_list_accounts(v1::BatchListAccountsRequest { requests: v1::ListAccountsRequest })
        -> accounts as Account, in accounts
}
batch_pages! {
    /// Histories.
    AccountHistory: auth.batch_list_account_history(v1::BatchListAccountHistoryRequest { queries: HistoryQuery }) -> entries as HistoryEntry
}

/// A login of a person.
#[derive(Clone)]
pub(crate) struct Account(pub(crate) view::Account<Bytes>);

impl From<v1::Account> for Account {
    fn from(account: v1::Account) -> Self {
        Self(of_message(&account))
    }
}

/// A login of a person.
#[object(node = v1::Account)]
impl Account {
    /// The global id.
    pub(crate) fn id(&self) -> GlobalId<'_> {
        Kind::Account.of(self.0.id())
    }

    /// Rises with every change; mutations take it to refuse what would overwrite a change not seen.
    fn version(&self) -> u64 {
        self.0.version()
    }

    /// The email address with which the person signs in.
    fn email(&self) -> Text<'_, EmailAddress> {
        Text::of(self.0.email())
    }

    /// The person's name.
    fn name(&self) -> Str<'_> {
        self.0.name()
    }

    /// What the account may do.
    fn role(&self) -> Option<Role> {
        Role::read(self.0.role())
    }

    /// Whether it can be used.
    fn status(&self) -> Option<AccountStatus> {
        AccountStatus::read(self.0.status())
    }

    /// The employee whose account it is; null for an account without one, as the first admin's, and for an employee whom
    /// the viewer may not see.
    fn employee(&self) -> Link<EmployeesById> {
        Link::to_optional(self.0.employee_id())
    }

    /// When it was created.
    fn created_at(&self) -> Option<Moment> {
        Moment::read(self.0.created_at())
    }

    /// When somebody last signed in with it; null before the first time.
    fn last_signed_in_at(&self) -> Option<Moment> {
        Moment::read(self.0.last_signed_in_at())
    }

    /// Until when the open invitation can be accepted; null where there is none.
    fn invitation_expires_at(&self) -> Option<Moment> {
        Moment::read(self.0.invitation_expires_at())
    }

    /// What changed, the newest first. For admins.
    fn history(
        &self,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
    ) -> Link<AccountHistory, Connection<HistoryEntry>> {
        Link::ask(Ok(history::question(self.0.id().as_str(), first, after)))
    }
}

enumeration! {
    /// What an account may do.
    Role = api::v1::Role {
        /// A cleaner: sees their own orders and what is needed to do them.
        Employee,
        /// The office: customers, employees, orders.
        Manager,
        /// Everything, including accounts, roles and deletion.
        Admin,
    }
}

enumeration! {
    /// Whether an account can be used.
    AccountStatus = v1::AccountStatus {
        /// It waits for its first password.
        Invited,
        /// It can be used.
        Active,
        /// It can't be used.
        Disabled,
    }
}

/// Narrows a list of accounts; every field that is given must hold.
#[derive(Clone, Default, InputObject)]
pub(crate) struct AccountFilter {
    /// One of these roles.
    roles: Option<Vec<Role>>,
    /// One of these statuses.
    statuses: Option<Vec<AccountStatus>>,
}

impl AccountFilter {
    fn write(self) -> v1::AccountFilter {
        v1::AccountFilter { roles: numbers(self.roles), statuses: numbers(self.statuses) }
    }
}

/// The list of accounts that a field asks for.
pub(crate) fn list(first: Option<i32>, after: Option<String>, filter: Option<AccountFilter>) -> v1::ListAccountsRequest {
    v1::ListAccountsRequest { filter: filter.map(AccountFilter::write), page_size: first, page_token: after.unwrap_or_default() }
}
