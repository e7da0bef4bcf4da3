//! 20 customers: one call.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use contracts::crm::customer::v1;

use super::{
    App,
    answers::List,
    wire::{Malformed, Message, Value, read},
};
use crate::{
    call::{Call, Failure},
    handwritten::{
        json::{GlobalId, Page, optional},
        list::{Address, Customer, Data, Property},
    },
};

pub(super) async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, Failure> {
    let request = v1::ListCustomersRequest { page_size: Some(20), ..v1::ListCustomersRequest::default() };
    let customers = app.customer.call(&call, "/crm.customer.v1.CustomerService/ListCustomers", &request).await?;
    let List { items, info } = read(&customers)?;
    call.answer(Data { customers: Page { nodes: items, page_info: Some(info) } })
}

impl<'a> Message<'a> for Customer<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.id = GlobalId("customer", value.text()?),
            3 => self.r#type = value.value(v1::CustomerType::as_str_name, "CUSTOMER_TYPE_")?,
            4 => self.name = value.text()?,
            6 => self.phone = value.text()?,
            7 => self.email = optional(value.text()?),
            8 => self.properties.push(value.message()?),
            11 => self.status = value.value(v1::CustomerStatus::as_str_name, "CUSTOMER_STATUS_")?,
            12 => self.order_count = u32::try_from(value.number()?).map_err(|_| Malformed)?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> Message<'a> for Property<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            2 => self.label = optional(value.text()?),
            3 => self.address = Some(value.message()?),
            _ => {}
        }
        Ok(())
    }
}

impl<'a> Message<'a> for Address<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.street = value.text()?,
            2 => self.city = value.text()?,
            _ => {}
        }
        Ok(())
    }
}
