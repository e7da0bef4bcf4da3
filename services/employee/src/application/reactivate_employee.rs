//! Taking somebody back.

use kernel::{EmployeeId, Principal, Result, Role};

use super::Application;
use crate::domain::Employee;

impl Application {
    /// Takes an employee back who had left. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict);
    /// [`Error::FailedPrecondition`](kernel::Error::FailedPrecondition) with the reason `WRONG_TRANSITION`.
    pub async fn reactivate_employee(&self, principal: &Principal, id: EmployeeId, version: u64) -> Result<Employee> {
        principal.require(Role::Manager)?;
        let before = self.load(principal, id, "id").await?;
        before.check_version(version)?;
        let transition = before.reactivate(self.env.now())?;
        self.save(principal, before, transition).await
    }
}
