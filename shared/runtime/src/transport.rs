//! Calling a service: in this process without sockets, or elsewhere over HTTP/2. The caller can't tell which.
//!
//! | module | what |
//! |---|---|
//! | `remote` | a call to a service elsewhere: its deadline, and when it is sent again |
//! | `replicas` | the replicas of a service: which there are, and which takes the next call |
//! | `replica` | one replica: its connection, made, lost and made again |
//! | `connection` | a connection over HTTP/2, and whether it is still there |
//! | `address` | where a service is, as settings say it, and the names in it |
//! | `body` | messages on their way: requests that can be sent again, answers that are waited for |
//! | `unary` | a call as one request and one answer, without streams |

mod address;
mod body;
mod connection;
mod remote;
mod replica;
mod replicas;
mod unary;

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use contracts::view::Query;
use futures::{FutureExt as _, future::BoxFuture};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use tonic::{Status, body::Body};
use tower::Service;

pub use address::{Resolve, TransportError};
pub use remote::Remote;
pub(crate) use remote::lost;

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
    /// The body of the answer to a request of that body.
    fn query(&self, request: Request<Bytes>) -> BoxFuture<'static, Result<Bytes, Status>>;
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

    /// Calls the service at `addresses`: `http://host:port`, or several with commas between, one for each replica. A host
    /// may be a name of several addresses, each a replica; it is looked up again as long as there are calls, so that
    /// replicas may come and go. Connections are made at the first call, and again when they were lost.
    ///
    /// Each call goes to the replica with the fewest calls under way. One that certainly reached none – the
    /// connection could not be made, was lost before, or the replica is stopping – is sent to another. One that a
    /// replica may have done is sent again only where the contract says that it has no side effects, twice at most.
    ///
    /// # Errors
    /// [`TransportError`] where `addresses` are none.
    pub fn remote(addresses: &str, settings: &Remote) -> Result<Self, TransportError> {
        Self::remote_by(addresses, settings, Arc::new(address::System))
    }

    /// As [`remote`](Self::remote), with names looked up by `resolver`.
    ///
    /// # Errors
    /// As there.
    pub fn remote_by(addresses: &str, settings: &Remote, resolver: Arc<dyn Resolve>) -> Result<Self, TransportError> {
        Ok(Self(Arc::new(remote::Calls::new(addresses, settings, resolver)?)))
    }
}

impl Query for Transport {
    async fn query(&self, path: &'static str, headers: HeaderMap, body: Bytes) -> Result<Bytes, Status> {
        self.0.query(unary::request(path, headers, body)).await
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

    fn query(&self, request: Request<Bytes>) -> BoxFuture<'static, Result<Bytes, Status>> {
        let answer = self.0.clone().call(request.map(|body| Body::new(Full::new(body))));
        async move {
            let Ok(response) = answer.await;
            let (head, body) = response.into_parts();
            let body = body.collect().await?;
            unary::answer(&head, body.trailers().cloned().as_ref(), body.to_bytes())
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
