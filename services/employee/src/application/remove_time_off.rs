//! Taking a time off back.

use kernel::{EmployeeId, Principal, Result, Role, id::TimeOffId};

use super::Application;
use crate::domain::Employee;

impl Application {
    /// Takes a time off back. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound) that names `employee_id` or `time_off_id`;
    /// [`Error::Conflict`](kernel::Error::Conflict).
    pub async fn remove_time_off(
        &self,
        principal: &Principal,
        employee: EmployeeId,
        time_off: TimeOffId,
        version: u64,
    ) -> Result<Employee> {
        principal.require(Role::Manager)?;
        let before = self.load(principal, employee, "employee_id").await?;
        before.check_version(version)?;
        let transition = before.remove_time_off(time_off, self.env.now())?;
        self.save(principal, before, transition).await
    }
}
