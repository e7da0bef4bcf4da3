//! Lists of accounts, page by page.

use kernel::{PageSize, Principal, Result, Role};
use store::{Page, Query};
use uuid::Uuid;

use super::{AccountRecord, Application};
use crate::{
    documents::LastSignIn,
    domain::account::{Account, Status},
};

/// A list of accounts that is asked for; it is in the order of the addresses.
#[derive(Debug, Clone, Default)]
pub struct ListAccounts {
    /// Only these roles; any where empty.
    pub roles: Vec<Role>,
    /// Only these statuses; any where empty.
    pub statuses: Vec<Status>,
    /// How many.
    pub page_size: PageSize,
    /// A token that an earlier page gave; empty for the first page.
    pub page_token: String,
}

impl ListAccounts {
    fn query(&self) -> Query {
        let roles = if self.roles.is_empty() { &[Role::Employee, Role::Manager, Role::Admin][..] } else { &self.roles };
        let statuses = if self.statuses.is_empty() { &[Status::Invited, Status::Active, Status::Disabled][..] } else { &self.statuses };
        Query::by("email")
            .is_in("role", roles.iter().map(|role| role.as_str()))
            .is_in("status", statuses.iter().map(|status| status.as_str()))
            .page(self.page_size.get(), self.page_token.clone())
    }
}

impl Application {
    /// A page of a list. For admins.
    ///
    /// # Errors
    /// [`Error::Invalid`](kernel::Error::Invalid) that names `page_token`.
    pub async fn list_accounts(&self, principal: &Principal, list: ListAccounts) -> Result<Page<AccountRecord>> {
        self.batch_list_accounts(principal, &[list]).await?.pop().unwrap_or_else(|| Ok(Page::default()))
    }

    /// A page of each of several lists, in their order. For admins.
    ///
    /// # Errors
    /// For one list alone [`Error::Invalid`](kernel::Error::Invalid) that names `page_token`.
    pub async fn batch_list_accounts(&self, principal: &Principal, lists: &[ListAccounts]) -> Result<Vec<Result<Page<AccountRecord>>>> {
        principal.require(Role::Admin)?;
        let company = self.company(principal);
        let queries: Vec<Query> = lists.iter().map(ListAccounts::query).collect();
        let pages = company.find_each::<Account>(&queries).await?;
        let ids: Vec<Uuid> = pages.iter().flatten().flat_map(|page| page.items.iter().map(|account| account.id.uuid())).collect();
        let mut last = company.get_many::<LastSignIn>(&ids).await?.into_iter();
        let mut record = |account| AccountRecord { account, last_signed_in_at: last.next().flatten().map(|last| last.at) };
        Ok(pages.into_iter().map(|page| Ok(page?.map(&mut record))).collect())
    }
}
