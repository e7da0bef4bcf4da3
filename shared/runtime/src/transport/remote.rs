//! A call to a service elsewhere: its deadline, and when it is sent again.

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt as _, future::BoxFuture};
use http::{Request, Response, Uri, request, uri::Scheme};
use kernel::Error;
use tokio::time::{Instant, timeout_at};
use tonic::{Status, body::Body};

use super::{
    Answer, Resolve, TransportError, Way,
    body::{self, Arriving},
    connection::Unanswered,
    replica::Replica,
    replicas::Replicas,
    unary,
};
use crate::{
    grpc::{
        access,
        deadline::{self, DeadlineBody},
    },
    program::describe,
    telemetry,
};

/// How often a call is sent at most, however certain it is that no replica has seen it.
const SENDINGS: usize = 5;
/// How often a call that a replica may have done is sent again at most.
const REPEATS: usize = 2;

/// How a service elsewhere is called.
#[derive(Debug, Clone)]
pub struct Remote {
    /// How long a connection may take to be made, and a name to be looked up.
    pub connect_timeout: Duration,
    /// How long a call may take where it sets no deadline of its own.
    pub call_timeout: Duration,
    /// How long a connection may be silent before it is asked whether it is still there, and how long it may take to
    /// answer. After both a replica that hangs is left out.
    pub keepalive: Duration,
    /// How old the addresses of a name may grow while there are calls. While a replica can't be reached, a second at most.
    pub fresh: Duration,
}

impl Default for Remote {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            call_timeout: Duration::from_secs(10),
            keepalive: Duration::from_secs(2),
            fresh: Duration::from_secs(5),
        }
    }
}

/// The calls to the service at some addresses.
pub(super) struct Calls {
    service: Arc<Service>,
    call_timeout: Duration,
}

struct Service {
    replicas: Replicas,
    throttle: Throttle,
}

impl Calls {
    pub(super) fn new(addresses: &str, settings: &Remote, resolver: Arc<dyn Resolve>) -> Result<Self, TransportError> {
        let replicas = Replicas::new(addresses, settings, resolver)?;
        Ok(Self { service: Arc::new(Service { replicas, throttle: Throttle::default() }), call_timeout: settings.call_timeout })
    }
}

impl Calls {
    /// Gives a call its deadline, its token and its trace: until when it must be answered.
    fn prepare(&self, head: &mut request::Parts) -> Instant {
        let limit = deadline::asked_or(&mut head.headers, self.call_timeout);
        access::remember(&mut head.headers);
        telemetry::tell(&mut head.headers);
        head.extensions.clear();
        Instant::now() + limit
    }
}

impl Way for Calls {
    fn call(&self, request: Request<Body>) -> Answer {
        let service = self.service.clone();
        let (mut head, body) = request.into_parts();
        let at = self.prepare(&mut head);
        async move {
            let called = head.uri.clone();
            let only_reads = is_read(called.path());
            let answered = async {
                let message = body::message(body).await.map_err(Failure::Message)?;
                service.answer(head, message, only_reads, at).await
            };
            let answer = match in_time(at, &called, answered).await {
                Ok(answer) if answer.body().is_whole() => answer.map(Body::new),
                // The rest of it must be there in time too.
                Ok(answer) => answer.map(|body| Body::new(DeadlineBody::new(Body::new(body), at, service_of(called.path())))),
                Err(status) => status.into_http(),
            };
            Ok::<Response<Body>, Infallible>(answer)
        }
        .boxed()
    }

    fn query(&self, request: Request<Bytes>) -> BoxFuture<'static, Result<Bytes, Status>> {
        let service = self.service.clone();
        let (mut head, message) = request.into_parts();
        let at = self.prepare(&mut head);
        async move {
            let called = head.uri.clone();
            let answer = in_time(at, &called, service.answer(head, message, true, at)).await?;
            let (head, body) = answer.into_parts();
            let (body, trailers) = body.whole()?;
            unary::answer(&head, trailers.as_ref(), body)
        }
        .boxed()
    }
}

/// What comes of a call by then.
async fn in_time<T>(at: Instant, called: &Uri, answered: impl Future<Output = Result<T, Failure>>) -> Result<T, Status> {
    match timeout_at(at, answered).await {
        Ok(Ok(answer)) => Ok(answer),
        // The connection may have been lost by the deadline.
        Ok(Err(_)) if Instant::now() >= at => Err(deadline::exceeded()),
        Ok(Err(failure)) => Err(failure.status(&service_of(called.path()))),
        Err(_) => Err(deadline::exceeded()),
    }
}

