//! Lists of orders: all, a customer's, an employee's.

use async_graphql::{Enum, ID, InputObject};
use contracts::crm::order::v1;
use kernel::Error;

use super::OrderStatus;
use crate::graph::{enumeration::numbers, id::Kind, scalar::DateTime};

/// Narrows a list of orders; every field that is given must hold.
#[derive(Clone, Default, InputObject)]
pub(crate) struct OrderFilter {
    /// One of these statuses.
    statuses: Option<Vec<OrderStatus>>,
    /// Begins at this time or later.
    starts_from: Option<DateTime>,
    /// Begins before this time.
    starts_until: Option<DateTime>,
    /// Of this customer.
    customer_id: Option<ID>,
    /// With this employee assigned.
    employee_id: Option<ID>,
    /// Whether it needs a crew.
    needs_crew: Option<bool>,
}

impl OrderFilter {
    fn write(self) -> kernel::Result<v1::OrderFilter> {
        let time = |field, at: Option<DateTime>| at.map(|at| at.write(field)).transpose();
        let id = |kind: Kind, field, id: Option<ID>| id.map_or(Ok(String::new()), |id| kind.local(field, &id));
        Ok(v1::OrderFilter {
            statuses: numbers(self.statuses),
            starts_from: time("filter.starts_from", self.starts_from)?,
            starts_until: time("filter.starts_until", self.starts_until)?,
            customer_id: id(Kind::Customer, "filter.customer_id", self.customer_id)?,
            employee_id: id(Kind::Employee, "filter.employee_id", self.employee_id)?,
            needs_crew: self.needs_crew,
        })
    }
}

/// The order of a list of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum OrderOrderBy {
    /// The earliest start first.
    StartsAtAsc,
    /// The latest start first.
    StartsAtDesc,
}

/// Whose orders a list holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OrdersOf<'a> {
    /// Everybody's.
    All,
    /// Those of the customer with this UUID.
    Customer(&'a str),
    /// Those of the employee with this UUID.
    Employee(&'a str),
}

impl OrdersOf<'_> {
    /// The list of orders that a field asks for.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a filter that can't be read, and for one that asks for the orders of somebody else as well.
    pub(crate) fn list(
        self,
        first: Option<i32>,
        after: Option<String>,
        filter: Option<OrderFilter>,
        order_by: Option<OrderOrderBy>,
    ) -> kernel::Result<v1::ListOrdersRequest> {
        let mut filter = filter.unwrap_or_default().write()?;
        match self {
            Self::All => {}
            Self::Customer(id) => narrow("filter.customer_id", &mut filter.customer_id, id)?,
            Self::Employee(id) => narrow("filter.employee_id", &mut filter.employee_id, id)?,
        }
        Ok(v1::ListOrdersRequest {
            filter: Some(filter),
            order_by: match order_by {
                Some(OrderOrderBy::StartsAtAsc) | None => v1::OrderOrderBy::StartsAtAsc.into(),
                Some(OrderOrderBy::StartsAtDesc) => v1::OrderOrderBy::StartsAtDesc.into(),
            },
            page_size: first,
            page_token: after.unwrap_or_default(),
        })
    }
}

fn narrow(field: &str, given: &mut String, owner: &str) -> kernel::Result<()> {
    if !given.is_empty() && given != owner {
        return Err(Error::invalid(field, "OTHER_OWNER", "must not be given, or be the one whose orders are listed"));
    }
    *given = owner.to_owned();
    Ok(())
}
