//! A request in hand: its token, how many gRPC calls it makes, its answer.

use std::{
    fmt::Display,
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
use runtime::Verifier;
use serde::Serialize;

use crate::queries::RPC_COUNT;

/// How long a gRPC call may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// What handlers work with, as far as every one of them has it.
pub(crate) trait Verifies: Send + Sync {
    /// What verifies the tokens of requests.
    fn verifier(&self) -> &Verifier;
}

/// A request of a viewer whose token was verified.
pub(crate) struct Call {
    pub(crate) viewer: Principal,
    /// The header with the token, to be handed on.
    bearer: HeaderValue,
    counted: bool,
    made: AtomicU32,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(crate) struct Failure(StatusCode, String);

impl<A: Verifies> FromRequestParts<Arc<A>> for Call {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<A>) -> Result<Self, Failure> {
        let refused = |message: String| Failure(StatusCode::UNAUTHORIZED, message);
        let bearer = parts.headers.get(AUTHORIZATION).ok_or_else(|| refused("no token".to_owned()))?;
        let token = bearer.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let token = token.ok_or_else(|| refused("no token".to_owned()))?;
        let viewer = app.verifier().verify(token).await.map_err(|error| refused(error.to_string()))?;
        Ok(Self { viewer, bearer: bearer.clone(), counted: parts.headers.contains_key(RPC_COUNT), made: AtomicU32::new(0) })
    }
}

impl Call {
    /// Counts a gRPC call, which is to be made with this header.
    pub(crate) fn bearer(&self) -> HeaderValue {
        self.made.fetch_add(1, Ordering::Relaxed);
        self.bearer.clone()
    }

    /// Makes `message` a request with the viewer's token, and counts it.
    pub(crate) fn request<M>(&self, message: M) -> tonic::Request<M> {
        let mut request = tonic::Request::new(message);
        request.set_timeout(DEADLINE);
        request.metadata_mut().as_mut().insert(AUTHORIZATION, self.bearer());
        request
    }

    /// The answer with that data.
    pub(crate) fn answer(&self, data: impl Serialize) -> Result<Response, Failure> {
        #[derive(Serialize)]
        struct Answer<D> {
            data: D,
        }
        let body = serde_json::to_vec(&Answer { data }).map_err(|error| Failure(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
        Ok(self.counted(([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()))
    }

    /// The response, with the number of calls where it is asked for.
    pub(crate) fn counted(&self, mut response: Response) -> Response {
        if self.counted {
            response.headers_mut().insert(RPC_COUNT, self.made.load(Ordering::Relaxed).into());
        }
        response
    }
}

impl Failure {
    /// A service did not answer as it should.
    pub(crate) fn of_service(error: impl Display) -> Self {
        Self(StatusCode::BAD_GATEWAY, error.to_string())
    }
}

impl From<tonic::Status> for Failure {
    fn from(status: tonic::Status) -> Self {
        Self::of_service(status)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}
