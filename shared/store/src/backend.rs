//! What an adapter does. The port above it ([`Store`](crate::Store)) turns types into JSON, plans queries, makes page tokens
//! and history; an adapter stores and finds.

use std::ops::Bound;

use async_trait::async_trait;
use kernel::{CompanyId, Envelope, EventId, Timestamp};
use serde_json::{Map, Value as Json};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    document::{Collection, Index},
    error::Result,
    query::{Direction, Filter, Value},
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
    async fn get(&self, company: CompanyId, collection: &'static Collection, ids: &[Uuid]) -> Result<Vec<Option<String>>>;

    /// The JSON text of the document with this key in a unique index of one field.
    async fn find_one(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        index: &'static Index,
        key: &Value,
    ) -> Result<Option<String>>;

    /// What each scan finds, in its order, all as of one moment.
    async fn find(&self, company: CompanyId, collection: &'static Collection, scans: Vec<Scan>) -> Result<Vec<Vec<Found>>>;

    /// How many documents a scan finds, up to its limit.
    async fn count(&self, company: CompanyId, collection: &'static Collection, scan: Scan) -> Result<u64>;

    /// The JSON texts of the documents that a search finds, and whether there may be more.
    async fn search(&self, company: CompanyId, collection: &'static Collection, search: Search) -> Result<(Vec<String>, bool)>;

    /// Does all of it or nothing; durable when it returns.
    async fn commit(&self, commit: Commit) -> Result<()>;

    /// At most `limit` events that were not marked as sent, the first committed first.
    async fn pending(&self, limit: usize) -> Result<Vec<Envelope>>;

    /// Marks events as sent; those that are not there are passed over.
    async fn mark_sent(&self, events: &[EventId]) -> Result<()>;

    /// How many events are pending, and the time of the oldest.
    async fn depth(&self) -> Result<(u64, Option<Timestamp>)>;

    /// Removes some sent events of before a moment; the number removed, 0 when none is left.
    async fn forget_sent(&self, before: Timestamp) -> Result<u64>;

    /// Removes some inbox marks of before a moment; the number removed, 0 when none is left.
    async fn forget_received(&self, before: Timestamp) -> Result<u64>;

    /// Changes after every commit with events, and may change at other times.
    fn committed(&self) -> watch::Receiver<u64>;

    /// Index entries and documents read so far.
    fn examined(&self) -> u64;

    /// Whether it can read and write now.
    async fn ping(&self) -> Result<()>;
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

/// A transaction. Marks come first, so that an event received before is told from a conflict; then the writes in their order.
#[derive(Debug)]
pub struct Commit {
    /// The company that everything in it belongs to.
    pub company: CompanyId,
    /// When it happens.
    pub at: Timestamp,
    /// Inbox marks: consumer and event.
    pub received: Vec<(&'static str, EventId)>,
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
    /// What is to be there; `None` removes the document.
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
