//! What is known of employees.

use kernel::{EmployeeId, Error};
use serde::{Deserialize, Serialize};

use super::{copies::FactCopy, period::Period};

/// The copy of an employee.
pub type EmployeeCopy = FactCopy<EmployeeFacts>;

/// What orders need to know of an employee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmployeeFacts {
    /// First and last name.
    pub name: String,
    /// Whether they work for the company now.
    pub active: bool,
    /// When they are away.
    pub time_off: Vec<Period>,
}

impl EmployeeFacts {
    /// The first time off that falls into `period`.
    #[must_use]
    pub fn time_off_in(&self, period: Period) -> Option<Period> {
        self.time_off.iter().copied().filter(|away| away.overlaps(period)).min_by_key(|away| away.starts_at())
    }
}

impl EmployeeCopy {
    /// The employee's id.
    #[must_use]
    pub fn id(&self) -> EmployeeId {
        EmployeeId::from_uuid(self.uuid())
    }
}

/// There is no such employee, as far as is known here.
#[must_use]
pub fn unknown_employee(id: EmployeeId) -> Error {
    Error::NotFound { resource: "employee".into(), id: id.to_string(), field: "employee_id".into() }
}
