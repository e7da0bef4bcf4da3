//! Lists of orders, page by page.

use contracts::{crm::order::v1, mask::Mask};
use kernel::{CustomerId, EmployeeId, Error, PageSize, Principal, Result, Timestamp};
use store::{Direction, Page, Query};

use super::{Access, Application, OrderView};
use crate::{domain::Status, parts::OrderParts};

/// A list of orders that is asked for, by start.
#[derive(Debug, Clone, Default)]
pub struct ListOrders {
    /// Only these.
    pub filter: OrderFilter,
    /// Whether the latest start comes first, or the earliest.
    pub direction: Direction,
    /// How many.
    pub page_size: PageSize,
    /// A token that an earlier page gave; empty for the first page.
    pub page_token: String,
}

/// Narrows a list; everything that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// One of these statuses; any where empty.
    pub statuses: Vec<Status>,
    /// Begins at this time or later.
    pub starts_from: Option<Timestamp>,
    /// Begins before this time.
    pub starts_until: Option<Timestamp>,
    /// Of this customer.
    pub customer_id: Option<CustomerId>,
    /// With this employee assigned.
    pub employee_id: Option<EmployeeId>,
    /// Whether it needs a crew.
    pub needs_crew: Option<bool>,
}

impl Application {
    /// A page of a list. For the office; a cleaner's own.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `page_token`; [`Error::PermissionDenied`] where a cleaner asks for another's.
    pub async fn list_orders(&self, principal: &Principal, list: ListOrders) -> Result<Page<OrderView<OrderParts>>> {
        self.batch_list_orders(principal, &[list], Mask::ALL).await?.pop().unwrap_or_else(|| Ok(Page::default()))
    }

    /// A page of each of several lists, in their order. For the office; a cleaner's own. No more is read than the mask asks for.
    ///
    /// # Errors
    /// For one list as [`list_orders`](Self::list_orders).
    pub async fn batch_list_orders(
        &self,
        principal: &Principal,
        lists: &[ListOrders],
        mask: Mask<v1::Order>,
    ) -> Result<Vec<Result<Page<OrderView<OrderParts>>>>> {
        let access = Access::of(principal)?;
        let mut queries = Vec::with_capacity(lists.len());
        let permitted: Vec<Result<()>> = lists.iter().map(|list| list.query(access).map(|query| queries.push(query))).collect();
        let mut pages = self.company(principal).only(access.read(mask)).find_each::<OrderParts>(&queries).await?.into_iter();
        let answers = permitted.into_iter().map(|permitted| {
            permitted?;
            let page = pages.next().ok_or_else(|| Error::internal("a list without a page"))??;
            Ok(page.map(|order| access.view(order)))
        });
        Ok(answers.collect())
    }
}

impl ListOrders {
    fn query(&self, access: Access) -> Result<Query> {
        let filter = &self.filter;
        let mut query = Query::by("starts_at").direction(self.direction).page(self.page_size.get(), self.page_token.clone());
        if let Some(employee) = filter.employee_in_reach(access)? {
            query = query.eq("employee_ids", employee);
        }
        if let Some(customer) = filter.customer_id {
            query = query.eq("customer_id", customer);
        }
        if let Some(statuses) = filter.statuses() {
            query = query.is_in("status", statuses.into_iter().map(Status::as_str));
        }
        if let Some(needs_crew) = filter.needs_crew {
            query = query.eq("needs_crew", needs_crew);
        }
        if filter.starts_from.is_some() || filter.starts_until.is_some() {
            query = query.range("starts_at", filter.starts_from, filter.starts_until);
        }
        Ok(query)
    }
}

impl OrderFilter {
    /// Whose orders are asked for: a cleaner's are their own, said or not.
    fn employee_in_reach(&self, access: Access) -> Result<Option<EmployeeId>> {
        match (access, self.employee_id) {
            (Access::Office, employee) => Ok(employee),
            (Access::Crew(own), None) => Ok(Some(own)),
            (Access::Crew(own), Some(employee)) if employee == own => Ok(Some(own)),
            (Access::Crew(_), Some(_)) => {
                Err(Error::PermissionDenied("a cleaner can list their own orders only: leave employee_id empty".into()))
            }
        }
    }

    /// The statuses to look for, in a fixed order, so that one list has one spelling; `None` for any.
    ///
    /// They are always said beside `needs_crew`, whose index they are a part of. Only an order whose work has not begun can
    /// need a crew: to look for those costs no more than there are of them, whatever a customer's or an employee's past is.
    fn statuses(&self) -> Option<Vec<Status>> {
        let asked = |status: &Status| self.statuses.is_empty() || self.statuses.contains(status);
        let possible = |status: &Status| self.needs_crew != Some(true) || status.is_planned();
        let statuses: Vec<Status> = Status::ALL.into_iter().filter(|status| asked(status) && possible(status)).collect();
        (self.needs_crew.is_some() || statuses.len() < Status::ALL.len()).then_some(statuses)
    }
}
