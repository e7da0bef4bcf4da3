//! A small service that does what its caller tells it, and the two ways to it.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Once,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use kernel::{Env, Error, Role, Violation, id::SessionId};
use opentelemetry::trace::TraceContextExt as _;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, body::Body, server::NamedService, service::Routes};
use tonic_prost::ProstCodec;

use crate::{
    Transport, Verifier,
    grpc::{self, Listener, MAX_MESSAGE, Service},
    settings::{self, Grpc, Settings},
    telemetry,
    token::{Claims, Jwk, KeySource, SigningKey, issue, jwk},
    transport::Remote,
};

/// No test waits longer than that.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// What the service has seen.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) started: AtomicUsize,
    pub(super) finished: AtomicUsize,
    pub(super) dropped: AtomicUsize,
    /// Told of each of these.
    pub(super) changed: Notify,
    /// Lets those that wait go on.
    pub(super) go: Notify,
}

impl Seen {
    fn count(&self, counter: &AtomicUsize) {
        counter.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Waits until `counter` is at `expected`.
    pub(super) async fn wait_for(&self, counter: &AtomicUsize, expected: usize) {
        let reached = async {
            loop {
                let changed = self.changed.notified();
                if counter.load(Ordering::SeqCst) >= expected {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("the handler gets that far");
    }
}

/// Counts a handler that was dropped before its end.
struct Unfinished(Option<Arc<Seen>>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(seen) = &self.0 {
            seen.count(&seen.dropped);
        }
    }
}

#[derive(Clone)]
pub(super) struct Echo(pub(super) Arc<Seen>);

impl NamedService for Echo {
    const NAME: &'static str = "test.v1.Echo";
}

impl tower::Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let seen = self.0.clone();
        async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<String, String>::default()).max_decoding_message_size(MAX_MESSAGE);
            Ok(match request.uri().path() {
                "/test.v1.Echo/Do" => grpc.unary(tower::service_fn(move |request| obey(seen.clone(), request)), request).await,
                "/test.v1.Echo/Stream" => grpc.server_streaming(tower::service_fn(begin), request).await,
                _ => Status::unimplemented("no such method").into_http(),
            })
        }
        .boxed()
    }
}

/// Does what the message says.
async fn obey(seen: Arc<Seen>, request: Request<String>) -> Result<Response<String>, Status> {
    let mut unfinished = Unfinished(Some(seen.clone()));
    seen.count(&seen.started);
    let order = request.get_ref().clone();
    let answer = match order.split_once(' ').unwrap_or((&order, "")) {
        ("fail", which) => Err(grpc::status(error(which))),
        ("panic", _) => panic!("as it must be for this test"),
        ("hang", _) => std::future::pending().await,
        ("wait", _) => {
            seen.go.notified().await;
            Ok(Response::new("waited".to_owned()))
        }
        ("who", _) => {
            let principal = grpc::principal(&request)?;
            Ok(Response::new(format!("{} {} {}", principal.role.as_str(), principal.company, grpc::session(&request)?)))
        }
        ("trace", _) => {
            let context = opentelemetry::Context::current();
            Ok(Response::new(context.span().span_context().trace_id().to_string()))
        }
        ("metadata", _) => {
            let mut response = Response::new(String::new());
            let (text, bytes) = (request.metadata().get("x-text").cloned(), request.metadata().get_bin("x-bytes-bin").cloned());
            response.metadata_mut().insert("x-text-back", text.ok_or_else(|| Status::invalid_argument("x-text"))?);
            response.metadata_mut().insert_bin("x-bytes-back-bin", bytes.ok_or_else(|| Status::invalid_argument("x-bytes"))?);
            // What stays on this side of a network.
            response.extensions_mut().insert(Leak);
            Ok(response)
        }
        ("leak", _) => Ok(Response::new(request.extensions().get::<Leak>().is_some().to_string())),
        ("size", _) => Ok(Response::new(order.len().to_string())),
        _ => Ok(Response::new(order)),
    };
    unfinished.0 = None;
    seen.count(&seen.finished);
    answer
}

/// Streams two messages, and then waits for ever.
async fn begin(_: Request<String>) -> Result<Response<stream::BoxStream<'static, Result<String, Status>>>, Status> {
    let messages = stream::iter(["one", "two"]).map(|text| Ok(text.to_owned()));
    Ok(Response::new(messages.chain(stream::pending()).boxed()))
}

/// An extension, of either side.
#[derive(Debug, Clone)]
pub(super) struct Leak;

/// The kinds of errors by their names.
pub(super) const ERRORS: [&str; 9] =
    ["unauthenticated", "denied", "not_found", "invalid", "many", "conflict", "precondition", "exhausted", "internal"];

