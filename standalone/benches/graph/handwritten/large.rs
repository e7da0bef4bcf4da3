//! 50 orders, each with its customer and its employees: three calls on two levels.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::{
    extract::{Query, State},
    response::Response,
};
use contracts::crm::{customer::v1 as customer, employee::v1 as employee, order::v1};
use prost_types::FieldMask;
use serde::{Deserialize, Serialize};

use super::{
    App,
    json::{Address, Displayed, FullName, GlobalId, Page, PageInfo, Price, time, value},
};
use crate::call::{Call, Failure};

pub(crate) const ORDERS: &[&str] = &[
    "id",
    "version",
    "status",
    "service_type",
    "starts_at",
    "ends_at",
    "crew_size",
    "needs_crew",
    "address.street",
    "address.city",
    "address.postal_code",
    "price.total",
    "customer_id",
    "assignments",
];
pub(crate) const CUSTOMERS: &[&str] = &["id", "type", "name", "phone"];
pub(crate) const EMPLOYEES: &[&str] = &["id", "first_name", "last_name", "phone"];

/// What the orders are asked by.
#[derive(Deserialize)]
pub(crate) struct Parameters {
    pub(crate) from: String,
}

pub(super) async fn large(State(app): State<Arc<App>>, Query(parameters): Query<Parameters>, call: Call) -> Result<Response, Failure> {
    let page = orders(&app, &call, orders_request(&parameters, ORDERS)?).await?;
    let (customers, employees) =
        tokio::try_join!(customers(&app, &call, &page.orders, CUSTOMERS), employees(&app, &call, &page.orders, EMPLOYEES))?;
    let (customers, employees) = (customers_by_id(&customers), employees_by_id(&employees));
    let nodes = page.orders.iter().map(|order| Order::of(order, &customers, &employees)).collect();
    call.answer(Data { orders: Page { nodes, page_info: Some(PageInfo::of(&page.cursors, &page.next_page_token)) } })
}

/// A mask of these fields.
pub(crate) fn only(fields: &[&str]) -> Option<FieldMask> {
    Some(FieldMask { paths: fields.iter().map(|field| (*field).to_owned()).collect() })
}

/// Asks for the first 50 orders from that time on.
pub(crate) fn orders_request(parameters: &Parameters, fields: &[&str]) -> Result<v1::BatchListOrdersRequest, Failure> {
    let filter = v1::OrderFilter { starts_from: from(parameters)?, ..v1::OrderFilter::default() };
    let list = v1::ListOrdersRequest { filter: Some(filter), page_size: Some(50), ..v1::ListOrdersRequest::default() };
    Ok(v1::BatchListOrdersRequest { requests: vec![list], read_mask: only(fields), omit_cursors: false })
}

pub(super) async fn orders(app: &App, call: &Call, request: v1::BatchListOrdersRequest) -> Result<v1::ListOrdersResponse, Failure> {
    let answer = app.order.clone().batch_list_orders(call.request(request)).await?.into_inner().results.pop();
    match answer.and_then(|answer| answer.result) {
        Some(v1::orders_page_result::Result::Page(page)) => Ok(page),
        _ => Err(tonic::Status::internal("no page").into()),
    }
}

pub(super) fn from(parameters: &Parameters) -> Result<Option<prost_types::Timestamp>, Failure> {
    let from = kernel::Timestamp::parse("from", &parameters.from).map_err(|error| tonic::Status::invalid_argument(error.to_string()))?;
    Ok(Some(contracts::write::timestamp(from)))
}

/// Each of them once.
pub(crate) fn distinct<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    ids.collect::<HashSet<_>>().into_iter().map(str::to_owned).collect()
}

pub(super) async fn customers(
    app: &App,
    call: &Call,
    orders: &[v1::Order],
    fields: &[&str],
) -> Result<Vec<customer::CustomerResult>, Failure> {
    let ids = distinct(orders.iter().map(|order| order.customer_id.as_str()));
    let request = customer::BatchGetCustomersRequest { ids, read_mask: only(fields) };
    Ok(app.customer.clone().batch_get_customers(call.request(request)).await?.into_inner().results)
}

