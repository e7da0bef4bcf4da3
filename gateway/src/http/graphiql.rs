//! GraphiQL: one page, built from `gateway/graphiql` and committed compressed, so that nothing is loaded from elsewhere.

use std::io::Read as _;

use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use flate2::read::GzDecoder;

/// The page, gzipped.
pub(crate) const PAGE: &[u8] = include_bytes!("../../graphiql/graphiql.html.gz");

pub(super) async fn page(headers: HeaderMap) -> Response {
    let accepts_gzip = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').any(|coding| coding.trim().starts_with("gzip") && !coding.replace(' ', "").ends_with(";q=0")));
    // The page's checksum and length, with which a gzip file ends (RFC 1952).
    let etag = format!("\"{}\"", PAGE[PAGE.len() - 8..].iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == etag.as_str());
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::ETAG, etag.as_str()),
        (header::VARY, "accept-encoding"),
        // The rest of the policy stands in the page, with the digests of its scripts.
        (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
    ];
    if known {
        return (http::StatusCode::NOT_MODIFIED, fixed).into_response();
    }
    if accepts_gzip {
        return (fixed, [(header::CONTENT_ENCODING, "gzip")], PAGE).into_response();
    }
    let mut text = Vec::new();
    match GzDecoder::new(PAGE).read_to_end(&mut text) {
        Ok(_) => (fixed, text).into_response(),
        Err(error) => {
            tracing::error!(error.message = %error, "the page can't be unpacked");
            http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
