//! A call as one request and one answer: what gRPC over HTTP/2 says of their heads.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode, Uri,
    header::{CONTENT_TYPE, TE},
    response,
};
use tonic::{Code, Status};

/// The request of a call with these headers, its metadata.
pub(super) fn request(path: &'static str, headers: HeaderMap, body: Bytes) -> Request<Bytes> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static(path);
    *request.headers_mut() = headers;
    request.headers_mut().insert(TE, HeaderValue::from_static("trailers"));
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    request
}

/// The body of an answer, where its status is `OK`. One that has no message has its status in the head.
pub(super) fn answer(head: &response::Parts, trailers: Option<&HeaderMap>, body: Bytes) -> Result<Bytes, Status> {
    let status = trailers.and_then(Status::from_header_map).or_else(|| Status::from_header_map(&head.headers));
    match status.unwrap_or_else(|| without_status(head.status)) {
        status if status.code() == Code::Ok => Ok(body),
        status => Err(status),
    }
}

/// What an answer without a status means, which somebody between here and the service may have given
/// (<https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>).
fn without_status(status: StatusCode) -> Status {
    let code = match status {
        StatusCode::BAD_REQUEST => Code::Internal,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::NOT_FOUND => Code::Unimplemented,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Code::Unavailable
        }
        _ => Code::Unknown,
    };
    Status::new(code, format!("answered {status}, without a status of gRPC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, head: &[(&'static str, &'static str)], trailers: &[(&'static str, &'static str)]) -> Result<Bytes, Code> {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect::<HeaderMap>()
        };
        let mut response = http::Response::new(());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        *response.headers_mut() = headers(head);
        let trailers = Some(headers(trailers)).filter(|trailers| !trailers.is_empty());
        answer(&response.into_parts().0, trailers.as_ref(), Bytes::from_static(b"body")).map_err(|status| status.code())
    }

    #[test]
    fn the_status_stands_in_the_trailers_or_where_there_is_no_message_in_the_head() {
        assert_eq!(answered(200, &[], &[("grpc-status", "0")]).unwrap(), "body");
        assert_eq!(answered(200, &[], &[("grpc-status", "5")]), Err(Code::NotFound));
        assert_eq!(answered(200, &[("grpc-status", "7")], &[]), Err(Code::PermissionDenied));
    }

    #[test]
    fn an_answer_without_a_status_is_what_its_http_status_says() {
        assert_eq!(answered(200, &[], &[]), Err(Code::Unknown));
        assert_eq!(answered(401, &[], &[]), Err(Code::Unauthenticated));
        assert_eq!(answered(404, &[], &[]), Err(Code::Unimplemented));
        assert_eq!(answered(503, &[], &[]), Err(Code::Unavailable));
    }
}
