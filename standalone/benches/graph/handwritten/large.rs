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
    call::{Call, Failure},
    json::{Address, Displayed, GlobalId, Page, PageInfo, Price, time, value},
};

const ORDERS: &[&str] = &[
    "id",
    "version",
    "status",
    "service_type",
    "starts_at",
    "ends_at",
    "crew_size",
    "needs_crew",
    "address",
    "price",
    "customer_id",
    "assignments",
];
const CUSTOMERS: &[&str] = &["id", "type", "name", "phone"];
const EMPLOYEES: &[&str] = &["id", "first_name", "last_name", "phone"];

/// What the orders are asked by.
#[derive(Deserialize)]
pub(super) struct Parameters {
    pub(super) from: String,
}

pub(super) async fn large(State(app): State<Arc<App>>, Query(parameters): Query<Parameters>, call: Call) -> Result<Response, Failure> {
    let page = orders(&app, &call, &parameters, ORDERS).await?;
    let (customers, employees) =
        tokio::try_join!(customers(&app, &call, &page.orders, CUSTOMERS), employees(&app, &call, &page.orders, EMPLOYEES))?;
    let (customers, employees) = (customers_by_id(&customers), employees_by_id(&employees));
    let nodes = page.orders.iter().map(|order| Order::of(order, &customers, &employees)).collect();
    call.answer(Data { orders: Page { nodes, page_info: Some(PageInfo::of(&page.cursors, &page.next_page_token)) } })
}

/// The first 50 orders from that time on.
/// A mask of these fields.
pub(super) fn only(fields: &[&str]) -> Option<FieldMask> {
    Some(FieldMask { paths: fields.iter().map(|field| (*field).to_owned()).collect() })
}

pub(super) async fn orders(app: &App, call: &Call, parameters: &Parameters, fields: &[&str]) -> Result<v1::ListOrdersResponse, Failure> {
    let filter = v1::OrderFilter { starts_from: from(parameters)?, ..v1::OrderFilter::default() };
    let list = v1::ListOrdersRequest { filter: Some(filter), page_size: Some(50), ..v1::ListOrdersRequest::default() };
    let request = v1::BatchListOrdersRequest { requests: vec![list], read_mask: only(fields) };
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

pub(super) async fn customers(
    app: &App,
    call: &Call,
    orders: &[v1::Order],
    fields: &[&str],
) -> Result<Vec<customer::CustomerResult>, Failure> {
    let ids: HashSet<&String> = orders.iter().map(|order| &order.customer_id).collect();
    let request = customer::BatchGetCustomersRequest { ids: ids.into_iter().cloned().collect(), read_mask: only(fields) };
    Ok(app.customer.clone().batch_get_customers(call.request(request)).await?.into_inner().results)
}

pub(super) async fn employees(
    app: &App,
    call: &Call,
    orders: &[v1::Order],
    fields: &[&str],
) -> Result<Vec<employee::EmployeeResult>, Failure> {
    let ids: HashSet<&String> = orders.iter().flat_map(|order| &order.assignments).map(|assignment| &assignment.employee_id).collect();
    let request = employee::BatchGetEmployeesRequest { ids: ids.into_iter().cloned().collect(), read_mask: only(fields) };
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

#[derive(Serialize)]
struct Data<'a> {
    orders: Page<'a, Order<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Order<'a> {
    id: GlobalId<'a>,
    version: u64,
    status: Option<&'static str>,
    service_type: Option<&'static str>,
    starts_at: Option<Displayed<kernel::Timestamp>>,
    ends_at: Option<Displayed<kernel::Timestamp>>,
    crew_size: i32,
    needs_crew: bool,
    address: Option<Address<'a>>,
    price: Option<Price>,
    customer: Option<Customer<'a>>,
    employees: Vec<Option<Employee<'a>>>,
}

#[derive(Serialize)]
struct Customer<'a> {
    id: GlobalId<'a>,
    r#type: Option<&'static str>,
    name: &'a str,
    phone: &'a str,
}

#[derive(Serialize)]
struct Employee<'a> {
    id: GlobalId<'a>,
    name: String,
    phone: &'a str,
}

impl<'a> Order<'a> {
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
        let name = format!("{} {}", employee.first_name, employee.last_name);
        Self { id: GlobalId("employee", &employee.id), name, phone: &employee.phone }
    }
}
