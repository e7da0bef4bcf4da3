//! One replica of a service: its connection, made, lost and made again.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use http::uri::Authority;
use tokio::time::{Instant, timeout};

use super::{Remote, connection::Connection};

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
    /// The waits between attempts, since the last that succeeded.
    pauses: Option<ExponentialBackoff>,
    /// No attempt before that moment.
    again: Option<Instant>,
}

enum State {
    Apart,
    Connecting,
    Connected(Connection),
}

/// What a replica can do for a call.
pub(super) enum Reach {
    /// Take it.
    Now(Connection),
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
        let link = Mutex::new(Link { state: State::Apart, pauses: None, again: None });
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
            State::Connected(connection) if !connection.has_ended() => return Reach::Now(connection.clone()),
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
        let connected = match timeout(settings.connect_timeout, Connection::open(self.address, settings.keepalive)).await {
            Ok(connected) => connected,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer in time").into()),
        };
        let mut link = self.link();
        match connected {
            Ok(connection) => {
                if link.pauses.take().is_some() {
                    tracing::info!(server.address = %self.address, "a replica is back");
                }
                (link.state, link.again) = (State::Connected(connection), None);
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
    pub(super) fn hang_up(&self, connection: &Connection) {
        let mut link = self.link();
        if matches!(&link.state, State::Connected(current) if current.is(connection)) {
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
