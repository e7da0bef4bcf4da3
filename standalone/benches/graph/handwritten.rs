//! The limit: a handler for each query, as somebody would write it by hand for that query alone.
//!
//! It checks the same token as the gateway, makes the fewest gRPC calls that the query needs, those of a level at the
//! same time, and writes structs that borrow from the answers. It has no GraphQL, logs, traces or metrics.
//!
//! | module | what |
//! |---|---|
//! | [`json`] | values as the answers have them |
//! | [`large`], [`deep`], [`small`], [`list`], [`one`] | the handlers |

pub(crate) mod deep;
pub(crate) mod json;
pub(crate) mod large;
pub(crate) mod list;
pub(crate) mod one;
pub(crate) mod small;

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};
use contracts::crm::{
    auth::v1::auth_service_client::AuthServiceClient, customer::v1::customer_service_client::CustomerServiceClient,
    employee::v1::employee_service_client::EmployeeServiceClient, order::v1::order_service_client::OrderServiceClient,
};
use gateway::Settings;
use runtime::Verifier;
use tonic::transport::{Channel, Endpoint};

use crate::{call::Verifies, server};

/// The argument with which the benchmark's program is this contestant.
pub(crate) const COMMAND: &str = "handwritten";

/// What the handlers work with.
pub(crate) struct App {
    verifier: Verifier,
    pub(crate) auth: AuthServiceClient<Channel>,
    pub(crate) employee: EmployeeServiceClient<Channel>,
    pub(crate) customer: CustomerServiceClient<Channel>,
    pub(crate) order: OrderServiceClient<Channel>,
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
        Ok(routes.with_state(Arc::new(App::new(&settings)?)))
    })
}

impl App {
    pub(crate) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let services = &settings.services;
        Ok(Self {
            verifier: server::verifier(settings)?,
            auth: AuthServiceClient::new(channel(&services.auth)?),
            employee: EmployeeServiceClient::new(channel(&services.employee)?),
            customer: CustomerServiceClient::new(channel(&services.customer)?),
            order: OrderServiceClient::new(channel(&services.order)?),
        })
    }
}

impl Verifies for App {
    fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

fn channel(uri: &str) -> anyhow::Result<Channel> {
    Ok(Endpoint::from_shared(uri.to_owned())?.connect_timeout(Duration::from_secs(2)).tcp_nodelay(true).connect_lazy())
}
