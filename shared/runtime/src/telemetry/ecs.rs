//! Log lines as JSON with the field names of the Elastic Common Schema (ECS 8).

use std::{fmt, io::Write as _};

use kernel::Env;
use opentelemetry::trace::TraceContextExt as _;
use serde::Serialize;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::Context, registry::LookupSpan};

use super::hex;

/// The version of ECS whose names are used.
const VERSION: &str = "8.11.0";

/// Writes one line a log event.
pub(super) struct Ecs<W> {
    /// What every line ends with.
    end: Fields,
    env: Env,
    writer: W,
}

impl<W> Ecs<W> {
    pub(super) fn new(service: &'static str, env: Env, writer: W) -> Self {
        let mut end = Fields::default();
        end.set("service.name", service);
        end.set("ecs.version", VERSION);
        Self { end, env, writer }
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
        let mut line = Fields { json: Vec::with_capacity(LINE), ends: Vec::with_capacity(FIELDS) };
        // The fields of the spans round the event, the inner over the outer; then the event's own.
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.append(fields);
            }
        }
        let within_spans = !line.ends.is_empty();
        event.record(&mut line);

        let metadata = event.metadata();
        let trace = opentelemetry::Context::current().span().span_context().clone();
        if trace.is_valid() {
            line.plain("trace.id", |json| hex(json, &trace.trace_id().to_bytes()));
            line.plain("span.id", |json| hex(json, &trace.span_id().to_bytes()));
        }
        line.plain("@timestamp", |json| self.env.now().write(json));
        line.plain("log.level", |json| json.extend_from_slice(level(*metadata.level()).as_bytes()));
        line.plain("log.logger", |json| json.extend_from_slice(metadata.target().as_bytes()));
        line.append(&self.end);
        // Names come again only where spans have them too.
        if within_spans {
            line.keep_last();
        }
        // A log that can't be written can't be complained about in the log.
        let _ = self.writer.make_writer_for(metadata).write_all(&line.object());
    }
}

/// Most lines have no more bytes, nor more fields.
const LINE: usize = 512;
const FIELDS: usize = 16;

fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// A value that is written as a text.
struct Text<T>(T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// The fields of a span or an event, each as it is written behind another: `,"name":value`.
#[derive(Default)]
struct Fields {
    json: Vec<u8>,
    /// The names, and where their fields end.
    ends: Vec<(&'static str, usize)>,
}

impl Fields {
    fn set(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) {
        self.add(name, |json| {
            // Nothing of it can fail: a value is a number, a text or a truth value, and memory takes all.
            let _ = serde_json::to_writer(json, value);
        });
    }

    /// A text in which nothing is to be escaped.
    fn plain(&mut self, name: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        self.add(name, |json| {
            json.push(b'"');
            write(json);
            json.push(b'"');
        });
    }

    /// A field. In names of fields, which stand in the code, nothing is to be escaped.
    fn add(&mut self, name: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        self.json.extend_from_slice(b",\"");
        self.json.extend_from_slice(name.as_bytes());
        self.json.extend_from_slice(b"\":");
        write(&mut self.json);
        self.ends.push((name, self.json.len()));
    }

    fn field(&mut self, field: &Field, value: &(impl Serialize + ?Sized)) {
        // These say to the tracer what the span is; the log has the same in fields of its own.
        if !field.name().starts_with("otel.") {
            self.set(field.name(), value);
        }
    }

    fn append(&mut self, fields: &Self) {
        let begin = self.json.len();
        self.json.extend_from_slice(&fields.json);
        self.ends.extend(fields.ends.iter().map(|(name, end)| (*name, begin + end)));
    }

    /// Keeps the last of several fields of one name.
    fn keep_last(&mut self) {
        let Self { json, ends } = std::mem::take(self);
        let mut begin = 0;
        for (at, (name, end)) in ends.iter().enumerate() {
            if ends[at + 1..].iter().all(|(later, _)| later != name) {
                self.json.extend_from_slice(&json[begin..*end]);
                self.ends.push((name, self.json.len()));
            }
            begin = *end;
        }
    }

    /// A line with an object.
    fn object(mut self) -> Vec<u8> {
        match self.json.first_mut() {
            Some(first) => *first = b'{',
            None => self.json.push(b'{'),
        }
        self.json.extend_from_slice(b"}\n");
        self.json
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.field(field, &Text(format_args!("{value:?}")));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.field(field, &value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.field(field, &value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.field(field, &value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.field(field, &value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.field(field, &value);
    }
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.field(field, &crate::program::describe(value));
    }
}
