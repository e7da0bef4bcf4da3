//! What other services are told of employees.

use contracts::{crm::employee::v1, mask::Mask};
use kernel::{Env, Envelope, Principal};

use crate::{
    SERVICE,
    domain::{Employee, Event},
    messages,
    parts::EmployeeParts,
};

/// The envelope of a transition that ended in `employee`.
pub(crate) fn envelope(env: &Env, principal: &Principal, event: Event, employee: &Employee) -> Envelope {
    let (subject, version) = (employee.id.uuid(), employee.version);
    let message = Some(messages::employee(&EmployeeParts::from(employee), Mask::ALL));
    match event {
        Event::Created => events::envelope(env, principal, SERVICE, subject, version, &v1::EmployeeCreated { employee: message }),
        Event::Updated => events::envelope(env, principal, SERVICE, subject, version, &v1::EmployeeUpdated { employee: message }),
        Event::Deactivated => events::envelope(env, principal, SERVICE, subject, version, &v1::EmployeeDeactivated { employee: message }),
        Event::Reactivated => events::envelope(env, principal, SERVICE, subject, version, &v1::EmployeeReactivated { employee: message }),
        Event::TimeOffChanged => {
            events::envelope(env, principal, SERVICE, subject, version, &v1::EmployeeTimeOffChanged { employee: message })
        }
    }
}
