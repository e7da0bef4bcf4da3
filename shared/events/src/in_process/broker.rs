//! The thread that owns the file of the bus.
//!
//! It takes all commands that have come since its last commit, makes their changes in one transaction (one
//! fsync for all), answers, and then hands out events to the claims that wait. Events are handed out only from
//! what is committed: a place in a queue is a row id, and an id that was rolled back is given to another row.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use kernel::Env;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use tokio::sync::oneshot;

use super::{
    ConsumerLock,
    queue::{self, Change, Delivery, Settlement},
};
use crate::{delivery::Verdict, metrics};

/// The longest that a caller waits for an answer.
const DEADLINE: Duration = Duration::from_secs(10);
/// The most commands of one commit, which bounds how long the first of them waits.
const MOST: usize = 1_024;
/// How often the queues are looked at though nothing told to: another process may have written to the file.
const SWEEP: Duration = Duration::from_secs(1);
/// How often the depths of the queues are measured.
const MEASURE: Duration = Duration::from_secs(5);

/// Why the file could not be read or written; one failed commit fails many callers.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Sqlite(Arc<rusqlite::Error>),
    #[error("no answer within {} s", DEADLINE.as_secs())]
    TooSlow,
    #[error("the bus has stopped")]
    Stopped,
}

impl Fault {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(error))
    }
}

/// Where the outcome of a change is awaited, if it is.
type Reply = Option<oneshot::Sender<Result<usize, Fault>>>;

enum Command {
    Change(Change, Reply),
    Claim(Claim),
    Read(Box<dyn FnOnce(&Connection) + Send>),
}

/// A consumer's wish for events. It waits with the thread until there are some.
struct Claim {
    consumer: &'static str,
    most: usize,
    /// The longest that a failed event waits, by the consumer's retry policy.
    longest: Duration,
    reply: oneshot::Sender<Vec<Delivery>>,
}

/// The way to the thread. It ends, and the file is closed, with the last of these.
#[derive(Clone)]
pub(super) struct Broker {
    commands: mpsc::Sender<Command>,
}

impl Broker {
    /// Starts the thread; it keeps `lock` until the file is closed.
    pub(super) fn start(connection: Connection, env: Env, lock: Option<Arc<ConsumerLock>>) -> std::io::Result<Self> {
        let (commands, received) = mpsc::channel();
        let before = queue::last_id(&connection).map_err(std::io::Error::other)?;
        let state = State { connection, env, commands: received, queues: HashMap::new(), unsettled: Vec::new(), before, measured: None };
        thread::Builder::new().name("event bus".to_owned()).spawn(move || {
            state.run();
            drop(lock);
        })?;
        Ok(Self { commands })
    }

    /// Makes a change; once it answers, the change is durable. Answers the number of rows.
    pub(super) async fn change(&self, change: Change) -> Result<usize, Fault> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Change(change, Some(reply)))?;
        within_deadline(answer).await?
    }

    /// Settles a delivery without waiting. Where it can't be written now it is kept and written later.
    pub(super) fn settle(&self, settlement: Settlement) {
        // Where the thread has ended the event is delivered again after the next start.
        let _ = self.send(Command::Change(Change::Settle(settlement), None));
    }

    /// Reads from the file.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Read(Box::new(move |connection| {
            // Nobody listens where the caller has given up.
            let _ = reply.send(read(connection));
        })))?;
        Ok(within_deadline(answer).await??)
    }

    /// Asks for at most `most` events; the answer comes once there is one. Events whose answer nobody takes go back.
    pub(super) fn claim(&self, consumer: &'static str, most: usize, longest: Duration) -> oneshot::Receiver<Vec<Delivery>> {
        let (reply, answer) = oneshot::channel();
        // Where the thread has ended the answer fails too.
        let _ = self.send(Command::Claim(Claim { consumer, most, longest, reply }));
        answer
    }

    fn send(&self, command: Command) -> Result<(), Fault> {
        self.commands.send(command).map_err(|_| Fault::Stopped)
    }
}

