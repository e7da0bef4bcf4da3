//! Noting a time off.

use kernel::{EmployeeId, Principal, Result, Role, Timestamp, id::TimeOffId};

use super::Application;
use crate::domain::{Employee, TimeOff};

/// A time off that is to be noted.
#[derive(Debug, Clone)]
pub struct AddTimeOff {
    /// The employee.
    pub employee: EmployeeId,
    /// The version that the caller has seen.
    pub version: u64,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Why; may be empty.
    pub reason: String,
}

impl Application {
    /// Notes a time off, and gives its identifier; the order service drops assignments within it when it hears of it.
    /// For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict);
    /// [`Error::Invalid`](kernel::Error::Invalid) that names `ends_at` or `reason`;
    /// [`Error::FailedPrecondition`](kernel::Error::FailedPrecondition) with the reason `TIME_OFF_OVERLAPS` or `TOO_MANY_TIMES_OFF`.
    pub async fn add_time_off(&self, principal: &Principal, command: AddTimeOff) -> Result<(Employee, TimeOffId)> {
        principal.require(Role::Manager)?;
        let time_off = TimeOff::parse(self.env.new_id(), command.starts_at, command.ends_at, &command.reason)?;
        let id = time_off.id;
        let before = self.load(principal, command.employee, "employee_id").await?;
        before.check_version(command.version)?;
        let transition = before.add_time_off(time_off, self.env.now())?;
        Ok((self.save(principal, before, transition).await?, id))
    }
}
