//! Assigning somebody.

use kernel::{EmployeeId, Error, OrderId, Principal, Result, Role};

use super::{
    Application, OrderView,
    crew::{Agendas, Failure, relying_on_copies},
};

/// Who shall do an order.
#[derive(Debug, Clone)]
pub struct AssignEmployee {
    /// The order.
    pub id: OrderId,
    /// The version that the caller has seen.
    pub version: u64,
    /// Who.
    pub employee_id: EmployeeId,
    /// Why they shall come although they are on time off; empty where they aren't.
    pub override_reason: String,
}

impl Application {
    /// Assigns somebody who is active, free of overlapping orders, and not on time off unless overridden. Of several who
    /// assign one person to overlapping orders at once exactly one succeeds. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`] that names `id` or `employee_id`; [`Error::Conflict`]; as
    /// [`Order::assign`](crate::domain::Order::assign).
    pub async fn assign_employee(&self, principal: &Principal, command: AssignEmployee) -> Result<OrderView> {
        principal.require(Role::Manager)?;
        relying_on_copies(|| self.try_assign(principal, &command)).await
    }

    async fn try_assign(&self, principal: &Principal, command: &AssignEmployee) -> Result<OrderView, Failure> {
        let before = self.load(principal, command.id).await?;
        before.expect_version(command.version)?;
        let _turn = self.turns.at([command.employee_id.uuid()]).await;
        let agendas = Agendas::around(&self.company(principal), &[command.employee_id], before.period()).await?;
        let (mut after, at) = (before.clone(), self.env.now());
        let agenda = agendas.list().pop().ok_or_else(|| Error::internal("an employee without an agenda"))?;
        let event = after.assign(agenda, &command.override_reason, at)?;
        let mut transaction = self.saving(principal, &before, &after, event, at);
        transaction.update(agenda.employee, &agenda.employee.touched());
        transaction.commit().await?;
        Ok(self.view(principal, after)?)
    }
}
