//! What events say of employees.

use contracts::{crm::employee::v1, read};
use events::{HandleError, decode};
use kernel::Envelope;
use prost::Name as _;

use crate::domain::{EmployeeFacts, Period};

/// What an event of an employee says.
pub(super) fn facts(event: &Envelope) -> Result<EmployeeFacts, HandleError> {
    let kind = event.kind.as_str();
    let employee = if kind == v1::EmployeeCreated::full_name() {
        decode::<v1::EmployeeCreated>(event)?.employee
    } else if kind == v1::EmployeeUpdated::full_name() {
        decode::<v1::EmployeeUpdated>(event)?.employee
    } else if kind == v1::EmployeeDeactivated::full_name() {
        decode::<v1::EmployeeDeactivated>(event)?.employee
    } else if kind == v1::EmployeeReactivated::full_name() {
        decode::<v1::EmployeeReactivated>(event)?.employee
    } else {
        decode::<v1::EmployeeTimeOffChanged>(event)?.employee
    };
    kept(&employee.ok_or_else(|| HandleError::Poison(format!("{kind} without an employee")))?)
}

fn kept(employee: &v1::Employee) -> Result<EmployeeFacts, HandleError> {
    let active = match employee.status() {
        v1::EmployeeStatus::Active => true,
        v1::EmployeeStatus::Inactive => false,
        v1::EmployeeStatus::Unspecified => {
            return Err(HandleError::Poison(format!("an employee of the unknown status {}", employee.status)));
        }
    };
    let name = format!("{} {}", employee.first_name, employee.last_name);
    let time_off = employee.time_off.iter().map(time_off).collect::<Result<_, _>>()?;
    Ok(EmployeeFacts { name, active, time_off })
}

fn time_off(away: &v1::TimeOff) -> Result<Period, HandleError> {
    let moment = |field, value: &Option<_>| read::timestamp(field, value.as_ref()).map_err(|error| HandleError::Poison(error.to_string()));
    Ok(Period::known(moment("time_off.starts_at", &away.starts_at)?, moment("time_off.ends_at", &away.ends_at)?))
}
