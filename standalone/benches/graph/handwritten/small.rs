//! One order by its id, with its customer: two calls, one after the other.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::Response,
};
use contracts::crm::{customer::v1 as customer, order::v1};
use serde::{Deserialize, Serialize};

use super::{
    App,
    json::{Address, Displayed, GlobalId, Price, optional, time, value},
};
use crate::call::{Call, Failure};

/// Which order.
#[derive(Deserialize)]
pub(crate) struct Parameters {
    pub(crate) id: String,
}

pub(super) async fn small(State(app): State<Arc<App>>, Query(parameters): Query<Parameters>, call: Call) -> Result<Response, Failure> {
    let id = parameters.id.strip_prefix("order_").unwrap_or_default().to_owned();
    let order = app.order.clone().get_order(call.request(v1::GetOrderRequest { id })).await?.into_inner().order.unwrap_or_default();
    let request = customer::GetCustomerRequest { id: order.customer_id.clone() };
    let customer = app.customer.clone().get_customer(call.request(request)).await?.into_inner().customer;
    call.answer(Data { order: Order::of(&order, customer.as_ref()) })
}

#[derive(Serialize)]
pub(crate) struct Data<'a> {
    pub(crate) order: Order<'a>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order<'a> {
    pub(crate) id: GlobalId<'a>,
    pub(crate) version: u64,
    pub(crate) status: Option<&'static str>,
    pub(crate) starts_at: Option<Displayed<kernel::Timestamp>>,
    pub(crate) ends_at: Option<Displayed<kernel::Timestamp>>,
    pub(crate) client_comments: Option<&'a str>,
    pub(crate) address: Option<Address<'a>>,
    pub(crate) checklist: Vec<ChecklistItem<'a>>,
    pub(crate) price: Option<Price>,
    pub(crate) customer: Option<Customer<'a>>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChecklistItem<'a> {
    pub(crate) text: &'a str,
    pub(crate) done_at: Option<Displayed<kernel::Timestamp>>,
}

#[derive(Default, Serialize)]
pub(crate) struct Customer<'a> {
    pub(crate) id: GlobalId<'a>,
    pub(crate) name: &'a str,
    pub(crate) phone: &'a str,
    pub(crate) email: Option<&'a str>,
}

impl<'a> Order<'a> {
    fn of(order: &'a v1::Order, customer: Option<&'a customer::Customer>) -> Self {
        let item = |item: &'a v1::ChecklistItem| ChecklistItem { text: &item.text, done_at: time(item.done_at.as_ref()) };
        Self {
            id: GlobalId("order", &order.id),
            version: order.version,
            status: value(order.status().as_str_name(), "ORDER_STATUS_"),
            starts_at: time(order.starts_at.as_ref()),
            ends_at: time(order.ends_at.as_ref()),
            client_comments: optional(&order.client_comments),
            address: order.address.as_ref().map(Address::from),
            checklist: order.checklist.iter().map(item).collect(),
            price: order.price.as_ref().map(|price| Price::of(price.total.as_ref())),
            customer: customer.map(Customer::of),
        }
    }
}

impl<'a> Customer<'a> {
    fn of(customer: &'a customer::Customer) -> Self {
        let (name, phone, email) = (&customer.name, &customer.phone, optional(&customer.email));
        Self { id: GlobalId("customer", &customer.id), name, phone, email }
    }
}
