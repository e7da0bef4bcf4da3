//! Photos of employees. A photo's URL has its version, so that a browser may keep it for ever.

use std::{sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{Path, Query, State as Extract},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use contracts::crm::employee::v1::{GetEmployeePhotoRequest, PutEmployeePhotoRequest};
use kernel::Error;
use serde::Deserialize;

use super::{
    State,
    answer::{self, Media},
};
use crate::scope::Scope;

/// The path under which the photo of that version is found.
pub(crate) fn url(employee: &str, version: u64) -> String {
    format!("/photos/{employee}/{version}")
}

/// Answers with the picture.
pub(super) async fn show(
    Extract(state): Extract<Arc<State>>,
    Path((employee, version)): Path<(String, u64)>,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let scope = scope(&state, &headers).await?;
        let request = scope.request(GetEmployeePhotoRequest { employee_id: employee.clone() });
        let photo =
            scope.clients().employee.clone().get_employee_photo(request).await.map_err(|status| scope.failed(&status))?.into_inner();
        if photo.photo_version == version { Ok(photo) } else { Err(Error::not_found("photo", format!("{employee}/{version}"))) }
    };
    let photo = match shown.await {
        Ok(photo) => photo,
        Err(error) => return answer::failed(Media::Json, &error),
    };
    let etag = format!("\"{version}\"");
    let content_type = HeaderValue::try_from(photo.content_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let caching = [
        // For this user alone: whoever else asks must be allowed to.
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable")),
        (header::VARY, HeaderValue::from_static("authorization")),
        (header::ETAG, HeaderValue::try_from(&etag).unwrap_or(HeaderValue::from_static("\"\""))),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'")),
    ];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, content_type)], photo.content).into_response()
}

/// The version of the employee that the caller has seen.
#[derive(Deserialize)]
pub(super) struct Seen {
    version: u64,
}

/// Sets the photo to the file in the body.
pub(super) async fn replace(
    Extract(state): Extract<Arc<State>>,
    Path(employee): Path<String>,
    Query(seen): Query<Seen>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let replaced = async {
        let scope = scope(&state, &headers).await?;
        let content = axum::body::to_bytes(body, state.limits.photo_limit).await.map_err(|_| {
            Error::invalid("content", "TOO_LARGE", format!("must be complete and have at most {} bytes", state.limits.photo_limit))
        })?;
        let request = scope.request(PutEmployeePhotoRequest { employee_id: employee.clone(), content, version: seen.version });
        let reply = scope.clients().employee.clone().put_employee_photo(request).await;
        scope.wrote();
        let reply = reply.map_err(|status| scope.failed(&status))?;
        let changed = reply.into_inner().employee.ok_or_else(|| Error::internal("an answer without an employee"))?;
        let photo = changed.photo.ok_or_else(|| Error::internal("an answer without a photo"))?;
        Ok::<_, Error>((url(&employee, photo.version), changed.version))
    };
    match replaced.await {
        Ok((url, version)) => {
            let body = serde_json::json!({ "url": url, "employeeVersion": version }).to_string();
            (StatusCode::CREATED, [(header::LOCATION, url), (header::CONTENT_TYPE, "application/json".to_owned())], body).into_response()
        }
        Err(error) => answer::failed(Media::Json, &error),
    }
}

async fn scope(state: &State, headers: &HeaderMap) -> kernel::Result<Arc<Scope>> {
    let deadline = Instant::now() + state.limits.request_timeout;
    let credentials = state.credentials(headers).await?;
    Ok(Scope::new(state.clients.clone(), credentials, deadline))
}
