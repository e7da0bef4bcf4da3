//! Lists of customers, page by page.

use contracts::{crm::customer::v1, mask::Mask};
use kernel::{PageSize, Principal, Result};
use store::{Filter, Page, Query, Value};

use super::{Application, CustomerRecord, Known, OFFICE};
use crate::{
    domain::{CustomerStatus, CustomerType},
    parts::CustomerParts,
};

/// A list of customers that is asked for.
#[derive(Debug, Clone, Default)]
pub struct ListCustomers {
    /// Only these.
    pub filter: CustomerFilter,
    /// In which order.
    pub order: CustomerOrder,
    /// How many.
    pub page_size: PageSize,
    /// A token that an earlier page gave; empty for the first page.
    pub page_token: String,
}

/// Narrows a list; everything that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// One of these types; any where empty.
    pub types: Vec<CustomerType>,
    /// One of these statuses; any where empty.
    pub statuses: Vec<CustomerStatus>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CustomerOrder {
    /// By name.
    #[default]
    Name,
    /// The newest first.
    NewestFirst,
}

impl CustomerFilter {
    /// The conditions of the store; both are always there, because the indexes begin with both fields.
    pub(super) fn conditions(&self) -> Vec<Filter> {
        let types = if self.types.is_empty() { &CustomerType::ALL[..] } else { &self.types };
        let statuses = if self.statuses.is_empty() { &CustomerStatus::ALL[..] } else { &self.statuses };
        vec![
            Filter::In("type", types.iter().map(|kind| Value::from(kind.as_str())).collect()),
            Filter::In("status", statuses.iter().map(|status| Value::from(status.as_str())).collect()),
        ]
    }
}

impl ListCustomers {
    fn query(&self) -> Query {
        let query = match self.order {
            CustomerOrder::Name => Query::by("sort_name"),
            CustomerOrder::NewestFirst => Query::by("created_at").descending(),
        };
        let query = self.filter.conditions().into_iter().fold(query, Query::filter);
        query.page(self.page_size.get(), self.page_token.clone())
    }
}

impl Application {
    /// A page of a list. For the office.
    ///
    /// # Errors
    /// [`Error::Invalid`](kernel::Error::Invalid) that names `page_token`.
    pub async fn list_customers(&self, principal: &Principal, list: ListCustomers) -> Result<Page<CustomerRecord<CustomerParts>>> {
        self.batch_list_customers(principal, &[list], Mask::ALL).await?.pop().unwrap_or_else(|| Ok(Page::default()))
    }

    /// A page of each of several lists, in their order. No more is read than the mask asks for. For the office.
    ///
    /// # Errors
    /// For one list alone [`Error::Invalid`](kernel::Error::Invalid) that names `page_token`.
    pub async fn batch_list_customers(
        &self,
        principal: &Principal,
        lists: &[ListCustomers],
        mask: Mask<v1::Customer>,
    ) -> Result<Vec<Result<Page<CustomerRecord<CustomerParts>>>>> {
        principal.require(OFFICE)?;
        let company = self.company(principal);
        let queries: Vec<Query> = lists.iter().map(ListCustomers::query).collect();
        let pages = company.only(mask.names()).find_each::<CustomerParts>(&queries).await?;
        let mut ids: Vec<_> = pages.iter().flatten().flat_map(|page| page.items.iter().map(|customer| customer.id)).collect();
        ids.sort_unstable();
        ids.dedup();
        let known = Known::of(&company, &ids, mask).await?;
        Ok(pages.into_iter().map(|page| Ok(page?.map(|customer| known.record(customer)))).collect())
    }
}
