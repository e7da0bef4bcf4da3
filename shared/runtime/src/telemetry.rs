//! Logs, traces and metrics.
//!
//! Every span has a W3C trace context, whether or not traces are sent anywhere, so that logs, events and
//! calls of one request can be found by one id. Logs go to standard error: standard output belongs to what
//! a command prints.

mod ecs;
mod lines;

use std::{
    borrow::Cow,
    io::{IsTerminal as _, Stderr},
    sync::LazyLock,
    time::{Duration, Instant},
};

use axum::{http::header, response::IntoResponse, routing::get};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use kernel::Env;
use opentelemetry::{
    Context, KeyValue, global,
    metrics::{BoundHistogram, Histogram, Meter},
    propagation::Extractor,
    trace::{SpanKind, TraceContextExt as _, TraceFlags, Tracer as _, TracerProvider as _},
};
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{
    Resource,
    metrics::SdkMeterProvider,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracerProvider},
};
use prometheus::{Encoder as _, Registry, TextEncoder};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{Span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{
    EnvFilter, Layer as _, Registry as Spans, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use self::{ecs::Ecs, lines::Lines};
use crate::{
    grpc::deadline,
    net::{self, BindError, Connections},
    settings::{LogFormat, Telemetry},
};

/// How long a batch of spans may take to be sent.
const EXPORT: Duration = Duration::from_secs(5);

/// What Prometheus reads.
static METRICS: LazyLock<Registry> = LazyLock::new(Registry::new);

/// Why telemetry can't begin. The text is one line and names the key.
#[derive(Debug, thiserror::Error)]
#[error("telemetry.{key}: {problem}")]
pub struct TelemetryError {
    /// The key in `[telemetry]`.
    pub key: &'static str,
    /// What is wrong.
    pub problem: Cow<'static, str>,
}

/// Holds what was not sent or written yet; [`shutdown`](Self::shutdown) does it.
#[must_use = "what was not sent or written is lost without a shutdown"]
pub struct Guard {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
    lines: Lines<Stderr>,
}

/// Begins logs, traces and metrics for the whole process. `service` is the program's name.
///
/// Instruments made before this stay silent for ever, so it comes first in a program.
///
/// # Errors
/// [`TelemetryError`] for settings that don't work; and where it was called before.
pub fn init(service: &'static str, settings: &Telemetry) -> Result<Guard, TelemetryError> {
    let error = |key: &'static str| move |error: &dyn std::fmt::Display| TelemetryError { key, problem: error.to_string().into() };
    let resource = Resource::builder().with_service_name(service).build();

    let reader = opentelemetry_prometheus::exporter().with_registry(METRICS.clone()).build().map_err(|e| error("metrics_port")(&e))?;
    let metrics = SdkMeterProvider::builder().with_reader(reader).with_resource(resource.clone()).build();
    global::set_meter_provider(metrics.clone());

    let traces = traces(settings, resource).map_err(|e| error("otlp_endpoint")(&e))?;
    global::set_tracer_provider(traces.clone());
    global::set_text_map_propagator(TraceContextPropagator::new());
    // Spans alone, and of our own level: events go to the log, which names the trace.
    let tracing = tracing_opentelemetry::layer()
        .with_tracer(traces.tracer(service))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|metadata| metadata.is_span() && *metadata.level() <= LevelFilter::INFO));

    // The AMQP library would log what the broker returns, with all that the event says of people; the bus tells of it itself.
    let unsaid = "lapin::returned_messages=off".parse().map_err(|e| error("log_filter")(&e))?;
    let filter = EnvFilter::builder().parse(&settings.log_filter).map_err(|e| error("log_filter")(&e))?.add_directive(unsaid);
    let terminal = std::io::stderr().is_terminal();
    let json = match settings.log_format {
        LogFormat::Auto => !terminal,
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    let lines = Lines::to(std::io::stderr()).map_err(|e| error("log_format")(&e))?;
    let log = if json {
        Ecs::new(service, Env::system(), lines.clone()).with_filter(filter).boxed()
    } else {
        let mut text = tracing_subscriber::fmt::layer::<Spans>().compact().with_target(false).with_writer(lines.clone());
        if !terminal {
            text = text.with_ansi(false);
        }
        text.with_filter(filter).boxed()
    };
    tracing_subscriber::registry().with(log).with(tracing).try_init().map_err(|e| error("log_format")(&e))?;
    Ok(Guard { traces, metrics, lines })
}

fn traces(settings: &Telemetry, resource: Resource) -> Result<SdkTracerProvider, Box<dyn std::error::Error>> {
    let provider = SdkTracerProvider::builder().with_resource(resource);
    if settings.otlp_endpoint.is_empty() {
        // Contexts without data: ids for logs and events, at next to no cost.
        return Ok(provider.with_sampler(Sampler::AlwaysOff).build());
    }
    let exporter =
        opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(&settings.otlp_endpoint).with_timeout(EXPORT).build()?;
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.trace_ratio)));
    Ok(provider.with_batch_exporter(exporter).with_sampler(sampler).build())
}

/// From now on a panic is a line in the log, with its place and the trace it happened in. For programs: tests want to
/// see theirs.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("a value that is no text");
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(error.message = message, code.location = place, "panic");
    }));
}

impl Guard {
    /// Sends and writes what was not yet, for at most a few seconds.
    pub async fn shutdown(self) {
        // The exporter waits on the runtime's other threads, so this one must not be one of them.
        let Self { traces, metrics, lines } = self;
        let sent = tokio::task::spawn_blocking(move || {
            let traces = traces.shutdown_with_timeout(EXPORT);
            let _ = metrics.shutdown();
            traces
        });
        if let Ok(Err(error)) = sent.await {
            tracing::warn!(error.message = %error, "the last traces were not sent");
        }
        lines.flush();
    }
}

