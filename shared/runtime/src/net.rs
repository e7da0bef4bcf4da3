//! Listeners and connections: for gRPC ports, and for any HTTP that a program serves.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header::CONNECTION};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt as _};

/// How long a client may take to begin to speak, and to send the head of an HTTP/1 request.
const FIRST_BYTES: Duration = Duration::from_secs(10);
/// How often a silent HTTP/2 client is asked whether it is still there, and how long it may take to answer.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));
/// The wait after an accept that failed, as it does where the process is out of file descriptors.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// The most bytes of headers on HTTP/2: room for the details of a status with many violations.
pub(crate) const MAX_HEADERS: u32 = 64 * 1024;

/// An address that can't be listened on. The text is one line and says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{key}: cannot listen on {address}: {}", advice(.source))]
pub struct BindError {
    /// The setting that holds the port, with dots: `grpc.port`.
    pub key: String,
    /// The address.
    pub address: SocketAddr,
    /// Why.
    pub source: io::Error,
}

fn advice(source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::AddrInUse => {
            "the port is in use; stop the program that uses it, or set another port (0 takes any free one)".to_owned()
        }
        io::ErrorKind::PermissionDenied => "permission denied; set a port above 1023".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address; set one that it has, or 0.0.0.0 for all".to_owned(),
        _ => source.to_string(),
    }
}

/// Where this machine itself reaches what listens on `address`.
#[must_use]
pub fn own(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

/// Begins to listen: from here on clients can connect, though nobody answers before [`serve`]. `key` is the
/// setting that an error names. Port 0 takes any free port.
///
/// # Errors
/// [`BindError`].
pub async fn bind(key: &str, address: IpAddr, port: u16) -> Result<TcpListener, BindError> {
    let address = SocketAddr::from((address, port));
    TcpListener::bind(address).await.map_err(|source| BindError { key: key.to_owned(), address, source })
}

/// How connections are served.
#[derive(Debug, Clone)]
pub struct Connections {
    builder: auto::Builder<TokioExecutor>,
    most: usize,
    linger: Duration,
    drain: Duration,
}

impl Connections {
    /// HTTP/2 alone, for gRPC; each connection with at most `max_streams` calls under way.
    #[must_use]
    pub fn http2(max_streams: u32) -> Self {
        let mut connections = Self::both();
        connections.builder = connections.builder.http2_only();
        connections.builder.http2().max_concurrent_streams(max_streams);
        connections
    }

    /// HTTP/1.1 alone.
    #[must_use]
    pub fn http1() -> Self {
        let mut connections = Self::both();
        connections.builder = connections.builder.http1_only();
        connections
    }

    fn both() -> Self {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(FIRST_BYTES);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(KEEPALIVE.0)
            .keep_alive_timeout(KEEPALIVE.1)
            .max_header_list_size(MAX_HEADERS);
        Self { builder, most: 1024, linger: Duration::ZERO, drain: Duration::from_secs(10) }
    }

    /// Serves at most that many connections at once; further ones wait to be accepted. 1,024 if not set.
    #[must_use]
    pub fn at_most(self, connections: usize) -> Self {
        Self { most: connections, ..self }
    }

    /// How long after a stop requests on open connections are still taken, each answered with the word that its connection ends
    /// (`Connection: close`).
    /// For HTTP/1.1, whose server can't tell a client that a request just sent on an idle connection was not read; HTTP/2 can,
    /// and needs none. None if not set.
    #[must_use]
    pub fn linger(self, linger: Duration) -> Self {
        Self { linger, ..self }
    }

    /// How long requests under way may take to finish after a stop. 10 s if not set.
    #[must_use]
    pub fn drain(self, drain: Duration) -> Self {
        Self { drain, ..self }
    }
}

/// Serves connections until `stop`, then takes no new ones; lets those that are open linger, then requests under way finish
/// within the drain time, and cuts what is left. A client that goes away before its answer drops the service's future.
pub async fn serve<S, B>(listener: TcpListener, service: S, connections: Connections, stop: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    serve_on(vec![(Handle::current(), service)], listener, connections, stop).await;
}

/// As [`serve`], on several runtimes, each with a service of its own: a connection on the one that has the fewest.
pub async fn serve_on<S, B>(services: Vec<(Handle, S)>, listener: TcpListener, connections: Connections, stop: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (linger, closing) = (connections.linger, CancellationToken::new());
    // Each connection holds the mark of its runtime. Tokens that are looked at for every request are those of a runtime or a connection:
    // one for all would be passed from core to core.
    let services = services.into_iter().map(|(runtime, service)| {
        let lingering = (!linger.is_zero()).then(|| stop.child_token());
        let service = service.map_response(move |mut response: Response<B>| {
            if lingering.as_ref().is_some_and(CancellationToken::is_cancelled) {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            response
        });
        (runtime, service, Arc::new(()))
    });
    let services: Vec<_> = services.collect();
    let slots = Arc::new(Semaphore::new(connections.most));
    let mut open = JoinSet::new();
    let serve = |open: &mut JoinSet<()>, (stream, peer): (TcpStream, SocketAddr), slot: Option<OwnedSemaphorePermit>| {
        // Calls are small: waiting to fill a packet would only delay them. Failing to set it costs no more than that.
        let _ = stream.set_nodelay(true);
        let Some((runtime, service, mark)) = services.iter().min_by_key(|(_, _, mark)| Arc::strong_count(mark)) else { return };
        let (service, mark) = (service.clone(), mark.clone());
        let (builder, closing) = (connections.builder.clone(), closing.child_token());
        let serving = async move {
            let _marked = (slot, mark);
            // It is this runtime from here on that tells of what the stream does.
            let Ok(stream) = stream.into_std().and_then(TcpStream::from_std) else { return };
            connection(stream, peer, service, builder, closing).await;
        };
        open.spawn_on(serving, runtime);
    };
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(_) = open.join_next() => continue,
            accepted = accept(&listener, &slots) => accepted,
        };
        if let Some((accepted, slot)) = accepted {
            serve(&mut open, accepted, Some(slot));
        }
    }
    // The port is free from here on. Who was connected before has been promised to be served.
    waiting(listener).into_iter().for_each(|accepted| serve(&mut open, accepted, None));
    // Those that have ended by themselves need not be waited for.
    let _ = tokio::time::timeout(linger, ended(&mut open)).await;
    closing.cancel();
    if tokio::time::timeout(connections.drain, ended(&mut open)).await.is_err() {
        tracing::warn!(connections = open.len(), "requests did not finish in time and are cut");
        open.shutdown().await;
    }
}

