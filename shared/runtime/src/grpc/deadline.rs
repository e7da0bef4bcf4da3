//! Deadlines, at both ends of a call: the header `grpc-timeout` and what happens when the time is up.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::{Status, body::Body};

use crate::transport::lost;

/// The header, as gRPC over HTTP/2 has it: up to eight digits and a unit.
const HEADER: &str = "grpc-timeout";

/// The time that the caller gives the call; `None` where no (readable) time is given.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

/// Gives the call that much time: at least a millisecond, at most some 27 hours.
pub(crate) fn ask(headers: &mut HeaderMap, limit: Duration) {
    let millis = limit.as_millis().clamp(1, 99_999_999);
    if let Ok(mut value) = HeaderValue::try_from(format!("{millis}m")) {
        differs_each_time(&mut value);
        headers.insert(HEADER, value);
    }
}

/// The time that the call has: what it asks for, or else `limit`, for which it asks then.
pub(crate) fn asked_or(headers: &mut HeaderMap, limit: Duration) -> Duration {
    let asked = asked(headers);
    match (asked, headers.get_mut(HEADER)) {
        (Some(_), Some(value)) => differs_each_time(value),
        _ => ask(headers, limit),
    }
    asked.unwrap_or(limit)
}

/// Keeps a value out of what HPACK remembers of a connection's headers: it would be of no use there, and push out what is.
pub(crate) fn differs_each_time(value: &mut HeaderValue) {
    value.set_sensitive(true);
}

/// The time is up.
pub(crate) fn exceeded() -> Status {
    Status::deadline_exceeded("the deadline was exceeded")
}

/// The body of an answer, which must be there by a moment; else it ends with a status, as it does when
/// the connection is lost.
pub(crate) struct DeadlineBody {
    body: Body,
    at: Instant,
    service: String,
    /// Only made once there is something to wait for: the answers of unary calls mostly are there at once.
    sleep: Option<Pin<Box<Sleep>>>,
    ended: bool,
}

impl DeadlineBody {
    pub(crate) fn new(body: Body, at: Instant, service: String) -> Self {
        Self { body, at, service, sleep: None, ended: false }
    }

    fn end(&mut self, status: &Status) -> Frame<Bytes> {
        self.ended = true;
        // What the body still waits for is given up, so that the other end hears of it.
        self.body = Body::empty();
        let mut trailers = HeaderMap::new();
        // Only a text that is no header value could fail, and these are plain ASCII.
        let _ = status.add_header(&mut trailers);
        Frame::trailers(trailers)
    }
}

impl http_body::Body for DeadlineBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if this.ended {
            return Poll::Ready(None);
        }
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(Some(Err(_))) if Instant::now() >= this.at => Poll::Ready(Some(Ok(this.end(&exceeded())))),
            Poll::Ready(Some(Err(error))) => {
                let status = lost(&this.service, &error);
                Poll::Ready(Some(Ok(this.end(&status))))
            }
            Poll::Ready(frame) => Poll::Ready(frame),
            Poll::Pending => {
                let at = this.at;
                let sleep = this.sleep.get_or_insert_with(|| Box::pin(sleep_until(at)));
                match sleep.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Some(Ok(this.end(&exceeded())))),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &'static str) -> Option<Duration> {
        asked(&HeaderMap::from_iter([(http::HeaderName::from_static(HEADER), HeaderValue::from_static(value))]))
    }

    #[test]
    fn timeouts_are_read_in_every_unit() {
        for (value, millis) in [("1H", 3_600_000), ("2M", 120_000), ("3S", 3_000), ("250m", 250), ("1500u", 1), ("99999999n", 99)] {
            assert_eq!(read(value).unwrap().as_millis(), millis, "{value}");
        }
    }

    #[test]
    fn a_timeout_that_is_none_is_passed_over() {
        for value in ["", "m", "10", "10x", "-1S", "+1S", "1.5S", "123456789m"] {
            assert_eq!(read(value), None, "{value:?}");
        }
    }

    #[test]
    fn a_timeout_survives_its_header() {
        let mut headers = HeaderMap::new();
        ask(&mut headers, Duration::from_millis(1234));
        assert_eq!(asked(&headers), Some(Duration::from_millis(1234)));
        ask(&mut headers, Duration::from_secs(u64::MAX));
        assert!(asked(&headers).is_some());
    }

    #[test]
    fn a_call_has_the_time_that_it_asks_for_or_asks_for_what_it_has() {
        let mut headers = HeaderMap::new();
        for (asks, has) in [(None, 5), (Some("3S"), 3), (Some("soon"), 5)] {
            headers.clear();
            headers.extend(asks.map(|value| (http::HeaderName::from_static(HEADER), HeaderValue::from_static(value))));
            assert_eq!(asked_or(&mut headers, Duration::from_secs(5)), Duration::from_secs(has), "{asks:?}");
            assert_eq!(asked(&headers), Some(Duration::from_secs(has)), "{asks:?}");
            assert!(headers[HEADER].is_sensitive(), "{asks:?}");
        }
    }
}
