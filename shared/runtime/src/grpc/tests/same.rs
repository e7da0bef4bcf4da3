//! Cases that must come out the same over both ways: in this process, and through a socket.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use kernel::Error;
use opentelemetry::trace::TraceContextExt as _;
use tonic::{Code, Request, metadata::MetadataValue};
use tonic_prost::ProstCodec;
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::echo::{ERRORS, Leak, PATIENCE, World, begin_telemetry, call};
use crate::token::Identity;

const DO: &str = "/test.v1.Echo/Do";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_brings_back_its_answer() {
    let world = World::new().await;
    for (way, transport) in world.ways() {
        assert_eq!(world.tell(transport, "hello — Jānis").await.unwrap(), "hello — Jānis", "{way}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_goes_there_and_back_and_extensions_do_not() {
    let world = World::new().await;
    for (way, transport) in world.ways() {
        let mut request = world.request("metadata");
        request.metadata_mut().insert("x-text", "text".parse().unwrap());
        request.metadata_mut().insert_bin("x-bytes-bin", MetadataValue::from_bytes(&[0, 255, 7]));
        let response = call(transport.clone(), DO, request).await.unwrap();
        assert_eq!(response.metadata().get("x-text-back").unwrap(), "text", "{way}");
        assert_eq!(response.metadata().get_bin("x-bytes-back-bin").unwrap().to_bytes().unwrap().as_ref(), [0, 255, 7], "{way}");
        assert!(response.extensions().get::<Leak>().is_none(), "{way}");

        let mut request = world.request("metadata");
        request.metadata_mut().insert("x-text", "long ".repeat(6_000).trim().parse().unwrap());
        request.metadata_mut().insert_bin("x-bytes-bin", MetadataValue::from_bytes(&[]));
        let response = call(transport.clone(), DO, request).await.unwrap();
        assert_eq!(response.metadata().get("x-text-back").unwrap().len(), 29_999, "{way}");

        let mut request = world.request("leak");
        request.extensions_mut().insert(Leak);
        assert_eq!(call(transport, DO, request).await.unwrap().into_inner(), "false", "{way}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_error_arrives_whole() {
    let world = World::new().await;
    for which in ERRORS {
        let order = format!("fail {which}");
        let local = world.tell(world.local.clone(), &order).await.unwrap_err();
        let remote = world.tell(world.remote.clone(), &order).await.unwrap_err();
        assert_eq!((local.code(), local.message(), local.details()), (remote.code(), remote.message(), remote.details()), "{which}");
        let (local, remote) = (contracts::error::from_status(&local), contracts::error::from_status(&remote));
        assert_eq!(format!("{local:?}"), format!("{remote:?}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cause_of_an_internal_error_stays_inside() {
    let world = World::new().await;
    for (way, transport) in world.ways() {
        let status = world.tell(transport, "fail internal").await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"), "{way}");
        assert!(!format!("{status:?}").contains("secret"), "{way}");
        assert!(std::error::Error::source(&status).is_none(), "{way}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_caller_is_known_by_their_token() {
    let world = World::new().await;
    let expected = format!("MANAGER {} {}", world.claims.company, world.claims.sid);
    for (way, transport) in world.ways() {
        assert_eq!(world.tell(transport.clone(), "who").await.unwrap(), expected, "{way}");
        let mut request = Request::new("who".to_owned());
        request.metadata_mut().insert("authorization", format!("bearer {}", world.token).parse().unwrap());
        assert_eq!(call(transport, DO, request).await.unwrap().into_inner(), expected, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_good_token_nobody_gets_in() {
    let world = World::new().await;
    let altered = format!("Bearer {}x", world.token);
    for (way, transport) in world.ways() {
        for (header, expected) in [
            (None, "TOKEN_MISSING"),
            (Some(""), "TOKEN_INVALID"),
            (Some("Bearer"), "TOKEN_INVALID"),
            (Some("Bearer "), "TOKEN_INVALID"),
            (Some("Basic YWRtaW46YWRtaW4="), "TOKEN_INVALID"),
            (Some(altered.as_str()), "TOKEN_INVALID"),
        ] {
            let mut request = Request::new("who".to_owned());
            if let Some(header) = header {
                request.metadata_mut().insert("authorization", header.parse().unwrap());
            }
            let status = call(transport.clone(), DO, request).await.unwrap_err();
            match contracts::error::from_status(&status) {
                Error::Unauthenticated { reason, .. } => assert_eq!(reason, expected, "{way} {header:?}"),
                other => panic!("{way} {header:?}: {other:?}"),
            }
        }
        for name in ["authorization", "access-token"] {
            let mut twice = world.request("who");
            twice.metadata_mut().append(name, "Bearer other".parse().unwrap());
            assert_eq!(call(transport.clone(), DO, twice).await.unwrap_err().code(), Code::Unauthenticated, "{way} {name}");
        }
    }
    assert_eq!(world.seen.started.load(std::sync::atomic::Ordering::SeqCst), 0, "no handler was reached");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_cannot_be_slipped_in_beside_the_token() {
    let world = World::new().await;
    for (way, transport) in world.ways() {
        let mut request = Request::new("who".to_owned());
        let principal = kernel::Principal::service(world.claims.company, "forged");
        let forged = Identity { principal, session: world.claims.sid, expires_at: kernel::Env::system().now().plus(PATIENCE) };
        request.extensions_mut().insert(Arc::new(forged));
        assert_eq!(call(transport, DO, request).await.unwrap_err().code(), Code::Unauthenticated, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_ends_the_call_and_its_handler() {
    let world = World::new().await;
    for (nth, (way, transport)) in world.ways().into_iter().enumerate() {
        let mut request = world.request("hang");
        request.set_timeout(Duration::from_millis(200));
        let status = call(transport, DO, request).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "the deadline was exceeded"), "{way}");
        world.seen.wait_for(&world.seen.dropped, nth + 1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_ends_a_stream_that_has_begun() {
    let world = World::new().await;
    for (way, transport) in world.ways() {
        let mut client = tonic::client::Grpc::new(transport);
        let mut request = world.request("");
        request.set_timeout(Duration::from_millis(300));
        let path = http::uri::PathAndQuery::from_static("/test.v1.Echo/Stream");
        let mut stream = client.server_streaming(request, path, ProstCodec::<String, String>::default()).await.unwrap().into_inner();
        let reading = async {
            assert_eq!(stream.message().await.unwrap().as_deref(), Some("one"), "{way}");
            assert_eq!(stream.message().await.unwrap().as_deref(), Some("two"), "{way}");
            stream.message().await.unwrap_err()
        };
        let status = tokio::time::timeout(PATIENCE, reading).await.unwrap();
        assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "the deadline was exceeded"), "{way}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_goes_away_cancels_the_handler() {
    let world = World::new().await;
    for (nth, (way, transport)) in world.ways().into_iter().enumerate() {
        let hanging = world.tell(transport, "hang");
        tokio::select! {
            answer = hanging => panic!("{way}: {answer:?}"),
            () = world.seen.wait_for(&world.seen.started, nth + 1) => {}
        }
        world.seen.wait_for(&world.seen.dropped, nth + 1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_an_internal_error_and_the_next_call_works() {
    let world = World::new().await;
    for (way, transport) in world.ways() {
        let status = world.tell(transport.clone(), "panic").await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"), "{way}");
        assert_eq!(world.tell(transport, "still there").await.unwrap(), "still there", "{way}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_arrives_also_where_it_comes_before_the_message_was_sent() {
    let world = World::new().await;
    for (way, transport) in world.ways() {
        let refused = || call(transport.clone(), "/test.v1.Echo/Nothing", world.request(""));
        for outcome in join_all((0..2_000).map(|_| refused())).await {
            let status = outcome.unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented, "{way}: {status:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn methods_that_are_not_there_are_unimplemented_for_callers_that_are_known() {
    let world = World::new().await;
    for (way, transport) in world.ways() {
        for path in ["/test.v1.Echo/Nothing", "/test.v1.Nothing/Do", "/nonsense"] {
            let status = call(transport.clone(), path, world.request("")).await.unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented, "{way} {path}: {status:?}");
            let status = call(transport.clone(), path, Request::new(String::new())).await.unwrap_err();
            assert_eq!(status.code(), Code::Unauthenticated, "{way} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_up_to_the_limit_pass_and_larger_ones_do_not() {
    let world = World::new().await;
    let size = |bytes: usize| format!("size {}", "x".repeat(bytes));
    for (way, transport) in world.ways() {
        assert_eq!(world.tell(transport.clone(), &size(15 << 20)).await.unwrap(), ((15 << 20) + 5).to_string(), "{way}");
        let status = world.tell(transport, &size(17 << 20)).await.unwrap_err();
        assert_eq!(status.code(), Code::OutOfRange, "{way}: {status:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_goes_on_in_the_trace_of_its_caller() {
    begin_telemetry();
    let world = World::new().await;
    for (way, transport) in world.ways() {
        let span = tracing::info_span!(parent: None, "request");
        let expected = span.context().span().span_context().trace_id().to_string();
        let answer = world.tell(transport, "trace").instrument(span).await.unwrap();
        assert_eq!(answer, expected, "{way}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_counted_by_method_and_code() {
    let world = World::new().await;
    for (_, transport) in world.ways() {
        call(transport, "/crm.auth.v1.AuthService/GetAccount", Request::new(String::new())).await.unwrap_err();
    }
    let registry = crate::telemetry::metrics_router();
    let request = http::Request::get("/metrics").body(axum::body::Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(registry, request).await.unwrap();
    let text = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("rpc_server_duration_seconds_count") && line.contains(r#"rpc_method="GetAccount""#))
        .unwrap_or_else(|| panic!("{text}"));
    assert!(
        line.contains(r#"rpc_grpc_status_code="UNAUTHENTICATED""#) && line.contains(r#"rpc_service="crm.auth.v1.AuthService""#),
        "{line}"
    );
    assert!(line.ends_with(" 2"), "{line}");
}