pub(super) async fn employees(
    app: &App,
    call: &Call,
    orders: &[v1::Order],
    fields: &[&str],
) -> Result<Vec<employee::EmployeeResult>, Failure> {
    let ids = distinct(orders.iter().flat_map(|order| &order.assignments).map(|assignment| assignment.employee_id.as_str()));
    let request = employee::BatchGetEmployeesRequest { ids, read_mask: only(fields) };
    Ok(app.employee.clone().batch_get_employees(call.request(request)).await?.into_inner().results)
}

pub(super) fn customers_by_id(results: &[customer::CustomerResult]) -> HashMap<&str, &customer::Customer> {
    let found = results.iter().filter_map(|result| match &result.result {
        Some(customer::customer_result::Result::Customer(customer)) => Some((result.id.as_str(), customer)),
        _ => None,
    });
    found.collect()
}

pub(super) fn employees_by_id(results: &[employee::EmployeeResult]) -> HashMap<&str, &employee::Employee> {
    let found = results.iter().filter_map(|result| match &result.result {
        Some(employee::employee_result::Result::Employee(employee)) => Some((result.id.as_str(), employee)),
        _ => None,
    });
    found.collect()
}

/// The answer; `O` is an order.
#[derive(Serialize)]
pub(crate) struct Data<'a, O> {
    pub(crate) orders: Page<'a, O>,
}

/// An order; `C` is its customer and `E` an employee, as far as they are found.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order<'a, C, E> {
    pub(crate) id: GlobalId<'a>,
    pub(crate) version: u64,
    pub(crate) status: Option<&'static str>,
    pub(crate) service_type: Option<&'static str>,
    pub(crate) starts_at: Option<Displayed<kernel::Timestamp>>,
    pub(crate) ends_at: Option<Displayed<kernel::Timestamp>>,
    pub(crate) crew_size: i32,
    pub(crate) needs_crew: bool,
    pub(crate) address: Option<Address<'a>>,
    pub(crate) price: Option<Price>,
    pub(crate) customer: C,
    pub(crate) employees: Vec<E>,
}

#[derive(Default, Serialize)]
pub(crate) struct Customer<'a> {
    pub(crate) id: GlobalId<'a>,
    pub(crate) r#type: Option<&'static str>,
    pub(crate) name: &'a str,
    pub(crate) phone: &'a str,
}

#[derive(Default, Serialize)]
pub(crate) struct Employee<'a> {
    pub(crate) id: GlobalId<'a>,
    pub(crate) name: FullName<'a>,
    pub(crate) phone: &'a str,
}

impl<'a> Order<'a, Option<Customer<'a>>, Option<Employee<'a>>> {
    fn of(
        order: &'a v1::Order,
        customers: &HashMap<&str, &'a customer::Customer>,
        employees: &HashMap<&str, &'a employee::Employee>,
    ) -> Self {
        let employee = |assignment: &v1::Assignment| employees.get(assignment.employee_id.as_str()).map(|employee| Employee::of(employee));
        Self {
            id: GlobalId("order", &order.id),
            version: order.version,
            status: value(order.status().as_str_name(), "ORDER_STATUS_"),
            service_type: value(order.service_type().as_str_name(), "SERVICE_TYPE_"),
            starts_at: time(order.starts_at.as_ref()),
            ends_at: time(order.ends_at.as_ref()),
            crew_size: order.crew_size,
            needs_crew: order.needs_crew,
            address: order.address.as_ref().map(Address::from),
            price: order.price.as_ref().map(|price| Price::of(price.total.as_ref())),
            customer: customers.get(order.customer_id.as_str()).map(|customer| Customer::of(customer)),
            employees: order.assignments.iter().map(employee).collect(),
        }
    }
}

impl<'a> Customer<'a> {
    fn of(customer: &'a customer::Customer) -> Self {
        let r#type = value(customer.r#type().as_str_name(), "CUSTOMER_TYPE_");
        Self { id: GlobalId("customer", &customer.id), r#type, name: &customer.name, phone: &customer.phone }
    }
}

impl<'a> Employee<'a> {
    fn of(employee: &'a employee::Employee) -> Self {
        let name = FullName { first: &employee.first_name, last: &employee.last_name };
        Self { id: GlobalId("employee", &employee.id), name, phone: &employee.phone }
    }
}
