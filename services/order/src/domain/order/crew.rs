//! Who does an order, and who can't.

use std::collections::BTreeMap;

use kernel::{EmployeeId, Error, Result, Timestamp, text};
use serde::{Deserialize, Serialize};

use super::Order;
use crate::domain::{
    employee::{EmployeeCopy, EmployeeFacts},
    event::{OrderEvent, UnassignReason},
    order::status::Status,
    period::Period,
};

/// How many people an order needs: 1 to 20. More may come, a trainee for one; fewer make it wait for a crew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CrewSize(u8);

impl CrewSize {
    /// The most people that an order needs or has.
    pub const MAX: u8 = 20;
    /// Where nothing was said.
    pub const ONE: Self = Self(1);

    /// A number of people that came from outside.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `crew_size`.
    pub fn new(people: i32) -> Result<Self> {
        u8::try_from(people)
            .ok()
            .filter(|people| (1..=Self::MAX).contains(people))
            .map(Self)
            .ok_or_else(|| Error::invalid("crew_size", "OUT_OF_RANGE", format!("must be 1 to {}", Self::MAX)))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// The number, to compare with a number of assignments.
    #[must_use]
    pub fn people(self) -> usize {
        self.0.into()
    }
}

/// That somebody does an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The employee. Stored as `id`, so that history tells assignments apart by it.
    #[serde(rename = "id")]
    pub employee_id: EmployeeId,
    /// The employee's name, which follows the employee.
    pub employee_name: String,
    /// When they were assigned.
    pub assigned_at: Timestamp,
    /// Why they come although they are on time off; empty where they aren't.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub override_reason: String,
}

/// What one employee has to do around some time.
#[derive(Debug, Clone, Copy)]
pub struct Agenda<'a> {
    /// The employee.
    pub employee: &'a EmployeeCopy,
    /// Orders they are assigned to: all open ones that overlap that time, and maybe others.
    pub orders: &'a [Order],
}

impl Agenda<'_> {
    /// Goes on only where the employee can do `order` at `period`. Returns the reason for which they come although they are
    /// on time off: `reason` where they are, nothing where they aren't.
    fn expect_free(&self, order: &Order, period: Period, reason: &str, field: &'static str) -> Result<String> {
        let EmployeeFacts { name, active, .. } = self.employee.facts();
        if !active {
            return Err(self.refusal("EMPLOYEE_INACTIVE", field, format!("{name} no longer works for the company"), []));
        }
        if let Some(other) = self.in_the_way(order, period) {
            let message = format!(
                "{name} is on another order from {} to {}, for {}; choose somebody else or another time",
                other.starts_at, other.ends_at, other.customer_name
            );
            let details =
                [("order_id", other.id.to_string()), ("starts_at", other.starts_at.to_string()), ("ends_at", other.ends_at.to_string())];
            return Err(self.refusal("EMPLOYEE_BUSY", field, message, details));
        }
        match self.employee.facts().time_off_in(period) {
            None => Ok(String::new()),
            Some(_) if !reason.is_empty() => Ok(reason.to_owned()),
            Some(away) => {
                let message = format!(
                    "{name} is on time off from {} to {}; choose somebody else, or assign them with an override reason",
                    away.starts_at(),
                    away.ends_at()
                );
                let details = [("starts_at", away.starts_at().to_string()), ("ends_at", away.ends_at().to_string())];
                Err(self.refusal("EMPLOYEE_ON_TIME_OFF", field, message, details))
            }
        }
    }

    /// The first other open order that overlaps `period`.
    fn in_the_way(&self, order: &Order, period: Period) -> Option<&Order> {
        let employee = self.employee.id();
        self.orders
            .iter()
            .filter(|other| other.id != order.id && other.status.is_open() && other.employee_ids.contains(&employee))
            .filter(|other| other.period().overlaps(period))
            .min_by_key(|other| (other.starts_at, other.id))
    }

    fn refusal<const N: usize>(&self, reason: &'static str, field: &'static str, message: String, details: [(&str, String); N]) -> Error {
        let mut details: BTreeMap<String, String> = details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        details.insert("employee_id".to_owned(), self.employee.id().to_string());
        Error::FailedPrecondition { reason: reason.into(), field: field.into(), message, details }
    }
}

