//! Calling a service: in this process without sockets, or elsewhere over HTTP/2. The caller can't tell which.

mod remote;

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use futures::{FutureExt as _, future::BoxFuture};
use http::{Request, Response};
use tonic::body::Body;
use tower::Service;

pub(crate) use remote::lost;
pub use remote::{Remote, TransportError};

/// The way to a service, under any generated client: `OrderServiceClient::new(transport)`. Clones are cheap.
///
/// What goes wrong on the way is a status too (`UNAVAILABLE`, `DEADLINE_EXCEEDED`). Dropping a call cancels it
/// at the other end.
#[derive(Clone)]
pub struct Transport(Arc<dyn Way>);

/// What a call comes to: always a response, as gRPC has it.
type Answer = BoxFuture<'static, Result<Response<Body>, Infallible>>;

trait Way: Send + Sync {
    fn call(&self, request: Request<Body>) -> Answer;
}

impl Transport {
    /// Calls `service` in this process: no sockets, no HTTP/2; the handler runs in the caller's task.
    pub fn local<S>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        Self(Arc::new(Local(service)))
    }

    /// Calls the service at `uri` (`http://host:port`). The connection is made at the first call, and again
    /// when it was lost.
    ///
    /// # Errors
    /// [`TransportError`] where `uri` is none.
    pub fn remote(uri: &str, settings: &Remote) -> Result<Self, TransportError> {
        Ok(Self(Arc::new(remote::Connection::new(uri, settings)?)))
    }
}

impl Service<Request<Body>> for Transport {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        self.0.call(request)
    }
}

struct Local<S>(S);

impl<S> Way for Local<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    fn call(&self, mut request: Request<Body>) -> Answer {
        // What doesn't cross a network doesn't cross here: neither side sees the other's extensions.
        request.extensions_mut().clear();
        let answer = self.0.clone().call(request);
        answer
            .map(|answer| {
                answer.map(|mut response| {
                    response.extensions_mut().clear();
                    response
                })
            })
            .boxed()
    }
}
