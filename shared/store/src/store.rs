//! The store, and the handle for one company.

use std::{collections::BTreeSet, fmt, path::Path, sync::Arc, time::Duration};

use kernel::{Actor, CompanyId, Timestamp};
use uuid::Uuid;

use crate::{
    backend::{Backend, Found, Projection, Search},
    document::{Collection, Document},
    error::{Error, Result},
    mongodb::{Mongo, MongoDb},
    outbox::Outbox,
    parts::Only,
    plan,
    query::{Explained, Filter, Page, Query, Value},
    sqlite::Sqlite,
    transaction::Transaction,
};

/// One service's data. Cheap to clone; when the last clone and handle is gone, the database is closed.
#[derive(Clone)]
pub struct Store {
    backend: Arc<dyn Backend>,
    deadline: Duration,
}

impl Store {
    /// How long an operation may take before it is [`Error::Unavailable`].
    pub const DEADLINE: Duration = Duration::from_secs(5);

    /// A store on any database.
    #[must_use]
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend, deadline: Self::DEADLINE }
    }

    /// Opens or makes the SQLite file at `path`, its folder too, and brings its indexes to what `collections` declare.
    /// The file may be open in other processes.
    ///
    /// # Errors
    /// [`Error::NewerVersion`]; [`Error::Unavailable`] that names the path where it can't be read or written;
    /// [`Error::Taken`] where a new unique index does not hold for what is there.
    pub async fn sqlite(path: impl AsRef<Path>, collections: &[&'static Collection]) -> Result<Self> {
        Ok(Self::new(Arc::new(Sqlite::open(path.as_ref(), collections).await?)))
    }

    /// A store that is gone when it is dropped: for tests and trials.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the folder for temporary files can't be written.
    pub async fn sqlite_in_memory(collections: &[&'static Collection]) -> Result<Self> {
        Ok(Self::new(Arc::new(Sqlite::open_ephemeral(collections).await?)))
    }

    /// The database of a MongoDB replica set. Reads the address only: connects, and brings collections, indexes and
    /// validators up to date, with the first operation. Until that was done every operation tries it, and is
    /// [`Error::Unavailable`] where it can't be done, with the cause.
    ///
    /// # Errors
    /// [`Error::Internal`] that names the setting which is no address or no name, or the collection that can't be kept.
    pub fn mongodb(settings: &MongoDb, collections: &[&'static Collection]) -> Result<Self> {
        Ok(Self::new(Arc::new(Mongo::new(settings, collections)?)))
    }

    /// The same store with another limit of time for each operation.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The companies that were added, in the order of their identifiers.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Internal`].
    pub async fn companies(&self) -> Result<Vec<CompanyId>> {
        self.bounded(self.backend.companies()).await
    }

    /// Adds a company; nothing happens where it is there.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Internal`].
    pub async fn add_company(&self, company: CompanyId) -> Result<()> {
        self.bounded(self.backend.add_company(company)).await
    }

    /// A handle that reaches the data of one company and no other.
    #[must_use]
    pub fn company(&self, company: CompanyId) -> CompanyStore {
        CompanyStore { store: self.clone(), company }
    }

    /// The events that wait to be published, of all companies.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.clone())
    }

    /// Index entries and documents read so far, since this store was opened: the cost of queries, for tests and metrics.
    #[must_use]
    pub fn examined(&self) -> u64 {
        self.backend.examined()
    }

    /// Whether it can read and write now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ping(&self) -> Result<()> {
        self.bounded(self.backend.ping()).await
    }

    /// Removes the inbox marks of before a moment. An event that comes again after that would have its effect again, so
    /// keep them longer than any event can be on its way: a week or more.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Internal`].
    pub async fn forget_received(&self, before: Timestamp) -> Result<u64> {
        let mut forgotten = 0;
        loop {
            match self.bounded(self.backend.forget_received(before)).await? {
                0 => return Ok(forgotten),
                some => forgotten += some,
            }
        }
    }

    pub(crate) fn backend(&self) -> &dyn Backend {
        &*self.backend
    }

    /// Every call of the database goes through here, so that none waits without end and none fails unseen.
    pub(crate) async fn bounded<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let result = match tokio::time::timeout(self.deadline, work).await {
            Ok(result) => result,
            Err(_) => Err(Error::unavailable(format!("no answer within {:?}", self.deadline))),
        };
        if let Err(error @ Error::Unavailable(_)) = &result {
            tracing::warn!(%error, "store operation failed");
        }
        result
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// The data of one company: whatever is asked of it, no document of another one is seen or touched.
#[derive(Debug, Clone)]
pub struct CompanyStore {
    store: Store,
    company: CompanyId,
}

impl CompanyStore {
    /// The company.
    #[must_use]
    pub fn id(&self) -> CompanyId {
        self.company
    }

    /// The document with this identifier.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Internal`].
    pub async fn get<D: Document>(&self, id: Uuid) -> Result<Option<D>> {
        Ok(self.get_many(&[id]).await?.pop().flatten())
    }

    /// The documents with these identifiers, in their order, in one round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Internal`].
    pub async fn get_many<D: Document>(&self, ids: &[Uuid]) -> Result<Vec<Option<D>>> {
        let bodies = self.bodies(D::COLLECTION, ids, Projection::All).await?;
        bodies.into_iter().map(|body| body.as_deref().map(read).transpose()).collect()
    }

    /// A page of a list.
    ///
    /// # Errors
    /// [`Error::BadQuery`] for a page token that was made up or is of another list; [`Error::Internal`] where no index
    /// serves the query; [`Error::Unavailable`].
    pub async fn find<D: Document>(&self, query: &Query) -> Result<Page<D>> {
        let page = self.find_each(std::slice::from_ref(query)).await?.pop();
        page.unwrap_or_else(|| Err(Error::internal("one query gave no page")))
    }

    /// A page of each of several lists, in their order, in one round trip and as of one moment.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Internal`]; for one list alone those of [`find`](Self::find).
    pub async fn find_each<D: Document>(&self, queries: &[Query]) -> Result<Vec<Result<Page<D>>>> {
        self.pages(D::COLLECTION, queries, Projection::All, read).await
    }

    /// The document with this key in a unique index of one field; `None` for null.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Internal`].
    pub async fn find_one<D: Document>(&self, index: &'static str, key: impl Into<Value>) -> Result<Option<D>> {
        let index = D::COLLECTION
            .index(index)
            .filter(|index| index.unique && index.fields.len() == 1)
            .ok_or_else(|| Error::internal(format!("{} has no unique index {index} of one field", D::COLLECTION.name)))?;
        let key = key.into();
        if key == Value::Null {
            return Ok(None);
        }
        let body = self.store.bounded(self.store.backend().find_one(self.company, D::COLLECTION, index, &key)).await?;
        body.as_deref().map(read).transpose()
    }

    /// How many documents the query's filters find; counting ends at `at_most`.
    ///
    /// # Errors
    /// As [`find`](Self::find); the query's page does not matter.
    pub async fn count<D: Document>(&self, query: &Query, at_most: u64) -> Result<u64> {
        let all = Query { page_token: None, page_size: 1, ..query.clone() };
        let Some(mut scan) = plan::scan(D::COLLECTION, &all, 0)? else { return Ok(0) };
        scan.limit = usize::try_from(at_most).unwrap_or(usize::MAX);
        self.store.bounded(self.store.backend().count(self.company, D::COLLECTION, scan)).await
    }

    /// How the database carries a page of a list out, which it does for that.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn explain<D: Document>(&self, query: &Query) -> Result<Explained> {
        let list = plan::digest(self.company, D::COLLECTION, query);
        let Some(scan) = plan::scan(D::COLLECTION, query, list)? else {
            return Err(Error::internal("a list of nothing is read from no index"));
        };
        self.store.bounded(self.store.backend().explain(self.company, D::COLLECTION, scan)).await
    }

    /// Documents where each of `words` begins some term in the array that is the first field of `index`, and the filters
    /// hold; in no order. The candidates are those of the word that seems rarest, at most 1,000: the second value tells
    /// that there were more. No word finds nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Internal`].
    pub async fn search<D: Document>(&self, index: &'static str, words: &[String], filters: &[Filter]) -> Result<(Vec<D>, bool)> {
        let (bodies, more) = self.found(D::COLLECTION, index, words, filters, Projection::All).await?;
        Ok((bodies.iter().map(|body| read(body)).collect::<Result<_>>()?, more))
    }

    /// The same reads of some top-level fields of documents, which leave the others unread. What else [`Parts`](crate::Parts) always
    /// have is read too.
    #[must_use]
    pub fn only(&self, fields: impl IntoIterator<Item = &'static str>) -> Only<'_> {
        Only::new(self, fields)
    }

    /// Begins to gather a transaction that `actor` does `at` a moment; nothing happens before its commit.
    pub fn transaction(&self, actor: &Actor, at: Timestamp) -> Transaction {
        Transaction::new(self.store.clone(), self.company, actor.clone(), at)
    }

    /// The texts of documents, for each identifier.
    pub(crate) async fn bodies(
        &self,
        collection: &'static Collection,
        ids: &[Uuid],
        projection: Projection<'_>,
    ) -> Result<Vec<Option<String>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.store.bounded(self.store.backend().get(self.company, collection, ids, projection)).await
    }

    /// A page for each query, of what `read` makes of the documents' texts.
    pub(crate) async fn pages<T>(
        &self,
        collection: &'static Collection,
        queries: &[Query],
        projection: Projection<'_>,
        read: impl Fn(&str) -> Result<T>,
    ) -> Result<Vec<Result<Page<T>>>> {
        let mut scans = Vec::with_capacity(queries.len());
        let lists: Vec<Result<Option<u64>>> = queries
            .iter()
            .map(|query| {
                let list = plan::digest(self.company, collection, query);
                let scan = plan::scan(collection, query, list)?;
                Ok(scan.map(|scan| {
                    scans.push(scan);
                    list
                }))
            })
            .collect();
        let found = match scans.is_empty() {
            true => Vec::new(),
            false => self.store.bounded(self.store.backend().find(self.company, collection, scans, projection)).await?,
        };
        let mut found = found.into_iter();
        let pages = lists.into_iter().zip(queries).map(|(list, query)| match list? {
            None => Ok(Page::default()),
            Some(list) => page(found.next().ok_or_else(|| Error::internal("a scan gave no result"))?, list, query.page_size, &read),
        });
        Ok(pages.collect())
    }

    /// The texts of the documents that a search finds, and whether there may be more.
    pub(crate) async fn found(
        &self,
        collection: &'static Collection,
        index: &'static str,
        words: &[String],
        filters: &[Filter],
        projection: Projection<'_>,
    ) -> Result<(Vec<String>, bool)> {
        let index = collection.index(index).ok_or_else(|| Error::internal(format!("{} has no index {index}", collection.name)))?;
        let words: BTreeSet<&String> = words.iter().filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return Ok((Vec::new(), false));
        }
        let search = Search { index, words: words.into_iter().cloned().collect(), filters: filters.to_vec() };
        self.store.bounded(self.store.backend().search(self.company, collection, search, projection)).await
    }
}

/// Reads a document's JSON text.
fn read<D: Document>(body: &str) -> Result<D> {
    serde_json::from_str(body).map_err(|error| Error::internal(format!("a document of {} can't be read: {error}", D::COLLECTION.name)))
}

/// Makes a page of what was found; one more than its size tells that the list goes on.
fn page<T>(mut found: Vec<Found>, list: u64, size: usize, read: impl Fn(&str) -> Result<T>) -> Result<Page<T>> {
    let more = found.len() > size;
    found.truncate(size);
    let mut page = Page { items: Vec::with_capacity(found.len()), cursors: Vec::with_capacity(found.len()), more };
    for Found { id, sort, body } in found {
        page.items.push(read(&body)?);
        page.cursors.push(plan::cursor(list, &sort, id)?);
    }
    Ok(page)
}
