//! What happened to an order. The state after it is the order itself.

use kernel::{CustomerId, EmployeeId};

/// What happened to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderEvent {
    /// It was taken.
    Created,
    /// Its data changed otherwise than by the events below.
    Updated,
    /// It was moved to another customer.
    Moved {
        /// The customer until now.
        previous: CustomerId,
    },
    /// The draft was agreed on.
    Scheduled,
    /// It got another time.
    Rescheduled,
    /// Somebody was assigned.
    Assigned {
        /// Who.
        employee: EmployeeId,
    },
    /// Somebody was taken off it.
    Unassigned {
        /// Who.
        employee: EmployeeId,
        /// Why.
        reason: UnassignReason,
    },
    /// The work began.
    Started,
    /// The work was completed.
    Completed,
    /// It was called off.
    Canceled,
    /// It was deleted for good.
    Deleted,
}

/// Why somebody was taken off an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnassignReason {
    /// The office asked for it.
    Requested,
    /// They no longer work for the company.
    EmployeeDeactivated,
    /// They are away at the time.
    EmployeeOnTimeOff,
}

impl UnassignReason {
    /// The code that the contract names.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::EmployeeDeactivated => "EMPLOYEE_DEACTIVATED",
            Self::EmployeeOnTimeOff => "EMPLOYEE_ON_TIME_OFF",
        }
    }
}
