//! 50 orders with customer and employees, and the next 3 orders of each employee: four calls on three levels.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::Response,
};

use super::{
    App,
    answers::{Linked, by_id, pages},
    wire::{Malformed, Message, Value},
};
use crate::{
    call::{Call, Failure},
    handwritten::{
        deep::{CUSTOMERS, Customer, EMPLOYEES, Employee, NextOrder, Order, first_request, next_request},
        json::{GlobalId, Page},
        large::{Data, Parameters},
    },
};

pub(super) async fn deep(State(app): State<Arc<App>>, Query(parameters): Query<Parameters>, call: Call) -> Result<Response, Failure> {
    let orders = app.orders(&call, &first_request(&parameters)?).await?;
    let page = pages::<Linked<Order<_, _>>>(&orders)?.next().flatten().ok_or(Malformed)?;
    let (customers, employees) =
        tokio::try_join!(app.customers(&call, &page.items, CUSTOMERS), app.employees(&call, &page.items, EMPLOYEES))?;
    let (customers, mut employees) = (by_id::<Customer>(&customers)?, by_id::<Employee>(&employees)?);
    let ids: Vec<&str> = employees.keys().copied().collect();
    let next = app.orders(&call, &next_request(&parameters, &ids)?).await?;
    for (id, page) in ids.into_iter().zip(pages::<NextOrder>(&next)?) {
        if let (Some(employee), Some(page)) = (employees.get_mut(id), page) {
            employee.orders.nodes = page.items;
        }
    }
    let node = |Linked { order, customer, employees: ids }| {
        let employees = ids.iter().map(|id| employees.get(id)).collect();
        Order { customer: customers.get(customer), employees, ..order }
    };
    let nodes = page.items.into_iter().map(node).collect();
    call.answer(Data { orders: Page { nodes, page_info: None } })
}

impl<'a, C: Default, E: Default> Message<'a> for Order<'a, C, E> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.id = GlobalId("order", value.text()?),
            10 => self.status = value.order_status()?,
            12 => self.starts_at = value.time()?,
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
            _ => {}
        }
        Ok(())
    }
}

impl<'a> Message<'a> for NextOrder<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.id = GlobalId("order", value.text()?),
            4 => self.customer_name = value.text()?,
            10 => self.status = value.order_status()?,
            12 => self.starts_at = value.time()?,
            _ => {}
        }
        Ok(())
    }
}