/// Where instruments are made. Silent until [`init`].
#[must_use]
pub fn meter() -> Meter {
    global::meter("crm")
}

/// The port where Prometheus reads, where one is set.
pub struct MetricsPort(Option<TcpListener>);

impl MetricsPort {
    /// Begins to listen on the port that `settings` name; none where it is -1.
    ///
    /// # Errors
    /// [`BindError`].
    pub async fn bind(settings: &Telemetry) -> Result<Self, BindError> {
        Ok(Self(match settings.metrics_port {
            Some(port) => Some(net::bind("telemetry.metrics_port", settings.metrics_address, port).await?),
            None => None,
        }))
    }

    /// Serves `/metrics` until `stop`.
    pub async fn serve(self, stop: CancellationToken) {
        let Some(listener) = self.0 else { return };
        let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
        tracing::info!(server.address = address, "metrics are at /metrics");
        net::serve(listener, metrics_router(), Connections::http1(), stop).await;
    }
}

/// Spans of what is asked for from outside, made by OpenTelemetry alone. The log does not know them, but its lines name their trace; one
/// that it knows, of the crate `tracing`, costs a request of the gateway a tenth of its time.
pub struct Entrance(global::BoxedTracer);

impl Entrance {
    /// Silent until [`init`].
    #[must_use]
    pub fn new() -> Self {
        Self(global::tracer("crm"))
    }

    /// Begins a span, in the trace that the caller is in, where `headers` say so. It ends with the context that is returned.
    #[must_use]
    pub fn begin(&self, name: &'static str, headers: &HeaderMap) -> Context {
        let parent = caller(headers).unwrap_or_default();
        parent.with_span(self.0.span_builder(name).with_kind(SpanKind::Server).start_with_context(&self.0, &parent))
    }
}

impl Default for Entrance {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes the trace that the caller of an HTTP request is in, where it says so, the parent of `span`.
pub(crate) fn adopt(span: &Span, headers: &HeaderMap) {
    if let Some(parent) = caller(headers) {
        let _ = span.set_parent(parent);
    }
}

/// The trace that the caller of an HTTP request is in, where it says so.
fn caller(headers: &HeaderMap) -> Option<Context> {
    headers.contains_key(&TRACEPARENT).then(|| global::get_text_map_propagator(|propagator| propagator.extract(&Headers(headers))))
}

/// Tells the trace that we are in to who is asked with these headers: as OpenTelemetry's propagator does, without a text for each part.
pub(crate) fn tell(headers: &mut HeaderMap) {
    Context::map_current(|context| {
        let span = context.span();
        let trace = span.span_context();
        if !trace.is_valid() {
            return;
        }
        let mut value = Vec::with_capacity(TRACEPARENT_LENGTH);
        value.extend_from_slice(b"00-");
        hex(&mut value, &trace.trace_id().to_bytes());
        value.push(b'-');
        hex(&mut value, &trace.span_id().to_bytes());
        value.push(b'-');
        hex(&mut value, &[(trace.trace_flags() & TraceFlags::SAMPLED).to_u8()]);
        if let Ok(mut value) = HeaderValue::from_maybe_shared(Bytes::from(value)) {
            deadline::differs_each_time(&mut value);
            headers.insert(TRACEPARENT, value);
        }
        let state = trace.trace_state().header();
        if !state.is_empty()
            && let Ok(state) = HeaderValue::try_from(state)
        {
            headers.insert(TRACESTATE, state);
        }
    });
}

/// The headers of W3C Trace Context, and how long the first is.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACEPARENT_LENGTH: usize = 55;
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }
    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// Appends bytes as hexadecimal digits.
fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[usize::from(digit)]));
}

/// Serves `GET /metrics` in the text format of Prometheus.
pub fn metrics_router() -> axum::Router {
    axum::Router::new().route("/metrics", get(async || metrics()))
}

fn metrics() -> impl IntoResponse {
    let (mut text, encoder) = (Vec::new(), TextEncoder::new());
    if let Err(error) = encoder.encode(&METRICS.gather(), &mut text) {
        tracing::error!(error.message = %error, "metrics can't be written");
    }
    ([(header::CONTENT_TYPE, encoder.format_type().to_owned())], text)
}

/// A histogram of durations in seconds, from a millisecond to ten seconds.
#[derive(Clone)]
pub struct Durations(Histogram<f64>);

impl Durations {
    /// The histogram `name`, such as `rpc.server.duration`.
    #[must_use]
    pub fn new(name: &'static str, description: &'static str) -> Self {
        let boundaries = vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        Self(meter().f64_histogram(name).with_unit("s").with_description(description).with_boundaries(boundaries).build())
    }

    /// Notes the time from `began` till now.
    pub fn record(&self, began: Instant, attributes: &[KeyValue]) {
        self.0.record(began.elapsed().as_secs_f64(), attributes);
    }

    /// Those with these attributes, which are looked up once.
    #[must_use]
    pub fn with(&self, attributes: &[KeyValue]) -> DurationsWith {
        DurationsWith(self.0.bind(attributes))
    }
}

/// The [`Durations`] with the same attributes.
pub struct DurationsWith(BoundHistogram<f64>);

impl DurationsWith {
    /// Notes the time from `began` till now.
    pub fn record(&self, began: Instant) {
        self.0.record(began.elapsed().as_secs_f64());
    }
}

#[cfg(test)]
pub(crate) mod tests;
