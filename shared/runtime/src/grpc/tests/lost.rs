//! What goes wrong between two hosts.

use std::{
    convert::Infallible,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::stream;
use http_body::Frame;
use http_body_util::StreamBody;
use kernel::Error;
use tokio::io::AsyncReadExt as _;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use super::echo::{PATIENCE, World, call};
use crate::{
    Transport,
    net::{self, Connections},
    transport::{Remote, TransportError},
};

const DO: &str = "/test.v1.Echo/Do";

fn unavailable(status: &Status) {
    match contracts::error::from_status(status) {
        Error::Unavailable(service) => assert_eq!(service, "test.v1.Echo"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_down_is_unavailable_by_its_name() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let world = World::new().await;
    let transport = Transport::remote(&format!("http://{free}"), &Remote::default()).unwrap();
    unavailable(&call(transport, DO, world.request("hello")).await.unwrap_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_comes_back_is_found_again() {
    let mut world = World::new().await;
    let (address, transport) = (world.address, world.remote.clone());
    assert_eq!(world.tell(transport.clone(), "first").await.unwrap(), "first");
    world.stop.cancel();
    tokio::time::timeout(PATIENCE, &mut world.served).await.unwrap().unwrap().unwrap();
    unavailable(&world.tell(transport.clone(), "nobody").await.unwrap_err());

    let world = World::with(&[("port", &address.port().to_string())], |service| service).await;
    let back = async {
        loop {
            match world.tell(transport.clone(), "second").await {
                Ok(answer) => return answer,
                Err(status) => unavailable(&status),
            }
        }
    };
    assert_eq!(tokio::time::timeout(PATIENCE, back).await.unwrap(), "second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_hangs_costs_no_more_than_the_deadline() {
    // The system takes the connection, and nobody ever reads from it: a stopped process looks like that.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let world = World::new().await;
    let settings = Remote { call_timeout: Duration::from_millis(300), ..Remote::default() };
    let transport = Transport::remote(&format!("http://{}", silent.local_addr().unwrap()), &settings).unwrap();
    let began = Instant::now();
    let status = call(transport, DO, world.request("hello")).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "the deadline was exceeded"));
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_dies_in_a_call_is_unavailable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = World::new().await;
    let transport = Transport::remote(&format!("http://{}", listener.local_addr().unwrap()), &Remote::default()).unwrap();
    let dying = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut some = [0; 64];
        let _ = socket.read(&mut some).await.unwrap();
    };
    let (answer, ()) = tokio::join!(call(transport, DO, world.request("hello")), dying);
    unavailable(&answer.unwrap_err());
}

/// A service that begins an answer with a head, and then with this body.
async fn begins<B>(body: impl Fn() -> B + Clone + Send + Sync + 'static) -> Transport
where
    B: http_body::Body<Data = Bytes, Error = std::io::Error> + Send + 'static,
{
    let listener = net::bind("port", Ipv4Addr::LOCALHOST.into(), 0).await.unwrap();
    let settings = Remote { call_timeout: Duration::from_millis(300), ..Remote::default() };
    let transport = Transport::remote(&format!("http://{}", listener.local_addr().unwrap()), &settings).unwrap();
    let service = tower::service_fn(move |_: http::Request<hyper::body::Incoming>| {
        let response = http::Response::builder().header("content-type", "application/grpc").body(body()).unwrap();
        std::future::ready(Ok::<_, Infallible>(response))
    });
    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    tokio::spawn(net::serve(listener, service, Connections::http2(10), CancellationToken::new()));
    transport
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_hangs_half_way_costs_no_more_than_the_deadline() {
    let world = World::new().await;
    let transport = begins(|| StreamBody::new(stream::pending::<Result<Frame<Bytes>, _>>())).await;
    let status = call(transport, DO, world.request("hello")).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "the deadline was exceeded"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_breaks_off_half_way_is_unavailable() {
    let world = World::new().await;
    let transport = begins(|| StreamBody::new(stream::iter([Err::<Frame<Bytes>, _>(std::io::Error::other("gone"))]))).await;
    unavailable(&call(transport, DO, world.request("hello")).await.unwrap_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_may_take_no_longer_than_it_allows_itself() {
    let world = World::with(&[("call_timeout", "200ms")], |service| service).await;
    let status = world.tell(world.remote.clone(), "hang").await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    world.seen.wait_for(&world.seen.dropped, 1).await;
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_at_once() {
    for uri in ["", "auth", "auth:50051", "https://auth:50051", "http://", "/path"] {
        assert!(matches!(Transport::remote(uri, &Remote::default()), Err(TransportError { .. })), "{uri:?}");
    }
}
