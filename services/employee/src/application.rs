//! The use cases, one file each. Every one decides first whether the caller may.
//!
//! A cleaner has their own record and no other: what is asked of another one is answered as if there were none. They
//! don't see what the office pays, their own rate included.

use contracts::{crm::employee::v1, mask::Mask};
use kernel::{EmployeeId, Env, Error, Principal, Result};
use store::{CompanyStore, Part, Store};

use crate::{
    domain::{Employee, Transition},
    messages,
    parts::EmployeeParts,
    publishing,
};

mod add_time_off;
mod create_employee;
mod deactivate_employee;
mod delete_photo;
mod get_employees;
mod get_photo;
mod list_employees;
mod list_history;
mod note_login;
pub mod photo;
mod put_photo;
mod reactivate_employee;
mod remove_time_off;
mod search_employees;
mod update_employee;

pub use add_time_off::AddTimeOff;
pub use get_photo::PhotoContent;
pub use list_employees::{EmployeeFilter, EmployeeOrder, ListEmployees};
pub(crate) use note_login::LoginNews;
use photo::Darkroom;
pub use search_employees::{Found, SearchEmployees};
pub use update_employee::UpdateEmployee;

/// What can be done with employees.
#[derive(Clone)]
pub struct Application {
    store: Store,
    env: Env,
    darkroom: Darkroom,
}

impl Application {
    /// The use cases on a store.
    #[must_use]
    pub fn new(store: Store, env: Env, darkroom: Darkroom) -> Self {
        Self { store, env, darkroom }
    }

    /// The same use cases at another time, by another chance.
    #[must_use]
    pub fn with_env(&self, env: Env) -> Self {
        Self { env, ..self.clone() }
    }

    fn company(&self, principal: &Principal) -> CompanyStore {
        self.store.company(principal.company)
    }

    /// The employee that the input's `field` names, where the caller may know of them.
    async fn load(&self, principal: &Principal, id: EmployeeId, field: &'static str) -> Result<Employee> {
        if !may_see(principal, id) {
            return Err(not_found(id, field));
        }
        self.company(principal).get(id.uuid()).await?.ok_or_else(|| not_found(id, field))
    }

    /// Keeps what a transition made of `before`, and tells of it; gives what the caller may see of the outcome. What
    /// is not different is not written.
    async fn save(&self, principal: &Principal, before: Employee, transition: Option<Transition>) -> Result<Employee> {
        let Some(transition) = transition else { return Ok(seen_by(principal, before)) };
        self.write(principal, &before, &transition).commit().await?;
        Ok(seen_by(principal, transition.employee))
    }

    /// The transaction that keeps a transition and tells of it.
    fn write(&self, principal: &Principal, before: &Employee, transition: &Transition) -> store::Transaction {
        let Transition { employee, event } = transition;
        let mut transaction = self.company(principal).transaction(&principal.actor, employee.updated_at);
        transaction.update(before, employee);
        if let Some(event) = event {
            transaction.publish(publishing::envelope(&self.env, principal, *event, employee));
        }
        transaction
    }
}

/// Whether the caller may know of an employee: the office of all, a cleaner of themselves.
fn may_see(principal: &Principal, id: EmployeeId) -> bool {
    principal.is_office() || principal.employee() == Some(id)
}

/// What the caller may see of an employee whom they may know of.
fn seen_by(principal: &Principal, employee: Employee) -> Employee {
    if principal.is_office() { employee } else { employee.without_rate() }
}

/// What is read to answer the caller with the fields of a mask.
fn read(principal: &Principal, mask: Mask<v1::Employee>) -> impl Iterator<Item = &'static str> {
    if principal.is_office() { mask } else { mask.without(messages::RATE) }.names()
}

/// What was read of an employee, as the caller may see it.
fn parts_seen_by(principal: &Principal, employee: EmployeeParts) -> EmployeeParts {
    if principal.is_office() { employee } else { EmployeeParts { hourly_rate: Part::Read(None), ..employee } }
}

fn not_found(id: EmployeeId, field: &'static str) -> Error {
    Error::not_found("employee", id).under(field)
}
