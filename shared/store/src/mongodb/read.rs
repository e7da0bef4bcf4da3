//! Reads: the commands that find documents, all as of one moment, which is never before one that this program has read.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use ::mongodb::{
    Collection, Database, SessionCursor,
    bson::{Bson, Document, RawDocumentBuf, Timestamp, doc},
    options::{FindOptions, Hint, ReadConcern, SessionOptions},
};

use super::{
    body::{ID, escape},
    retry::Failure,
};
use crate::{backend::Projection, fields};

/// After this the server gives a read up by itself; one that nobody waits for any more it gives up when its connection is closed.
const LONGEST_READ: Duration = Duration::from_secs(5);

/// A find by one index. With `bounds` it reads one range of the index, from the first bound up to the second without it.
#[derive(Debug, Clone, Default)]
pub(super) struct Find {
    pub(super) collection: &'static str,
    pub(super) index: String,
    pub(super) filter: Document,
    pub(super) bounds: Option<(Document, Document)>,
    pub(super) sort: Option<Document>,
    pub(super) limit: usize,
    /// The fields that are read; all where nothing is said.
    pub(super) projection: Option<Document>,
    /// Entries of the index are wanted, not documents.
    pub(super) keys_only: bool,
}

impl Find {
    fn options(&self) -> FindOptions {
        let limit = u32::try_from(self.limit).unwrap_or(u32::MAX);
        let (min, max) = self.bounds.clone().unzip();
        FindOptions::builder()
            .hint(Hint::Name(self.index.clone()))
            .min(min)
            .max(max)
            .sort(self.sort.clone())
            .projection(self.projection.clone())
            .limit(i64::from(limit))
            // All in one answer, and one more, so that the server need not keep a cursor.
            .batch_size(limit.saturating_add(1))
            .return_key(self.keys_only)
            .max_time(LONGEST_READ)
            // The session says so too, but not against the client's own.
            .read_concern(ReadConcern::snapshot())
            .build()
    }

    /// The same as a command.
    pub(super) fn command(&self) -> Document {
        let mut command = doc! { "find": self.collection, "filter": self.filter.clone(), "hint": self.index.clone() };
        if let Some((min, max)) = self.bounds.clone() {
            command.insert("min", min);
            command.insert("max", max);
        }
        if let Some(sort) = self.sort.clone() {
            command.insert("sort", sort);
        }
        if let Some(projection) = self.projection.clone() {
            command.insert("projection", projection);
        }
        command.insert("limit", i64::try_from(self.limit).unwrap_or(i64::MAX));
        command.insert("returnKey", self.keys_only);
        command
    }
}

/// The server's projection to the fields that are wanted, and those at the top of the paths that the adapter itself looks at.
pub(super) fn projection(wanted: Projection<'_>, looked_at: impl IntoIterator<Item = &'static str>) -> Option<Document> {
    let Projection::Only(fields) = wanted else { return None };
    let fields = fields.iter().copied().chain(looked_at.into_iter().map(fields::top));
    // Without any of the document's own fields an empty one would be all of them.
    let fields = fields.map(|field| escape(field, true).into_owned()).chain([ID.to_owned()]);
    Some(fields.map(|field| (field, Bson::Int32(1))).collect())
}

/// The latest moment of the database that this program has read.
///
/// Reads take what most nodes are known to have. A new primary has all of it, but for some time after its election does not know so
/// of the last: without this, somebody could read a document, and a list that was written before it and is older.
#[derive(Debug, Default)]
pub(super) struct Latest(AtomicU64);

impl Latest {
    /// A moment that was read. Most nodes have it: it stays.
    pub(super) fn learn(&self, at: Option<Timestamp>) {
        if let Some(Timestamp { time, increment }) = at {
            self.0.fetch_max(u64::from(time) << 32 | u64::from(increment), Ordering::Relaxed);
        }
    }

    /// `None` before the first read.
    fn known(&self) -> Option<Timestamp> {
        let at = self.0.load(Ordering::Relaxed);
        let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default();
        (at > 0).then(|| Timestamp { time: half(at >> 32), increment: half(at) })
    }
}

/// A moment of the database, and the count of what is read of it.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) database: &'a Database,
    pub(super) examined: &'a AtomicU64,
    latest: &'a Latest,
    /// `None` until the first read, which takes the latest moment that most nodes have.
    at: Option<Timestamp>,
}

impl<'a> Moment<'a> {
    pub(super) fn new(database: &'a Database, examined: &'a AtomicU64, latest: &'a Latest) -> Self {
        Self { database, examined, latest, at: None }
    }

    /// Counts index entries or documents that were read.
    pub(super) fn examine(&self, count: usize) {
        self.examined.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// What a find finds.
    pub(super) async fn find(&mut self, find: &Find) -> Result<Vec<RawDocumentBuf>, Failure> {
        if self.at.is_some() {
            return self.find_once(find).await;
        }
        // What others read from here on may be of a later moment: this read is not after theirs.
        let known = self.latest.known();
        let found = self.find_once(find).await?;
        if self.at >= known {
            self.latest.learn(self.at);
            return Ok(found);
        }
        // The server took an earlier moment: it waits for one that it is told.
        self.at = known;
        self.find_once(find).await
    }

    async fn find_once(&mut self, find: &Find) -> Result<Vec<RawDocumentBuf>, Failure> {
        let options = SessionOptions::builder().snapshot(true).snapshot_time(self.at).build();
        let mut session = self.database.client().start_session().with_options(options).await?;
        let collection: Collection<RawDocumentBuf> = self.database.collection(find.collection);
        let mut cursor: SessionCursor<RawDocumentBuf> =
            collection.find(find.filter.clone()).with_options(find.options()).session(&mut session).await?;
        let mut found = Vec::with_capacity(find.limit.min(1_000));
        while cursor.advance(&mut session).await? {
            found.push(cursor.current().to_raw_document_buf());
        }
        self.at = session.snapshot_time();
        Ok(found)
    }
}
