//! A replica in threads of its own, that can be stopped, killed and hung like a process.

use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use bytes::Bytes;
use contracts::view::Query as _;
use http::{HeaderMap, Request, Response, uri::PathAndQuery};
use hyper::body::Incoming;
use prost::Message as _;
use tokio::{runtime::Runtime, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{Status, body::Body};
use tonic_prost::ProstCodec;

use crate::{
    Transport,
    net::{self, Connections},
};

/// A method whose contract says that it has no side effects.
pub(super) const READ: &str = "/crm.auth.v1.AuthService/GetJwks";
/// One whose contract doesn't.
pub(super) const WRITE: &str = "/crm.auth.v1.AuthService/SignOut";

/// No test waits longer than that for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Server {
    pub(super) address: SocketAddr,
    counts: Arc<Counts>,
    stop: CancellationToken,
    runtime: Mutex<Option<(Runtime, JoinHandle<()>)>>,
}

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    done: AtomicUsize,
}

impl Server {
    pub(super) fn new() -> Self {
        Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    pub(super) fn at(address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (counts, stop) = (Arc::new(Counts::default()), CancellationToken::new());
        let (serving, stopping) = (counts.clone(), stop.clone());
        let (bound, address) = (mpsc::channel(), address);
        let tell = bound.0;
        let served = runtime.spawn(async move {
            let listener = net::bind("port", address.ip(), address.port()).await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let service = tower::service_fn(move |request: Request<Incoming>| answer(serving.clone(), request));
            net::serve(listener, service, Connections::http2(256), stopping).await;
        });
        let address = bound.1.recv_timeout(PATIENCE).unwrap();
        Self { address, counts, stop, runtime: Mutex::new(Some((runtime, served))) }
    }

    /// The calls it has done.
    pub(super) fn done(&self) -> usize {
        self.counts.done.load(Ordering::SeqCst)
    }

    /// The calls it has begun with and not done.
    pub(super) fn under_way(&self) -> usize {
        self.counts.begun.load(Ordering::SeqCst) - self.done()
    }

    /// As by SIGTERM: returns when it has ended.
    pub(super) async fn stop(&self) {
        let (runtime, served) = self.runtime.lock().unwrap().take().unwrap();
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, served).await.unwrap().unwrap();
        runtime.shutdown_background();
    }

    /// As by SIGKILL: calls under way end where they are, connections break.
    pub(super) fn kill(&self) {
        let (runtime, _) = self.runtime.lock().unwrap().take().unwrap();
        // Outside of this runtime, which must not wait.
        std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(5))).join().unwrap();
    }

    /// As by SIGSTOP, until what is returned is dropped.
    pub(super) fn hang(&self) -> mpsc::Sender<()> {
        let (halt, halted) = mpsc::channel::<()>();
        let runtime = self.runtime.lock().unwrap();
        runtime.as_ref().unwrap().0.spawn(async move {
            let _ = halted.recv();
        });
        halt
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((runtime, _)) = self.runtime.lock().unwrap().take() {
            runtime.shutdown_background();
        }
    }
}

async fn answer(counts: Arc<Counts>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let service = tower::service_fn(async |request: tonic::Request<String>| {
        counts.begun.fetch_add(1, Ordering::SeqCst);
        // Some work, so that calls are under way when something happens.
        tokio::time::sleep(Duration::from_millis(2)).await;
        counts.done.fetch_add(1, Ordering::SeqCst);
        Ok::<_, Status>(tonic::Response::new(request.into_inner()))
    });
    Ok(tonic::server::Grpc::new(ProstCodec::<String, String>::default()).unary(service, request).await)
}

/// Calls a method, with patience, as queries do where it only reads; the answer is what was sent.
pub(super) async fn call(transport: &Transport, path: &'static str) -> Result<(), Status> {
    let message = "an order of some length".repeat(20);
    if path == READ {
        let message = message.encode_to_vec();
        let framed = Bytes::from([&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), &message].concat());
        let answer = transport.query(path, HeaderMap::new(), framed.clone());
        assert_eq!(tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time")?, framed);
        return Ok(());
    }
    let mut client = tonic::client::Grpc::new(transport.clone());
    client.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let request = tonic::Request::new(message.clone());
    let answer = client.unary(request, PathAndQuery::from_static(path), ProstCodec::<String, String>::default());
    let answer = tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time")?;
    assert_eq!(answer.into_inner(), message);
    Ok(())
}
