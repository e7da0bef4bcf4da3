//! A service elsewhere, over HTTP/2.

use std::{convert::Infallible, time::Duration};

use futures::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use kernel::Error;
use opentelemetry::{Context, global, propagation::Injector};
use tokio::time::{Instant, timeout_at};
use tonic::{
    Status,
    body::Body,
    transport::{Channel, Endpoint},
};
use tower::{Service as _, ServiceExt as _};

use super::{Answer, Way};
use crate::{
    grpc::deadline::{self, DeadlineBody},
    net::MAX_HEADERS,
    program::describe,
};

/// How a service elsewhere is called.
#[derive(Debug, Clone)]
pub struct Remote {
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long a call may take where it sets no deadline of its own.
    pub call_timeout: Duration,
    /// How long a connection may be silent before it is asked whether it is still there.
    pub keepalive: Duration,
}

impl Default for Remote {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(2), call_timeout: Duration::from_secs(10), keepalive: Duration::from_secs(20) }
    }
}

/// An address that no service can have.
#[derive(Debug, thiserror::Error)]
#[error("{uri:?} must be an address such as http://127.0.0.1:50051")]
pub struct TransportError {
    /// What was given.
    pub uri: String,
}

pub(super) struct Connection {
    channel: Channel,
    call_timeout: Duration,
}

impl Connection {
    pub(super) fn new(uri: &str, settings: &Remote) -> Result<Self, TransportError> {
        let error = || TransportError { uri: uri.to_owned() };
        let endpoint = Endpoint::from_shared(uri.to_owned()).map_err(|_| error())?;
        if endpoint.uri().scheme_str() != Some("http") || endpoint.uri().host().is_none() {
            return Err(error());
        }
        let channel = endpoint
            .connect_timeout(settings.connect_timeout)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(settings.keepalive)
            .keep_alive_timeout(settings.keepalive / 2)
            .keep_alive_while_idle(true)
            .http2_max_header_list_size(MAX_HEADERS)
            .connect_lazy();
        Ok(Self { channel, call_timeout: settings.call_timeout })
    }
}

impl Way for Connection {
    fn call(&self, mut request: Request<Body>) -> Answer {
        let limit = deadline::asked(request.headers()).unwrap_or_else(|| {
            deadline::ask(request.headers_mut(), self.call_timeout);
            self.call_timeout
        });
        let at = Instant::now() + limit;
        global::get_text_map_propagator(|propagator| propagator.inject_context(&Context::current(), &mut Headers(request.headers_mut())));
        request.extensions_mut().clear();
        let service = service_of(request.uri().path());
        let mut channel = self.channel.clone();
        async move {
            let answer = timeout_at(at, async { channel.ready().await?.call(request).await }).await;
            let mut response = match answer {
                Ok(Ok(response)) => response.map(|body| Body::new(DeadlineBody::new(body, at, service))),
                // The channel knows the deadline as well, and may have been the first to see it pass.
                Ok(Err(_)) if Instant::now() >= at => deadline::exceeded().into_http(),
                Ok(Err(error)) => lost(&service, &error).into_http(),
                Err(_) => deadline::exceeded().into_http(),
            };
            response.extensions_mut().clear();
            Ok::<Response<Body>, Infallible>(response)
        }
        .boxed()
    }
}

/// The status of a call whose service could not be reached, or was lost on the way.
pub(crate) fn lost(service: &str, cause: &(dyn std::error::Error + 'static)) -> Status {
    tracing::warn!(rpc.service = service, error.message = describe(cause), "a service can't be reached");
    contracts::error::to_status(&Error::Unavailable(service.to_owned().into()))
}

/// The service in the path `/crm.order.v1.OrderService/GetOrder`.
fn service_of(path: &str) -> String {
    path.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned()
}

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, name: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}