/// Waits until all of them have ended.
async fn ended(connections: &mut JoinSet<()>) {
    while connections.join_next().await.is_some() {}
}

async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<((TcpStream, SocketAddr), OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok(accepted) => Some((accepted, slot)),
        Err(error) => {
            tracing::warn!(error.message = %error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_AGAIN).await;
            None
        }
    }
}

/// Stops listening; the connections that wait to be accepted, which would be reset otherwise.
fn waiting(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let accepted = std::iter::from_fn(|| listener.accept().ok());
    accepted
        .filter_map(|(stream, peer)| {
            stream.set_nonblocking(true).ok()?;
            Some((TcpStream::from_std(stream).ok()?, peer))
        })
        .collect()
}

/// Serves one connection to its end.
async fn connection<S, B>(stream: TcpStream, peer: SocketAddr, service: S, builder: auto::Builder<TokioExecutor>, stop: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let speaks = tokio::select! {
        readable = tokio::time::timeout(FIRST_BYTES, stream.readable()) => matches!(readable, Ok(Ok(()))),
        () = stop.cancelled() => false,
    };
    if !speaks {
        return;
    }
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)));
    let outcome = tokio::select! {
        biased;
        outcome = connection.as_mut() => outcome,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(client.address = %peer, error.message = %error, "a connection ended with an error");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashMap,
        io::{Read as _, Write as _},
    };

    use super::*;
    use crate::Cores;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

    /// A listener, its address, and a server of it that answers each request with nothing.
    async fn server(linger: Duration, stop: CancellationToken) -> (SocketAddr, impl Future<Output = ()>) {
        let listener = bind("port", IpAddr::from([127, 0, 0, 1]), 0).await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = tower::service_fn(async |_: Request<Incoming>| Ok::<_, Infallible>(Response::new(String::new())));
        (address, serve(listener, service, Connections::http1().linger(linger), stop))
    }

    /// Asks on a connection; the head of the answer.
    fn ask(connection: &mut std::net::TcpStream) -> String {
        connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        connection.write_all(REQUEST).unwrap();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            connection.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap()
    }

    #[tokio::test]
    async fn after_a_stop_open_connections_are_answered_once_more_and_told_to_close_and_new_ones_are_refused() {
        let stop = CancellationToken::new();
        let (address, served) = server(Duration::from_secs(60), stop.clone()).await;
        let client = tokio::task::spawn_blocking(move || {
            let mut open = std::net::TcpStream::connect(address).unwrap();
            assert!(!ask(&mut open).contains("connection: close"));
            stop.cancel();
            let began = std::time::Instant::now();
            while std::net::TcpStream::connect(address).is_ok() {
                assert!(began.elapsed() < Duration::from_secs(10), "new connections are still taken");
                std::thread::yield_now();
            }
            assert!(ask(&mut open).contains("connection: close"));
            assert_eq!(open.read(&mut [0]).unwrap(), 0, "the connection is closed");
        });
        // It ends with its last connection, long before it would no longer linger.
        let all = async { tokio::join!(served, client).1.unwrap() };
        tokio::time::timeout(Duration::from_secs(30), all).await.unwrap();
    }

    #[tokio::test]
    async fn each_connection_is_served_by_the_runtime_that_has_the_fewest_and_stays_there() {
        let stop = CancellationToken::new();
        let listener = bind("port", IpAddr::from([127, 0, 0, 1]), 0).await.unwrap();
        let address = listener.local_addr().unwrap();
        // Answers with the thread, of which each runtime has one.
        let service = tower::service_fn(async |_: Request<Incoming>| {
            let thread = format!("{:?}", std::thread::current().id());
            Ok::<_, Infallible>(Response::builder().header("x-thread", thread).body(String::new()).unwrap())
        });
        let cores = [Cores::start().unwrap(), Cores::start().unwrap()];
        let services: Vec<_> = cores.iter().map(|cores| (cores.runtimes().next().unwrap().clone(), service)).collect();
        let served = serve_on(services, listener, Connections::http1(), stop.clone());
        let client = tokio::task::spawn_blocking(move || {
            let mut open: Vec<_> = (0..6).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
            let mut threads = HashMap::new();
            for connection in &mut open {
                let (first, again) = (ask(connection), ask(connection));
                let thread = |head: &str| head.lines().find_map(|line| line.strip_prefix("x-thread: ").map(str::to_owned)).unwrap();
                assert_eq!(thread(&first), thread(&again));
                *threads.entry(thread(&first)).or_insert(0) += 1;
            }
            assert_eq!(threads.into_values().collect::<Vec<_>>(), [3, 3]);
            stop.cancel();
        });
        let all = async { tokio::join!(served, client).1.unwrap() };
        tokio::time::timeout(Duration::from_secs(30), all).await.unwrap();
    }

    #[tokio::test]
    async fn who_waits_to_be_accepted_as_the_server_stops_is_answered() {
        let stop = CancellationToken::new();
        let (address, served) = server(Duration::from_secs(60), stop.clone()).await;
        // The server has not begun to accept.
        let mut waits = std::net::TcpStream::connect(address).unwrap();
        stop.cancel();
        let client = tokio::task::spawn_blocking(move || assert!(ask(&mut waits).contains("connection: close")));
        let all = async { tokio::join!(served, client).1.unwrap() };
        tokio::time::timeout(Duration::from_secs(30), all).await.unwrap();
    }
}
