//! The store in a MongoDB database of a replica set.
//!
//! | module | what |
//! |---|---|
//! | [`client`] | the address, the connections and their limits of time |
//! | [`layout`] | which collections, indexes and validators there are to be |
//! | [`prepare`] | brings a database to them |
//! | [`body`] | documents: JSON to BSON and back |
//! | [`commit`], [`turns`] | one transaction; who may change a document next |
//! | [`read`] | reads as of one moment |
//! | [`scan`], [`bounds`], [`search`] | lists and searches |
//! | [`outbox`] | events and marks |
//! | [`backup`] | everything out and in again |
//! | [`retry`] | which faults pass |
//!
//! # Fields
//! People may query, and must not write:
//!
//! | collection | fields |
//! |---|---|
//! | each declared one, `history` | `_id: {company, id}`, `_version`, and the document's own fields at the top; moments are microseconds |
//! | `companies` | `_id` |
//! | `outbox` | `_id` (the event's), `position`, `type`, `source`, `subject`, `version`, `company`, `time`, `actor`, `traceparent`, `data`; `pending: true` or `sent_at` |
//! | `inbox` | `_id: {company, consumer, event}`, `at` |
//! | `schema` | `{_id: "layout", version}`; `{_id: {collection, index}, gone_since}` for an index that nobody declares any more |
//!
//! A list's index is (company, fields…, identifier), a unique one (company, fields…), of those documents only where no field is null.
//! Values of one sort field are of one type beside null, as those of a struct's field are: MongoDB compares within a type.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ::mongodb::{
    Database,
    bson::{Document, RawDocumentBuf, doc},
};
use async_trait::async_trait;
use futures::{FutureExt as _, future::BoxFuture};
use kernel::{CompanyId, Envelope, EventId, Timestamp};
use tokio::sync::{OnceCell, mpsc, watch};
use uuid::Uuid;

use crate::{
    backend::{Backend, Commit, Found, Projection, Record, Scan, Search},
    document::{Collection, Index},
    error::{Error, Result},
    history::HISTORY,
    query::{Explained, Value},
};
use backup::Batch;
use body::{COMPANY, ID};
use client::Address;
pub use client::MongoDb;
use commit::Prepared;
use layout::{COMPANIES, Layout, SCHEMA};
use outbox::Positions;
use read::{Find, Latest, Moment};
use retry::{Failure, retried};
use turns::Turns;

mod backup;
mod body;
mod bounds;
mod client;
mod commit;
mod layout;
mod outbox;
mod prepare;
mod read;
mod retry;
mod scan;
mod search;
mod turns;

/// The store in one database.
pub(crate) struct Mongo {
    address: Address,
    layout: Layout,
    opened: OnceCell<Database>,
    prepared: OnceCell<()>,
    positions: Positions,
    turns: Arc<Turns>,
    committed: watch::Sender<u64>,
    examined: AtomicU64,
    latest: Latest,
}

impl Mongo {
    /// Reads the address; connects with the first operation.
    pub(crate) fn new(settings: &MongoDb, collections: &[&'static Collection]) -> Result<Self> {
        let collections: Vec<&'static Collection> = collections.iter().copied().chain([&HISTORY]).collect();
        Ok(Self {
            address: Address::parse(settings)?,
            layout: Layout::new(&collections)?,
            opened: OnceCell::new(),
            prepared: OnceCell::new(),
            positions: Positions::new(),
            turns: Arc::new(Turns::new()),
            committed: watch::channel(0).0,
            examined: AtomicU64::new(0),
            latest: Latest::default(),
        })
    }

    /// The database, brought to its layout. Those who come first wait for the one of them who does it; where it fails the next
    /// tries again.
    async fn database(&self) -> Result<&Database> {
        let database = self.opened.get_or_try_init(|| self.address.open()).await?;
        let prepare = || retried(|| async { prepare::prepare(database, &layout::shapes(&self.layout), prepare::MIGRATIONS).await }.boxed());
        let prepared = self.prepared.get_or_try_init(prepare).await;
        match prepared {
            Ok(()) => Ok(database),
            Err(Error::Unavailable(cause)) => {
                Err(Error::unavailable(format!("the database {} of MongoDB can't be used: {cause}", self.address.database())))
            }
            Err(error) => Err(error),
        }
    }

    /// Reads as of one moment, again from the start where what went wrong may pass.
    async fn read<'a, T>(&'a self, work: impl Fn(Moment<'a>) -> BoxFuture<'a, Result<T, Failure>>) -> Result<T> {
        let database = self.database().await?;
        retried(|| work(Moment::new(database, &self.examined, &self.latest))).await
    }

    fn wake(&self) {
        self.committed.send_modify(|commits| *commits += 1);
    }
}

#[async_trait]
impl Backend for Mongo {
    async fn companies(&self) -> Result<Vec<CompanyId>> {
        self.read(|moment| {
            async move {
                let mut found = moment.database.collection::<RawDocumentBuf>(COMPANIES).find(doc! {}).sort(doc! { ID: 1 }).await?;
                let mut companies = Vec::new();
                while found.advance().await? {
                    companies.push(CompanyId::from_uuid(body::uuid_at(found.current(), ID)?));
                }
                Ok(companies)
            }
            .boxed()
        })
        .await
    }

    async fn add_company(&self, company: CompanyId) -> Result<()> {
        let database = self.database().await?;
        retried(|| async { backup::add(database, COMPANIES, &[doc! { ID: body::uuid(company.uuid()) }]).await }.boxed()).await
    }

