//! The store in one SQLite file: write-ahead log, one thread that writes in groups, a few connections that read.
//!
//! | module | what |
//! |---|---|
//! | [`schema`] | opens a file, brings it to the declared indexes |
//! | [`table`] | the tables of a collection and their statements |
//! | [`writer`] | the writing thread and group commit |
//! | [`commit`] | one transaction |
//! | [`readers`] | the connections that read |
//! | [`scan`], [`search`] | lists and searches |
//! | [`outbox`] | events |
//! | [`backup`], [`forget`] | everything out and in again; personal data out for good |
//! | [`value`] | how values look in SQLite |
//!
//! An index is a table of its own, in the order of its keys, with an entry per element of an array: SQLite has no index
//! over the elements of a JSON array. It is written in the same transaction as the document.

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use kernel::{CompanyId, Envelope, EventId, Timestamp};
use rusqlite::OptionalExtension as _;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::{
    backend::{Backend, Commit, Found, Projection, Record, Scan, Search},
    document::{Collection, Index},
    error::{Error, Result},
    history::HISTORY,
    query::{Explained, Value},
};
use backup::Batch;
use commit::Prepared;
use readers::Readers;
use schema::Durability;
use table::Tables;
use value::{Indexed, Key};
use writer::Writer;

mod backup;
mod commit;
mod forget;
mod outbox;
mod readers;
mod scan;
mod schema;
mod search;
mod table;
mod value;
mod writer;

/// The store in one SQLite file.
pub(crate) struct Sqlite {
    tables: Arc<Tables>,
    readers: Readers,
    writer: Writer,
    committed: watch::Receiver<u64>,
    /// The folder of an ephemeral store; after the writer, so that the file is closed before it is removed.
    _folder: Option<TempDir>,
}

