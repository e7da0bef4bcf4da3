//! The bus within one process, durable in one SQLite file.
//!
//! Every consumer's events are rows of one table, written before a publish is confirmed and removed when
//! the consumer acknowledges, so a `kill -9` loses nothing. One thread owns the file (`broker`): it writes
//! whatever was asked for since its last commit in one transaction (group commit), then hands out events.
//!
//! Several processes may open the file to publish or to look after dead letters, but only one may consume:
//! which events are being handled is known in memory alone.

mod broker;
mod consumer;
mod queue;
mod schema;
mod watchers;

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::future::BoxFuture;
use kernel::{Env, Envelope, Error};
use tokio_util::sync::CancellationToken;

use self::{
    broker::{Broker, Fault},
    queue::{Change, Message},
    watchers::Watchers,
};
use crate::{
    bus::{Bus, DeadLetter, DeadLetterId, Handler, PublishError, SubscribeError, Subscription, Watcher},
    delivery::Consumer,
};

/// How long a consumer waits for its predecessor to let go of the file: a restart overlaps for a moment.
const HANDOVER: Duration = Duration::from_secs(3);

/// A durable bus within one process.
pub struct InProcessBus {
    broker: Broker,
    env: Env,
    watchers: Watchers,
    /// Held while this process consumes; `None` for a bus in memory, which nobody else can reach.
    lock: Option<Arc<ConsumerLock>>,
}

/// Why the file of a bus can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A newer version of this program wrote it.
    #[error("{path} was written by a newer version of this program (format {found}, known up to {known}); run that version or later", path = path.display())]
    NewerVersion {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that this version knows.
        known: i64,
    },
    /// It can't be read or written, or is no such file.
    #[error("{path} can't be opened as an event bus: {cause}; check that the folder exists and is writable", path = path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl InProcessBus {
    /// Opens the bus that lives in the file at `path`; makes it where there is none.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: &Path, env: Env) -> Result<Self, OpenError> {
        let connection = schema::open(path)?;
        let unusable = |cause: std::io::Error| OpenError::Unusable { path: path.to_owned(), cause: cause.into() };
        let lock = Arc::new(ConsumerLock::beside(path).map_err(unusable)?);
        let broker = Broker::start(connection, env.clone(), Some(lock.clone())).map_err(unusable)?;
        Ok(Self { broker, env, watchers: Watchers::default(), lock: Some(lock) })
    }

    /// A bus that lives in memory and ends with this process.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn in_memory(env: Env) -> Result<Self, OpenError> {
        let connection = schema::open_in_memory()?;
        let unusable = |cause: std::io::Error| OpenError::Unusable { path: ":memory:".into(), cause: cause.into() };
        let broker = Broker::start(connection, env.clone(), None).map_err(unusable)?;
        Ok(Self { broker, env, watchers: Watchers::default(), lock: None })
    }

    /// How many events wait for `consumer`, those being handled included.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn waiting(&self, consumer: &'static str) -> kernel::Result<u64> {
        self.broker.read(move |connection| queue::waiting(connection, consumer)).await.map_err(unavailable)
    }

    async fn look_after(&self, id: &DeadLetterId, change: Change) -> kernel::Result<()> {
        match self.broker.change(change).await.map_err(unavailable)? {
            0 => Err(Error::not_found("dead letter", id)),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Bus for InProcessBus {
    async fn publish_all(&self, events: &[Envelope]) -> Vec<Result<(), PublishError>> {
        let outcome = self.broker.change(Change::Publish(events.iter().map(Message::pack).collect())).await;
        // Those that were not confirmed may have been taken: they are shown as well.
        self.watchers.show(events);
        events.iter().map(|_| outcome.clone().map(drop).map_err(PublishError::unavailable)).collect()
    }

    async fn bind(&self, subscription: &Subscription) -> Result<(), SubscribeError> {
        let bind = Change::Bind { consumer: subscription.consumer, kinds: subscription.kinds };
        self.broker.change(bind).await.map(drop).map_err(|fault| SubscribeError::Unavailable(fault.into()))
    }

    async fn subscribe(
        &self,
        subscription: Subscription,
        handler: Arc<dyn Handler>,
        stop: CancellationToken,
    ) -> Result<BoxFuture<'static, ()>, SubscribeError> {
        if let Some(lock) = &self.lock {
            lock.acquire().await?;
        }
        self.bind(&subscription).await?;
        let consumer = Consumer::new(subscription, handler, self.env.clone(), stop);
        Ok(Box::pin(consumer::run(self.broker.clone(), Arc::new(consumer))))
    }

    fn watch(&self, watcher: Arc<dyn Watcher>, stop: CancellationToken) -> BoxFuture<'static, ()> {
        let watchers = self.watchers.clone();
        Box::pin(async move {
            let _watching = watchers.add(watcher);
            stop.cancelled().await;
        })
    }

    async fn dead_letters(&self, limit: usize) -> kernel::Result<Vec<DeadLetter>> {
        self.broker.read(move |connection| queue::dead_letters(connection, limit)).await.map_err(unavailable)
    }

    async fn dead_letter(&self, id: &DeadLetterId) -> kernel::Result<DeadLetter> {
        let wanted = id.clone();
        let found = self.broker.read(move |connection| queue::dead_letter(connection, &wanted)).await.map_err(unavailable)?;
        found.ok_or_else(|| Error::not_found("dead letter", id))
    }

    async fn replay(&self, id: &DeadLetterId) -> kernel::Result<()> {
        self.look_after(id, Change::Replay(id.clone())).await
    }

    async fn discard(&self, id: &DeadLetterId) -> kernel::Result<()> {
        self.look_after(id, Change::Discard(id.clone())).await
    }

    async fn ping(&self) -> kernel::Result<()> {
        Ok(())
    }
}

fn unavailable(fault: Fault) -> Error {
    tracing::error!(error = %fault, "the event bus failed");
    Error::Unavailable("the event bus".into())
}

/// The right of one process to consume: a lock on a file beside the bus, which the operating system takes
/// back when the process ends, however it ends.
struct ConsumerLock {
    file: File,
    path: PathBuf,
    held: tokio::sync::Mutex<bool>,
}

impl ConsumerLock {
    fn beside(bus: &Path) -> std::io::Result<Self> {
        let mut path = bus.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = File::options().create(true).truncate(false).write(true).open(&path)?;
        Ok(Self { file, path, held: tokio::sync::Mutex::new(false) })
    }

    async fn acquire(&self) -> Result<(), SubscribeError> {
        let mut held = self.held.lock().await;
        let until = Instant::now() + HANDOVER;
        while !*held {
            match self.file.try_lock() {
                Ok(()) => *held = true,
                Err(TryLockError::WouldBlock) if Instant::now() < until => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(TryLockError::WouldBlock) => {
                    let path = self.path.display();
                    return Err(SubscribeError::Refused(format!(
                        "another process consumes events from the same file ({path} is locked); stop it first, or choose a bus that several processes can share"
                    )));
                }
                Err(TryLockError::Error(error)) => return Err(SubscribeError::Unavailable(error.into())),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
