//! Who sees which orders, and what of them: the office all and everything, a cleaner their own without prices.

use contracts::{crm::order::v1, mask::Mask};
use kernel::{EmployeeId, Error, Principal, Result};

use super::Application;
use crate::{domain::Order, messages};

/// An order, or what was read of it, as its reader may see it.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderView<O = Order> {
    /// The order.
    pub order: O,
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

    /// Whether they may know of an order that these employees are assigned to.
    pub(super) fn sees(self, employees: &[EmployeeId]) -> bool {
        match self {
            Self::Office => true,
            Self::Crew(employee) => employees.contains(&employee),
        }
    }

    pub(super) fn view<O>(self, order: O) -> OrderView<O> {
        OrderView { order, prices: self == Self::Office }
    }

    /// What is read to answer with the fields of a mask: no prices for those who don't get them.
    pub(super) fn read(self, mask: Mask<v1::Order>) -> impl Iterator<Item = &'static str> {
        match self {
            Self::Office => mask,
            Self::Crew(_) => mask.without(messages::PRICES),
        }
        .names()
    }
}

impl Application {
    pub(super) fn view(&self, principal: &Principal, order: Order) -> Result<OrderView> {
        Ok(Access::of(principal)?.view(order))
    }
}
