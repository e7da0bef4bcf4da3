//! One connection to the broker, for as long as it lasts. It is never mended: what is in doubt is thrown away,
//! and [`Link`](super::link::Link) makes the next one.

use std::{
    io,
    net::Shutdown,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures::Stream;
use lapin::{AsyncTcpStream, Channel, Connection, ConnectionProperties, Event, tcp::AMQPUriTcpExt as _, uri::AMQPUri};
use socket2::{SockRef, Socket};
use tokio_util::sync::CancellationToken;

use super::Fault;

/// How often each side must be heard of, in seconds: a peer that is silent twice as long is dead.
const HEARTBEAT: u16 = 5;
/// The longest that reaching the host may take, TLS included.
const REACH: Duration = Duration::from_secs(5);
/// The longest that the broker may take to greet a connection.
const GREETING: Duration = Duration::from_secs(10);
/// The longest that the broker may take for one step, such as to declare a queue.
const STEP: Duration = Duration::from_secs(10);
/// How long a polite farewell may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// The answer of the broker to one step, if it comes in time.
pub(super) async fn answer<T>(step: impl Future<Output = lapin::Result<T>>) -> Result<T, Fault> {
    tokio::time::timeout(STEP, step).await.map_err(|_| Fault::TooSlow(STEP))?.map_err(Fault::Broker)
}

/// A connection.
pub(super) struct Wire {
    connection: Connection,
    socket: Socket,
    broken: CancellationToken,
}

impl Wire {
    /// Connects; `name` is how the broker's operators see the connection.
    pub(super) async fn connect(uri: &AMQPUri, name: &str) -> Result<Self, Fault> {
        let mut uri = uri.clone();
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let socket = Arc::new(OnceLock::new());
        let kept = socket.clone();
        let connecting = Connection::connector(
            uri,
            lapin::runtime::default_runtime().map_err(Fault::Broker)?,
            async move |uri, runtime| {
                let reached = tokio::time::timeout(REACH, uri.connect_async(&runtime)).await;
                let stream = reached.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
                let tcp = match &stream {
                    AsyncTcpStream::Plain(tcp) => tcp.get_ref(),
                    AsyncTcpStream::Rustls(tls) => tls.get_ref().0.get_ref(),
                    // TLS libraries that are not built in.
                    _ => return Err(io::Error::from(io::ErrorKind::Unsupported).into()),
                };
                kept.get_or_init(|| SockRef::from(tcp).try_clone()).as_ref().map_err(|error| io::Error::from(error.kind()))?;
                Ok(stream)
            },
            properties,
        );
        let connected = match tokio::time::timeout(GREETING, connecting).await {
            Ok(connected) => connected.map_err(Fault::Broker),
            Err(_) => Err(Fault::TooSlow(GREETING)),
        };
        let socket = match socket.get() {
            Some(Ok(socket)) => socket.try_clone().map_err(|error| Fault::Broker(error.into())),
            _ => Err(Fault::Down),
        };
        match (connected, socket) {
            (Ok(connection), Ok(socket)) => Ok(Self { connection, socket, broken: CancellationToken::new() }),
            (Err(fault), Ok(socket)) => {
                cut(&socket);
                Err(fault)
            }
            (Err(fault), Err(_)) | (Ok(_), Err(fault)) => Err(fault),
        }
    }

    /// A new channel.
    pub(super) async fn channel(&self) -> Result<Channel, Fault> {
        answer(self.connection.create_channel()).await
    }

    /// What happens to the connection.
    pub(super) fn events(&self) -> impl Stream<Item = Event> + Send + 'static {
        self.connection.events_listener()
    }

    /// Whether it can still be used, as far as anybody knows.
    pub(super) fn is_alive(&self) -> bool {
        self.connection.status().connected() && !self.broken.is_cancelled()
    }

    /// Whether the broker takes no messages for now (a full disk, too little memory). What was sent is answered later.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// Ends once the connection is given up.
    pub(super) async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// Gives the connection up: something on it is not as it should be.
    pub(super) fn give_up(&self) {
        self.broken.cancel();
        // The library waits for the peer's goodbye, with a thread; a peer that is gone says none.
        cut(&self.socket);
    }

    /// Says goodbye. The broker has done by then all that was asked before.
    pub(super) async fn close(self) {
        let goodbye = self.connection.close(200, "done".into());
        if !matches!(tokio::time::timeout(FAREWELL, goodbye).await, Ok(Ok(()))) {
            self.give_up();
        }
    }
}

fn cut(socket: &Socket) {
    // Fails only where it is cut already.
    let _ = socket.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests;
