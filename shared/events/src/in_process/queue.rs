//! The statements on the tables of the bus.

use std::time::Duration;

use kernel::{Envelope, EventId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};

use crate::{
    bus::{DeadLetter, DeadLetterId},
    delivery::Verdict,
};

/// An event whose handling ended the process that many times is given up on, so that it can't keep the
/// program from starting for ever. The same as RabbitMQ's default delivery limit for quorum queues.
pub(super) const MOST_RESTARTS: u32 = 20;

/// A write. All of one commit succeed or fail together.
#[derive(Debug)]
pub(super) enum Change {
    Publish(Vec<Message>),
    Bind {
        consumer: &'static str,
        kinds: &'static [&'static str],
    },
    Settle(Settlement),
    Replay(DeadLetterId),
    Discard(DeadLetterId),
    /// Nothing: it is answered once all that was asked for before is written.
    Barrier,
}

/// What becomes of a row that was handed out.
#[derive(Debug, Clone)]
pub(super) struct Settlement {
    pub(super) consumer: &'static str,
    pub(super) row: i64,
    pub(super) verdict: Verdict,
}

/// An event as the tables hold it.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) event: EventId,
    kind: String,
    head: String,
    data: Vec<u8>,
}

impl Message {
    pub(super) fn pack(event: &Envelope) -> Self {
        let head = Envelope {
            id: event.id,
            kind: event.kind.clone(),
            source: event.source.clone(),
            subject: event.subject,
            version: event.version,
            company: event.company,
            time: event.time,
            actor: event.actor.clone(),
            traceparent: event.traceparent.clone(),
            data: Vec::new(),
        };
        // An envelope is plain data: it always has a JSON form.
        let head = serde_json::to_string(&head).unwrap_or_default();
        Self { event: event.id, kind: event.kind.clone(), head, data: event.data.clone() }
    }

    /// The envelope; `None` where this version can't read it.
    fn unpack(head: &str, data: Vec<u8>) -> Option<Envelope> {
        serde_json::from_str::<Envelope>(head).ok().map(|envelope| Envelope { data, ..envelope })
    }
}

/// A row that is handed to a consumer.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) row: i64,
    /// `None` where this version can't read it.
    pub(super) envelope: Option<Envelope>,
    pub(super) attempts: u32,
    restarts: u32,
    due: i64,
}

impl Delivery {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let head: String = row.get("head")?;
        let envelope = Message::unpack(&head, row.get("data")?);
        Ok(Self { row: row.get("id")?, envelope, attempts: row.get("attempts")?, restarts: row.get("restarts")?, due: row.get("due")? })
    }

    /// How long it must not be tried yet; never longer than `longest`, even where the clock was set back.
    pub(super) fn wait(&self, now: Timestamp, longest: Duration) -> Option<Duration> {
        let wait = Duration::from_micros(u64::try_from(self.due.saturating_sub(now.as_micros())).unwrap_or(0));
        (!wait.is_zero()).then_some(wait.min(longest))
    }
}

/// Makes a change; answers how many rows it made, changed or removed.
pub(super) fn apply(connection: &Connection, change: &Change, now: Timestamp) -> rusqlite::Result<usize> {
    match change {
        Change::Publish(messages) => messages.iter().try_fold(0, |rows, message| Ok(rows + publish(connection, message)?)),
        Change::Bind { consumer, kinds } => bind(connection, consumer, kinds),
        Change::Settle(settlement) => settle(connection, settlement, now),
        Change::Replay(id) => replay(connection, id),
        Change::Discard(id) => discard(connection, id),
        Change::Barrier => Ok(0),
    }
}

fn publish(connection: &Connection, message: &Message) -> rusqlite::Result<usize> {
    let insert = "INSERT INTO queue (consumer, event, head, data) SELECT consumer, ?2, ?3, ?4 FROM bindings WHERE kind = ?1";
    connection.prepare_cached(insert)?.execute(params![message.kind, message.event.to_string(), message.head, message.data])
}

fn bind(connection: &Connection, consumer: &str, kinds: &[&str]) -> rusqlite::Result<usize> {
    connection.prepare_cached("DELETE FROM bindings WHERE consumer = ?1")?.execute([consumer])?;
    let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO bindings (consumer, kind) VALUES (?1, ?2)")?;
    kinds.iter().try_fold(0, |rows, kind| Ok(rows + insert.execute([consumer, kind])?))
}

fn settle(connection: &Connection, settlement: &Settlement, now: Timestamp) -> rusqlite::Result<usize> {
    let row = settlement.row;
    match &settlement.verdict {
        Verdict::Done => connection.prepare_cached("DELETE FROM queue WHERE id = ?1")?.execute([row]),
        Verdict::Again { attempts, delay } => connection
            .prepare_cached("UPDATE queue SET attempts = ?2, due = ?3, restarts = 0 WHERE id = ?1")?
            .execute(params![row, attempts, now.plus(*delay).as_micros()]),
        Verdict::Dead { attempts, error } => bury(connection, row, *attempts, error, now),
        Verdict::Returned => {
            connection.prepare_cached("UPDATE queue SET restarts = restarts - 1 WHERE id = ?1 AND restarts > 0")?.execute([row])
        }
    }
}

