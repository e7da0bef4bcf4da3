//! A few connections that only read, each on a thread that may block.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::schema::open_reader;
use crate::error::{Error, Result};

/// How many reads go on at once. Reads are short, so that more would only compete for the cores and for memory.
const CONNECTIONS: usize = 4;
/// How many steps of SQLite's machine lie between two looks at whether anybody still waits: well below a millisecond.
const STEPS: i32 = 5_000;

/// Hands out the connections.
pub(super) struct Readers {
    pool: Arc<Pool>,
    permits: Arc<Semaphore>,
}

struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    examined: AtomicU64,
}

impl Pool {
    fn take(&self) -> Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| open_reader(&self.path), Ok)
    }

    fn give_back(&self, connection: Connection) {
        // One that could not leave its transaction would show an old moment for ever.
        if connection.is_autocommit() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

/// One moment of the database, and the count of what is read of it.
pub(super) struct Snapshot<'a> {
    pub(super) connection: &'a Connection,
    pub(super) examined: &'a AtomicU64,
}

impl Snapshot<'_> {
    /// Counts index entries or documents that were read.
    pub(super) fn examine(&self, count: usize) {
        self.examined.fetch_add(count as u64, Ordering::Relaxed);
    }
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        let pool = Pool { path, idle: Mutex::new(Vec::new()), examined: AtomicU64::new(0) };
        Self { pool: Arc::new(pool), permits: Arc::new(Semaphore::new(CONNECTIONS)) }
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &std::path::Path {
        &self.pool.path
    }

    pub(super) fn examined(&self) -> u64 {
        self.pool.examined.load(Ordering::Relaxed)
    }

    /// Reads one moment of the database. When the caller stops waiting the work is interrupted.
    pub(super) async fn read<T: Send + 'static>(&self, work: impl FnOnce(&Snapshot<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        let permit = self.permits.clone().acquire_owned().await.map_err(Error::unavailable)?;
        let abandoned = Arc::new(AtomicBool::new(false));
        let _guard = SetOnDrop(abandoned.clone());
        let pool = self.pool.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut connection = pool.take()?;
            connection.progress_handler(STEPS, Some(move || abandoned.load(Ordering::Relaxed)))?;
            let result = (|| {
                let moment = connection.unchecked_transaction()?;
                let result = work(&Snapshot { connection: &moment, examined: &pool.examined });
                moment.commit()?;
                result
            })();
            pool.give_back(connection);
            result
        });
        reading.await.map_err(|error| if error.is_panic() { Error::internal(error) } else { Error::unavailable(error) })?
    }
}

/// Tells the reading thread that its caller is gone.
struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
