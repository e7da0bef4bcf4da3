//! Log lines as JSON with the field names of the Elastic Common Schema (ECS 8).

use std::{fmt, io::Write as _};

use kernel::Env;
use opentelemetry::trace::TraceContextExt as _;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::Context, registry::LookupSpan};

/// The version of ECS whose names are used.
const VERSION: &str = "8.11.0";

/// Writes one line a log event.
pub(super) struct Ecs<W> {
    service: &'static str,
    env: Env,
    writer: W,
}

impl<W> Ecs<W> {
    pub(super) fn new(service: &'static str, env: Env, writer: W) -> Self {
        Self { service, env, writer }
    }
}

impl<S, W> Layer<S> for Ecs<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields::default();
        // The fields of the spans round the event, the inner over the outer; then the event's own.
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.0.extend(fields.0.iter().cloned());
            }
        }
        event.record(&mut line);

        let mut set = |name, value: Value| line.0.push((name, value));
        let metadata = event.metadata();
        let trace = opentelemetry::Context::current().span().span_context().clone();
        if trace.is_valid() {
            set("trace.id", trace.trace_id().to_string().into());
            set("span.id", trace.span_id().to_string().into());
        }
        set("@timestamp", self.env.now().to_string().into());
        set("log.level", metadata.level().as_str().to_lowercase().into());
        set("log.logger", metadata.target().into());
        set("service.name", self.service.into());
        set("ecs.version", VERSION.into());

        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        // A log that can't be written can't be complained about in the log.
        let _ = self.writer.make_writer_for(metadata).write_all(text.as_bytes());
    }
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        // These say to the tracer what the span is; the log has the same in fields of its own.
        if !field.name().starts_with("otel.") {
            self.0.push((field.name(), value.into()));
        }
    }
}

impl Serialize for Fields {
    /// An object; of several fields of one name it has the last.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_last = |(at, (name, _)): &(usize, &(&str, Value))| self.0[at + 1..].iter().all(|(later, _)| later != name);
        serializer.collect_map(self.0.iter().enumerate().filter(is_last).map(|(_, (name, value))| (name, value)))
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.set(field, crate::program::describe(value));
    }
}
