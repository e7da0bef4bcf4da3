//! What an adapter does. The port above it ([`Store`](crate::Store)) turns types into JSON, plans queries, makes page tokens
//! and history; an adapter stores and finds.

use std::ops::Bound;

use async_trait::async_trait;
use kernel::{CompanyId, Envelope, EventId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::{
    document::{Collection, Index},
    error::Result,
    query::{Direction, Explained, Filter, Value},
};

/// A database. Every method may be cancelled by dropping its future; an adapter then stops the work soon, and a commit
/// that was not begun is not begun.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// The companies that were added, in the order of their identifiers.
    async fn companies(&self) -> Result<Vec<CompanyId>>;

    /// Adds a company; nothing happens where it is there.
    async fn add_company(&self, company: CompanyId) -> Result<()>;

    /// The JSON texts of the documents with these identifiers, in their order.
    async fn get(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        ids: &[Uuid],
        projection: Projection<'_>,
    ) -> Result<Vec<Option<String>>>;

    /// The JSON text of the document with this key in a unique index of one field.
    async fn find_one(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        index: &'static Index,
        key: &Value,
    ) -> Result<Option<String>>;

    /// What each scan finds, in its order, all as of one moment.
    async fn find(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        scans: Vec<Scan>,
        projection: Projection<'_>,
    ) -> Result<Vec<Vec<Found>>>;

    /// How many documents a scan finds, up to its limit.
    async fn count(&self, company: CompanyId, collection: &'static Collection, scan: Scan) -> Result<u64>;

    /// How a scan is carried out. It is carried out for that.
    async fn explain(&self, company: CompanyId, collection: &'static Collection, scan: Scan) -> Result<Explained>;

    /// The JSON texts of the documents that a search finds, and whether there may be more.
    async fn search(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        search: Search,
        projection: Projection<'_>,
    ) -> Result<(Vec<String>, bool)>;

    /// Does all of it or nothing; durable when it returns.
    async fn commit(&self, commit: Commit) -> Result<()>;

    /// At most `limit` events that were not marked as sent, the first committed first.
    async fn pending(&self, limit: usize) -> Result<Vec<Envelope>>;

    /// Marks events as sent; those that are not there are passed over.
    async fn mark_sent(&self, events: &[EventId]) -> Result<()>;

    /// How many events are pending, and the time of the oldest.
    async fn depth(&self) -> Result<(u64, Option<Timestamp>)>;

    /// Sent events that happened at a moment or later are pending again, in their places; the number of them.
    async fn resend(&self, since: Timestamp) -> Result<u64>;

    /// Removes some sent events of before a moment; the number removed, 0 when none is left.
    async fn forget_sent(&self, before: Timestamp) -> Result<u64>;

    /// Removes some inbox marks of before a moment; the number removed, 0 when none is left.
    async fn forget_received(&self, before: Timestamp) -> Result<u64>;

    /// Changes after every commit with events, and may change at other times.
    fn committed(&self) -> watch::Receiver<u64>;

    /// Index entries and documents read so far.
    fn examined(&self) -> u64;

    /// Hands over everything as of one moment, while others go on to write: companies, documents of the declared
    /// collections and of history, events in the order of their commits, inbox marks. Sending waits where nobody takes it;
    /// it ends with [`Error::Unavailable`](crate::Error::Unavailable) where the receiver is gone.
    async fn export(&self, to: mpsc::Sender<Record>) -> Result<()>;

    /// Takes in one batch of records; once more the same batch changes nothing. Events keep the order in which they come,
    /// over all batches.
    async fn import(&self, records: Vec<Record>) -> Result<()>;

    /// Whether it can read and write now.
    async fn ping(&self) -> Result<()>;
}

/// What is wanted of documents. It lets an adapter leave fields out of their texts, and obliges it to nothing: the port passes over
/// what it has not asked for.
#[derive(Debug, Clone, Copy)]
pub enum Projection<'a> {
    /// Everything.
    All,
    /// These top-level fields.
    Only(&'a [&'static str]),
}

