//! Opens a file and brings it to the layout that the program declares.

use std::{collections::BTreeMap, path::Path, time::Duration};

use backon::{BlockingRetryable as _, ConstantBuilder};
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::{
    commit::add_keys,
    table::{Table, Tables, drop_index},
    value::Key,
};
use crate::{
    document::Index,
    error::{Error, Result},
    fields,
};

/// The layout of the tables below and of [`super::table`]. Add 1 with every change, and a step that brings older files to it.
const LAYOUT: i64 = 1;
/// Marks a file as a store: "alva" in ASCII.
const APPLICATION: i64 = 0x616c_7661;

/// How long a statement waits for a lock of another process.
const LOCK_WAIT: Duration = Duration::from_secs(4);
/// When, and how many times, a lock is asked for again for which SQLite does not wait.
const LOCK_AGAIN: Duration = Duration::from_millis(5);
const LOCK_TIMES: usize = 800;

/// The tables that every store has. `position` is the order of commits; events are found by whether they were sent, and by
/// their subject where that is forgotten.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS companies (id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS indexes (collection TEXT, name TEXT, definition TEXT NOT NULL, PRIMARY KEY (collection, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, kind TEXT NOT NULL, source TEXT NOT NULL, subject BLOB NOT NULL,
    version INTEGER NOT NULL, company BLOB NOT NULL, time INTEGER NOT NULL, actor TEXT NOT NULL, traceparent TEXT, data BLOB NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS outbox_pending ON outbox (position) WHERE sent = 0;
CREATE INDEX IF NOT EXISTS outbox_subject ON outbox (subject);
CREATE INDEX IF NOT EXISTS outbox_sent ON outbox (time) WHERE sent = 1;
CREATE TABLE IF NOT EXISTS inbox (company BLOB, consumer TEXT, event BLOB, at INTEGER NOT NULL, PRIMARY KEY (company, consumer, event)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS inbox_at ON inbox (at);
";

/// How safe a commit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// It survives the loss of power: the log is synced before a commit returns.
    Full,
    /// For data that is thrown away.
    None,
}

/// The connection that writes, after the file was brought to the declared layout.
pub(super) fn open_writer(path: &Path, tables: &Tables, durability: Durability) -> Result<Connection> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| {
            Error::unavailable(format!(
                "the folder {} can't be made: {error}; name another folder or give write access to this one",
                folder.display()
            ))
        })?;
    }
    let named = |error: Error| match error {
        Error::Unavailable(cause) => Error::unavailable(format!(
            "the file {} can't be opened for writing: {cause}; check that it is a store of this program and that file and folder may be written",
            path.display()
        )),
        other => other,
    };
    let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE).map_err(named)?;
    // One transaction, so that it is not half before and half after another process that brings it to its layout.
    connection.transaction().map_err(Error::from).and_then(|reading| check_layout(&reading, path)).map_err(named)?;
    configure(&connection, durability).map_err(named)?;
    migrate(&mut connection, path, tables).map_err(named)?;
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn connect(path: &Path, mode: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.set_prepared_statement_cache_capacity(256);
    connection.pragma_update(None, "cache_size", -8_000)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// Refuses a file of a newer program, and one that is no store, before anything in it is changed.
fn check_layout(connection: &Connection, path: &Path) -> Result<i64> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (found, application) = (pragma("user_version")?, pragma("application_id")?);
    let empty = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))? == 0;
    if application != APPLICATION && !empty {
        return Err(Error::unavailable("it is a database of another program"));
    }
    if found > LAYOUT {
        return Err(Error::NewerVersion { path: path.to_owned(), found, supported: LAYOUT });
    }
    Ok(found)
}

fn configure(connection: &Connection, durability: Durability) -> Result<()> {
    let mode = write_ahead(connection)?;
    if mode != "wal" {
        return Err(Error::unavailable(format!("its file system has no shared memory for a write-ahead log (journal mode {mode})")));
    }
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::None => "OFF",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // Pages of 4 KiB in the log before they are taken into the file. Four times the default: a page that is changed again
    // meanwhile, as the upper ones of indexes are, is written to the file once.
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    // What is removed is overwritten, so that a person's data is gone from the file when it is forgotten.
    connection.pragma_update(None, "secure_delete", "ON")?;
    // After a burst the log's file is cut back to this, in bytes.
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    Ok(())
}

/// Has the file a write-ahead log; its journal mode then. SQLite makes nobody wait for that who opens a new file with others at once.
fn write_ahead(connection: &Connection) -> rusqlite::Result<String> {
    let set = || connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0));
    let again = ConstantBuilder::new().with_delay(LOCK_AGAIN).with_max_times(LOCK_TIMES);
    set.retry(again).when(|error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)).call()
}

/// One transaction, so that other processes see all of it or nothing.
fn migrate(connection: &mut Connection, path: &Path, tables: &Tables) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Again, now that nobody else can change it.
    check_layout(&transaction, path)?;
    transaction.execute_batch(TABLES)?;
    for table in tables.iter() {
        transaction.execute_batch(&table.create)?;
        bring_indexes(&transaction, table)?;
    }
    transaction.pragma_update(None, "user_version", LAYOUT)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.commit()?;
    Ok(())
}

/// Drops the indexes that are no longer declared as they are, and builds the new ones from the documents.
fn bring_indexes(transaction: &Transaction<'_>, table: &Table) -> Result<()> {
    let collection = table.collection.name;
    let mut there: BTreeMap<String, String> = transaction
        .prepare("SELECT name, definition FROM indexes WHERE collection = ?1")?
        .query_map([collection], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut missing = Vec::new();
    for index in &table.indexes {
        if there.remove(index.index.name).is_some_and(|definition| definition == define(index.index)) {
            continue;
        }
        transaction.execute_batch(&index.drop)?;
        transaction.execute_batch(&index.create)?;
        transaction.execute(
            "INSERT OR REPLACE INTO indexes (collection, name, definition) VALUES (?1, ?2, ?3)",
            (collection, index.index.name, define(index.index)),
        )?;
        missing.push(index);
    }
    for gone in there.keys() {
        transaction.execute_batch(&drop_index(collection, gone))?;
        transaction.execute("DELETE FROM indexes WHERE collection = ?1 AND name = ?2", (collection, gone))?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    let mut documents = transaction.prepare(&table.all)?;
    let mut documents = documents.query([])?;
    while let Some(document) = documents.next()? {
        let (row, company, id): (i64, Key, Key) = (document.get(0)?, document.get(1)?, document.get(2)?);
        let body = fields::pick(document.get_ref(3)?.as_str().map_err(Error::internal)?, &table.indexed)?;
        for index in &missing {
            add_keys(transaction, table, index, &company, &id, row, &fields::keys(table.collection, index.index, &body)?)?;
        }
    }
    Ok(())
}

/// What makes an index the same index.
fn define(index: &Index) -> String {
    format!("{}{}", if index.unique { "unique " } else { "" }, index.fields.join(" "))
}
