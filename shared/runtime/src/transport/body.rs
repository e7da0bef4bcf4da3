//! Messages on their way: those of requests, which can be sent again, and those of answers, which are waited for.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use futures::future::poll_fn;
use h2::RecvStream;
use http::HeaderMap;
use http_body::{Body as _, Frame};
use tonic::{Status, body::Body};

/// The most bytes of an answer that are waited for before it is handed on.
const MOST: usize = 64 * 1024 * 1024;

/// The message of a request, all of it: no method of the contracts takes a stream.
///
/// # Errors
/// A message that can't be sent.
pub(super) async fn message(mut body: Body) -> Result<Bytes, Status> {
    let mut message = Bytes::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await.transpose()? {
        if let Ok(more) = frame.into_data() {
            message = joined(message, more);
        }
    }
    Ok(message)
}

/// Both in a row; mostly there is but one.
fn joined(begin: Bytes, more: Bytes) -> Bytes {
    if begin.is_empty() {
        return more;
    }
    let mut all = BytesMut::from(begin);
    all.extend_from_slice(&more);
    all.freeze()
}

/// The body of an answer: what was waited for, and the rest.
pub(super) struct Arriving {
    begin: Bytes,
    trailers: Option<HeaderMap>,
    rest: Option<RecvStream>,
}

impl Arriving {
    pub(super) fn new(stream: RecvStream) -> Self {
        Self { begin: Bytes::new(), trailers: None, rest: Some(stream) }
    }

    /// Waits for all of it, or as much as [`MOST`].
    ///
    /// # Errors
    /// Where it breaks off.
    pub(super) async fn gather(&mut self) -> Result<(), h2::Error> {
        let Some(stream) = &mut self.rest else { return Ok(()) };
        while self.begin.len() <= MOST {
            match poll_fn(|context| poll_data(stream, context)).await.transpose()? {
                Some(more) => self.begin = joined(std::mem::take(&mut self.begin), more),
                None => {
                    self.trailers = stream.trailers().await?;
                    self.rest = None;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Whether all of it is there.
    pub(super) fn is_whole(&self) -> bool {
        self.rest.is_none()
    }

    /// All of it, with the trailers.
    ///
    /// # Errors
    /// Where more was sent than is waited for.
    pub(super) fn whole(self) -> Result<(Bytes, Option<HeaderMap>), Status> {
        match self.rest {
            None => Ok((self.begin, self.trailers)),
            Some(_) => Err(Status::out_of_range(format!("the answer has more than {MOST} bytes"))),
        }
    }
}

/// The next bytes of a stream; as many more may be sent.
fn poll_data(stream: &mut RecvStream, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, h2::Error>>> {
    let data = ready!(stream.poll_data(context));
    Poll::Ready(data.map(|data| data.and_then(|data| stream.flow_control().release_capacity(data.len()).map(|()| data))))
}

impl http_body::Body for Arriving {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        let this = self.get_mut();
        if !this.begin.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.begin)))));
        }
        if let Some(stream) = &mut this.rest {
            match ready!(poll_data(stream, context)) {
                Some(data) => return Poll::Ready(Some(data.map(Frame::data))),
                None => this.trailers = ready!(stream.poll_trailers(context))?,
            }
            this.rest = None;
        }
        Poll::Ready(this.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.begin.is_empty() && self.trailers.is_none() && self.rest.as_ref().is_none_or(RecvStream::is_end_stream)
    }
}
