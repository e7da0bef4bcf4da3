//! Employees. Photos are set by the HTTP route `PUT /photos/{employee}`.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use contracts::crm::employee::v1;

use super::{Mask, payload, send, versioned};
use crate::graph::{
    employee::{AvailabilityWindowInput, Employee, TimeOff},
    error::Field,
    id::Kind,
    money::MoneyInput,
    scalar::{DateTime, EmailAddress, PhoneNumber},
};

/// Mutations of the employee service.
#[derive(Default)]
pub(crate) struct EmployeeMutation;

/// Mutations of the employee service.
#[Object]
impl EmployeeMutation {
    /// Creates an employee; with an email address their login is provisioned. For the office.
    async fn employee_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The employee.")] input: EmployeeCreateInput,
    ) -> Field<EmployeeCreatePayload> {
        EmployeeCreatePayload::of(send!(ctx, employee.create_employee(input.write())))
    }

    /// Changes the fields that are given. For the office; a cleaner may change their own phone and availability.
    async fn employee_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which employee, and the new values.")] input: EmployeeUpdateInput,
    ) -> Field<EmployeeUpdatePayload> {
        EmployeeUpdatePayload::of(send!(ctx, employee.update_employee(input.write())))
    }

    /// Ends somebody's work: their login is disabled, their future assignments are dropped. For the office.
    async fn employee_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which employee.")] input: EmployeeDeactivateInput,
    ) -> Field<EmployeeDeactivatePayload> {
        EmployeeDeactivatePayload::of(send!(ctx, employee.deactivate_employee(input.write())))
    }

    /// Takes somebody back. For the office.
    async fn employee_reactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which employee.")] input: EmployeeReactivateInput,
    ) -> Field<EmployeeReactivatePayload> {
        EmployeeReactivatePayload::of(send!(ctx, employee.reactivate_employee(input.write())))
    }

    /// Notes a time off; assignments within it are dropped. For the office.
    async fn time_off_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, when and why.")] input: TimeOffAddInput,
    ) -> Field<TimeOffAddPayload> {
        TimeOffAddPayload::of(send!(ctx, employee.add_time_off(input.write())))
    }

    /// Takes a time off back. For the office.
    async fn time_off_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and which.")] input: TimeOffRemoveInput,
    ) -> Field<TimeOffRemovePayload> {
        TimeOffRemovePayload::of(send!(ctx, employee.remove_time_off(input.write())))
    }

    /// Removes the photo. For the office, and a cleaner's own.
    async fn employee_photo_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which employee.")] input: EmployeePhotoDeleteInput,
    ) -> Field<EmployeePhotoDeletePayload> {
        EmployeePhotoDeletePayload::of(send!(ctx, employee.delete_employee_photo(input.write())))
    }
}

/// What `employeeCreate` needs.
#[derive(InputObject)]
pub(crate) struct EmployeeCreateInput {
    /// First name; 1 to 100 characters.
    first_name: String,
    /// Last name; 1 to 100 characters.
    last_name: String,
    /// Telephone number.
    phone: PhoneNumber,
    /// Email address, with which they sign in; not given for somebody without a login.
    email: Option<EmailAddress>,
    /// What they cost per hour.
    hourly_rate: Option<MoneyInput>,
    /// What they can do, such as `windows`; at most 20, each 1 to 50 characters.
    skills: Option<Vec<String>>,
    /// When they usually work; at most 21 windows, none overlapping another.
    availability: Option<Vec<AvailabilityWindowInput>>,
}

impl EmployeeCreateInput {
    fn write(self) -> kernel::Result<v1::CreateEmployeeRequest> {
        Ok(v1::CreateEmployeeRequest {
            first_name: self.first_name,
            last_name: self.last_name,
            phone: self.phone.0,
            email: self.email.map(|email| email.0).unwrap_or_default(),
            hourly_rate: self.hourly_rate.map(|rate| rate.write("hourly_rate")).transpose()?,
            skills: self.skills.unwrap_or_default(),
            availability: self.availability.unwrap_or_default().into_iter().map(Into::into).collect(),
        })
    }
}

payload! {
    /// What came of `employeeCreate`.
    EmployeeCreatePayload(reply: v1::CreateEmployeeResponse) {
        /// The employee.
        employee: Employee = reply.employee.map(Employee::from),
    }
}

/// What `employeeUpdate` needs: the fields that are given are changed, the others stay.
#[derive(InputObject)]
pub(crate) struct EmployeeUpdateInput {
    /// The employee.
    id: ID,
    /// The version that the caller has seen.
    version: u64,
    /// First name; 1 to 100 characters.
    first_name: MaybeUndefined<String>,
    /// Last name; 1 to 100 characters.
    last_name: MaybeUndefined<String>,
    /// Telephone number.
    phone: MaybeUndefined<PhoneNumber>,
    /// Email address, with which they sign in; null for none, and no login.
    email: MaybeUndefined<EmailAddress>,
    /// What they cost per hour; null where unknown.
    hourly_rate: MaybeUndefined<MoneyInput>,
    /// What they can do, such as `windows`; at most 20, each 1 to 50 characters.
    skills: MaybeUndefined<Vec<String>>,
    /// When they usually work; at most 21 windows, none overlapping another.
    availability: MaybeUndefined<Vec<AvailabilityWindowInput>>,
}