async fn within_deadline<T>(answer: oneshot::Receiver<T>) -> Result<T, Fault> {
    match tokio::time::timeout(DEADLINE, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(Fault::Stopped),
        Err(_) => Err(Fault::TooSlow),
    }
}

/// Where a consumer stands in its queue.
#[derive(Default)]
struct Place {
    /// Every row up to this id was handed out since the file was opened, or waits in `delayed`.
    reached: i64,
    /// Rows up to `reached` that are to be handed out again, with the moment from when on.
    delayed: BinaryHeap<Reverse<(Instant, i64)>>,
    claims: VecDeque<Claim>,
}

struct State {
    connection: Connection,
    env: Env,
    commands: mpsc::Receiver<Command>,
    queues: HashMap<&'static str, Place>,
    /// Settlements that could not be written yet.
    unsettled: Vec<Settlement>,
    /// Rows up to this id were there when the file was opened: an earlier process may have ended over them.
    before: i64,
    measured: Option<Instant>,
}

impl State {
    fn run(mut self) {
        loop {
            let first = match self.commands.recv_timeout(self.patience()) {
                Ok(command) => Some(command),
                Err(mpsc::RecvTimeoutError::Timeout) => None,
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            };
            let (mut changes, mut reads) = (Vec::new(), Vec::new());
            for command in first.into_iter().chain(self.commands.try_iter().take(MOST)) {
                match command {
                    Command::Change(change, reply) => changes.push((change, reply)),
                    Command::Claim(claim) => self.queues.entry(claim.consumer).or_default().claims.push_back(claim),
                    Command::Read(read) => reads.push(read),
                }
            }
            self.write(changes);
            self.hand_out();
            reads.into_iter().for_each(|read| read(&self.connection));
            self.measure();
        }
        self.write(Vec::new());
    }

    /// How long to wait for a command: until the next delayed event is due that somebody waits for.
    fn patience(&self) -> Duration {
        let awaited = self.queues.values().filter(|place| !place.claims.is_empty());
        let due = awaited.filter_map(|place| place.delayed.peek()).map(|Reverse((due, _))| *due).min();
        due.map_or(SWEEP, |due| due.saturating_duration_since(Instant::now()).min(SWEEP))
    }

    /// Makes all changes in one transaction; where that fails, each in its own, so that one that can't be
    /// made doesn't keep the others from it.
    fn write(&mut self, mut changes: Vec<(Change, Reply)>) {
        changes.extend(self.unsettled.drain(..).map(|settlement| (Change::Settle(settlement), None)));
        if changes.is_empty() {
            return;
        }
        let outcomes = match self.transact(changes.iter().map(|(change, _)| change)) {
            Ok(rows) => rows.into_iter().map(Ok).collect(),
            // Where another process keeps the file locked each of them would wait in vain again.
            Err(fault) if changes.len() == 1 || fault.is_busy() => vec![Err(fault); changes.len()],
            Err(_) => changes.iter().map(|(change, _)| Ok(self.transact([change])?.into_iter().sum())).collect::<Vec<_>>(),
        };
        for ((change, reply), outcome) in changes.into_iter().zip(outcomes) {
            match (change, &outcome) {
                (Change::Settle(settlement), Ok(_)) => self.settled(&settlement),
                (Change::Settle(settlement), Err(fault)) => {
                    tracing::error!(error = %fault, consumer = settlement.consumer, "an acknowledgement could not be written and is kept");
                    self.unsettled.push(settlement);
                }
                _ => {}
            }
            if let Some(reply) = reply {
                // Nobody listens where the caller has given up.
                let _ = reply.send(outcome);
            }
        }
    }

