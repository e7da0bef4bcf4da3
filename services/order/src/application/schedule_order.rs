//! Agreeing on a draft, or setting another time.

use kernel::{OrderId, Principal, Result, Role, Timestamp};

use super::{
    Application, OrderView,
    crew::{Agendas, Failure, relying_on_copies},
};

/// When an order shall take place.
#[derive(Debug, Clone)]
pub struct ScheduleOrder {
    /// The order.
    pub id: OrderId,
    /// The version that the caller has seen.
    pub version: u64,
    /// When it begins; as it is where not given.
    pub starts_at: Option<Timestamp>,
    /// When it ends; as long after its start as it is where not given.
    pub ends_at: Option<Timestamp>,
}

impl Application {
    /// Agrees on a draft, or sets another time; everybody assigned must be able to come then. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict); as
    /// [`CustomerCopy::takes_orders`](crate::domain::CustomerCopy::takes_orders),
    /// [`Order::period_with`](crate::domain::Order::period_with) and [`Order::schedule`](crate::domain::Order::schedule).
    pub async fn schedule_order(&self, principal: &Principal, command: ScheduleOrder) -> Result<OrderView> {
        principal.require(Role::Manager)?;
        relying_on_copies(|| self.try_schedule(principal, &command)).await
    }

    async fn try_schedule(&self, principal: &Principal, command: &ScheduleOrder) -> Result<OrderView, Failure> {
        let before = self.load(principal, command.id).await?;
        before.expect_version(command.version)?;
        let period = before.period_with(command.starts_at, command.ends_at)?;
        // At the same time everybody can come as before: that was checked when they were assigned.
        let crew = if period == before.period() { &[] } else { before.employee_ids.as_slice() };
        let _turns = self.turns.at(crew.iter().map(|id| id.uuid()).chain([before.customer_id.uuid()])).await;
        // Archiving cancels what is to begin after it: nothing may be set to begin later behind its back.
        let customer = self.customer(principal, before.customer_id).await?;
        customer.takes_orders()?;
        let agendas = Agendas::around(&self.company(principal), crew, period).await?;
        let (mut after, at) = (before.clone(), self.env.now());
        let Some(event) = after.schedule(period, &agendas.list(), at)? else {
            return Ok(self.view(principal, before)?);
        };
        let mut transaction = self.saving(principal, &before, &after, event, at);
        transaction.update(&customer, &customer.touched());
        for employee in &agendas.employees {
            transaction.update(employee, &employee.touched());
        }
        transaction.commit().await?;
        Ok(self.view(principal, after)?)
    }
}
