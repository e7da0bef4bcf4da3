//! The HTTP edge.
//!
//! | route | what |
//! |---|---|
//! | `POST /graphql`, `GET /graphql` | [`graphql`]: operations, by the GraphQL-over-HTTP specification |
//! | `GET /graphiql` | [`graphiql`]: the page for developers, where it is switched on |
//! | `GET`, `PUT /photos/…` | [`photos`]: photos of employees |
//! | `GET /healthz`, `GET /readyz` | [`health`] |

mod answer;
pub(crate) mod graphiql;
mod graphql;
pub(crate) mod health;
pub(crate) mod photos;

use std::{ops::Deref, sync::Arc};

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, header},
    response::Redirect,
    routing::{any, get, put},
};
use kernel::{Error, Principal};
use opentelemetry::metrics::Histogram;
use runtime::{
    Verifier,
    telemetry::{Durations, Entrance},
};
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer};

use crate::{
    clients::Clients,
    operation::{Limits, Operations},
    settings::{Development, Edge},
};

/// What every route works with.
pub(crate) struct State {
    clients: Arc<Clients>,
    shared: Arc<Shared>,
}

/// What the routes of all runtimes work with.
pub(crate) struct Shared {
    operations: Operations,
    verifier: Arc<Verifier>,
    limits: Edge,
    development: Development,
    entrance: Entrance,
    durations: Durations,
    calls: Histogram<u64>,
}

impl State {
    pub(crate) fn new(clients: Clients, shared: Arc<Shared>) -> Self {
        Self { clients: Arc::new(clients), shared }
    }
}

impl Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Shared {
    pub(crate) fn new(verifier: Arc<Verifier>, limits: Edge, development: Development) -> Self {
        Self {
            operations: Operations::new(Limits { items: limits.max_items, fields: limits.max_fields })
                .trusting(limits.trusted_operations.clone(), limits.trusted_only),
            verifier,
            limits,
            development,
            entrance: Entrance::new(),
            durations: Durations::new("graphql.server.request.duration", "how long GraphQL requests take"),
            calls: runtime::telemetry::meter()
                .u64_histogram("graphql.server.request.rpcs")
                .with_description("how many gRPC calls a GraphQL request makes")
                .with_boundaries(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 25.0])
                .build(),
        }
    }

    /// The token of a request, as a header, and whose it is; `None` for a request without one.
    async fn credentials(&self, headers: &HeaderMap) -> kernel::Result<Option<(HeaderValue, Principal)>> {
        let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
        let token = value
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| Error::unauthenticated("INVALID_TOKEN", "the Authorization header must be: Bearer, a blank, an access token"))?;
        let principal = self.verifier.verify(token).await?;
        // A copy: the header is a part of all that was read with it, which would be kept for as long as a connection remembers the token.
        let bearer = HeaderValue::try_from(["Bearer ", token].concat()).map_err(|_| Error::internal("a header's end is no header"))?;
        Ok(Some((bearer, principal)))
    }
}

/// All routes; `ready` is what readiness depends on.
pub(crate) fn routes(state: State, ready: health::Ready) -> Router {
    let graphiql_on = state.development.graphiql;
    let mut router = Router::new()
        .route("/graphql", any(graphql::graphql))
        .route("/photos/{employee}/{version}", get(photos::show))
        .route("/photos/{employee}", put(photos::replace))
        .with_state(Arc::new(state))
        .merge(health::routes(ready));
    if graphiql_on {
        router = router.route("/graphiql", get(graphiql::page)).route("/", get(|| async { Redirect::to("/graphiql") }));
    }
    // As one layer: each would have a future of its own on the heap for every request.
    router.layer((
        CatchPanicLayer::new(),
        SetResponseHeaderLayer::if_not_present(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        SetResponseHeaderLayer::if_not_present(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ))
}
