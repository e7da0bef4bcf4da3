//! From a protobuf message to its envelope and back.

use std::collections::HashMap;

use kernel::{Env, Envelope, Principal};
use opentelemetry::global::get_text_map_propagator;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use uuid::Uuid;

use crate::bus::HandleError;

/// The header of W3C Trace Context.
pub(crate) const TRACEPARENT: &str = "traceparent";

/// Puts `message` into an envelope: it happened now, to `subject`, which is at `version` since, by
/// the doing of `principal`. The trace context of the current span goes with it.
#[must_use]
pub fn envelope<M: prost::Name>(env: &Env, principal: &Principal, source: &str, subject: Uuid, version: u64, message: &M) -> Envelope {
    Envelope {
        id: env.new_id(),
        kind: M::full_name(),
        source: source.to_owned(),
        subject,
        version,
        company: principal.company,
        time: env.now(),
        actor: principal.actor.clone(),
        traceparent: traceparent(),
        data: message.encode_to_vec(),
    }
}

/// The W3C trace context of the current span, where it is traced.
fn traceparent() -> Option<String> {
    let mut headers = HashMap::new();
    let context = tracing::Span::current().context();
    get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut headers));
    headers.remove(TRACEPARENT)
}

/// The protobuf message in `envelope`. Unknown fields are passed over, so that a publisher may be newer.
///
/// # Errors
/// [`HandleError::Poison`] where the envelope holds another kind of message, or bytes that are none.
pub fn decode<M: prost::Name + Default>(envelope: &Envelope) -> Result<M, HandleError> {
    if envelope.kind != M::full_name() {
        return Err(HandleError::Poison(format!("expected {}, not {}", M::full_name(), envelope.kind)));
    }
    M::decode(envelope.data.as_slice()).map_err(|error| HandleError::Poison(format!("the data is no {}: {error}", M::full_name())))
}

/// Whether a consumer that keeps a copy at version `current` (`None`: it has none) takes over the state at
/// version `incoming`. The highest version wins, so duplicates and wrong orders change nothing. A deletion
/// counts as a version: its tombstone must be kept, or an older event would raise the dead.
#[must_use]
pub fn newer(current: Option<u64>, incoming: u64) -> bool {
    current.is_none_or(|current| incoming > current)
}

#[cfg(test)]
mod tests;
