//! Requests that can be sent again, answers that are whole.

use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use tonic::{Status, body::Body};

/// The most bytes of an answer that are waited for before it is handed on.
const MOST: usize = 16 * 1024 * 1024;

/// The body of a request on its way.
///
/// It tells nothing of its length: gRPC has no `content-length`.
pub(super) enum Outgoing {
    /// The one message of a unary call. Clones share its bytes.
    Whole(Option<Bytes>),
    /// A stream: what was there at once, and the rest.
    Stream(VecDeque<Frame<Bytes>>, Body),
}

impl Outgoing {
    /// Takes over the body of a request. That of a unary call is there at once.
    ///
    /// # Errors
    /// A message that can't be sent.
    pub(super) async fn new(mut body: Body) -> Result<Self, Status> {
        let mut begun = VecDeque::new();
        // One message, and the end.
        while begun.len() < 2 {
            if body.is_end_stream() {
                return Ok(Self::whole(begun, body));
            }
            match poll_fn(|context| Poll::Ready(Pin::new(&mut body).poll_frame(context))).await {
                Poll::Ready(Some(frame)) => begun.push_back(frame?),
                Poll::Ready(None) => return Ok(Self::whole(begun, body)),
                Poll::Pending => break,
            }
        }
        Ok(Self::Stream(begun, body))
    }

    fn whole(mut begun: VecDeque<Frame<Bytes>>, ended: Body) -> Self {
        match begun.pop_front().map(Frame::into_data) {
            None => Self::Whole(None),
            Some(Ok(message)) if begun.is_empty() => Self::Whole(Some(message)),
            Some(Ok(message)) => {
                begun.push_front(Frame::data(message));
                Self::Stream(begun, ended)
            }
            Some(Err(frame)) => {
                begun.push_front(frame);
                Self::Stream(begun, ended)
            }
        }
    }

    /// The same once more; `None` for a stream, which is read only once.
    pub(super) fn again(&self) -> Option<Self> {
        match self {
            Self::Whole(message) => Some(Self::Whole(message.clone())),
            Self::Stream(..) => None,
        }
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.get_mut() {
            Self::Whole(message) => Poll::Ready(message.take().map(|message| Ok(Frame::data(message)))),
            Self::Stream(begun, rest) => match begun.pop_front() {
                Some(frame) => Poll::Ready(Some(Ok(frame))),
                None => Pin::new(rest).poll_frame(context),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(message) => message.is_none(),
            Self::Stream(begun, rest) => begun.is_empty() && rest.is_end_stream(),
        }
    }
}

/// The body of an answer that was waited for, to its end or as far as [`MOST`].
pub(super) struct Gathered {
    frames: VecDeque<Frame<Bytes>>,
    rest: Option<Incoming>,
}

impl Gathered {
    /// Waits for the body of an answer.
    ///
    /// # Errors
    /// Where it breaks off.
    pub(super) async fn new(mut body: Incoming) -> hyper::Result<Self> {
        let (mut frames, mut bytes) = (VecDeque::new(), 0);
        while bytes <= MOST {
            match poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await.transpose()? {
                Some(frame) => {
                    bytes += frame.data_ref().map_or(0, Bytes::len);
                    frames.push_back(frame);
                }
                None => return Ok(Self { frames, rest: None }),
            }
        }
        Ok(Self { frames, rest: Some(body) })
    }

    /// Whether all of it is there.
    pub(super) fn is_whole(&self) -> bool {
        self.rest.is_none()
    }
}

impl http_body::Body for Gathered {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        match (this.frames.pop_front(), &mut this.rest) {
            (Some(frame), _) => Poll::Ready(Some(Ok(frame))),
            (None, Some(rest)) => Pin::new(rest).poll_frame(context),
            (None, None) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && self.rest.as_ref().is_none_or(http_body::Body::is_end_stream)
    }
}