/// A query that was matched with an index. Its list is read between the bounds in the order of (sort value, identifier);
/// several keys mean several ranges, merged in that order, each document once.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The index; its last field is the sort field.
    pub index: &'static Index,
    /// For each field of the index before the last: the values it may have, distinct, at least one.
    pub keys: Vec<Vec<Value>>,
    /// The least sort value. `Excluded(Null)` leaves out null.
    pub from: Bound<Value>,
    /// The greatest sort value.
    pub until: Bound<Value>,
    /// The order of both the sort values and the identifiers.
    pub direction: Direction,
    /// The place to go on from: after this sort value and identifier in `direction`.
    pub after: Option<(Value, Uuid)>,
    /// Conditions that the index does not cover.
    pub residual: Vec<Filter>,
    /// The most documents wanted.
    pub limit: usize,
}

impl Scan {
    /// The ranges: every combination of the values of the index's first fields.
    #[must_use]
    pub fn ranges(&self) -> Vec<Vec<&Value>> {
        self.keys.iter().fold(vec![Vec::new()], |ranges, values| {
            ranges.iter().flat_map(|range| values.iter().map(|value| range.iter().copied().chain([value]).collect())).collect()
        })
    }
}

/// A document of a list.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its identifier.
    pub id: Uuid,
    /// Its value in the sort field.
    pub sort: Value,
    /// Its JSON text.
    pub body: String,
}

/// A search by the beginnings of words.
#[derive(Debug, Clone)]
pub struct Search {
    /// An index whose first field is the array of terms.
    pub index: &'static Index,
    /// The words, distinct, at least one, none empty. Each begins some term of a document that is found.
    pub words: Vec<String>,
    /// Further conditions.
    pub filters: Vec<Filter>,
}

impl Search {
    /// The most documents that a search reads.
    pub const MAX_CANDIDATES: usize = 1_000;
    /// The most index entries and documents that a search reads together, whatever its words and filters.
    pub const MAX_EXAMINED: usize = 2_000;
}

/// The most records in one batch of [`Backend::import`]: one commit, so that none takes long.
pub const MAX_RECORDS: usize = 500;

/// Something that a store holds, as backups have it: a line of JSON each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A company that was added.
    Company(CompanyId),
    /// A document, also of history.
    Document {
        /// Whose.
        company: CompanyId,
        /// The name of its collection.
        collection: String,
        /// Its identifier.
        id: Uuid,
        /// Its version.
        version: u64,
        /// The JSON object that serde made of it.
        fields: Map<String, Json>,
    },
    /// An event of the outbox.
    Event {
        /// The event.
        envelope: Envelope,
        /// Whether it was marked as sent.
        sent: bool,
    },
    /// An inbox mark.
    Mark {
        /// Whose.
        company: CompanyId,
        /// Who received it.
        consumer: String,
        /// The event.
        event: EventId,
        /// When.
        at: Timestamp,
    },
}

/// A transaction. Marks come first, so that an event received before is told from a conflict; then what is forgotten; then
/// the writes in their order, and the events.
#[derive(Debug)]
pub struct Commit {
    /// The company that everything in it belongs to.
    pub company: CompanyId,
    /// When it happens.
    pub at: Timestamp,
    /// Inbox marks: consumer and event.
    pub received: Vec<(&'static str, EventId)>,
    /// Entities of which history keeps no more values (`from` and `to` of every change of every entry that is there are
    /// null) and the outbox no event, pending or sent. An entity is the `entity_id` of an entry, the `subject` of an event.
    pub forgotten: Vec<Uuid>,
    /// Changes of documents.
    pub writes: Vec<Write>,
    /// Events for the outbox, in their order.
    pub events: Vec<Envelope>,
}

/// A change of one document.
#[derive(Debug)]
pub struct Write {
    /// Where.
    pub collection: &'static Collection,
    /// Which document.
    pub id: Uuid,
    /// What is expected to be there.
    pub expected: Expected,
    /// What is to be there; `None` removes the document. Where nothing is expected and nothing is to be there, that is all it says.
    pub after: Option<Body>,
}

/// What a change expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// No document.
    Nothing,
    /// The document at this version.
    Version(u64),
    /// Whatever there is.
    Anything,
}

/// A document as it is stored.
#[derive(Debug)]
pub struct Body {
    /// Its version.
    pub version: u64,
    /// The JSON object that serde made of it.
    pub fields: Map<String, Json>,
}