impl Order {
    /// Whether that employee is assigned.
    #[must_use]
    pub fn has(&self, employee: EmployeeId) -> bool {
        self.assignments.iter().any(|assignment| assignment.employee_id == employee)
    }

    /// Assigns somebody. With an `override_reason` of 1 to 500 characters they come although they are on time off; nothing lets
    /// them be at two places at once.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`]: `ORDER_ENDED`, `ALREADY_ASSIGNED`, `CREW_FULL`; of the employee `EMPLOYEE_INACTIVE`,
    /// `EMPLOYEE_BUSY` with the order in the way (`order_id`, `starts_at`, `ends_at`), `EMPLOYEE_ON_TIME_OFF`.
    /// [`Error::Invalid`] that names `override_reason`.
    pub fn assign(&mut self, agenda: Agenda<'_>, override_reason: &str, at: Timestamp) -> Result<OrderEvent> {
        let reason = text::optional_paragraphs("override_reason", override_reason, 500)?;
        self.expect_open()?;
        let employee = agenda.employee.id();
        if self.has(employee) {
            let message = format!("{} is assigned to this order already", agenda.employee.facts().name);
            return Err(agenda.refusal("ALREADY_ASSIGNED", "employee_id", message, []));
        }
        if self.assignments.len() >= CrewSize::MAX.into() {
            let message = format!("an order has a crew of at most {}; take somebody off first", CrewSize::MAX);
            return Err(Error::failed_precondition("CREW_FULL", "employee_id", message));
        }
        let override_reason = agenda.expect_free(self, self.period(), &reason, "employee_id")?;
        let employee_name = agenda.employee.facts().name.clone();
        self.0.assignments.push(Assignment { employee_id: employee, employee_name, assigned_at: at, override_reason });
        self.changed(at);
        Ok(OrderEvent::Assigned { employee })
    }

    /// Takes somebody off.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`]: `ORDER_ENDED`; `NOT_ASSIGNED`; `LAST_OF_CREW` for the only one of an order in progress.
    pub fn unassign(&mut self, employee: EmployeeId, at: Timestamp) -> Result<OrderEvent> {
        self.expect_open()?;
        if !self.has(employee) {
            return Err(Error::failed_precondition("NOT_ASSIGNED", "employee_id", "this employee is not assigned to this order"));
        }
        if self.status == Status::InProgress && self.assignments.len() == 1 {
            let message = "an order that is IN_PROGRESS keeps at least one person; assign somebody else first";
            return Err(Error::failed_precondition("LAST_OF_CREW", "employee_id", message));
        }
        Ok(self.drop_assignment(employee, UnassignReason::Requested, at))
    }

    pub(super) fn drop_assignment(&mut self, employee: EmployeeId, reason: UnassignReason, at: Timestamp) -> OrderEvent {
        self.0.assignments.retain(|assignment| assignment.employee_id != employee);
        self.changed(at);
        OrderEvent::Unassigned { employee, reason }
    }

    /// The assignments as they are when the order takes place at `period`. A reason for which somebody comes although they are
    /// on time off goes with them.
    pub(super) fn assignments_at(&self, period: Period, crew: &[Agenda<'_>]) -> Result<Vec<Assignment>> {
        let at_period = |assignment: &Assignment| {
            let agenda = crew.iter().find(|agenda| agenda.employee.id() == assignment.employee_id);
            let agenda = agenda.ok_or_else(|| Error::internal("somebody assigned was not asked whether they can come"))?;
            let override_reason = agenda.expect_free(self, period, &assignment.override_reason, "starts_at")?;
            Ok(Assignment { override_reason, ..assignment.clone() })
        };
        self.assignments.iter().map(at_period).collect()
    }
}

#[cfg(test)]
mod tests;
