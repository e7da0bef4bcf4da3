//! 50 orders with customer and employees, and the next 3 orders of each employee: four calls on three levels.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Query, State},
    response::Response,
};
use contracts::crm::{customer::v1 as customer, employee::v1 as employee, order::v1};
use serde::Serialize;

use super::{
    App,
    json::{Displayed, FullName, GlobalId, Page, time, value},
    large::{Data, Parameters, customers, customers_by_id, employees, employees_by_id, from, only, orders, orders_request},
};
use crate::call::{Call, Failure};

const ORDERS: &[&str] = &["id", "status", "starts_at", "customer_id", "assignments"];
pub(crate) const CUSTOMERS: &[&str] = &["id", "name"];
pub(crate) const EMPLOYEES: &[&str] = &["id", "first_name", "last_name"];

type Next<'a> = HashMap<&'a str, &'a [v1::Order]>;

pub(super) async fn deep(State(app): State<Arc<App>>, Query(parameters): Query<Parameters>, call: Call) -> Result<Response, Failure> {
    let orders = orders(&app, &call, first_request(&parameters)?).await?.orders;
    let (customers, employees) = tokio::try_join!(customers(&app, &call, &orders, CUSTOMERS), employees(&app, &call, &orders, EMPLOYEES))?;
    let (customers, employees) = (customers_by_id(&customers), employees_by_id(&employees));
    let ids: Vec<&str> = employees.keys().copied().collect();
    let pages = next_orders(&app, &call, &parameters, &ids).await?;
    let next = ids.into_iter().zip(pages.iter().map(on_page)).collect();
    let nodes = orders.iter().map(|order| Order::of(order, &customers, &employees, &next)).collect();
    call.answer(Data { orders: Page { nodes, page_info: None } })
}

/// Asks for the first 50 orders.
pub(crate) fn first_request(parameters: &Parameters) -> Result<v1::BatchListOrdersRequest, Failure> {
    Ok(v1::BatchListOrdersRequest { omit_cursors: true, ..orders_request(parameters, ORDERS)? })
}

/// Asks for the next 3 orders of each employee.
pub(crate) fn next_request(parameters: &Parameters, ids: &[&str]) -> Result<v1::BatchListOrdersRequest, Failure> {
    let from = from(parameters)?;
    let list = |id: &&str| {
        let filter = v1::OrderFilter { starts_from: from, employee_id: (*id).to_owned(), ..v1::OrderFilter::default() };
        v1::ListOrdersRequest { filter: Some(filter), page_size: Some(3), ..v1::ListOrdersRequest::default() }
    };
    Ok(v1::BatchListOrdersRequest {
        requests: ids.iter().map(list).collect(),
        read_mask: only(&["id", "status", "starts_at", "customer_name"]),
        omit_cursors: true,
    })
}

async fn next_orders(app: &App, call: &Call, parameters: &Parameters, ids: &[&str]) -> Result<Vec<v1::OrdersPageResult>, Failure> {
    let request = next_request(parameters, ids)?;
    Ok(app.order.clone().batch_list_orders(call.request(request)).await?.into_inner().results)
}

fn on_page(answer: &v1::OrdersPageResult) -> &[v1::Order] {
    match &answer.result {
        Some(v1::orders_page_result::Result::Page(page)) => &page.orders,
        _ => &[],
    }
}

/// An order; `C` is its customer and `E` an employee, as far as they are found.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order<'a, C, E> {
    pub(crate) id: GlobalId<'a>,
    pub(crate) status: Option<&'static str>,
    pub(crate) starts_at: Option<Displayed<kernel::Timestamp>>,
    pub(crate) customer: C,
    pub(crate) employees: Vec<E>,
}

#[derive(Default, Serialize)]
pub(crate) struct Customer<'a> {
    pub(crate) id: GlobalId<'a>,
    pub(crate) name: &'a str,
}

#[derive(Default, Serialize)]
pub(crate) struct Employee<'a> {
    pub(crate) id: GlobalId<'a>,
    pub(crate) name: FullName<'a>,
    pub(crate) orders: Page<'a, NextOrder<'a>>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NextOrder<'a> {
    pub(crate) id: GlobalId<'a>,
    pub(crate) status: Option<&'static str>,
    pub(crate) starts_at: Option<Displayed<kernel::Timestamp>>,
    pub(crate) customer_name: &'a str,
}

impl<'a> Order<'a, Option<Customer<'a>>, Option<Employee<'a>>> {
    fn of(
        order: &'a v1::Order,
        customers: &HashMap<&str, &'a customer::Customer>,
        employees: &HashMap<&str, &'a employee::Employee>,
        next: &Next<'a>,
    ) -> Self {
        let customer = customers.get(order.customer_id.as_str());
        let employee = |assignment: &v1::Assignment| employees.get(assignment.employee_id.as_str()).map(|it| Employee::of(it, next));
        Self {
            id: GlobalId("order", &order.id),
            status: value(order.status().as_str_name(), "ORDER_STATUS_"),
            starts_at: time(order.starts_at.as_ref()),
            customer: customer.map(|customer| Customer { id: GlobalId("customer", &customer.id), name: &customer.name }),
            employees: order.assignments.iter().map(employee).collect(),
        }
    }
}

impl<'a> Employee<'a> {
    fn of(employee: &'a employee::Employee, next: &Next<'a>) -> Self {
        let orders = next.get(employee.id.as_str()).copied().unwrap_or_default();
        Self {
            id: GlobalId("employee", &employee.id),
            name: FullName { first: &employee.first_name, last: &employee.last_name },
            orders: Page { nodes: orders.iter().map(NextOrder::of).collect(), page_info: None },
        }
    }
}

impl<'a> NextOrder<'a> {
    fn of(order: &'a v1::Order) -> Self {
        Self {
            id: GlobalId("order", &order.id),
            status: value(order.status().as_str_name(), "ORDER_STATUS_"),
            starts_at: time(order.starts_at.as_ref()),
            customer_name: &order.customer_name,
        }
    }
}
