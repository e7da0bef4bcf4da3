//! Waiting for a component, with a deadline.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long a component may take for anything: long, as the machine may be busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long what comes from the network may take.
pub(crate) const DOWNLOAD: Duration = Duration::from_secs(600);

/// What `find` finds before the time is up; it is asked once at least.
pub(crate) fn find<T>(limit: Duration, mut find: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    loop {
        if let Some(found) = find() {
            return Some(found);
        }
        if begin.elapsed() > limit {
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}