fn bury(connection: &Connection, row: i64, attempts: u32, error: &str, now: Timestamp) -> rusqlite::Result<usize> {
    let insert = "
        INSERT OR REPLACE INTO dead_letters (consumer, event, head, data, attempts, error, at)
        SELECT consumer, event, head, data, :attempts, :error, :at FROM queue WHERE id = :row";
    connection
        .prepare_cached(insert)?
        .execute(named_params! { ":row": row, ":attempts": attempts, ":error": error, ":at": now.as_micros() })?;
    connection.prepare_cached("DELETE FROM queue WHERE id = ?1")?.execute([row])
}

fn replay(connection: &Connection, id: &DeadLetterId) -> rusqlite::Result<usize> {
    let insert = "
        INSERT INTO queue (consumer, event, head, data)
        SELECT consumer, event, head, data FROM dead_letters WHERE consumer = ?1 AND event = ?2";
    connection.prepare_cached(insert)?.execute(params![id.consumer, id.event.to_string()])?;
    discard(connection, id)
}

fn discard(connection: &Connection, id: &DeadLetterId) -> rusqlite::Result<usize> {
    let delete = "DELETE FROM dead_letters WHERE consumer = ?1 AND event = ?2";
    connection.prepare_cached(delete)?.execute(params![id.consumer, id.event.to_string()])
}

/// The rows of `consumer` after the row `after`, in order.
pub(super) fn following(connection: &Connection, consumer: &str, after: i64, most: usize) -> rusqlite::Result<Vec<Delivery>> {
    let select = "SELECT id, head, data, attempts, restarts, due FROM queue WHERE consumer = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    connection.prepare_cached(select)?.query_map(params![consumer, after, limit(most)], Delivery::read)?.collect()
}

/// One row, where it is still there.
pub(super) fn row(connection: &Connection, id: i64) -> rusqlite::Result<Option<Delivery>> {
    let select = "SELECT id, head, data, attempts, restarts, due FROM queue WHERE id = ?1";
    connection.prepare_cached(select)?.query_row([id], Delivery::read).optional()
}

/// Counts, before they are handed out, rows that a process may have ended over; answers those that may be tried.
pub(super) fn count_restart(connection: &mut Connection, rows: Vec<Delivery>, now: Timestamp) -> rusqlite::Result<Vec<Delivery>> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut may_be_tried = Vec::with_capacity(rows.len());
    for row in rows {
        if row.restarts < MOST_RESTARTS {
            transaction.prepare_cached("UPDATE queue SET restarts = restarts + 1 WHERE id = ?1")?.execute([row.row])?;
            may_be_tried.push(row);
        } else {
            tracing::error!(row = row.row, "event became a dead letter: the process ended each time it was handled");
            let error = format!("the process ended {MOST_RESTARTS} times while the event was handled");
            bury(&transaction, row.row, row.attempts, &error, now)?;
        }
    }
    transaction.commit()?;
    Ok(may_be_tried)
}

/// The highest id that a row ever had.
pub(super) fn last_id(connection: &Connection) -> rusqlite::Result<i64> {
    let select = "SELECT seq FROM sqlite_sequence WHERE name = 'queue'";
    Ok(connection.query_row(select, [], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// How many events wait for `consumer`.
pub(super) fn waiting(connection: &Connection, consumer: &str) -> rusqlite::Result<u64> {
    connection.prepare_cached("SELECT count(*) FROM queue WHERE consumer = ?1")?.query_row([consumer], |row| count(row, 0))
}

/// Every bound consumer with the number of events that wait for it and of those it gave up on.
pub(super) fn depths(connection: &Connection) -> rusqlite::Result<Vec<(String, u64, u64)>> {
    let select = "
        SELECT consumer,
               (SELECT count(*) FROM queue WHERE queue.consumer = bound.consumer),
               (SELECT count(*) FROM dead_letters WHERE dead_letters.consumer = bound.consumer)
        FROM (SELECT DISTINCT consumer FROM bindings) AS bound";
    connection.prepare_cached(select)?.query_map([], |row| Ok((row.get(0)?, count(row, 1)?, count(row, 2)?)))?.collect()
}

pub(super) fn dead_letters(connection: &Connection, most: usize) -> rusqlite::Result<Vec<DeadLetter>> {
    let select = "SELECT consumer, event, head, data, attempts, error, at FROM dead_letters ORDER BY at, consumer, event LIMIT ?1";
    connection.prepare_cached(select)?.query_map([limit(most)], read_dead_letter)?.collect()
}

pub(super) fn dead_letter(connection: &Connection, id: &DeadLetterId) -> rusqlite::Result<Option<DeadLetter>> {
    let select = "SELECT consumer, event, head, data, attempts, error, at FROM dead_letters WHERE consumer = ?1 AND event = ?2";
    connection.prepare_cached(select)?.query_row(params![id.consumer, id.event.to_string()], read_dead_letter).optional()
}

fn read_dead_letter(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let event: String = row.get("event")?;
    let event =
        event.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error)))?;
    let head: String = row.get("head")?;
    Ok(DeadLetter {
        id: DeadLetterId { consumer: row.get("consumer")?, event },
        envelope: Message::unpack(&head, row.get("data")?),
        attempts: row.get("attempts")?,
        error: row.get("error")?,
        at: Timestamp::from_micros(row.get("at")?).unwrap_or(Timestamp::EPOCH),
    })
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}
