//! Creating an employee.

use kernel::{Principal, Result, Role};

use super::Application;
use crate::{
    domain::{Employee, Profile, Transition},
    publishing,
};

impl Application {
    /// Creates an employee; with an email address their login is provisioned, which the event asks for. For the office.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`](kernel::Error::PermissionDenied).
    pub async fn create_employee(&self, principal: &Principal, profile: Profile) -> Result<Employee> {
        principal.require(Role::Manager)?;
        let Transition { employee, event } = Employee::create(self.env.new_id(), profile, self.env.now());
        let mut transaction = self.company(principal).transaction(&principal.actor, employee.created_at);
        transaction.insert(&employee);
        if let Some(event) = event {
            transaction.publish(publishing::envelope(&self.env, principal, event, &employee));
        }
        transaction.commit().await?;
        Ok(employee)
    }
}
