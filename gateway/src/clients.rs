//! The clients of the services.

use contracts::crm::{
    auth::v1::auth_service_client::AuthServiceClient, customer::v1::customer_service_client::CustomerServiceClient,
    employee::v1::employee_service_client::EmployeeServiceClient, order::v1::order_service_client::OrderServiceClient,
};
use runtime::Transport;

/// The largest answer accepted from a service, in bytes.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// A client of each service; cheap to clone. What is sent is made by [`Scope::request`](crate::scope::Scope::request).
#[derive(Clone)]
pub struct Clients {
    pub(crate) auth: AuthServiceClient<Transport>,
    pub(crate) employee: EmployeeServiceClient<Transport>,
    pub(crate) customer: CustomerServiceClient<Transport>,
    pub(crate) order: OrderServiceClient<Transport>,
}

impl Clients {
    /// Clients over the given transports.
    #[must_use]
    pub fn new(auth: Transport, employee: Transport, customer: Transport, order: Transport) -> Self {
        Self {
            auth: AuthServiceClient::new(auth).max_decoding_message_size(MAX_ANSWER),
            employee: EmployeeServiceClient::new(employee).max_decoding_message_size(MAX_ANSWER),
            customer: CustomerServiceClient::new(customer).max_decoding_message_size(MAX_ANSWER),
            order: OrderServiceClient::new(order).max_decoding_message_size(MAX_ANSWER),
        }
    }
}