/// Why a call has no answer.
enum Failure {
    /// The message can't be sent.
    Message(Status),
    /// No replica can be reached now.
    Apart,
    /// It was lost on the way, and is not sent again.
    Lost(h2::Error),
}

impl Failure {
    fn status(self, service: &str) -> Status {
        match self {
            Self::Message(status) => status,
            Self::Apart => lost(service, &std::io::Error::new(std::io::ErrorKind::NotConnected, "no replica can be reached")),
            Self::Lost(error) => lost(service, &error),
        }
    }
}

impl Service {
    /// Sends a call until it has an answer, or can't have any. The answer of one that only reads is waited for, so that it can be sent
    /// again where the answer breaks off.
    async fn answer(&self, mut head: request::Parts, message: Bytes, only_reads: bool, at: Instant) -> Result<Response<Arriving>, Failure> {
        let (mut sent, mut repeats) = (1, 0);
        let mut failed: Option<(Arc<Replica>, h2::Error)> = None;
        loop {
            let Some((replica, connection)) = self.replicas.next(failed.as_ref().map(|(replica, _)| replica)).await else {
                // What happened to the call says more than that it can't be sent again.
                return Err(failed.map_or(Failure::Apart, |(_, error)| Failure::Lost(error)));
            };
            aim(&mut head, &replica);
            let under_way = replica.begin();
            let answered = async {
                let mut answer = connection.send(Request::from_parts(head.clone(), ()), message.clone()).await?.map(Arriving::new);
                if only_reads {
                    answer.body_mut().gather().await.map_err(Unanswered::new)?;
                }
                Ok(answer)
            };
            let unanswered: Unanswered = match answered.await {
                Ok(answer) => {
                    if only_reads {
                        self.throttle.succeeded();
                    }
                    return Ok(answer);
                }
                Err(unanswered) => unanswered,
            };
            drop(under_way);
            if !unanswered.alone {
                replica.hang_up(&connection);
            }
            let again = unanswered.unseen || (only_reads && self.may_repeat(&mut repeats));
            if !again || sent == SENDINGS {
                return Err(Failure::Lost(unanswered.error));
            }
            tracing::debug!(server.address = %replica.address, error.message = describe(&unanswered.error), "a call is sent again");
            deadline::ask(&mut head.headers, at.saturating_duration_since(Instant::now()));
            failed = Some((replica, unanswered.error));
            sent += 1;
        }
    }

    fn may_repeat(&self, repeats: &mut usize) -> bool {
        *repeats += 1;
        *repeats <= REPEATS && self.throttle.failed()
    }
}

/// Whether the contracts say that the method at this path has no side effects, so that it may be done twice.
pub(super) fn is_read(path: &str) -> bool {
    static READS: LazyLock<HashSet<&'static str>> =
        LazyLock::new(|| contracts::methods().iter().filter(|method| method.no_side_effects).map(|method| method.path.as_str()).collect());
    READS.contains(path)
}

/// Names the replica as the one that the request is for.
fn aim(head: &mut request::Parts, replica: &Replica) {
    let mut uri = std::mem::take(&mut head.uri).into_parts();
    uri.scheme = Some(Scheme::HTTP);
    uri.authority = Some(replica.authority.clone());
    // All three are there, so nothing can be wrong.
    head.uri = Uri::from_parts(uri).unwrap_or_default();
}

/// Bounds how much is sent again while calls are being lost (after gRPC's retry throttling, gRFC A6): a failure costs as
/// much as ten successes bring back, and below half nothing is sent again. Room for all calls of a connection or two.
struct Throttle(AtomicU32);

impl Throttle {
    const FULL: u32 = 10_000;
    const FAILURE: u32 = 10;

    fn succeeded(&self) {
        // Mostly it is full, and then nothing is written that all threads read.
        if self.0.load(Ordering::Relaxed) < Self::FULL {
            let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| (tokens < Self::FULL).then(|| tokens + 1));
        }
    }

    /// Counts a failure, and says whether the call may be sent again.
    fn failed(&self) -> bool {
        let before = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| Some(tokens.saturating_sub(Self::FAILURE)));
        before.is_ok_and(|tokens| tokens > Self::FULL / 2)
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self(AtomicU32::new(Self::FULL))
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
