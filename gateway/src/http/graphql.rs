//! The GraphQL endpoint, by the GraphQL-over-HTTP specification: negotiate, authenticate, receive, execute, answer.

use std::time::Instant;

use async_graphql::{Request as Operation, parser::types::OperationType};
use async_graphql_axum::{GraphQLRequest, rejection::GraphQLRejection};
use axum::{
    extract::{FromRequest as _, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use kernel::Error;
use opentelemetry::{Context, KeyValue, context::FutureExt as _, trace::TraceContextExt as _};

use super::{
    State,
    answer::{self, Media, RPC_COUNT},
    metrics::name_of,
};
use crate::scope::Scope;

/// Answers a request. Only well-formed requests in JSON are read, so that no form of another site can send one.
pub(super) async fn graphql(state: &State, request: Request) -> Response {
    let Some(media) = Media::negotiate(request.headers()) else {
        let types = "the response is application/graphql-response+json or application/json: accept one of them";
        return answer::refused(Media::Json, StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", types);
    };
    let began = Instant::now();
    let span = state.entrance.begin("graphql", request.headers());
    let handled = tokio::time::timeout(state.limits.request_timeout, handle(state, media, request, began).with_context(span)).await;
    let response = handled.unwrap_or_else(|_| answer::failed(media, &Error::Unavailable("the answer in time".into())));
    state.metrics.answered(began, response.status());
    response
}

async fn handle(state: &State, media: Media, request: Request, began: Instant) -> Response {
    let (method, wants_count) = (request.method().clone(), request.headers().contains_key(RPC_COUNT));
    let credentials = match state.credentials(request.headers()).await {
        Ok(credentials) => credentials,
        Err(error) => return answer::failed(media, &error),
    };
    let operation = match receive(state, media, request).await {
        Ok(operation) => operation,
        Err(refusal) => return *refusal,
    };
    let prepared = match state.operations.prepare(operation).await {
        Ok(prepared) => prepared,
        Err(errors) => return answer::unexecuted(media, &errors),
    };
    let kind = prepared.kind();
    if method == Method::GET && kind != OperationType::Query {
        let mut response = answer::refused(media, StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "a mutation must be sent by POST");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return response;
    }

    let name = prepared.name().cloned();
    Context::map_current(|context| {
        let span = context.span();
        if let Some(name) = name.as_deref().filter(|_| span.is_recording()) {
            span.set_attribute(KeyValue::new("graphql.operation.name", name.to_owned()));
        }
    });
    let scope = Scope::new(state.clients.clone(), credentials, began + state.limits.request_timeout);
    let executed = prepared.execute(&state.operations, &scope).await;

    let calls = scope.calls();
    state.metrics.executed(kind, calls);
    tracing::info!(
        graphql.operation.name = name.as_deref(),
        graphql.operation.r#type = name_of(kind),
        rpc.count = calls,
        errors = executed.errors.len(),
        event.duration = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX),
        "request"
    );
    let mut answer = answer::executed(media, executed);
    if wants_count && state.development.rpc_count {
        answer.headers_mut().insert(RPC_COUNT, calls.into());
    }
    answer
}

/// Reads the operation from the body of a POST, or from the query of a GET.
async fn receive(state: &State, media: Media, request: Request) -> Result<Operation, Box<Response>> {
    let refuse = |status, code, message: &str| Err(Box::new(answer::refused(media, status, code, message)));
    let received = match *request.method() {
        // Boxed, so that not every request has the room of what few need.
        Method::GET => Box::pin(GraphQLRequest::<GraphQLRejection>::from_request(request, &())).await.map(GraphQLRequest::into_inner).ok(),
        Method::POST if !is_json(request.headers()) => {
            return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json in utf-8");
        }
        Method::POST => match axum::body::to_bytes(request.into_body(), state.limits.body_limit).await {
            Ok(body) => one_operation(&body),
            Err(_) => {
                let message = format!("the body must be complete and have at most {} bytes", state.limits.body_limit);
                return refuse(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", &message);
            }
        },
        _ => {
            let mut response = answer::refused(media, StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "use POST, or GET for queries");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
            return Err(Box::new(response));
        }
    };
    match received {
        Some(operation) if !operation.query.is_empty() || operation.extensions.contains_key("persistedQuery") => Ok(operation),
        _ => refuse(
            StatusCode::BAD_REQUEST,
            "BAD_REQUEST",
            "must be one object with query (a document) or extensions.persistedQuery (its hash), and if need be operationName and variables",
        ),
    }
}

/// The operation in a body of JSON: an object. async-graphql's own reading, which allows for batches, makes a tree of it first.
fn one_operation(body: &[u8]) -> Option<Operation> {
    let object = body.trim_ascii_start().starts_with(b"{");
    object.then(|| serde_json::from_slice(body).ok()).flatten()
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return false };
    if value == "application/json" {
        return true;
    }
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let utf_8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => value.trim_matches('"').eq_ignore_ascii_case("utf-8"),
        _ => true,
    };
    parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json")) && parts.all(utf_8)
}
