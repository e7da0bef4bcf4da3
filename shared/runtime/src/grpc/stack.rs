//! The layers round the methods of a service, the same for every call, from this process or elsewhere.
//!
//! From the outside in: span, log and metric; deadline; panics; token; the method. They are steps of one
//! function rather than a layer each, because a call passes them at every level of a query.

use std::{
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{FutureExt as _, future::BoxFuture};
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};
use tonic::{Status, body::Body, service::Routes};
use tower::Service;
use tracing::Instrument as _;

use super::{
    access,
    deadline::{self, DeadlineBody},
    method::Method,
    observe::{self, Call},
};
use crate::{Verifier, telemetry::Durations};

/// A service's methods within their layers.
#[derive(Clone)]
pub(super) struct Stack(Arc<Parts>);

struct Parts {
    routes: Routes,
    verifier: Arc<Verifier>,
    call_timeout: Duration,
    durations: Durations,
}

impl Stack {
    pub(super) fn new(routes: Routes, verifier: Arc<Verifier>, call_timeout: Duration) -> Self {
        Self(Arc::new(Parts { routes: routes.prepare(), verifier, call_timeout, durations: observe::durations() }))
    }

    async fn handle(self, request: Request<Body>) -> Response<Body> {
        let parts = &*self.0;
        let method = Method::at(request.uri().path());
        let call = Call::begin(method, request.headers(), &parts.durations);
        let asked = deadline::asked(request.headers());
        let at = Instant::now() + asked.unwrap_or(parts.call_timeout).min(parts.call_timeout);

        let answer = AssertUnwindSafe(parts.answer(method, request)).catch_unwind();
        let response = match timeout_at(at, answer).instrument(call.span()).await {
            Ok(Ok(response)) => response,
            // The panic itself is in the log, with its place.
            Ok(Err(_)) => Status::internal("internal error").into_http(),
            Err(_) => deadline::exceeded().into_http(),
        };
        call.end(&response);
        match asked {
            // Also what follows the head, where the caller set a deadline; streams without one may go on.
            Some(_) => response.map(|body| Body::new(DeadlineBody::new(body, at, method.service.to_owned()))),
            None => response,
        }
    }
}

impl Parts {
    async fn answer(&self, method: Method, mut request: Request<Body>) -> Response<Body> {
        if let Err(error) = access::check(&self.verifier, method, &mut request).await {
            return observe::status(error).into_http();
        }
        let Ok(response) = self.routes.clone().call(request).await;
        response
    }
}

impl Service<Request<Body>> for Stack {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.clone().handle(request).map(Ok).boxed()
    }
}

impl Service<Request<Incoming>> for Stack {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        self.clone().handle(request.map(Body::new)).map(Ok).boxed()
    }
}
