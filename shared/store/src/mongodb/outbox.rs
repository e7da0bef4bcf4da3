//! The events of committed transactions, and the marks of those that were received.
//!
//! `position` is the order of commits as far as several programs can have one: it follows from the time in an event's identifier,
//! and never goes back within a program. `pending` is there until the event was sent, then `sent_at`; each has an index that
//! holds those events only, so that sent ones cost nothing.

use std::sync::atomic::{AtomicI64, Ordering};

use ::mongodb::{
    Database,
    bson::{Binary, Bson, Document, RawDocument, RawDocumentBuf, doc, spec::BinarySubtype},
    options::Hint,
};
use kernel::{CompanyId, Envelope, EventId, Timestamp};
use serde_json::Value as Json;

use super::{
    body::{self, ID, signed, uuid, uuid_at},
    layout::{INBOX, OUTBOX, PENDING, RECEIVED_AT, SENT},
    read::Moment,
    retry::Failure,
};
use crate::error::{Error, Result};

/// How many rows are removed in one piece of work.
const MAX_FORGOTTEN: i64 = 1_000;

/// The first events that were not marked as sent.
pub(super) async fn pending(moment: Moment<'_>, limit: usize) -> Result<Vec<Envelope>, Failure> {
    let outbox = moment.database.collection::<RawDocumentBuf>(OUTBOX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = outbox
        .find(doc! { "pending": true })
        .sort(doc! { "position": 1 })
        .hint(Hint::Name(PENDING.to_owned()))
        .limit(limit)
        .batch_size(u32::try_from(limit).unwrap_or(u32::MAX).clamp(1, 10_000))
        .await?;
    let mut events = Vec::new();
    while found.advance().await? {
        moment.examine(2);
        events.push(read_envelope(found.current())?);
    }
    Ok(events)
}

pub(super) async fn mark_sent(database: &Database, events: &[EventId]) -> Result<(), Failure> {
    let ids: Vec<Binary> = events.iter().map(|event| uuid(event.uuid())).collect();
    let sent = doc! { "$unset": { "pending": "" }, "$currentDate": { "sent_at": true } };
    database.collection::<Document>(OUTBOX).update_many(doc! { ID: { "$in": ids }, "pending": true }, sent).await?;
    Ok(())
}

/// How many are pending, and the time of the first.
pub(super) async fn depth(database: &Database) -> Result<(u64, Option<Timestamp>), Failure> {
    let outbox = database.collection::<RawDocumentBuf>(OUTBOX);
    let hint = || Hint::Name(PENDING.to_owned());
    let count = outbox.count_documents(doc! { "pending": true }).hint(hint()).await?;
    if count == 0 {
        return Ok((0, None));
    }
    let oldest = outbox.find_one(doc! { "pending": true }).sort(doc! { "position": 1 }).hint(hint()).await?;
    let oldest = oldest.map(|event| moment(event.get_i64("time").map_err(Error::internal)?)).transpose()?;
    Ok((count, oldest))
}

pub(super) async fn resend(database: &Database, since: Timestamp) -> Result<u64, Failure> {
    let sent = doc! { "sent_at": { "$exists": true }, "time": { "$gte": since.as_micros() } };
    let again = doc! { "$set": { "pending": true }, "$unset": { "sent_at": "" } };
    Ok(database.collection::<Document>(OUTBOX).update_many(sent, again).hint(Hint::Name(SENT.to_owned())).await?.modified_count)
}

pub(super) async fn forget_sent(database: &Database, before: Timestamp) -> Result<u64, Failure> {
    let sent = doc! { "sent_at": { "$exists": true }, "time": { "$lt": before.as_micros() } };
    forget(database, OUTBOX, SENT, sent).await
}

pub(super) async fn forget_received(database: &Database, before: Timestamp) -> Result<u64, Failure> {
    forget(database, INBOX, RECEIVED_AT, doc! { "at": { "$lt": before.as_micros() } }).await
}

/// Removes some of what a condition holds for: the first of an index.
async fn forget(database: &Database, collection: &str, index: &str, condition: Document) -> Result<u64, Failure> {
    let collection = database.collection::<Document>(collection);
    let mut found =
        collection.find(condition.clone()).projection(doc! { ID: 1 }).hint(Hint::Name(index.to_owned())).limit(MAX_FORGOTTEN).await?;
    let mut ids = Vec::new();
    while found.advance().await? {
        ids.push(
            Bson::try_from(found.current().get(ID).map_err(Error::internal)?.ok_or_else(no_id)?.to_raw_bson()).map_err(Error::internal)?,
        );
    }
    if ids.is_empty() {
        return Ok(0);
    }
    let condition: Document = condition.into_iter().chain(doc! { ID: { "$in": ids } }).collect();
    Ok(collection.delete_many(condition).await?.deleted_count)
}

fn no_id() -> Error {
    Error::internal("a document has no _id")
}

/// Gives events their places in the order.
pub(super) struct Positions(AtomicI64);

impl Positions {
    /// Room for that many events within a millisecond; more of them go on into the next.
    const PER_MILLISECOND: i64 = 4_096;

    pub(super) fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    /// The place of the first of some events, all of which follow one another.
    pub(super) fn take(&self, events: &[Envelope]) -> i64 {
        let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let time = events.first().map(|event| event.id.uuid()).filter(|id| id.get_version_num() == 7);
        // The first 48 bits of a UUID v7 are its time in milliseconds.
        let millis = time.and_then(|id| i64::try_from(id.as_u128() >> 80).ok()).unwrap_or(0);
        let next = |last: i64| Some((last + 1).max(millis.saturating_mul(Self::PER_MILLISECOND)).saturating_add(count - 1));
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_else(|last| last);
        next(last).unwrap_or(last) - count + 1
    }
}

/// An inbox mark.
pub(super) fn mark(company: CompanyId, consumer: &str, event: EventId, at: Timestamp) -> RawDocumentBuf {
    let mut id = RawDocumentBuf::new();
    id.append("company", uuid(company.uuid()));
    id.append("consumer", consumer);
    id.append("event", uuid(event.uuid()));
    let mut mark = RawDocumentBuf::new();
    mark.append(ID, id);
    mark.append("at", at.as_micros());
    mark
}

/// An event of the outbox.
pub(super) fn envelope(event: &Envelope, position: i64, pending: bool) -> Result<RawDocumentBuf> {
    let Json::Object(actor) = serde_json::to_value(&event.actor).map_err(Error::internal)? else {
        return Err(Error::internal("an actor is no JSON object"));
    };
    let mut document = RawDocumentBuf::new();
    document.append(ID, uuid(event.id.uuid()));
    document.append("position", position);
    document.append("type", event.kind.as_str());
    document.append("source", event.source.as_str());
    document.append("subject", uuid(event.subject));
    document.append("version", signed(event.version)?);
    document.append("company", uuid(event.company.uuid()));
    document.append("time", event.time.as_micros());
    document.append("actor", body::object(&actor)?);
    if let Some(traceparent) = &event.traceparent {
        document.append("traceparent", traceparent.as_str());
    }
    document.append("data", Binary { subtype: BinarySubtype::Generic, bytes: event.data.clone() });
    if pending {
        document.append("pending", true);
    } else {
        document.append("sent_at", ::mongodb::bson::DateTime::from_millis(event.time.as_micros() / 1_000));
    }
    Ok(document)
}

/// Reads an event of the outbox.
pub(super) fn read_envelope(document: &RawDocument) -> Result<Envelope> {
    let text = |field| document.get_str(field).map(str::to_owned).map_err(Error::internal);
    let actor = body::json(document.get_document("actor").map_err(Error::internal)?)?;
    Ok(Envelope {
        id: EventId::from_uuid(uuid_at(document, ID)?),
        kind: text("type")?,
        source: text("source")?,
        subject: uuid_at(document, "subject")?,
        version: u64::try_from(document.get_i64("version").map_err(Error::internal)?).map_err(Error::internal)?,
        company: CompanyId::from_uuid(uuid_at(document, "company")?),
        time: moment(document.get_i64("time").map_err(Error::internal)?)?,
        actor: serde_json::from_value(actor).map_err(Error::internal)?,
        traceparent: document.get_str("traceparent").ok().map(str::to_owned),
        data: document.get_binary("data").map_err(Error::internal)?.bytes.to_vec(),
    })
}

pub(super) fn moment(micros: i64) -> Result<Timestamp> {
    Timestamp::from_micros(micros).ok_or_else(|| Error::internal("a time is out of range"))
}
