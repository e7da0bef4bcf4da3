//! What runs as a process of its own, to be killed: this program again, which is told what to do by its environment.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, ExitCode, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use events::{Bus, DeadLetter, DeadLetterId, HandleError, Handler, PublishError, SubscribeError, Subscription, Watcher};
use futures::future::BoxFuture;
use kernel::Envelope;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::{
    pair::{Pair, Place},
    scenarios::{
        network::{self, Inside},
        store,
    },
};

/// The environment variable that makes this program a child, and tells it what to do, as JSON.
const TASK: &str = "CRM_FAULTS_CHILD";
/// The longest that a child lives which nobody kills, so that none is left over.
const LIFE: Duration = Duration::from_secs(120);

/// What a child does.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Publishes, and dies once the bus has confirmed that many events, before it marks the last of them as sent.
    Publish { place: Place, confirms: u64 },
    /// Consumes, and dies after that many effects, before it acknowledges the last of them.
    Consume { place: Place, effects: u64 },
    /// Writes into an SQLite file until it is killed, and tells of each write that was acknowledged.
    WriteSqlite { file: PathBuf },
    /// Plays the network's scenario within the namespace of the programs' host.
    Network(Inside),
}

impl Task {
    /// The command that does it.
    ///
    /// # Errors
    /// Where this program's path is not known.
    pub(crate) fn command(&self, through: &[&str]) -> Result<Command> {
        let program = std::env::current_exe().context("the running program's path")?;
        let mut command = match through {
            [first, more @ ..] => {
                let mut command = Command::new(first);
                command.args(more).arg(program);
                command
            }
            [] => Command::new(program),
        };
        command.env(TASK, serde_json::to_string(self)?).stdin(Stdio::piped()).stdout(Stdio::piped());
        Ok(command)
    }

    /// Starts it.
    ///
    /// # Errors
    /// Where it can't be started.
    pub(crate) fn start(&self) -> Result<Running> {
        Ok(Running(self.command(&[])?.spawn().context("this program can't be started again")?))
    }
}

/// A child that runs; it is killed when this is dropped.
pub(crate) struct Running(Child);

impl Running {
    /// Waits until it has died as it was told to.
    ///
    /// # Errors
    /// Where it ends otherwise, or not in time.
    pub(crate) async fn died(mut self) -> Result<()> {
        let (status, _) = crate::wait::until("the child dies at its moment", LIFE, async || self.0.try_wait().ok().flatten()).await?;
        if status.code().is_some() {
            bail!("the child ended with {status} before its moment came");
        }
        Ok(())
    }

    /// Reads its lines until `enough` says so, then kills it; the lines that came before the kill, the last may be cut off.
    ///
    /// # Errors
    /// Where it ends on its own.
    pub(crate) fn read_and_kill(mut self, mut enough: impl FnMut(usize) -> bool) -> Result<Vec<String>> {
        let output = self.0.stdout.take().context("the child has no output")?;
        let (mut lines, mut killed) = (Vec::new(), false);
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            lines.push(line);
            if !killed && enough(lines.len()) {
                self.0.kill()?;
                killed = true;
            }
        }
        if !killed {
            bail!("the child ended on its own, after {} lines", lines.len());
        }
        Ok(lines)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Does what the environment asks for; `None` where this is no child.
pub(crate) fn run() -> Option<ExitCode> {
    let task = std::env::var_os(TASK)?;
    // The input ends with the parent, however that ends.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::abort();
    });
    Some(match perform(&task.to_string_lossy()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("faults: a child: {error:#}");
            ExitCode::FAILURE
        }
    })
}

fn perform(task: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build()?;
    runtime.block_on(async {
        let work = async {
            match serde_json::from_str(task)? {
                Task::Publish { place, confirms } => {
                    let pair = Pair::at(place)?;
                    let bus = Arc::new(Dying { bus: pair.bus().await?, left: AtomicU64::new(confirms) });
                    let _relaying = pair.relay(bus);
                    std::future::pending().await
                }
                Task::Consume { place, effects } => {
                    let pair = Pair::at(place)?;
                    let bus = pair.bus().await?;
                    let effects = Arc::new(Dying { bus: pair.effects(), left: AtomicU64::new(effects) });
                    let _consuming = pair.consume(&*bus, effects).await?;
                    std::future::pending().await
                }
                Task::WriteSqlite { file } => store::write_sqlite(&file).await,
                Task::Network(inside) => network::inside(inside).await,
            }
        };
        // The network's scenario takes as long as it takes; its parent waits for it.
        if matches!(serde_json::from_str(task), Ok(Task::Network(_))) { work.await } else { tokio::time::timeout(LIFE, work).await? }
    })
}

/// A bus or a handler that takes the process with it.
struct Dying<T> {
    bus: T,
    /// After how much more.
    left: AtomicU64,
}

impl<T> Dying<T> {
    /// That much was done.
    fn done(&self, count: u64) {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(count)));
        if left.is_ok_and(|left| left <= count) {
            // At once, with nothing flushed or returned: as `kill -9` does.
            std::process::abort();
        }
    }
}

#[async_trait]
impl Handler for Dying<Arc<crate::pair::Effects>> {
    async fn handle(&self, event: &Envelope) -> Result<(), HandleError> {
        self.bus.handle(event).await?;
        self.done(1);
        Ok(())
    }
}

#[async_trait]
impl<B: Bus> Bus for Dying<Arc<B>> {
    async fn publish_all(&self, events: &[Envelope]) -> Vec<Result<(), PublishError>> {
        let answers = self.bus.publish_all(events).await;
        self.done(answers.iter().filter(|answer| answer.is_ok()).count() as u64);
        answers
    }

    async fn bind(&self, subscription: &Subscription) -> Result<(), SubscribeError> {
        self.bus.bind(subscription).await
    }

    async fn subscribe(
        &self,
        subscription: Subscription,
        handler: Arc<dyn Handler>,
        stop: CancellationToken,
    ) -> Result<BoxFuture<'static, ()>, SubscribeError> {
        self.bus.subscribe(subscription, handler, stop).await
    }

    fn watch(&self, watcher: Arc<dyn Watcher>, stop: CancellationToken) -> BoxFuture<'static, ()> {
        self.bus.watch(watcher, stop)
    }

    async fn ping(&self) -> kernel::Result<()> {
        self.bus.ping().await
    }

    async fn dead_letters(&self, limit: usize) -> kernel::Result<Vec<DeadLetter>> {
        self.bus.dead_letters(limit).await
    }

    async fn dead_letter(&self, id: &DeadLetterId) -> kernel::Result<DeadLetter> {
        self.bus.dead_letter(id).await
    }

    async fn replay(&self, id: &DeadLetterId) -> kernel::Result<()> {
        self.bus.replay(id).await
    }

    async fn discard(&self, id: &DeadLetterId) -> kernel::Result<()> {
        self.bus.discard(id).await
    }
}
