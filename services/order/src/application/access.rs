//! Who sees which orders, and what of them: the office all and everything, a cleaner their own without prices.

use kernel::{EmployeeId, Error, Principal, Result};

use super::Application;
use crate::domain::Order;

/// An order as its reader may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderView {
    /// The order.
    pub order: Order,
    /// Whether the reader may see its price and how that is made.
    pub prices: bool,
}

/// Which orders a caller may know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// All.
    Office,
    /// Those that this employee is assigned to.
    Crew(EmployeeId),
}

impl Access {
    /// # Errors
    /// [`Error::PermissionDenied`] for a cleaner's account that belongs to no employee.
    pub(super) fn of(principal: &Principal) -> Result<Self> {
        match principal.employee() {
            _ if principal.is_office() => Ok(Self::Office),
            Some(employee) => Ok(Self::Crew(employee)),
            None => Err(Error::PermissionDenied("this account belongs to no employee, so it has no orders".into())),
        }
    }

    pub(super) fn sees(self, order: &Order) -> bool {
        match self {
            Self::Office => true,
            Self::Crew(employee) => order.has(employee),
        }
    }

    pub(super) fn view(self, order: Order) -> OrderView {
        OrderView { order, prices: self == Self::Office }
    }
}

impl Application {
    pub(super) fn view(&self, principal: &Principal, order: Order) -> Result<OrderView> {
        Ok(Access::of(principal)?.view(order))
    }
}
