//! What is measured of GraphQL requests.

use std::time::Instant;

use async_graphql::parser::types::OperationType;
use axum::http::StatusCode;
use opentelemetry::{KeyValue, metrics::BoundHistogram};
use runtime::telemetry::{self, Durations, DurationsWith};

/// The instruments. What nearly all requests have in common is looked up once.
pub(crate) struct Metrics {
    durations: Durations,
    durations_of_ok: DurationsWith,
    calls: [(OperationType, BoundHistogram<u64>); 3],
}

impl Metrics {
    /// Silent until [`telemetry::init`].
    pub(super) fn new() -> Self {
        let durations = Durations::new("graphql.server.request.duration", "how long GraphQL requests take");
        let calls = telemetry::meter()
            .u64_histogram("graphql.server.request.rpcs")
            .with_description("how many gRPC calls a GraphQL request makes")
            .with_boundaries(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 25.0])
            .build();
        Self {
            durations_of_ok: durations.with(&[status(StatusCode::OK)]),
            durations,
            calls: [OperationType::Query, OperationType::Mutation, OperationType::Subscription]
                .map(|kind| (kind, calls.bind(&[KeyValue::new("graphql.operation.type", name_of(kind))]))),
        }
    }

    /// A request was answered.
    pub(super) fn answered(&self, began: Instant, with: StatusCode) {
        match with {
            StatusCode::OK => self.durations_of_ok.record(began),
            other => self.durations.record(began, &[status(other)]),
        }
    }

    /// An operation was executed with so many gRPC calls.
    pub(super) fn executed(&self, kind: OperationType, calls: u32) {
        if let Some((_, of_kind)) = self.calls.iter().find(|(other, _)| *other == kind) {
            of_kind.record(calls.into());
        }
    }
}

fn status(status: StatusCode) -> KeyValue {
    KeyValue::new("http.response.status_code", i64::from(status.as_u16()))
}

/// The type of an operation, as documents and OpenTelemetry's conventions have it.
pub(super) fn name_of(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}
