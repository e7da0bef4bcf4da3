//! Whether the program lives, and whether it takes requests.
//!
//! A service that is down does not make the gateway unready: queries that don't need it go on.

use axum::{Router, extract::State, http::StatusCode, routing::get};
use tokio_util::sync::CancellationToken;

/// Ready until this is cancelled.
pub(crate) type Ready = CancellationToken;

pub(super) fn routes(stopping: Ready) -> Router {
    Router::new().route("/healthz", get(|| async { "ok" })).route("/readyz", get(readyz)).with_state(stopping)
}

async fn readyz(State(stopping): State<Ready>) -> (StatusCode, &'static str) {
    if stopping.is_cancelled() { (StatusCode::SERVICE_UNAVAILABLE, "stopping") } else { (StatusCode::OK, "ok") }
}
