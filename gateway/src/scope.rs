//! What one request carries through the graph.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use async_graphql::Context;
use axum::http::{HeaderValue, header};
use kernel::{Error, Principal};
use tonic::Status;

use crate::{cache::Cache, clients::Clients};

/// The scope of one request: who asks, how much time is left, how many calls were made.
pub(crate) struct Scope {
    clients: Arc<Clients>,
    bearer: Option<Bearer>,
    viewer: Option<Principal>,
    deadline: Instant,
    calls: AtomicU32,
}

/// The user's own header. It is a part of all that was read with it, which would be kept for as long as a connection to a service
/// remembers it: services are sent a copy, made for the first call.
struct Bearer {
    header: HeaderValue,
    copy: OnceLock<HeaderValue>,
}

impl Bearer {
    fn copy(&self) -> HeaderValue {
        // What is a value already is one as a copy.
        self.copy.get_or_init(|| HeaderValue::from_bytes(self.header.as_bytes()).unwrap_or_else(|_| self.header.clone())).clone()
    }
}

impl Scope {
    /// The scope of a request that must be answered by `deadline`, with the user's own header, whose token was verified.
    pub(crate) fn new(clients: Arc<Clients>, credentials: Option<(HeaderValue, Principal)>, deadline: Instant) -> Arc<Self> {
        let (bearer, viewer) = credentials.map(|(header, viewer)| (Bearer { header, copy: OnceLock::new() }, viewer)).unzip();
        Arc::new(Self { clients, bearer, viewer, deadline, calls: AtomicU32::new(0) })
    }

    /// The scope of the request that is being executed.
    #[expect(clippy::expect_used, reason = "every request is executed with its scope; see http::graphql")]
    pub(crate) fn of<'a>(ctx: &'a Context<'_>) -> &'a Arc<Self> {
        ctx.data::<Arc<Self>>().expect("the request's scope")
    }

    /// Who asks; `None` for somebody who is not signed in.
    pub(crate) fn viewer(&self) -> Option<&Principal> {
        self.viewer.as_ref()
    }

    /// The clients of the services.
    pub(crate) fn clients(&self) -> &Clients {
        &self.clients
    }

    /// The cache, and whose answers it may give; `None` where there is none, and for somebody who is not signed in.
    pub(crate) fn cache(&self) -> Option<(&Cache, &Principal)> {
        Some((self.clients.cache.as_deref()?, self.viewer.as_ref()?))
    }

    /// A command of the viewer has ended, whatever came of it.
    pub(crate) fn wrote(&self) {
        if let Some((cache, viewer)) = self.cache() {
            cache.wrote(viewer);
        }
    }

    /// The number of gRPC calls made so far.
    pub(crate) fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Makes `message` a request: with the user's token and the time that is left; and counts it.
    pub(crate) fn request<M>(&self, message: M) -> tonic::Request<M> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut request = tonic::Request::new(message);
        request.set_timeout(self.deadline.saturating_duration_since(Instant::now()));
        if let Some(bearer) = &self.bearer {
            request.metadata_mut().as_mut().insert(header::AUTHORIZATION, bearer.copy());
        }
        request
    }

    /// The error of which a service's status tells; what callers must not see of it is logged here.
    pub(crate) fn failed(&self, status: &Status) -> Error {
        let error = contracts::error::from_status(status);
        if matches!(error, Error::Internal(_) | Error::Unavailable(_)) {
            tracing::warn!(code = ?status.code(), error.message = status.message(), "a service failed");
        }
        error
    }
}
