//! Who may change a document next, within this program.
//!
//! Of two transactions that change one document MongoDB gives one up at once, and trying again under many is mostly in vain. Those of
//! one program take turns instead; those of several still meet, and are few.

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

/// How many turns there are. Documents that share one wait for each other without need.
const TURNS: usize = 1_024;

pub(super) struct Turns(Box<[Mutex<()>]>);

impl Turns {
    pub(super) fn new() -> Self {
        Self((0..TURNS).map(|_| Mutex::new(())).collect())
    }

    /// Waits until it is the turn of a transaction that changes these; the turn ends with what is returned.
    pub(super) async fn take(&self, changed: impl IntoIterator<Item = (&'static str, Uuid)>) -> Vec<MutexGuard<'_, ()>> {
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let mut turns: Vec<usize> = changed.into_iter().map(|changed| hasher.hash_one(changed) as usize % TURNS).collect();
        // All in one order, so that nobody waits for one who waits for them.
        turns.sort_unstable();
        turns.dedup();
        let mut taken = Vec::with_capacity(turns.len());
        for turn in turns {
            taken.push(self.0[turn].lock().await);
        }
        taken
    }
}
