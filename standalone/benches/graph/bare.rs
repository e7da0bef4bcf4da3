//! The lower limit: the handlers of `handwritten` on the crate `h2` alone, with answers that are read in place.
//!
//! A call is a stream of HTTP/2 on the one connection to its service. No message is made of an answer: its fields go
//! from the wire straight into what is serialised, and text stays in the answer's bytes. It neither connects again nor
//! chooses among replicas.
//!
//! | module | what |
//! |---|---|
//! | [`service`] | a connection, and gRPC calls on it |
//! | [`wire`] | the wire format of protobuf, read in place |
//! | [`answers`] | what answers of several methods have in common |
//! | [`large`], [`deep`], [`small`], [`list`], [`one`] | the handlers, and how what they write is read |

mod answers;
mod deep;
mod large;
mod list;
mod one;
mod service;
mod small;
mod wire;

use std::sync::Arc;

use axum::{Router, routing::get};
use bytes::Bytes;
use contracts::crm::{customer::v1 as customer, employee::v1 as employee, order::v1 as order};
use gateway::Settings;
use runtime::Verifier;

use crate::{
    call::{Call, Failure, Verifies},
    handwritten::large::{distinct, only},
    server,
};
use answers::Linked;
use service::Service;

/// The argument with which the benchmark's program is this contestant.
pub(crate) const COMMAND: &str = "bare";

/// What the handlers work with.
struct App {
    verifier: Verifier,
    auth: Service,
    employee: Service,
    customer: Service,
    order: Service,
}

/// Serves until it is killed.
pub(crate) fn run() -> anyhow::Result<()> {
    server::run(async |settings| {
        let routes = Router::new()
            .route("/large", get(large::large))
            .route("/deep", get(deep::deep))
            .route("/small", get(small::small))
            .route("/list", get(list::list))
            .route("/one", get(one::one));
        Ok(routes.with_state(Arc::new(App::connect(&settings).await?)))
    })
}

impl App {
    async fn connect(settings: &Settings) -> anyhow::Result<Self> {
        let services = &settings.services;
        Ok(Self {
            verifier: server::verifier(settings)?,
            auth: Service::connect(&services.auth).await?,
            employee: Service::connect(&services.employee).await?,
            customer: Service::connect(&services.customer).await?,
            order: Service::connect(&services.order).await?,
        })
    }

    /// Lists of orders.
    async fn orders(&self, call: &Call, request: &order::BatchListOrdersRequest) -> Result<Bytes, Failure> {
        self.order.call(call, "/crm.order.v1.OrderService/BatchListOrders", request).await
    }

    /// The customers of orders.
    async fn customers<R>(&self, call: &Call, orders: &[Linked<'_, R>], fields: &[&str]) -> Result<Bytes, Failure> {
        let ids = distinct(orders.iter().map(|order| order.customer));
        let request = customer::BatchGetCustomersRequest { ids, read_mask: only(fields) };
        self.customer.call(call, "/crm.customer.v1.CustomerService/BatchGetCustomers", &request).await
    }

    /// The employees of orders.
    async fn employees<R>(&self, call: &Call, orders: &[Linked<'_, R>], fields: &[&str]) -> Result<Bytes, Failure> {
        let ids = distinct(orders.iter().flat_map(|order| order.employees.iter().copied()));
        let request = employee::BatchGetEmployeesRequest { ids, read_mask: only(fields) };
        self.employee.call(call, "/crm.employee.v1.EmployeeService/BatchGetEmployees", &request).await
    }
}

impl Verifies for App {
    fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}
