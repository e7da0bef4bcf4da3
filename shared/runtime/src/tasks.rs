//! Background tasks and how they stop.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use futures::FutureExt as _;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A group of background tasks that are stopped together. Clones are the same group.
///
/// A task gets a token; when that is cancelled it finishes what it has in hand and returns. A task may also
/// return before, when it is done. A panic in one is a fault that nobody else would notice: it ends the
/// group, and whoever waits for [`died`](Self::died) stops the program, so that it is started anew.
#[derive(Clone, Default)]
pub struct Tasks(Arc<Group>);

#[derive(Default)]
struct Group {
    tracker: TaskTracker,
    stop: CancellationToken,
    abort: CancellationToken,
    running: Mutex<Vec<&'static str>>,
    died: OnceLock<&'static str>,
    death: CancellationToken,
}

impl Tasks {
    /// A group without tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a task. The name is for logs.
    pub fn spawn<F>(&self, name: &'static str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let group = self.0.clone();
        let work = AssertUnwindSafe(task(group.stop.clone())).catch_unwind();
        group.names().push(name);
        self.0.tracker.spawn(async move {
            let panicked = tokio::select! {
                outcome = work => outcome.is_err(),
                () = group.abort.cancelled() => false,
            };
            group.forget(name);
            if panicked {
                tracing::error!(task.name = name, "a background task panicked");
                let _ = group.died.set(name);
                group.death.cancel();
            }
        });
    }

    /// Returns the name of a task once one has panicked; never otherwise.
    pub async fn died(&self) -> &'static str {
        self.0.death.cancelled().await;
        self.0.died.get().copied().unwrap_or_default()
    }

    /// Asks all tasks to stop and waits for them. Those that take longer than `deadline` are dropped where
    /// they stand: they must be safe to be, as they are when the program is killed.
    pub async fn stop(&self, deadline: Duration) {
        self.0.tracker.close();
        self.0.stop.cancel();
        if tokio::time::timeout(deadline, self.0.tracker.wait()).await.is_err() {
            tracing::warn!(tasks = ?self.0.names(), "background tasks did not stop in time and are dropped");
            self.0.abort.cancel();
            self.0.tracker.wait().await;
        }
    }
}

impl Group {
    fn names(&self) -> std::sync::MutexGuard<'_, Vec<&'static str>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, name: &'static str) {
        let mut names = self.names();
        if let Some(at) = names.iter().position(|n| *n == name) {
            names.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_stop_waits_for_the_tasks_to_finish_what_they_have_in_hand() {
        let (tasks, finished) = (Tasks::new(), Arc::new(AtomicBool::new(false)));
        let mark = finished.clone();
        tasks.spawn("sweep", |stop| async move {
            stop.cancelled().await;
            tokio::task::yield_now().await;
            mark.store(true, Ordering::SeqCst);
        });
        tasks.stop(Duration::from_secs(5)).await;
        assert!(finished.load(Ordering::SeqCst));
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_stop_is_dropped_after_the_deadline() {
        struct Dropped(Arc<AtomicBool>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        let (tasks, dropped) = (Tasks::new(), Arc::new(AtomicBool::new(false)));
        let mark = Dropped(dropped.clone());
        tasks.spawn("deaf", |_| async move {
            let _mark = mark;
            std::future::pending().await
        });
        tasks.stop(Duration::from_secs(5)).await;
        assert!(dropped.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_panic_is_told_with_the_name_of_its_task() {
        let tasks = Tasks::new();
        tasks.spawn("done", |_| async {});
        tasks.spawn("broken", |_| async { panic!("as it must be for this test") });
        assert_eq!(tasks.died().await, "broken");
        tasks.stop(Duration::from_secs(5)).await;
    }
}
