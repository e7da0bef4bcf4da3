//! What is seen of a call: its span, its line in the log, its place in the metrics.

use std::{sync::Arc, time::Instant};

use http::{HeaderMap, Response};
use kernel::Error;
use opentelemetry::{Context, KeyValue, trace::TraceContextExt as _};
use tonic::{Code, Status, body::Body};
use tracing::Span;

use super::method::Method;
use crate::{
    program::describe,
    telemetry::{Durations, adopt},
};

/// A longer `x-request-id` is not taken over.
const MAX_REQUEST_ID: usize = 64;

/// The metric of calls; one for the process, made after telemetry began.
pub(super) fn durations() -> Durations {
    Durations::new("rpc.server.duration", "How long calls took, by service, method and status code.")
}

/// A call that is under way. Dropped before its [`end`](Self::end), the caller went away.
pub(super) struct Call<'a> {
    method: Method,
    span: Span,
    began: Instant,
    durations: &'a Durations,
    ended: bool,
}

impl<'a> Call<'a> {
    pub(super) fn begin(method: Method, headers: &HeaderMap, durations: &'a Durations) -> Self {
        let request_id = headers
            .get("x-request-id")
            .and_then(|id| id.to_str().ok())
            .filter(|id| id.len() <= MAX_REQUEST_ID && id.bytes().all(|byte| byte.is_ascii_graphic()));
        let span = tracing::info_span!(
            "rpc",
            otel.name = method.full,
            otel.kind = "server",
            rpc.service = method.service,
            rpc.method = method.name,
            http.request.id = request_id,
            user.id = tracing::field::Empty,
        );
        // Within this process the caller's span is the parent already.
        adopt(&span, headers);
        Self { method, span, began: Instant::now(), durations, ended: false }
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// The call has its answer.
    pub(super) fn end(mut self, response: &Response<Body>) {
        // Without a status in the head the answer is a message, and its status follows as a trailer: fine but for
        // streams, of which there are none among our own methods.
        let code = response.headers().get(Status::GRPC_STATUS).map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()));
        self.close(code, response.extensions().get::<Status>());
    }

    fn close(&mut self, code: Code, status: Option<&Status>) {
        self.ended = true;
        let name = name(code);
        self.durations.record(
            self.began,
            &[
                KeyValue::new("rpc.service", self.method.service),
                KeyValue::new("rpc.method", self.method.name),
                KeyValue::new("rpc.grpc.status_code", name),
            ],
        );
        let _entered = self.span.enter();
        let context = Context::current();
        if context.span().is_recording() {
            context.span().set_attribute(KeyValue::new("rpc.system", "grpc"));
            context.span().set_attribute(KeyValue::new("rpc.grpc.status_code", code as i64));
            if is_fault(code) {
                context.span().set_status(opentelemetry::trace::Status::error(name));
            }
        }
        let millis = self.began.elapsed().as_secs_f64() * 1e3;
        let message = status.map(Status::message).unwrap_or_default();
        match code {
            Code::Internal | Code::Unknown | Code::DataLoss => {
                let cause = status.and_then(std::error::Error::source).map(describe).unwrap_or_else(|| message.to_owned());
                tracing::error!(rpc.code = name, duration_ms = millis, error.message = cause, "a call failed");
            }
            Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted => {
                tracing::warn!(rpc.code = name, duration_ms = millis, error.message = message, "a call was not done");
            }
            // Refusals are audited (ASVS 16.3.2).
            Code::Unauthenticated | Code::PermissionDenied => {
                tracing::info!(rpc.code = name, duration_ms = millis, error.message = message, "a call was refused");
            }
            _ => tracing::debug!(rpc.code = name, duration_ms = millis, "a call ended"),
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.close(Code::Cancelled, None);
        }
    }
}

/// The status that tells a caller of `error`. The cause of an internal error goes with it as far as the log of
/// the call, and no further.
#[must_use]
pub fn status(error: Error) -> Status {
    let mut status = contracts::error::to_status(&error);
    if matches!(error, Error::Internal(_)) {
        status.set_source(Arc::new(error));
    }
    status
}

/// The status of one entry of a batch answer. The cause of an internal error is logged.
#[must_use]
pub fn rpc_status(error: &Error) -> contracts::google::rpc::Status {
    if matches!(error, Error::Internal(_)) {
        tracing::error!(error.message = describe(error), "an entry of a batch failed");
    }
    contracts::error::to_rpc_status(error)
}

fn is_fault(code: Code) -> bool {
    matches!(code, Code::Internal | Code::Unknown | Code::DataLoss | Code::Unavailable | Code::DeadlineExceeded | Code::Unimplemented)
}

/// The code's name in gRPC: `NOT_FOUND`.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
