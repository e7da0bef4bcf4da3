//! Turns: those of one process who would get in each other's way go one after another.
//!
//! The store alone keeps two writers of one document apart: one of them fails and starts again. Where many want the same
//! thing at once that would be most of them, time and again. So they queue here first; only other
//! processes are still met in the store.

use std::collections::BTreeSet;

use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

/// Queues; things share them by the last byte of their ids, which is random.
pub(crate) struct Turns([Mutex<()>; 256]);

impl Default for Turns {
    fn default() -> Self {
        Self([const { Mutex::const_new(()) }; 256])
    }
}

impl Turns {
    /// Waits for the turn at all of `ids`, which lasts until what is returned is dropped.
    pub(crate) async fn at(&self, ids: impl IntoIterator<Item = Uuid>) -> Vec<MutexGuard<'_, ()>> {
        // In ascending order, so that no two wait for each other.
        let queues: BTreeSet<u8> = ids.into_iter().map(|id| id.as_bytes()[15]).collect();
        let mut turns = Vec::with_capacity(queues.len());
        for queue in queues {
            turns.push(self.0[usize::from(queue)].lock().await);
        }
        turns
    }
}
