//! 20 customers: one call.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use contracts::crm::customer::v1;
use serde::Serialize;

use super::{
    App,
    json::{GlobalId, Page, PageInfo, optional, value},
};
use crate::call::{Call, Failure};

pub(super) async fn list(State(app): State<Arc<App>>, call: Call) -> Result<Response, Failure> {
    let request = v1::ListCustomersRequest { page_size: Some(20), ..v1::ListCustomersRequest::default() };
    let page = app.customer.clone().list_customers(call.request(request)).await?.into_inner();
    let nodes = page.customers.iter().map(Customer::of).collect();
    call.answer(Data { customers: Page { nodes, page_info: Some(PageInfo::of(&page.cursors, &page.next_page_token)) } })
}

#[derive(Serialize)]
pub(crate) struct Data<'a> {
    pub(crate) customers: Page<'a, Customer<'a>>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Customer<'a> {
    pub(crate) id: GlobalId<'a>,
    pub(crate) r#type: Option<&'static str>,
    pub(crate) name: &'a str,
    pub(crate) phone: &'a str,
    pub(crate) email: Option<&'a str>,
    pub(crate) status: Option<&'static str>,
    pub(crate) order_count: u32,
    pub(crate) properties: Vec<Property<'a>>,
}

#[derive(Default, Serialize)]
pub(crate) struct Property<'a> {
    pub(crate) label: Option<&'a str>,
    pub(crate) address: Option<Address<'a>>,
}

#[derive(Default, Serialize)]
pub(crate) struct Address<'a> {
    pub(crate) street: &'a str,
    pub(crate) city: &'a str,
}

impl<'a> Customer<'a> {
    fn of(customer: &'a v1::Customer) -> Self {
        Self {
            id: GlobalId("customer", &customer.id),
            r#type: value(customer.r#type().as_str_name(), "CUSTOMER_TYPE_"),
            name: &customer.name,
            phone: &customer.phone,
            email: optional(&customer.email),
            status: value(customer.status().as_str_name(), "CUSTOMER_STATUS_"),
            order_count: customer.order_count,
            properties: customer.properties.iter().map(Property::of).collect(),
        }
    }
}

impl<'a> Property<'a> {
    fn of(property: &'a v1::Property) -> Self {
        let address = property.address.as_ref().map(|address| Address { street: &address.street, city: &address.city });
        Self { label: optional(&property.label), address }
    }
}
