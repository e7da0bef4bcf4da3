//! Changing an employee's data.

use kernel::{EmployeeId, Error, Principal, Result};

use super::Application;
use crate::domain::{Employee, ProfileChange};

/// A change that is asked for.
#[derive(Debug, Clone)]
pub struct UpdateEmployee {
    /// The employee.
    pub id: EmployeeId,
    /// The version that the caller has seen.
    pub version: u64,
    /// The new values.
    pub change: ProfileChange,
}

impl Application {
    /// Changes the fields that are given. For the office; a cleaner may change their own telephone number and
    /// availability. The same values as before make no new version, and nobody is told.
    ///
    /// # Errors
    /// [`Error::NotFound`] that names `employee.id`, [`Error::PermissionDenied`], [`Error::Conflict`].
    pub async fn update_employee(&self, principal: &Principal, command: UpdateEmployee) -> Result<Employee> {
        let before = self.load(principal, command.id, "employee.id").await?;
        if !principal.is_office() && !command.change.is_for_cleaners() {
            return Err(Error::PermissionDenied("only phone and availability are yours to change; the office changes the rest".into()));
        }
        before.check_version(command.version)?;
        let transition = before.update(command.change, self.env.now());
        self.save(principal, before, transition).await
    }
}
