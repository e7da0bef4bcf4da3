//! Reads: the commands that find documents, all as of one moment.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use ::mongodb::{
    Collection, Database, SessionCursor,
    bson::{Document, RawDocumentBuf, Timestamp, doc},
    options::{FindOptions, Hint, SessionOptions},
};

use super::retry::Failure;

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
            .limit(i64::from(limit))
            // All in one answer, and one more, so that the server need not keep a cursor.
            .batch_size(limit.saturating_add(1))
            .return_key(self.keys_only)
            .max_time(LONGEST_READ)
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
        command.insert("limit", i64::try_from(self.limit).unwrap_or(i64::MAX));
        command.insert("returnKey", self.keys_only);
        command
    }
}

/// A moment of the database, and the count of what is read of it.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) database: &'a Database,
    pub(super) examined: &'a AtomicU64,
    /// `None` until the first read, which takes the latest moment that most nodes have.
    at: Option<Timestamp>,
}

impl<'a> Moment<'a> {
    pub(super) fn new(database: &'a Database, examined: &'a AtomicU64) -> Self {
        Self { database, examined, at: None }
    }

    /// Counts index entries or documents that were read.
    pub(super) fn examine(&self, count: usize) {
        self.examined.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// What a find finds.
    pub(super) async fn find(&mut self, find: &Find) -> Result<Vec<RawDocumentBuf>, Failure> {
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