impl EmployeeUpdateInput {
    fn write(self) -> kernel::Result<v1::UpdateEmployeeRequest> {
        let mut mask = Mask::default();
        let employee = v1::Employee {
            id: Kind::Employee.local("id", &self.id)?,
            version: self.version,
            first_name: mask.take("first_name", self.first_name, Ok)?,
            last_name: mask.take("last_name", self.last_name, Ok)?,
            phone: mask.take("phone", self.phone, |phone| Ok(phone.0))?,
            email: mask.take("email", self.email, |email| Ok(email.0))?,
            hourly_rate: mask.take("hourly_rate", self.hourly_rate, |rate| rate.write("hourly_rate").map(Some))?,
            skills: mask.take("skills", self.skills, Ok)?,
            availability: mask.take("availability", self.availability, |windows| Ok(windows.into_iter().map(Into::into).collect()))?,
            ..v1::Employee::default()
        };
        Ok(v1::UpdateEmployeeRequest { employee: Some(employee), update_mask: mask.finish()? })
    }
}

payload! {
    /// What came of `employeeUpdate`.
    EmployeeUpdatePayload(reply: v1::UpdateEmployeeResponse) {
        /// The employee.
        employee: Employee = reply.employee.map(Employee::from),
    }
}

versioned! {
    /// What `employeeDeactivate` needs.
    EmployeeDeactivateInput(v1::DeactivateEmployeeRequest) {
        /// The employee.
        id: Employee
    }
}

payload! {
    /// What came of `employeeDeactivate`.
    EmployeeDeactivatePayload(reply: v1::DeactivateEmployeeResponse) {
        /// The employee.
        employee: Employee = reply.employee.map(Employee::from),
    }
}

versioned! {
    /// What `employeeReactivate` needs.
    EmployeeReactivateInput(v1::ReactivateEmployeeRequest) {
        /// The employee.
        id: Employee
    }
}

payload! {
    /// What came of `employeeReactivate`.
    EmployeeReactivatePayload(reply: v1::ReactivateEmployeeResponse) {
        /// The employee.
        employee: Employee = reply.employee.map(Employee::from),
    }
}

/// What `timeOffAdd` needs.
#[derive(InputObject)]
pub(crate) struct TimeOffAddInput {
    /// The employee.
    employee_id: ID,
    /// When it begins.
    starts_at: DateTime,
    /// When it ends; after its start, at most 366 days later; not overlapping another.
    ends_at: DateTime,
    /// Why; at most 200 characters.
    reason: Option<String>,
    /// The employee's version that the caller has seen.
    version: u64,
}

impl TimeOffAddInput {
    fn write(self) -> kernel::Result<v1::AddTimeOffRequest> {
        Ok(v1::AddTimeOffRequest {
            employee_id: Kind::Employee.local("employee_id", &self.employee_id)?,
            starts_at: Some(self.starts_at.write("starts_at")?),
            ends_at: Some(self.ends_at.write("ends_at")?),
            reason: self.reason.unwrap_or_default(),
            version: self.version,
        })
    }
}

payload! {
    /// What came of `timeOffAdd`.
    TimeOffAddPayload(reply: v1::AddTimeOffResponse) {
        /// The time off.
        time_off: TimeOff<'static> = {
            let added = |employee: &v1::Employee| employee.time_off.iter().find(|it| it.id == reply.time_off_id).cloned().map(TimeOff::from);
            reply.employee.as_ref().and_then(added)
        },
        /// The employee.
        employee: Employee = reply.employee.map(Employee::from),
    }
}

/// What `timeOffRemove` needs.
#[derive(InputObject)]
pub(crate) struct TimeOffRemoveInput {
    /// The employee.
    employee_id: ID,
    /// The time off.
    time_off_id: ID,
    /// The employee's version that the caller has seen.
    version: u64,
}

impl TimeOffRemoveInput {
    fn write(&self) -> kernel::Result<v1::RemoveTimeOffRequest> {
        Ok(v1::RemoveTimeOffRequest {
            employee_id: Kind::Employee.local("employee_id", &self.employee_id)?,
            time_off_id: Kind::TimeOff.local("time_off_id", &self.time_off_id)?,
            version: self.version,
        })
    }
}

payload! {
    /// What came of `timeOffRemove`.
    TimeOffRemovePayload(reply: v1::RemoveTimeOffResponse) {
        /// The employee.
        employee: Employee = reply.employee.map(Employee::from),
    }
}

versioned! {
    /// What `employeePhotoDelete` needs.
    EmployeePhotoDeleteInput(v1::DeleteEmployeePhotoRequest) {
        /// The employee.
        employee_id: Employee
    }
}

payload! {
    /// What came of `employeePhotoDelete`.
    EmployeePhotoDeletePayload(reply: v1::DeleteEmployeePhotoResponse) {
        /// The employee.
        employee: Employee = reply.employee.map(Employee::from),
    }
}
