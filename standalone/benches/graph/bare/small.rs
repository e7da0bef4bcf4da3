//! One order by its id, with its customer: two calls, one after the other.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::Response,
};
use contracts::crm::{customer::v1 as customer, order::v1};

use super::{
    App,
    answers::{Linked, one},
    wire::{Malformed, Message, Value},
};
use crate::{
    call::{Call, Failure},
    handwritten::{
        json::{GlobalId, optional},
        small::{ChecklistItem, Customer, Data, Order, Parameters},
    },
};

pub(super) async fn small(State(app): State<Arc<App>>, Query(parameters): Query<Parameters>, call: Call) -> Result<Response, Failure> {
    let id = parameters.id.strip_prefix("order_").unwrap_or_default().to_owned();
    let order = app.order.call(&call, "/crm.order.v1.OrderService/GetOrder", &v1::GetOrderRequest { id }).await?;
    let Linked { order, customer: id, .. } = one::<Linked<Order>>(&order)?.ok_or(Malformed)?;
    let request = customer::GetCustomerRequest { id: id.to_owned() };
    let customer = app.customer.call(&call, "/crm.customer.v1.CustomerService/GetCustomer", &request).await?;
    call.answer(Data { order: Order { customer: one(&customer)?, ..order } })
}

impl<'a> Message<'a> for Order<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.id = GlobalId("order", value.text()?),
            2 => self.version = value.number()?,
            7 => self.address = Some(value.message()?),
            10 => self.status = value.order_status()?,
            12 => self.starts_at = value.time()?,
            13 => self.ends_at = value.time()?,
            17 => self.price = Some(value.message()?),
            18 => self.client_comments = optional(value.text()?),
            20 => self.checklist.push(value.message()?),
            _ => {}
        }
        Ok(())
    }
}

impl<'a> Message<'a> for ChecklistItem<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            2 => self.text = value.text()?,
            3 => self.done_at = value.time()?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> Message<'a> for Customer<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.id = GlobalId("customer", value.text()?),
            4 => self.name = value.text()?,
            6 => self.phone = value.text()?,
            7 => self.email = optional(value.text()?),
            _ => {}
        }
        Ok(())
    }
}
