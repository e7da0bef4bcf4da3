//! The events that wait to be published.

use kernel::{Envelope, EventId, Timestamp};
use tokio::sync::{Mutex, watch};

use crate::{error::Result, store::Store};

/// The events of committed transactions, for the relay that publishes them.
///
/// Events are there from their commit on, first committed first, until they are marked as sent. They are kept after
/// that, until they are forgotten.
pub struct Outbox {
    store: Store,
    committed: Mutex<watch::Receiver<u64>>,
}

impl Outbox {
    pub(crate) fn new(store: Store) -> Self {
        let mut committed = store.backend().committed();
        // What was committed before this handle was made may be pending too.
        committed.mark_changed();
        Self { store, committed: Mutex::new(committed) }
    }

    /// At most `limit` events that were not marked as sent, the first committed first.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable), [`Error::Internal`](crate::Error::Internal).
    pub async fn pending(&self, limit: usize) -> Result<Vec<Envelope>> {
        self.store.bounded(self.store.backend().pending(limit)).await
    }

    /// Marks events as sent, after the bus has confirmed them. Those that are not there are passed over.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable), [`Error::Internal`](crate::Error::Internal).
    pub async fn mark_sent(&self, events: &[EventId]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        self.store.bounded(self.store.backend().mark_sent(events)).await
    }

    /// Waits for a commit with events since the last call on this handle; the first call returns at once. It may also
    /// return without a reason, and commits of other processes may go unseen: look at [`pending`](Self::pending) from
    /// time to time.
    pub async fn committed(&self) {
        if self.committed.lock().await.changed().await.is_err() {
            // A closed database commits nothing more.
            std::future::pending().await
        }
    }

    /// How many events are pending, and the time of the oldest.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable), [`Error::Internal`](crate::Error::Internal).
    pub async fn depth(&self) -> Result<(u64, Option<Timestamp>)> {
        self.store.bounded(self.store.backend().depth()).await
    }

    /// The sent events that happened at `since` or later are pending again: for consumers that lost their effect, as
    /// after the restore of an older state. The others have marks and versions. The number of them.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable), [`Error::Internal`](crate::Error::Internal).
    pub async fn resend(&self, since: Timestamp) -> Result<u64> {
        self.store.bounded(self.store.backend().resend(since)).await
    }

    /// Removes the sent events that happened before a moment; the number of them.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable), [`Error::Internal`](crate::Error::Internal).
    pub async fn forget_sent(&self, before: Timestamp) -> Result<u64> {
        let mut forgotten = 0;
        loop {
            match self.store.bounded(self.store.backend().forget_sent(before)).await? {
                0 => return Ok(forgotten),
                some => forgotten += some,
            }
        }
    }
}
