//! Those who see events pass by.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel::Envelope;

use crate::bus::Watcher;

/// The watchers of a bus.
#[derive(Clone, Default)]
pub(super) struct Watchers(Arc<Mutex<Vec<Arc<dyn Watcher>>>>);

impl Watchers {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<dyn Watcher>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows them events. None that comes meanwhile begins in between.
    pub(super) fn show(&self, events: &[Envelope]) {
        for watcher in &*self.lock() {
            events.iter().for_each(|event| watcher.sees(event));
        }
    }

    /// One more, until what this gives is dropped.
    pub(super) fn add(&self, watcher: Arc<dyn Watcher>) -> Watching {
        let mut watchers = self.lock();
        watcher.begins();
        watchers.push(watcher.clone());
        Watching { watchers: self.clone(), watcher }
    }
}

/// That somebody watches.
pub(super) struct Watching {
    watchers: Watchers,
    watcher: Arc<dyn Watcher>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.watchers.lock().retain(|other| !Arc::ptr_eq(other, &self.watcher));
        self.watcher.ends();
    }
}
