//! What must hold of logs, traces and metrics.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
};

use http::HeaderMap;
use kernel::{Env, Timestamp, env::FixedClock};
use opentelemetry::{
    Context,
    global::{self, BoxedTracer},
    propagation::TextMapPropagator as _,
    trace::{SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter},
};
use serde_json::Value;
use tracing::{level_filters::LevelFilter, subscriber::DefaultGuard};
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _};

use super::{Entrance, TRACEPARENT, TRACESTATE, ecs::Ecs, tell};

/// Keeps what is logged on this thread for as long as it lives.
pub(crate) struct Log {
    bytes: Bytes,
    _default: DefaultGuard,
}

impl Log {
    pub(crate) fn begin() -> Self {
        let bytes = Bytes::default();
        let writer = bytes.clone();
        let at = Timestamp::parse("at", "2026-03-01T07:30:00Z").unwrap();
        let env = Env::system().with_clock(Arc::new(FixedClock::new(at)));
        let provider = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOff).build();
        let subscriber = tracing_subscriber::registry()
            .with(Ecs::new("order", env, move || writer.clone()).with_filter(LevelFilter::INFO))
            .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("test")));
        Self { bytes, _default: tracing::subscriber::set_default(subscriber) }
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.bytes.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl io::Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(work: impl FnOnce()) -> Vec<Value> {
    let log = Log::begin();
    work();
    log.lines()
}

#[test]
fn a_log_line_has_the_field_names_of_ecs() {
    let lines = logged(|| {
        let span = tracing::info_span!(
            "rpc",
            otel.name = "x",
            rpc.service = "crm.order.v1.OrderService",
            rpc.method = "GetOrder",
            customer = tracing::field::Empty
        );
        span.record("customer", "late");
        let _entered = span.enter();
        let cause = io::Error::other("disk is gone");
        tracing::error!(error.message = &cause as &dyn std::error::Error, attempts = 3, retried = true, "a call failed");
    });
    let line = &lines[0];
    for (name, value) in [
        ("@timestamp", Value::from("2026-03-01T07:30:00Z")),
        ("log.level", "error".into()),
        ("message", "a call failed".into()),
        ("service.name", "order".into()),
        ("error.message", "disk is gone".into()),
        ("rpc.service", "crm.order.v1.OrderService".into()),
        ("rpc.method", "GetOrder".into()),
        ("customer", "late".into()),
        ("attempts", 3.into()),
        ("retried", true.into()),
    ] {
        assert_eq!(line[name], value, "{name} in {line}");
    }
    assert_eq!(line["trace.id"].as_str().unwrap().len(), 32);
    assert_eq!(line["span.id"].as_str().unwrap().len(), 16);
    assert!(line.get("otel.name").is_none());
}

#[test]
fn a_trace_has_one_id_whether_or_not_it_is_sent() {
    let lines = logged(|| {
        let outer = tracing::info_span!("outer");
        let _outer = outer.enter();
        tracing::info!("first");
        let inner = tracing::info_span!("inner");
        let _inner = inner.enter();
        tracing::info!("second");
    });
    assert_eq!(lines[0]["trace.id"], lines[1]["trace.id"]);
    assert_ne!(lines[0]["span.id"], lines[1]["span.id"]);
}

#[test]
fn nobody_can_write_a_line_of_their_own_into_the_log() {
    let lines = logged(|| tracing::info!(name = "x\n{\"log.level\":\"error\"}", "hello\u{1b}[31m\nworld"));
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["log.level"], "info");
}

#[test]
fn who_is_asked_is_told_the_trace_as_opentelemetry_tells_it() {
    let state = TraceState::from_key_value([("vendor", "some:thing"), ("other", "2")]).unwrap();
    let traces = [
        SpanContext::new(TraceId::from(1), SpanId::from(2), TraceFlags::SAMPLED, false, TraceState::default()),
        SpanContext::new(TraceId::from(u128::MAX - 5), SpanId::from(u64::MAX / 3), TraceFlags::new(0xfe), true, state),
        SpanContext::empty_context(),
    ];
    for trace in traces {
        let context = Context::new().with_remote_span_context(trace);
        let (mut expected, mut told) = (HashMap::<String, String>::new(), HeaderMap::new());
        TraceContextPropagator::new().inject_context(&context, &mut expected);
        // Nothing need be told of it.
        expected.retain(|name, state| name != TRACESTATE.as_str() || !state.is_empty());
        let _attached = context.attach();
        tell(&mut told);
        let told = told.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        assert_eq!(told.collect::<HashMap<_, _>>(), expected);
    }
}

/// Keeps the spans that are sent.
#[derive(Debug, Clone, Default)]
struct Sent(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Sent {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

#[test]
fn what_is_asked_from_outside_goes_on_in_the_trace_of_its_caller() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    global::set_text_map_propagator(TraceContextPropagator::new());
    let sent = Sent::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(sent.clone()).build();
    let entrance = Entrance(BoxedTracer::new(Box::new(provider.tracer("test"))));
    let headers = HeaderMap::from_iter([(TRACEPARENT, format!("00-{TRACE}-b7ad6b7169203331-01").parse().unwrap())]);

    let context = entrance.begin("graphql", &headers);
    let (attached, log, mut told) = (context.clone().attach(), Log::begin(), HeaderMap::new());
    tracing::info!("within");
    tell(&mut told);
    drop(attached);
    let span = context.span().span_context().span_id().to_string();
    assert_eq!(told[TRACEPARENT], format!("00-{TRACE}-{span}-01"));
    let line = &log.lines()[0];
    assert_eq!((line["trace.id"].as_str(), line["span.id"].as_str()), (Some(TRACE), Some(&*span)), "{line}");

    assert!(sent.0.lock().unwrap().is_empty(), "it has not ended");
    drop(context);
    let sent = sent.0.lock().unwrap();
    let [sent] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((&*sent.name, &sent.span_kind), ("graphql", &SpanKind::Server));
    assert_eq!(
        (sent.span_context.trace_id().to_string(), sent.parent_span_id.to_string()),
        (TRACE.to_owned(), "b7ad6b7169203331".to_owned())
    );
}

#[test]
fn what_nobody_traces_begins_a_trace() {
    let provider = SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOff).build();
    let entrance = Entrance(BoxedTracer::new(Box::new(provider.tracer("test"))));
    let [one, two] = [(), ()].map(|()| entrance.begin("graphql", &HeaderMap::new()).span().span_context().trace_id());
    assert!(one != TraceId::INVALID && one != two);
}
