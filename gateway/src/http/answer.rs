//! Answers of the GraphQL endpoint: media types and status codes.

use async_graphql::ServerError;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use kernel::Error;

use crate::{
    graph::error::code,
    operation::{self, Executed},
};

/// The media types of GraphQL responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the status tells whether the request was executed.
    GraphqlResponse,
    /// `application/json`: for older clients, with 200 for every well-formed request.
    Json,
}

impl Media {
    /// The type that the client likes best; JSON for one that has no wishes; `None` where it accepts neither.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let ranges: Vec<&str> =
            headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
        if ranges.is_empty() {
            return Some(Self::Json);
        }
        let mut best: Option<(f32, Self)> = None;
        for range in ranges {
            let mut parts = range.split(';').map(str::trim);
            let media = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => Self::GraphqlResponse,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => continue,
            };
            let mut quality = 1.0;
            let mut utf8 = true;
            for parameter in parts {
                match parameter.split_once('=').map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim())) {
                    Some((name, value)) if name == "q" => quality = value.parse().unwrap_or(0.0),
                    Some((name, value)) if name == "charset" => utf8 = value.trim_matches('"').eq_ignore_ascii_case("utf-8"),
                    _ => {}
                }
            }
            if utf8 && quality > 0.0 && best.is_none_or(|(most, _)| quality > most) {
                best = Some((quality, media));
            }
        }
        best.map(|(_, media)| media)
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }
}

/// The answer to an operation that was executed.
pub(super) fn executed(media: Media, executed: Executed) -> Response {
    if executed.is_refused() {
        return unexecuted(media, &executed.errors);
    }
    response(media, StatusCode::OK, executed.into_json())
}

/// The answer to an operation that can't be executed.
pub(super) fn unexecuted(media: Media, errors: &[ServerError]) -> Response {
    let status = if media == Media::GraphqlResponse { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    response(media, status, [&b"{\"errors\":"[..], &operation::json(errors), b"}"].concat())
}

/// The answer to a request that is none of GraphQL, or that is refused before it is read.
pub(super) fn refused(media: Media, status: StatusCode, code: &str, message: &str) -> Response {
    let body = serde_json::json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    response(media, status, body.to_string())
}

fn response(media: Media, status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, media.content_type());
    response
}

/// The answer to a request that failed as a whole.
pub(super) fn failed(media: Media, error: &Error) -> Response {
    let status = status(error);
    let mut response = refused(media, status, code(error), &error.to_string());
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The HTTP status of an error.
pub(super) fn status(error: &Error) -> StatusCode {
    match error {
        Error::Unauthenticated { .. } => StatusCode::UNAUTHORIZED,
        Error::PermissionDenied(_) => StatusCode::FORBIDDEN,
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::Invalid(_) => StatusCode::BAD_REQUEST,
        Error::Conflict { .. } | Error::FailedPrecondition { .. } => StatusCode::CONFLICT,
        Error::ResourceExhausted { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The header that asks for, and tells, the number of gRPC calls that a request made.
pub(super) const RPC_COUNT: HeaderName = HeaderName::from_static("x-rpc-count");
