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
mod metrics;
pub(crate) mod photos;

use std::{
    convert::Infallible,
    ops::Deref,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, put},
};
use futures::{FutureExt as _, future::BoxFuture};
use kernel::{Error, Principal};
use runtime::{Verifier, telemetry::Entrance, token};
use tower::Service;

use self::metrics::Metrics;
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
    metrics: Metrics,
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
            metrics: Metrics::new(),
        }
    }

    /// The header with the token of a request, and whose it is; `None` for a request without one.
    async fn credentials(&self, headers: &HeaderMap) -> kernel::Result<Option<(HeaderValue, Principal)>> {
        let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
        let token = token::bearer(value)
            .ok_or_else(|| Error::unauthenticated("INVALID_TOKEN", "the Authorization header must be: Bearer, a blank, an access token"))?;
        Ok(Some((value.clone(), self.verifier.verify(token).await?)))
    }
}

/// All routes. Operations, which are nearly all that is asked for, don't pass through the router; and what is done for every answer is
/// not a layer each, with a future of its own on the heap.
#[derive(Clone)]
pub(crate) struct Routes(Arc<dyn Fn(Request) -> Answer + Send + Sync>);

type Answer = BoxFuture<'static, Result<Response, Infallible>>;

impl Routes {
    /// `ready` is what readiness depends on.
    pub(crate) fn new(state: State, ready: health::Ready) -> Self {
        let state = Arc::new(state);
        let photos =
            Router::new().route("/photos/{employee}/{version}", get(photos::show)).route("/photos/{employee}", put(photos::replace));
        let mut others = photos.with_state(state.clone()).merge(health::routes(ready));
        if state.development.graphiql {
            others = others.route("/graphiql", get(graphiql::page)).route("/", get(|| async { Redirect::to("/graphiql") }));
        }
        Self(Arc::new(move |request| respond(state.clone(), others.clone(), request).map(Ok).boxed()))
    }
}

async fn respond(state: Arc<State>, mut others: Router, request: Request) -> Response {
    let answer = async {
        match request.uri().path() {
            "/graphql" => graphql::graphql(&state, request).await,
            _ => others.call(request).await.unwrap_or_else(|never| match never {}),
        }
    };
    // The panic itself is in the log, with its place.
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    let mut response = answer.unwrap_or_else(|_| (StatusCode::INTERNAL_SERVER_ERROR, "internal error").into_response());
    for (name, value) in [(header::REFERRER_POLICY, "no-referrer"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")] {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

impl<B> Service<http::Request<B>> for Routes
where
    B: HttpBody<Data = Bytes, Error: Into<axum::BoxError>> + Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        (self.0)(request.map(Body::new))
    }
}
