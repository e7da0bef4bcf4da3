//! What this service does on the events of others: logins follow employees.

use async_trait::async_trait;
use contracts::{consumers, crm::employee::v1};
use events::{HandleError, Handler, Subscription, decode};
use kernel::{EmailAddress, EmployeeId, Envelope};
use prost::Name;
use runtime::consumers::subscription;

use crate::{application::Application, domain::employee::Facts};

/// What is listened for. Each event carries the whole employee, and the newest one counts: what was missed or came too late
/// makes no difference.
pub(crate) const EMPLOYEES: Subscription = subscription(consumers::AUTH_EMPLOYEES);

/// Follows the employees.
pub(crate) struct FollowEmployees(pub(crate) Application);

#[async_trait]
impl Handler for FollowEmployees {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        let facts = facts(event)?;
        let employee = EmployeeId::from_uuid(event.subject);
        Ok(self.0.follow_employee(event.company, employee, &facts, EMPLOYEES.consumer, event.id).await?)
    }
}

/// What an event says of its employee.
fn facts(event: &Envelope) -> Result<Facts, HandleError> {
    let employee = if is::<v1::EmployeeCreated>(event) {
        decode::<v1::EmployeeCreated>(event)?.employee
    } else if is::<v1::EmployeeUpdated>(event) {
        decode::<v1::EmployeeUpdated>(event)?.employee
    } else if is::<v1::EmployeeDeactivated>(event) {
        decode::<v1::EmployeeDeactivated>(event)?.employee
    } else {
        decode::<v1::EmployeeReactivated>(event)?.employee
    };
    let employee = employee.ok_or_else(|| HandleError::Poison("the event carries no employee".to_owned()))?;
    let email = Some(employee.email.as_str()).filter(|email| !email.is_empty());
    let email = email.map(|email| EmailAddress::parse("employee.email", email)).transpose();
    Ok(Facts {
        version: event.version,
        name: format!("{} {}", employee.first_name, employee.last_name).trim().to_owned(),
        // What can't be read now can't be read later.
        email: email.map_err(|error| HandleError::Poison(error.to_string()))?,
        active: employee.status() == v1::EmployeeStatus::Active,
    })
}

fn is<M: Name>(event: &Envelope) -> bool {
    event.kind == M::full_name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_subscribed_to_are_the_names_of_the_messages() {
        let names = [
            v1::EmployeeCreated::full_name(),
            v1::EmployeeUpdated::full_name(),
            v1::EmployeeDeactivated::full_name(),
            v1::EmployeeReactivated::full_name(),
        ];
        assert_eq!(EMPLOYEES.kinds, names);
    }
}
