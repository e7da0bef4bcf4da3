//! Ending somebody's work.

use kernel::{EmployeeId, Principal, Result, Role};

use super::Application;
use crate::domain::Employee;

impl Application {
    /// Ends an employee's work; the auth and order services disable the login and drop assignments when they hear of it.
    /// For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict);
    /// [`Error::FailedPrecondition`](kernel::Error::FailedPrecondition) with the reason `WRONG_TRANSITION`.
    pub async fn deactivate_employee(&self, principal: &Principal, id: EmployeeId, version: u64) -> Result<Employee> {
        principal.require(Role::Manager)?;
        let before = self.load(principal, id, "id").await?;
        before.check_version(version)?;
        let transition = before.deactivate(self.env.now())?;
        self.save(principal, before, transition).await
    }
}
