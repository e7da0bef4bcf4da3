//! A connection to one replica, over HTTP/2.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::future::poll_fn;
use h2::{
    Ping, PingPong, Reason, RecvStream,
    client::{Builder, SendRequest},
};
use http::{Request, Response};
use tokio::{
    io::{AsyncRead, AsyncWrite, BufReader, ReadBuf},
    net::TcpStream,
    sync::oneshot,
    time::{sleep, timeout},
};

use crate::{net::MAX_HEADERS, program::describe};

/// How many bytes of answers may be on their way: of one, and of all on the connection.
const WINDOWS: (u32, u32) = (2 * 1024 * 1024, 5 * 1024 * 1024);
/// The most bytes of a frame: an answer mostly comes as one, and need not be put together.
const MAX_FRAME: u32 = 1024 * 1024;

/// So many bytes are read at once: all that has arrived, mostly. HTTP/2 by itself would read 8 KiB at a time, and each frame to its end.
const READ: usize = 64 * 1024;

/// A connection to send requests over. Clones are the same one; it is closed when the last is gone and their calls are done.
#[derive(Clone)]
pub(super) struct Connection {
    requests: SendRequest<Bytes>,
    ended: Arc<AtomicBool>,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) error: h2::Error,
    /// Whether it certainly reached nobody who did anything for it.
    pub(super) unseen: bool,
    /// Whether the connection is still good for other calls.
    pub(super) alone: bool,
}

impl Connection {
    /// Makes a connection; it is good once the other side has answered a ping. A stopped process has its connections made by its
    /// system, but says nothing.
    pub(super) async fn open(address: SocketAddr, keepalive: Duration) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (reading, writing) = stream.into_split();
        let heard = Arc::new(AtomicBool::new(false));
        let listening = BufReader::with_capacity(READ, Listening { reading, heard: heard.clone() });
        let mut builder = Builder::new();
        builder.initial_window_size(WINDOWS.0).initial_connection_window_size(WINDOWS.1).max_frame_size(MAX_FRAME);
        builder.max_header_list_size(MAX_HEADERS).enable_push(false);
        let (requests, mut connection) = builder.handshake(tokio::io::join(listening, Telling(writing))).await?;
        let pings = connection.ping_pong().ok_or("its pings are taken")?;
        let ended = Arc::new(AtomicBool::new(false));
        let (answers, answered) = oneshot::channel();
        let ending = ended.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "it ends with the connection, which ends when nobody holds it and its calls are done"
        )]
        tokio::spawn(async move {
            let outcome = tokio::select! {
                // What has arrived is read first: this program itself may have stood still.
                biased;
                outcome = connection => outcome.map_err(io::Error::other),
                outcome = until_silent(pings, &heard, answers, keepalive) => outcome,
            };
            ending.store(true, Ordering::Relaxed);
            if let Err(error) = outcome {
                tracing::debug!(server.address = %address, error.message = describe(&error), "a connection was lost");
            }
        });
        answered.await.map_err(|_| io::Error::new(io::ErrorKind::ConnectionReset, "the connection was closed at once"))?;
        Ok(Self { requests, ended })
    }

    /// Whether it is the same as that one.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.ended, &other.ended)
    }

    /// Whether no answer will come over it any more.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Sends a request with its one message, and waits for the head of the answer. Dropped before, the call is cancelled at the other end.
    pub(super) async fn send(&self, request: Request<()>, message: Bytes) -> Result<Response<RecvStream>, Unanswered> {
        let mut requests = self.requests.clone();
        poll_fn(|context| requests.poll_ready(context)).await.map_err(Unanswered::not_sent)?;
        let (response, mut stream) = requests.send_request(request, false).map_err(Unanswered::not_sent)?;
        // Who is refused may be answered by now, by a replica that wants no message (RFC 9113, 8.1): then it can't be sent, and need not be.
        // Whatever else is wrong with the stream, its answer tells.
        let _ = stream.send_data(message, true);
        response.await.map_err(Unanswered::new)
    }
}

impl Unanswered {
    fn not_sent(error: h2::Error) -> Self {
        Self { unseen: true, ..Self::new(error) }
    }

    /// It was sent. The replica may tell that it did nothing for the call (RFC 9113, 6.8 and 8.7): it is stopping and has not begun
    /// with it, or it refused it.
    pub(super) fn new(error: h2::Error) -> Self {
        let unseen = error.is_remote() && (error.is_go_away() || (error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM)));
        Self { unseen, alone: error.is_reset(), error }
    }
}

/// Waits until the other side is silent: asks it every `keepalive`, and gives it as long to be heard. `answers` is told of the first answer.
async fn until_silent(mut pings: PingPong, heard: &AtomicBool, answers: oneshot::Sender<()>, keepalive: Duration) -> io::Result<()> {
    pings.ping(Ping::opaque()).await.map_err(io::Error::other)?;
    if answers.send(()).is_err() {
        // It took too long, and nobody waits for it any more.
        return Ok(());
    }
    loop {
        sleep(keepalive).await;
        heard.store(false, Ordering::Relaxed);
        pings.send_ping(Ping::opaque()).map_err(io::Error::other)?;
        // Whatever is heard counts: the answer may stand behind much else.
        while let Err(silent) = timeout(keepalive, poll_fn(|context| pings.poll_pong(context))).await {
            if !heard.swap(false, Ordering::Relaxed) {
                return Err(silent.into());
            }
        }
    }
}

/// Writes as long as somebody reads. What is written to nobody is as if it were on its way: the last words of the other side may still
/// be unread, such as up to which call it has answered (RFC 9113, 6.8), and after them the reading tells that the connection has ended.
struct Telling<W>(W);

impl<W> Telling<W> {
    /// What came of writing so many bytes.
    fn told(written: Poll<io::Result<usize>>, length: usize) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Err(error)) if is_closed(&error) => Poll::Ready(Ok(length)),
            written => written,
        }
    }
}

/// Whether the other side has closed the connection.
fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Telling<W> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Self::told(Pin::new(&mut self.0).poll_write(context, bytes), bytes.len())
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Self::told(Pin::new(&mut self.0).poll_write_vectored(context, parts), parts.iter().map(|part| part.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// Tells when something is read.
struct Listening<R> {
    reading: R,
    heard: Arc<AtomicBool>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Listening<R> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.reading).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    #[tokio::test]
    async fn the_last_words_of_who_hangs_up_are_heard_by_who_is_still_writing() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut far, _) = listener.accept().await.unwrap();
        let (mut reading, mut writing) = near.into_split();
        // Closed with something unread, a connection is reset.
        writing.write_all(b"unread").await.unwrap();
        far.readable().await.unwrap();
        far.write_all(b"last words").await.unwrap();
        drop(far);
        let refused = async { while writing.write_all(b"to nobody").await.is_ok() {} };
        timeout(Duration::from_secs(30), refused).await.expect("nobody reads any more");
        let mut writing = Telling(writing);
        writing.write_all(b"to nobody").await.unwrap();
        writing.flush().await.unwrap();
        let mut heard = [0; 10];
        reading.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"last words");
        assert!(matches!(reading.read(&mut heard).await, Ok(0) | Err(_)), "it has ended");
    }
}