    async fn get(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        ids: &[Uuid],
        projection: Projection<'_>,
    ) -> Result<Vec<Option<String>>> {
        self.layout.check(collection)?;
        let projection = read::projection(projection, []);
        let keys: Vec<Document> = ids.iter().map(|id| doc! { "company": body::uuid(company.uuid()), "id": body::uuid(*id) }).collect();
        self.read(|mut moment| {
            let (keys, projection) = (&keys, projection.clone());
            async move {
                let filter = doc! { ID: { "$in": keys } };
                let index = "_id_".to_owned();
                let find = Find { collection: collection.name, index, filter, limit: keys.len(), projection, ..Find::default() };
                let mut bodies = std::collections::HashMap::new();
                for document in moment.find(&find).await? {
                    bodies.insert(body::ids(&document)?.1, body::to_json(&document)?);
                }
                moment.examine(ids.len() + bodies.len());
                Ok(ids.iter().map(|id| bodies.get(id).cloned()).collect())
            }
            .boxed()
        })
        .await
    }

    async fn find_one(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        index: &'static Index,
        key: &Value,
    ) -> Result<Option<String>> {
        self.layout.check(collection)?;
        // With the index's own condition, without which it would not be used.
        let mut filter = doc! { COMPANY: body::uuid(company.uuid()) };
        for (field, condition) in layout::held(index) {
            let condition = doc! { "$eq": body::value(key) }.into_iter().chain(condition.as_document().cloned().unwrap_or_default());
            filter.insert(field, condition.collect::<Document>());
        }
        self.read(|mut moment| {
            let filter = filter.clone();
            async move {
                let find = Find { collection: collection.name, index: layout::name(index), filter, limit: 1, ..Find::default() };
                let found = moment.find(&find).await?;
                moment.examine(1 + found.len());
                Ok(found.first().map(|document| body::to_json(document)).transpose()?)
            }
            .boxed()
        })
        .await
    }

    async fn find(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        scans: Vec<Scan>,
        projection: Projection<'_>,
    ) -> Result<Vec<Vec<Found>>> {
        self.layout.check(collection)?;
        self.read(|moment| scan::find(moment, company, collection, &scans, projection).boxed()).await
    }

    async fn count(&self, company: CompanyId, collection: &'static Collection, scan: Scan) -> Result<u64> {
        self.layout.check(collection)?;
        self.read(|moment| scan::count(moment, company, collection, &scan).boxed()).await
    }

    async fn search(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        search: Search,
        projection: Projection<'_>,
    ) -> Result<(Vec<String>, bool)> {
        self.layout.check(collection)?;
        self.read(|moment| search::search(moment, company, collection, &search, projection).boxed()).await
    }

    async fn explain(&self, company: CompanyId, collection: &'static Collection, scan: Scan) -> Result<Explained> {
        self.layout.check(collection)?;
        self.read(|moment| scan::explain(moment, company, collection, &scan).boxed()).await
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        let publishes = !commit.events.is_empty();
        let position = self.positions.take(&commit.events);
        let prepared = Prepared::new(commit, &self.layout, position)?;
        prepared.apply(self.database().await?, &self.turns).await?;
        if publishes {
            self.wake();
        }
        Ok(())
    }

    async fn pending(&self, limit: usize) -> Result<Vec<Envelope>> {
        self.read(|moment| outbox::pending(moment, limit).boxed()).await
    }

    async fn mark_sent(&self, events: &[EventId]) -> Result<()> {
        let database = self.database().await?;
        retried(|| outbox::mark_sent(database, events).boxed()).await
    }

    async fn depth(&self) -> Result<(u64, Option<Timestamp>)> {
        let database = self.database().await?;
        retried(|| outbox::depth(database).boxed()).await
    }

    async fn resend(&self, since: Timestamp) -> Result<u64> {
        let database = self.database().await?;
        let resent = retried(|| outbox::resend(database, since).boxed()).await?;
        self.wake();
        Ok(resent)
    }

    async fn forget_sent(&self, before: Timestamp) -> Result<u64> {
        let database = self.database().await?;
        retried(|| outbox::forget_sent(database, before).boxed()).await
    }

    async fn forget_received(&self, before: Timestamp) -> Result<u64> {
        let database = self.database().await?;
        retried(|| outbox::forget_received(database, before).boxed()).await
    }

    fn committed(&self) -> watch::Receiver<u64> {
        self.committed.subscribe()
    }

    fn examined(&self) -> u64 {
        self.examined.load(Ordering::Relaxed)
    }

    async fn export(&self, to: mpsc::Sender<Record>) -> Result<()> {
        backup::export(self.database().await?, &self.layout, &to).await
    }

    async fn import(&self, records: Vec<Record>) -> Result<()> {
        let batch = Batch::new(records, &self.layout, &self.positions)?;
        batch.apply(self.database().await?, &self.turns).await?;
        self.wake();
        Ok(())
    }

    /// Writes as a commit does, since a primary that lost the others can still be read for a moment.
    async fn ping(&self) -> Result<()> {
        let database = self.database().await?;
        let beat = doc! { "$currentDate": { "at": true } };
        retried(|| {
            async {
                database.collection::<Document>(SCHEMA).update_one(doc! { ID: "ping" }, beat.clone()).upsert(true).await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }
}
