//! A request in hand: its token, its gRPC calls, its answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderValue, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use kernel::Principal;
use serde::Serialize;
use tonic::metadata::{Ascii, MetadataValue};

use super::App;
use crate::queries::RPC_COUNT;

/// How long a gRPC call may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// A request of a viewer whose token was verified.
pub(super) struct Call {
    pub(super) viewer: Principal,
    bearer: MetadataValue<Ascii>,
    counted: bool,
    made: AtomicU32,
}

/// Why a request has no answer.
pub(super) struct Failure(StatusCode, String);

impl FromRequestParts<Arc<App>> for Call {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let refused = |message: String| Failure(StatusCode::UNAUTHORIZED, message);
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(|| refused("no token".to_owned()))?;
        let viewer = app.verifier.verify(token).await.map_err(|error| refused(error.to_string()))?;
        let bearer = format!("Bearer {token}").parse().map_err(|_| refused("no token".to_owned()))?;
        Ok(Self { viewer, bearer, counted: parts.headers.contains_key(RPC_COUNT), made: AtomicU32::new(0) })
    }
}

impl Call {
    /// Makes `message` a request with the viewer's token, and counts it.
    pub(super) fn request<M>(&self, message: M) -> tonic::Request<M> {
        self.made.fetch_add(1, Ordering::Relaxed);
        let mut request = tonic::Request::new(message);
        request.set_timeout(DEADLINE);
        request.metadata_mut().insert("authorization", self.bearer.clone());
        request
    }

    /// The answer with that data.
    pub(super) fn answer(&self, data: impl Serialize) -> Result<Response, Failure> {
        #[derive(Serialize)]
        struct Answer<D> {
            data: D,
        }
        let body = serde_json::to_vec(&Answer { data }).map_err(|error| Failure(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
        let mut response = ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response();
        if self.counted {
            response.headers_mut().insert(RPC_COUNT, self.made.load(Ordering::Relaxed).into());
        }
        Ok(response)
    }
}

impl From<tonic::Status> for Failure {
    fn from(status: tonic::Status) -> Self {
        Self(StatusCode::BAD_GATEWAY, status.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}
