//! The gateway: GraphQL in front of the gRPC services.
//!
//! | module | what |
//! |---|---|
//! | `http` | the edge: negotiation, tokens, limits, GraphiQL, photos, health |
//! | `graph` | the types of the graph: one file an entity |
//! | `operation` | operations: checked, validated, planned once, executed as often as they are sent |
//! | `read` | how queries are executed: level by level, one call per batch method and level, written straight into the answer |
//! | `scope` | what one request carries: the user's token, the time left, the calls made |
//! | `clients` | the clients of the services |
//! | `cache` | what services answered of things, kept for as long as no event says otherwise |
//! | [`settings`] | what it is set up with |
//!
//! Architecture invariant: no rule of the business stands here. The gateway hands the user's own token on, and each
//! service decides for itself.

#![recursion_limit = "512"]

mod cache;
mod clients;
mod graph;
mod http;
mod operation;
mod read;
mod scope;
pub mod settings;

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use events::Bus;
use runtime::{
    Verifier,
    net::{self, Connections},
};
use tokio::{net::TcpListener, runtime::Handle};
use tokio_util::sync::CancellationToken;

pub use clients::Clients;
pub use graph::sdl;
pub use http::health::healthcheck;
pub use operation::manifest;
pub use settings::Settings;

use cache::Cache;
use settings::{Development, Edge, Http};

/// How long requests are still taken on open connections after a stop, so that clients hear on each that it ends.
const LINGER: Duration = Duration::from_secs(1);

/// The gateway, ready to serve.
pub struct Gateway {
    /// Where requests are answered.
    routes: Vec<(Handle, http::Routes)>,
    ready: http::health::Ready,
    watching: Option<(Arc<dyn Bus>, Arc<Cache>)>,
}

/// What it takes to keep what services answered.
pub struct Caching {
    /// Tells of what changes.
    pub bus: Arc<dyn Bus>,
    /// The most things of each kind.
    pub things: NonZeroUsize,
}

impl Gateway {
    /// A gateway to the services behind `clients`, which accepts the tokens that `verifier` does. It answers requests on each of these
    /// runtimes, one at least, by the clients that are the runtime's own.
    #[must_use]
    pub fn new(
        clients: Vec<(Handle, Clients)>,
        verifier: Arc<Verifier>,
        edge: Edge,
        development: Development,
        caching: Option<Caching>,
    ) -> Self {
        let watching = caching.map(|Caching { bus, things }| (bus, Arc::new(Cache::new(things))));
        let ready = http::health::Ready { stopping: CancellationToken::new(), verifier: verifier.clone() };
        let shared = Arc::new(http::Shared::new(verifier, edge, development));
        let routes = clients.into_iter().map(|(runtime, mut clients)| {
            clients.cache = watching.as_ref().map(|(_, cache)| cache.clone());
            (runtime, http::Routes::new(http::State::new(clients, shared.clone()), ready.clone()))
        });
        Self { routes: routes.collect(), ready, watching }
    }

    /// Serves until `stop`; requests under way then finish, for at most the set time. It is ready once the auth service has
    /// told the keys of access tokens, and answers before that too.
    pub async fn serve(self, listener: TcpListener, settings: &Http, stop: CancellationToken) {
        let connections = Connections::http1().at_most(settings.max_connections).linger(LINGER).drain(settings.stop_timeout);
        let retire = async {
            stop.cancelled().await;
            self.ready.stopping.cancel();
        };
        let prepare = stop.run_until_cancelled(self.ready.verifier.prepare());
        let watch = async {
            if let Some((bus, cache)) = self.watching {
                bus.watch(cache, stop.clone()).await;
            }
        };
        tokio::join!(net::serve_on(self.routes, listener, connections, stop.clone()), retire, prepare, watch);
    }
}