fn error(which: &str) -> Error {
    match which {
        "unauthenticated" => Error::unauthenticated("WRONG_PASSWORD", "the password is wrong"),
        "denied" => Error::PermissionDenied("this needs the role ADMIN — Jānis".into()),
        "not_found" => Error::NotFound { resource: "order".into(), id: "1".into(), field: "order_id".into() },
        "invalid" => Error::invalid("properties[0].address", "REQUIRED", "must be given"),
        "many" => Error::Invalid(
            (0..200).map(|n| Violation::new(format!("lines[{n}].price.amount"), "TOO_LARGE", "must be at most 1000000000")).collect(),
        ),
        "conflict" => Error::Conflict { resource: "order".into(), id: "1".into(), current_version: 7 },
        "precondition" => Error::failed_precondition("WRONG_TRANSITION", "status", "is COMPLETED, can't become SCHEDULED"),
        "exhausted" => Error::ResourceExhausted { retry_after: Duration::from_secs(3) },
        _ => Error::internal("secret cause"),
    }
}

struct Published(Jwk);

#[async_trait]
impl KeySource for Published {
    async fn keys(&self) -> kernel::Result<Vec<Jwk>> {
        Ok(vec![self.0.clone()])
    }
}

/// The service on a port and in this process, and a token for it.
pub(super) struct World {
    pub(super) seen: Arc<Seen>,
    pub(super) address: SocketAddr,
    pub(super) local: Transport,
    pub(super) remote: Transport,
    pub(super) token: String,
    pub(super) claims: Claims,
    pub(super) stop: CancellationToken,
    pub(super) served: tokio::task::JoinHandle<Result<(), grpc::ServeError>>,
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with(&[], |service| service).await
    }

    /// A world with some settings of `[grpc]`, and a service that was changed.
    pub(super) async fn with(settings: &[(&str, &str)], change: impl FnOnce(Service) -> Service) -> Self {
        begin_telemetry();
        let env = Env::system();
        let key = SigningKey::from_bytes(&[3; 32]);
        let now = env.now().as_micros() / 1_000_000;
        let claims = Claims {
            iss: "issuer".to_owned(),
            aud: "audience".to_owned(),
            sub: env.new_id(),
            sid: env.new_id::<kernel::id::kind::Session>() as SessionId,
            company: env.new_id(),
            employee: None,
            role: Role::Manager,
            iat: now,
            nbf: now,
            exp: now + 300,
            jti: env.random_uuid(),
        };
        let verifier = Arc::new(Verifier::new("issuer", "audience", Arc::new(Published(jwk(&key))), env));
        let seen = Arc::new(Seen::default());
        let service = change(Service::new("auth", Routes::new(Echo(seen.clone()))));
        let local = service.transport(&verifier);
        let listener = Listener::bind("grpc", section(settings)).await.unwrap();
        let (address, stop) = (listener.address(), CancellationToken::new());
        #[expect(clippy::disallowed_methods, reason = "the test waits for it")]
        let served = tokio::spawn(grpc::serve(service, listener, verifier, stop.clone()));
        let remote = Transport::remote(&format!("http://{address}"), &Remote::default()).unwrap();
        Self { seen, address, local, remote, token: issue(&claims, &key), claims, stop, served }
    }

    pub(super) fn ways(&self) -> [(&'static str, Transport); 2] {
        [("local", self.local.clone()), ("remote", self.remote.clone())]
    }

    /// A request with the token.
    pub(super) fn request(&self, order: &str) -> Request<String> {
        let mut request = Request::new(order.to_owned());
        request.metadata_mut().insert("authorization", format!("Bearer {}", self.token).parse().unwrap());
        request
    }

    pub(super) async fn tell(&self, transport: Transport, order: &str) -> Result<String, Status> {
        call(transport, "/test.v1.Echo/Do", self.request(order)).await.map(Response::into_inner)
    }
}

/// Ends the serving; the test asserts before on what matters to it.
impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(super) fn section(settings: &[(&str, &str)]) -> Grpc {
    let mut all = Settings::new("X", &[("", settings::GRPC)], []).unwrap();
    for (key, value) in settings {
        all.set(&format!("grpc.{key}"), value).unwrap();
    }
    all.section("grpc").unwrap()
}

/// Calls a method, with patience.
pub(super) async fn call(transport: Transport, path: &'static str, request: Request<String>) -> Result<Response<String>, Status> {
    let mut client = tonic::client::Grpc::new(transport).max_decoding_message_size(MAX_MESSAGE);
    let answer = client.unary(request, http::uri::PathAndQuery::from_static(path), ProstCodec::<String, String>::default());
    tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time")
}

/// Traces and metrics for all tests of this process; no logs.
pub(super) fn begin_telemetry() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        let mut settings = Settings::new("X", &[("", settings::COMMON)], []).unwrap();
        settings.set("telemetry.log_filter", "off").unwrap();
        let guard = telemetry::init("test", &settings.section("telemetry").unwrap()).unwrap();
        std::mem::forget(guard);
    });
}
