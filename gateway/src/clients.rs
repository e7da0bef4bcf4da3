//! The clients of the services.

use std::sync::Arc;

use contracts::{
    crm::{
        auth::v1::auth_service_client::AuthServiceClient, customer::v1::customer_service_client::CustomerServiceClient,
        employee::v1::employee_service_client::EmployeeServiceClient, order::v1::order_service_client::OrderServiceClient,
    },
    view::crm as view,
};
use runtime::Transport;
use view::{
    auth::v1::AuthServiceQueries, customer::v1::CustomerServiceQueries, employee::v1::EmployeeServiceQueries,
    order::v1::OrderServiceQueries,
};

use crate::cache::Cache;

/// The largest answer accepted from a command, in bytes.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// Clients of each service; cheap to clone. What is sent is made by [`Scope::request`](crate::scope::Scope::request).
#[derive(Clone)]
pub struct Clients {
    pub(crate) auth: AuthServiceClient<Transport>,
    pub(crate) employee: EmployeeServiceClient<Transport>,
    pub(crate) customer: CustomerServiceClient<Transport>,
    pub(crate) order: OrderServiceClient<Transport>,
    /// Those of the methods without side effects, whose answers are read in place.
    pub(crate) queries: Queries,
    /// What they answered before.
    pub(crate) cache: Option<Arc<Cache>>,
}

/// A client of each service for queries.
#[derive(Clone)]
pub(crate) struct Queries {
    pub(crate) auth: AuthServiceQueries<Transport>,
    pub(crate) employee: EmployeeServiceQueries<Transport>,
    pub(crate) customer: CustomerServiceQueries<Transport>,
    pub(crate) order: OrderServiceQueries<Transport>,
}

impl Clients {
    /// Clients over the given transports.
    #[must_use]
    pub fn new(auth: Transport, employee: Transport, customer: Transport, order: Transport) -> Self {
        Self {
            cache: None,
            queries: Queries {
                auth: AuthServiceQueries::new(auth.clone()),
                employee: EmployeeServiceQueries::new(employee.clone()),
                customer: CustomerServiceQueries::new(customer.clone()),
                order: OrderServiceQueries::new(order.clone()),
            },
            auth: AuthServiceClient::new(auth).max_decoding_message_size(MAX_ANSWER),
            employee: EmployeeServiceClient::new(employee).max_decoding_message_size(MAX_ANSWER),
            customer: CustomerServiceClient::new(customer).max_decoding_message_size(MAX_ANSWER),
            order: OrderServiceClient::new(order).max_decoding_message_size(MAX_ANSWER),
        }
    }
}