impl Sqlite {
    pub(crate) async fn open(path: &Path, collections: &[&'static Collection]) -> Result<Self> {
        Self::open_with(path, collections, Durability::Full, None).await
    }

    pub(crate) async fn open_ephemeral(collections: &[&'static Collection]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("store-").tempdir();
        let folder = folder.map_err(|error| Error::unavailable(format!("no folder for temporary files: {error}")))?;
        let path = folder.path().join("store.db");
        Self::open_with(&path, collections, Durability::None, Some(folder)).await
    }

    async fn open_with(path: &Path, collections: &[&'static Collection], durability: Durability, folder: Option<TempDir>) -> Result<Self> {
        let collections: Vec<&'static Collection> = collections.iter().copied().chain([&HISTORY]).collect();
        let path = path.to_owned();
        let opening = tokio::task::spawn_blocking(move || {
            let tables = Arc::new(Tables::new(&collections)?);
            let connection = schema::open_writer(&path, &tables, durability)?;
            let (commits, committed) = watch::channel(0);
            let writer = Writer::start(connection, commits)?;
            Ok(Self { tables, readers: Readers::new(path), writer, committed, _folder: folder })
        });
        opening.await.map_err(Error::internal)?
    }
}

#[async_trait]
impl Backend for Sqlite {
    async fn companies(&self) -> Result<Vec<CompanyId>> {
        let read = self.readers.read(|snapshot| {
            let mut companies = snapshot.connection.prepare_cached("SELECT id FROM companies ORDER BY id")?;
            let companies = companies.query_map([], |row| Ok(CompanyId::from_uuid(row.get::<_, Key>(0)?.0)))?;
            Ok(companies.collect::<rusqlite::Result<_>>()?)
        });
        read.await
    }

    async fn add_company(&self, company: CompanyId) -> Result<()> {
        let write = self.writer.run(false, move |connection| {
            connection.prepare_cached("INSERT OR IGNORE INTO companies (id) VALUES (?1)")?.execute([Key::from(company)])?;
            Ok(0)
        });
        write.await.map(drop)
    }

    async fn get(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        ids: &[Uuid],
        _: Projection<'_>,
    ) -> Result<Vec<Option<String>>> {
        let (tables, ids) = (self.tables.clone(), ids.to_vec());
        let read = self.readers.read(move |snapshot| {
            let mut get = snapshot.connection.prepare_cached(&tables.of(collection)?.get)?;
            let company = Key::from(company);
            snapshot.examine(ids.len());
            ids.iter().map(|id| Ok(get.query_row((&company, Key(*id)), |row| row.get(2)).optional()?)).collect()
        });
        read.await
    }

    async fn find_one(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        index: &'static Index,
        key: &Value,
    ) -> Result<Option<String>> {
        let (tables, key) = (self.tables.clone(), key.clone());
        let read = self.readers.read(move |snapshot| {
            let table = tables.of(collection)?;
            let index = table.index(index)?;
            let mut get = snapshot.connection.prepare_cached(&format!("SELECT row FROM {} WHERE company = ?1 AND f0 = ?2", index.name))?;
            let row: Option<i64> = get.query_row((Key::from(company), Indexed(&key)), |row| row.get(0)).optional()?;
            let Some(row) = row else { return Ok(None) };
            snapshot.examine(1);
            scan::Documents::new(table, company, &[]).read(snapshot, row)
        });
        read.await
    }

    async fn find(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        scans: Vec<Scan>,
        _: Projection<'_>,
    ) -> Result<Vec<Vec<Found>>> {
        let tables = self.tables.clone();
        let read = self.readers.read(move |snapshot| {
            let table = tables.of(collection)?;
            scans.iter().map(|scan| scan::find(snapshot, table, company, scan)).collect()
        });
        read.await
    }

    async fn explain(&self, company: CompanyId, collection: &'static Collection, scan: Scan) -> Result<Explained> {
        let tables = self.tables.clone();
        self.readers.read(move |snapshot| scan::explain(snapshot, tables.of(collection)?, company, &scan)).await
    }

    async fn count(&self, company: CompanyId, collection: &'static Collection, scan: Scan) -> Result<u64> {
        let tables = self.tables.clone();
        self.readers.read(move |snapshot| scan::count(snapshot, tables.of(collection)?, company, &scan)).await
    }

    async fn search(
        &self,
        company: CompanyId,
        collection: &'static Collection,
        search: Search,
        _: Projection<'_>,
    ) -> Result<(Vec<String>, bool)> {
        let tables = self.tables.clone();
        self.readers.read(move |snapshot| search::search(snapshot, tables.of(collection)?, company, &search)).await
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        let publishes = !commit.events.is_empty();
        let prepared = Prepared::new(commit, self.tables.clone())?;
        self.writer.run(publishes, move |connection| prepared.apply(connection).map(|()| 0)).await.map(drop)
    }

    async fn pending(&self, limit: usize) -> Result<Vec<Envelope>> {
        self.readers.read(move |snapshot| outbox::pending(snapshot, limit)).await
    }

    async fn mark_sent(&self, events: &[EventId]) -> Result<()> {
        let events = events.to_vec();
        self.writer.run(false, move |connection| outbox::mark_sent(connection, &events).map(|()| 0)).await.map(drop)
    }

    async fn depth(&self) -> Result<(u64, Option<Timestamp>)> {
        self.readers.read(outbox::depth).await
    }

    async fn resend(&self, since: Timestamp) -> Result<u64> {
        self.writer.run(true, move |connection| outbox::resend(connection, since)).await
    }

    async fn forget_sent(&self, before: Timestamp) -> Result<u64> {
        self.writer.run(false, move |connection| outbox::forget_sent(connection, before)).await
    }

    async fn forget_received(&self, before: Timestamp) -> Result<u64> {
        self.writer.run(false, move |connection| outbox::forget_received(connection, before)).await
    }

    async fn export(&self, to: mpsc::Sender<Record>) -> Result<()> {
        let tables = self.tables.clone();
        self.readers.read(move |snapshot| backup::export(snapshot, &tables, &to)).await
    }

    async fn import(&self, records: Vec<Record>) -> Result<()> {
        let batch = Batch::new(records, &self.tables)?;
        self.writer.run(true, move |connection| batch.apply(connection).map(|()| 0)).await.map(drop)
    }

    fn committed(&self) -> watch::Receiver<u64> {
        self.committed.clone()
    }

    fn examined(&self) -> u64 {
        self.readers.examined()
    }

    async fn ping(&self) -> Result<()> {
        self.readers.read(|snapshot| Ok(snapshot.connection.query_row("SELECT 1", [], |_| Ok(()))?)).await?;
        self.writer.run(false, |_| Ok(0)).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
