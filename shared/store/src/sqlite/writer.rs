//! The one thread that writes, with group commit: everything that waits is done in one SQLite transaction, each piece in a savepoint
//! of its own, and one sync of the log makes all of it durable before anybody is answered.

use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::{Error, Result};

/// The most pieces of work in one group: a bound of the time that the first of them waits.
const MAX_GROUP: usize = 256;
/// The most pieces that wait; more wait outside until their deadline.
const MAX_WAITING: usize = 4_096;

type Work = Box<dyn FnOnce(&Connection) -> Result<u64> + Send>;

/// A piece of work that is done whole or not at all.
struct Job {
    work: Work,
    /// Whether the relay has something to do after it.
    publishes: bool,
    answer: oneshot::Sender<Result<u64>>,
}

/// Hands work to the thread. Dropping it ends the thread, and waits for that.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, committed: watch::Sender<u64>) -> Result<Self> {
        let (jobs, waiting) = mpsc::channel(MAX_WAITING);
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || serve(&connection, waiting, &committed));
        Ok(Self { jobs: Some(jobs), thread: Some(thread.map_err(Error::unavailable)?) })
    }

    /// Does `work` and makes it durable. Where the caller stops waiting before its turn it is not done.
    pub(super) async fn run(&self, publishes: bool, work: impl FnOnce(&Connection) -> Result<u64> + Send + 'static) -> Result<u64> {
        let stopped = || Error::unavailable("the writer has stopped");
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(Job { work: Box::new(work), publishes, answer }).await.map_err(|_| stopped())?;
        answered.await.map_err(|_| stopped())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if ended.is_err() {
                tracing::error!("the store's writer had panicked");
            }
        }
    }
}

fn serve(connection: &Connection, mut waiting: mpsc::Receiver<Job>, committed: &watch::Sender<u64>) {
    let mut group = Vec::with_capacity(MAX_GROUP);
    while waiting.blocking_recv_many(&mut group, MAX_GROUP) > 0 {
        group.retain(|job: &Job| !job.answer.is_closed());
        let publishes = group.iter().any(|job| job.publishes);
        let mut answers = Vec::with_capacity(group.len());
        let mut jobs = group.drain(..);
        let done = if jobs.len() == 0 { Ok(()) } else { do_group(connection, &mut jobs, &mut answers) };
        if let Err(error) = &done {
            tracing::error!(%error, "a group of commits failed");
            if !connection.is_autocommit()
                && let Err(error) = connection.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "rolling back failed");
            }
            // What one of them saw may have been the work of another that is undone with it: nobody has an answer of their own.
            answers.extend(jobs.map(|job| (job.answer, Ok(0))));
            answers.iter_mut().for_each(|(_, result)| *result = Err(Error::unavailable(error.to_string())));
        }
        for (answer, result) in answers {
            // The caller may have stopped waiting.
            let _ = answer.send(result);
        }
        if publishes && done.is_ok() {
            committed.send_modify(|commits| *commits += 1);
        }
    }
}

/// Does a group in one transaction; a job that fails is undone alone.
///
/// # Errors
/// Where nothing of the group was done; the jobs that are left have no answer yet.
fn do_group(
    connection: &Connection,
    jobs: &mut impl Iterator<Item = Job>,
    answers: &mut Vec<(oneshot::Sender<Result<u64>>, Result<u64>)>,
) -> rusqlite::Result<()> {
    let run = |statement: &str| connection.prepare_cached(statement)?.execute([]);
    run("BEGIN IMMEDIATE")?;
    for job in jobs {
        if job.answer.is_closed() {
            continue;
        }
        if let Err(error) = run("SAVEPOINT job") {
            answers.push((job.answer, Ok(0)));
            return Err(error);
        }
        let result = (job.work)(connection);
        let cause = result.as_ref().err().map(ToString::to_string);
        answers.push((job.answer, result));
        match cause {
            None => run("RELEASE job")?,
            // A full disk and the like undo the whole transaction at once.
            Some(_) if connection.is_autocommit() => {
                return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT), cause));
            }
            Some(_) => run("ROLLBACK TO job").and_then(|_| run("RELEASE job"))?,
        };
    }
    run("COMMIT")?;
    Ok(())
}
