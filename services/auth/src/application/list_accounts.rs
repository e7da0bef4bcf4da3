//! Lists of accounts, page by page.

use contracts::{crm::auth::v1, mask::Mask};
use kernel::{PageSize, Principal, Result, Role};
use store::{Page, Query};
use uuid::Uuid;

use super::{AccountRecord, Application, get_accounts::last_sign_ins};
use crate::{domain::account::Status, parts::AccountParts};

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
    pub async fn list_accounts(&self, principal: &Principal, list: ListAccounts) -> Result<Page<AccountRecord<AccountParts>>> {
        self.batch_list_accounts(principal, &[list], Mask::ALL).await?.pop().unwrap_or_else(|| Ok(Page::default()))
    }

    /// A page of each of several lists, in their order, of which no more is read than a mask asks for. For admins.
    ///
    /// # Errors
    /// For one list alone [`Error::Invalid`](kernel::Error::Invalid) that names `page_token`.
    pub async fn batch_list_accounts(
        &self,
        principal: &Principal,
        lists: &[ListAccounts],
        mask: Mask<v1::Account>,
    ) -> Result<Vec<Result<Page<AccountRecord<AccountParts>>>>> {
        principal.require(Role::Admin)?;
        let company = self.company(principal);
        let queries: Vec<Query> = lists.iter().map(ListAccounts::query).collect();
        let pages = company.only(mask.names()).find_each::<AccountParts>(&queries).await?;
        let ids: Vec<Uuid> = pages.iter().flatten().flat_map(|page| page.items.iter().map(|account| account.id.uuid())).collect();
        let mut last = last_sign_ins(&company, &ids, mask).await?.into_iter();
        let mut record = |account| AccountRecord { account, last_signed_in_at: last.next().unwrap_or_default() };
        Ok(pages.into_iter().map(|page| Ok(page?.map(&mut record))).collect())
    }
}
