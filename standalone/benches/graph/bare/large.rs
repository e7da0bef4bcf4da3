//! 50 orders, each with its customer and its employees: three calls on two levels.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::Response,
};
use contracts::crm::{customer::v1 as customer, order::v1};

use super::{
    App,
    answers::{Linked, by_id, pages},
    wire::{Malformed, Message, Value},
};
use crate::{
    call::{Call, Failure},
    handwritten::{
        json::{GlobalId, Page},
        large::{CUSTOMERS, Customer, Data, EMPLOYEES, Employee, ORDERS, Order, Parameters, orders_request},
    },
};

pub(super) async fn large(State(app): State<Arc<App>>, Query(parameters): Query<Parameters>, call: Call) -> Result<Response, Failure> {
    let orders = app.orders(&call, &orders_request(&parameters, ORDERS)?).await?;
    let page = pages::<Linked<Order<_, _>>>(&orders)?.next().flatten().ok_or(Malformed)?;
    let (customers, employees) =
        tokio::try_join!(app.customers(&call, &page.items, CUSTOMERS), app.employees(&call, &page.items, EMPLOYEES))?;
    let (customers, employees) = (by_id::<Customer>(&customers)?, by_id::<Employee>(&employees)?);
    let node = |Linked { order, customer, employees: ids }| {
        let employees = ids.iter().map(|id| employees.get(id)).collect();
        Order { customer: customers.get(customer), employees, ..order }
    };
    let nodes = page.items.into_iter().map(node).collect();
    call.answer(Data { orders: Page { nodes, page_info: Some(page.info) } })
}

impl<'a, C: Default, E: Default> Message<'a> for Order<'a, C, E> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.id = GlobalId("order", value.text()?),
            2 => self.version = value.number()?,
            7 => self.address = Some(value.message()?),
            9 => self.service_type = value.value(v1::ServiceType::as_str_name, "SERVICE_TYPE_")?,
            10 => self.status = value.order_status()?,
            11 => self.needs_crew = value.number()? != 0,
            12 => self.starts_at = value.time()?,
            13 => self.ends_at = value.time()?,
            14 => self.crew_size = value.int32()?,
            17 => self.price = Some(value.message()?),
            _ => {}
        }
        Ok(())
    }
}

impl<'a> Message<'a> for Customer<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.id = GlobalId("customer", value.text()?),
            3 => self.r#type = value.value(customer::CustomerType::as_str_name, "CUSTOMER_TYPE_")?,
            4 => self.name = value.text()?,
            6 => self.phone = value.text()?,
            _ => {}
        }
        Ok(())
    }
}

impl<'a> Message<'a> for Employee<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.id = GlobalId("employee", value.text()?),
            3 => self.name.first = value.text()?,
            4 => self.name.last = value.text()?,
            5 => self.phone = value.text()?,
            _ => {}
        }
        Ok(())
    }
}
