//! What changes at an order when its customer or somebody of its crew changes.

use kernel::{Actor, Address, Timestamp};

use super::{Order, OrderState};
use crate::domain::{
    customer::{CustomerCopy, CustomerStatus},
    employee::EmployeeCopy,
    event::{OrderEvent, UnassignReason},
};

/// Why an order is canceled whose customer was erased before it began.
const CUSTOMER_ERASED: &str = "customer was erased";
/// What is left of the reason of an order that was canceled before that.
const REASON_ERASED: &str = "erased";

impl Order {
    /// Makes the order say what its customer's copy says; `None` where it does already, or is another customer's.
    ///
    /// Name and phone follow always, the place until the order has ended. An order that was to begin after its customer was
    /// archived, deleted or erased is canceled. Of an erased customer no order keeps anything that tells of the person.
    pub fn follow_customer(&mut self, customer: &CustomerCopy, by: &Actor, at: Timestamp) -> Option<OrderEvent> {
        if self.customer_id != customer.id() {
            return None;
        }
        let mut next = self.clone();
        next.0.copy_facts(customer);
        let canceled = match customer.facts().status {
            CustomerStatus::Archived => Some("customer was archived"),
            CustomerStatus::Deleted => Some("customer was deleted"),
            CustomerStatus::Erased => Some(CUSTOMER_ERASED),
            CustomerStatus::Active => None,
        }
        .filter(|_| self.status.is_planned() && self.starts_at > customer.as_of());
        let event = match canceled {
            // Always: a planned order can be canceled.
            Some(reason) => next.cancel(reason, by, at).ok()?,
            None if next == *self => return None,
            None => {
                next.changed(at);
                OrderEvent::Updated
            }
        };
        *self = next;
        Some(event)
    }

    /// Makes the order say what the copy of somebody assigned says; `None` where it does already, or they aren't.
    ///
    /// Their name follows always. Somebody deactivated is taken off orders that were to begin after that, somebody on time off
    /// (unless overridden) off those that weren't over when it was noted; both only as long as the work has not begun.
    pub fn follow_employee(&mut self, employee: &EmployeeCopy, at: Timestamp) -> Option<OrderEvent> {
        let index = self.assignments.iter().position(|assignment| assignment.employee_id == employee.id())?;
        let facts = employee.facts();
        let assignment = &self.assignments[index];
        if self.status.is_planned() {
            if !facts.active && self.starts_at > employee.as_of() {
                return Some(self.drop_assignment(employee.id(), UnassignReason::EmployeeDeactivated, at));
            }
            let away = facts.time_off_in(self.period()).is_some() && self.ends_at > employee.as_of();
            if away && assignment.override_reason.is_empty() {
                return Some(self.drop_assignment(employee.id(), UnassignReason::EmployeeOnTimeOff, at));
            }
        }
        if assignment.employee_name == facts.name {
            return None;
        }
        self.0.assignments[index].employee_name.clone_from(&facts.name);
        self.changed(at);
        Some(OrderEvent::Updated)
    }
}

impl OrderState {
    fn copy_facts(&mut self, customer: &CustomerCopy) {
        let facts = customer.facts();
        match facts.status {
            // A tombstone has no facts; the order keeps what it has.
            CustomerStatus::Deleted => return,
            CustomerStatus::Erased => self.erase(),
            CustomerStatus::Active | CustomerStatus::Archived => {}
        }
        self.customer_name.clone_from(&facts.name);
        self.customer_phone.clone_from(&facts.phone);
        if self.status.is_open()
            && let Some(property) = self.property_id.and_then(|id| facts.property(id))
        {
            self.address.clone_from(&property.address);
            self.access_notes.clone_from(&property.access_notes);
        }
    }

    /// Removes where and how to get in, and what somebody wrote about the customer or told the crew. When it was done, by whom
    /// and at what price, line by line, stays: the company must account for it.
    fn erase(&mut self) {
        self.property_id = None;
        self.address = Address::default();
        self.access_notes.clear();
        self.client_comments.clear();
        self.comments.clear();
        self.checklist.clear();
        if let Some(cancellation) = self.cancellation.as_mut().filter(|cancellation| cancellation.reason != CUSTOMER_ERASED) {
            cancellation.reason = REASON_ERASED.to_owned();
        }
    }
}

#[cfg(test)]
mod tests;
