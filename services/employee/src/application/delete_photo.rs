//! Removing an employee's photo.

use kernel::{EmployeeId, Principal, Result};

use super::{Application, seen_by};
use crate::{documents::PhotoFile, domain::Employee};

impl Application {
    /// Removes the photo; nothing happens where there is none. For the office, and a cleaner's own.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound) that names `employee_id`; [`Error::Conflict`](kernel::Error::Conflict).
    pub async fn delete_photo(&self, principal: &Principal, employee: EmployeeId, version: u64) -> Result<Employee> {
        let before = self.load(principal, employee, "employee_id").await?;
        before.check_version(version)?;
        let Some(transition) = before.delete_photo(self.env.now()) else { return Ok(seen_by(principal, before)) };
        let mut transaction = self.write(principal, &before, &transition);
        if let Some(file) = self.company(principal).get::<PhotoFile>(employee.uuid()).await? {
            transaction.delete(&file);
        }
        transaction.commit().await?;
        Ok(seen_by(principal, transition.employee))
    }
}
