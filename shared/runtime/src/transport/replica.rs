//! One replica of a service: its connection, made, lost and made again.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use http::uri::Authority;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::TcpStream,
    sync::oneshot,
    time::{Instant, timeout},
};

use super::{Remote, body::Outgoing};
use crate::net::MAX_HEADERS;

/// A connection to send requests over.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) sender: http2::SendRequest<Outgoing>,
    /// Which of the replica's connections it is.
    number: u64,
}

/// How long a replica is left alone after it could not be reached: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// A replica. It is the same as long as its address is known.
pub(super) struct Replica {
    pub(super) address: SocketAddr,
    /// What requests name as the one they are for.
    pub(super) authority: Authority,
    under_way: AtomicUsize,
    link: Mutex<Link>,
}

struct Link {
    state: State,
    /// How many connections there were.
    made: u64,
    /// The waits between attempts, since the last that succeeded.
    pauses: Option<ExponentialBackoff>,
    /// No attempt before that moment.
    again: Option<Instant>,
}

enum State {
    Apart,
    Connecting,
    Connected(Line),
}

/// What a replica can do for a call.
pub(super) enum Reach {
    /// Take it.
    Now(Line),
    /// Perhaps soon.
    Soon,
    /// It is apart, and somebody must [`connect`](Replica::connect) it: whoever is told so.
    Connect,
    /// Not before some time.
    Later,
}

/// A call under way.
pub(super) struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Replica {
    pub(super) fn new(address: SocketAddr, authority: Authority) -> Self {
        let link = Mutex::new(Link { state: State::Apart, made: 0, pauses: None, again: None });
        Self { address, authority, under_way: AtomicUsize::new(0), link }
    }

    /// How many calls are under way.
    pub(super) fn load(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    pub(super) fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(&self.under_way)
    }

    pub(super) fn reach(&self) -> Reach {
        let mut link = self.link();
        match &link.state {
            State::Connected(line) if !line.sender.is_closed() => return Reach::Now(line.clone()),
            State::Connecting => return Reach::Soon,
            State::Connected(_) | State::Apart => {}
        }
        if link.again.is_some_and(|again| Instant::now() < again) {
            link.state = State::Apart;
            return Reach::Later;
        }
        link.state = State::Connecting;
        Reach::Connect
    }

    /// Makes the connection, and keeps it running in the background until it is lost or nobody holds the replica.
    pub(super) async fn connect(&self, settings: &Remote) {
        let connected = match timeout(settings.connect_timeout, open(self.address, settings)).await {
            Ok(connected) => connected,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer in time").into()),
        };
        let mut link = self.link();
        match connected {
            Ok(sender) => {
                if link.pauses.take().is_some() {
                    tracing::info!(server.address = %self.address, "a replica is back");
                }
                link.made += 1;
                (link.state, link.again) = (State::Connected(Line { sender, number: link.made }), None);
            }
            Err(error) => {
                if link.pauses.is_none() {
                    tracing::warn!(server.address = %self.address, error.message = %error, "a replica can't be reached and is left out");
                }
                let pause = link.pauses.get_or_insert_with(pauses).next().unwrap_or(PAUSES.1);
                (link.state, link.again) = (State::Apart, Some(Instant::now() + pause));
            }
        }
    }

    /// Gives up a connection that failed a call; calls under way on it may finish.
    pub(super) fn hang_up(&self, line: &Line) {
        let mut link = self.link();
        if matches!(&link.state, State::Connected(current) if current.number == line.number) {
            link.state = State::Apart;
        }
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::default().with_min_delay(PAUSES.0).with_max_delay(PAUSES.1).without_max_times().with_jitter().build()
}

/// Makes a connection; it is good once the other side has spoken. A stopped process has its connections made by its
/// system, but says nothing.
async fn open(address: SocketAddr, settings: &Remote) -> Result<http2::SendRequest<Outgoing>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (reading, writing) = stream.into_split();
    let (heard, speaks) = oneshot::channel();
    let io = TokioIo::new(tokio::io::join(Listening { reading, heard: Some(heard) }, writing));
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(settings.keepalive)
        .keep_alive_timeout(settings.keepalive)
        .keep_alive_while_idle(true)
        .max_header_list_size(MAX_HEADERS)
        .handshake(io)
        .await?;
    #[expect(
        clippy::disallowed_methods,
        reason = "it ends with the connection, which ends when its replica is dropped and its calls are done"
    )]
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(server.address = %address, error.message = crate::program::describe(&error), "a connection was lost");
        }
    });
    speaks.await.map_err(|_| io::Error::new(io::ErrorKind::ConnectionReset, "the connection was closed at once"))?;
    Ok(sender)
}

/// Tells of the first byte that is read.
struct Listening<R> {
    reading: R,
    heard: Option<oneshot::Sender<()>>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Listening<R> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.reading).poll_read(context, buffer);
        if self.heard.is_some()
            && buffer.filled().len() > before
            && let Some(heard) = self.heard.take()
        {
            // Where nobody waits any more, the connection is not wanted.
            let _ = heard.send(());
        }
        read
    }
}
