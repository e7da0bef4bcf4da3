//! The limit: a handler for each query, as somebody would write it by hand for that query alone.
//!
//! It checks the same token as the gateway, makes the fewest gRPC calls that the query needs, those of a level at the
//! same time, and writes structs that borrow from the answers. It has no GraphQL, logs, traces or metrics.
//!
//! | module | what |
//! |---|---|
//! | [`call`] | a request's token, its gRPC calls, its answer |
//! | [`json`] | values as the answers have them |
//! | [`large`], [`deep`], [`small`], [`list`], [`one`] | the handlers |

mod call;
mod deep;
mod json;
mod large;
mod list;
mod one;
mod small;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    routing::get,
    serve::{ListenerExt as _, serve},
};
use contracts::crm::{
    auth::v1::auth_service_client::AuthServiceClient, customer::v1::customer_service_client::CustomerServiceClient,
    employee::v1::employee_service_client::EmployeeServiceClient, order::v1::order_service_client::OrderServiceClient,
};
use kernel::Env;
use runtime::{Transport, Verifier, net, settings::Settings, token::RemoteKeys, transport::Remote};
use tonic::transport::{Channel, Endpoint};

/// The argument with which the benchmark's program is this contestant.
pub(crate) const COMMAND: &str = "handwritten";

/// What the handlers work with.
struct App {
    verifier: Verifier,
    auth: AuthServiceClient<Channel>,
    employee: EmployeeServiceClient<Channel>,
    customer: CustomerServiceClient<Channel>,
    order: OrderServiceClient<Channel>,
}

/// Serves until it is killed. It is set up as the gateway is, by the same variables.
pub(crate) fn run() -> anyhow::Result<()> {
    let settings: gateway::Settings = Settings::from_environment("GATEWAY", &[("", gateway::settings::DEFAULTS)])?.extract()?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = net::bind("http.port", settings.http.address, settings.http.port).await?;
        let app = Arc::new(App::new(&settings)?);
        let routes = Router::new()
            .route("/large", get(large::large))
            .route("/deep", get(deep::deep))
            .route("/small", get(small::small))
            .route("/list", get(list::list))
            .route("/one", get(one::one))
            .route("/readyz", get(|| async { "ok" }))
            .with_state(app);
        // As every server of ours has it: answers are small, and not to wait for more.
        Ok(serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), routes).await?)
    })
}

impl App {
    fn new(settings: &gateway::Settings) -> anyhow::Result<Self> {
        let services = &settings.services;
        let keys = RemoteKeys::new(Transport::remote(&services.auth, &Remote::default())?);
        Ok(Self {
            verifier: Verifier::new(&settings.auth.issuer, &settings.auth.audience, Arc::new(keys), Env::system()),
            auth: AuthServiceClient::new(channel(&services.auth)?),
            employee: EmployeeServiceClient::new(channel(&services.employee)?),
            customer: CustomerServiceClient::new(channel(&services.customer)?),
            order: OrderServiceClient::new(channel(&services.order)?),
        })
    }
}

fn channel(uri: &str) -> anyhow::Result<Channel> {
    Ok(Endpoint::from_shared(uri.to_owned())?.connect_timeout(Duration::from_secs(2)).tcp_nodelay(true).connect_lazy())
}