    fn transact<'a>(&mut self, changes: impl IntoIterator<Item = &'a Change>) -> Result<Vec<usize>, Fault> {
        let now = self.env.now();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let rows = changes.into_iter().map(|change| queue::apply(&transaction, change, now)).collect::<rusqlite::Result<_>>()?;
        transaction.commit()?;
        Ok(rows)
    }

    /// Sees to it that a row which is not done with is handed out again.
    fn settled(&mut self, settlement: &Settlement) {
        let delay = match settlement.verdict {
            Verdict::Done | Verdict::Dead { .. } => return,
            Verdict::Again { delay, .. } => delay,
            Verdict::Returned => Duration::ZERO,
        };
        self.queues.entry(settlement.consumer).or_default().delayed.push(Reverse((Instant::now() + delay, settlement.row)));
    }

    /// Serves the claims that can be served.
    fn hand_out(&mut self) {
        for place in self.queues.values_mut() {
            while let Some(claim) = place.claims.pop_front() {
                if claim.reply.is_closed() {
                    continue;
                }
                let found = place.take(&mut self.connection, &claim, self.before, &self.env);
                let rows = found.unwrap_or_else(|error| {
                    tracing::error!(%error, consumer = claim.consumer, "events could not be read; trying again");
                    Vec::new()
                });
                if rows.is_empty() {
                    place.claims.push_front(claim);
                    break;
                }
                if let Err(untaken) = claim.reply.send(rows) {
                    place.delay(untaken.iter().map(|delivery| delivery.row), Duration::ZERO);
                }
            }
        }
    }

    fn measure(&mut self) {
        if self.measured.is_some_and(|at| at.elapsed() < MEASURE) {
            return;
        }
        self.measured = Some(Instant::now());
        match queue::depths(&self.connection) {
            Ok(depths) => depths.iter().for_each(|(consumer, waiting, dead)| metrics::queue(consumer, *waiting, *dead)),
            Err(error) => tracing::warn!(%error, "the depths of the queues could not be measured"),
        }
    }
}

impl Place {
    fn delay(&mut self, rows: impl IntoIterator<Item = i64>, delay: Duration) {
        let due = Instant::now() + delay;
        self.delayed.extend(rows.into_iter().map(|row| Reverse((due, row))));
    }

    /// The events to hand out: first those whose wait is over, then those that were not handed out yet.
    /// On an error nothing is lost: the rows come again.
    fn take(&mut self, connection: &mut Connection, claim: &Claim, before: i64, env: &Env) -> rusqlite::Result<Vec<Delivery>> {
        let now = env.now();
        let mut taken = self.overdue(connection, claim.most)?;
        while taken.len() < claim.most {
            let wanted = claim.most - taken.len();
            let rows = match queue::following(connection, claim.consumer, self.reached, wanted) {
                Ok(rows) => rows,
                Err(error) => {
                    self.delay(taken.iter().map(|delivery| delivery.row), SWEEP);
                    return Err(error);
                }
            };
            let last = rows.len() < wanted;
            for delivery in rows {
                self.reached = delivery.row;
                match delivery.wait(now, claim.longest) {
                    Some(wait) => self.delay([delivery.row], wait),
                    None => taken.push(delivery),
                }
            }
            if last {
                break;
            }
        }
        let (old, mut new): (Vec<_>, Vec<_>) = taken.into_iter().partition(|delivery| delivery.row <= before);
        if old.is_empty() {
            return Ok(new);
        }
        let ids: Vec<i64> = old.iter().chain(&new).map(|delivery| delivery.row).collect();
        match queue::count_restart(connection, old, now) {
            Ok(mut counted) => {
                counted.append(&mut new);
                Ok(counted)
            }
            Err(error) => {
                self.delay(ids, SWEEP);
                Err(error)
            }
        }
    }

    fn overdue(&mut self, connection: &Connection, most: usize) -> rusqlite::Result<Vec<Delivery>> {
        let now = Instant::now();
        let mut found = Vec::new();
        while found.len() < most && self.delayed.peek().is_some_and(|Reverse((due, _))| *due <= now) {
            let Some(Reverse((_, id))) = self.delayed.pop() else { break };
            match queue::row(connection, id) {
                Ok(row) => found.extend(row),
                Err(error) => {
                    self.delay(found.iter().map(|delivery| delivery.row).chain([id]), SWEEP);
                    return Err(error);
                }
            }
        }
        Ok(found)
    }
}
