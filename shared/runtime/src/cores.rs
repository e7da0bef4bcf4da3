//! A thread for each core with a runtime of its own: all that a request does happens on one thread, and no other is woken for it.

use std::{
    io,
    thread::{self, JoinHandle},
};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// The threads. Dropping them drops what still runs there.
pub struct Cores {
    threads: Vec<(Handle, JoinHandle<()>)>,
    stop: CancellationToken,
}

impl Cores {
    /// Starts as many as the process may use: the cores that it is bound to, or what a container limits it to.
    ///
    /// # Errors
    /// Where the system gives no more threads.
    pub fn start() -> io::Result<Self> {
        let mut cores = Self { threads: Vec::new(), stop: CancellationToken::new() };
        for core in 0..thread::available_parallelism().map_or(1, Into::into) {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let handle = runtime.handle().clone();
            let stop = cores.stop.clone();
            let thread = thread::Builder::new().name(format!("core-{core}")).spawn(move || runtime.block_on(stop.cancelled()))?;
            cores.threads.push((handle, thread));
        }
        Ok(cores)
    }

    /// Their runtimes, one at least.
    pub fn runtimes(&self) -> impl Iterator<Item = &Handle> {
        self.threads.iter().map(|(handle, _)| handle)
    }
}

impl Drop for Cores {
    fn drop(&mut self) {
        self.stop.cancel();
        for (_, thread) in self.threads.drain(..) {
            // A panic in it was told where it happened.
            let _ = thread.join();
        }
    }
}
