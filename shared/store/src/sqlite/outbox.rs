//! The events of committed transactions.

use kernel::{CompanyId, Envelope, EventId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{
    readers::Snapshot,
    value::{Key, unsigned},
};
use crate::error::{Error, Result};

/// How many rows are removed in one piece of work, so that commits do not wait long behind it.
const MAX_FORGOTTEN: i64 = 1_000;

/// The columns of an event, as [`envelope`] reads them.
pub(super) const ENVELOPE: &str = "id, kind, source, subject, version, company, time, actor, traceparent, data";

/// The first events that were not marked as sent.
pub(super) fn pending(snapshot: &Snapshot<'_>, limit: usize) -> Result<Vec<Envelope>> {
    let mut events =
        snapshot.connection.prepare_cached(&format!("SELECT {ENVELOPE} FROM outbox WHERE sent = 0 ORDER BY position LIMIT ?1"))?;
    let mut rows = events.query([i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut pending = Vec::new();
    while let Some(row) = rows.next()? {
        snapshot.examine(1);
        pending.push(envelope(row)?);
    }
    Ok(pending)
}

pub(super) fn envelope(row: &Row<'_>) -> Result<Envelope> {
    let actor: String = row.get(7)?;
    Ok(Envelope {
        id: EventId::from_uuid(row.get::<_, Key>(0)?.0),
        kind: row.get(1)?,
        source: row.get(2)?,
        subject: row.get::<_, Key>(3)?.0,
        version: unsigned(row.get(4)?)?,
        company: CompanyId::from_uuid(row.get::<_, Key>(5)?.0),
        time: moment(row.get(6)?)?,
        actor: serde_json::from_str(&actor).map_err(Error::internal)?,
        traceparent: row.get(8)?,
        data: row.get(9)?,
    })
}

pub(super) fn moment(micros: i64) -> Result<Timestamp> {
    Timestamp::from_micros(micros).ok_or_else(|| Error::internal("a time is out of range"))
}

pub(super) fn mark_sent(connection: &Connection, events: &[EventId]) -> Result<()> {
    let mut mark = connection.prepare_cached("UPDATE outbox SET sent = 1 WHERE id = ?1 AND sent = 0")?;
    for event in events {
        mark.execute([Key(event.uuid())])?;
    }
    Ok(())
}

/// How many are pending, and the time of the first.
pub(super) fn depth(snapshot: &Snapshot<'_>) -> Result<(u64, Option<Timestamp>)> {
    let mut count = snapshot.connection.prepare_cached("SELECT count(*) FROM outbox WHERE sent = 0")?;
    let count = unsigned(count.query_row([], |row| row.get(0))?)?;
    let mut oldest = snapshot.connection.prepare_cached("SELECT time FROM outbox WHERE sent = 0 ORDER BY position LIMIT 1")?;
    let oldest = oldest.query_row([], |row| row.get(0)).optional()?.map(moment).transpose()?;
    Ok((count, oldest))
}

pub(super) fn resend(connection: &Connection, since: Timestamp) -> Result<u64> {
    let mut resend = connection.prepare_cached("UPDATE outbox SET sent = 0 WHERE sent = 1 AND time >= ?1")?;
    Ok(resend.execute([since.as_micros()])? as u64)
}

pub(super) fn forget_sent(connection: &Connection, before: Timestamp) -> Result<u64> {
    let mut forget = connection.prepare_cached(
        "DELETE FROM outbox WHERE position IN (SELECT position FROM outbox WHERE sent = 1 AND time < ?1 ORDER BY time LIMIT ?2)",
    )?;
    Ok(forget.execute((before.as_micros(), MAX_FORGOTTEN))? as u64)
}

pub(super) fn forget_received(connection: &Connection, before: Timestamp) -> Result<u64> {
    let mut forget = connection.prepare_cached(
        "DELETE FROM inbox WHERE (company, consumer, event) IN (SELECT company, consumer, event FROM inbox WHERE at < ?1 ORDER BY at LIMIT ?2)",
    )?;
    Ok(forget.execute((before.as_micros(), MAX_FORGOTTEN))? as u64)
}
