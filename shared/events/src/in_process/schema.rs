//! The file of the bus: its settings, its tables, its version.

use std::{path::Path, time::Duration};

use rusqlite::Connection;

use super::OpenError;

/// The format that this version writes; kept in the file as `user_version`.
const FORMAT: i64 = 1;

const TABLES: &str = "
    -- Which consumer gets which kind of event.
    CREATE TABLE bindings (
        kind     TEXT NOT NULL,
        consumer TEXT NOT NULL,
        PRIMARY KEY (kind, consumer)
    ) WITHOUT ROWID;

    -- What waits for the consumers, a row for each of them; an id is never used again, so that a place in
    -- a queue is a number.
    CREATE TABLE queue (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        consumer TEXT    NOT NULL,
        event    TEXT    NOT NULL, -- the event's id
        head     TEXT    NOT NULL, -- the envelope without its data, JSON
        data     BLOB    NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, -- failures so far
        restarts INTEGER NOT NULL DEFAULT 0, -- times the process ended while it was handled
        due      INTEGER NOT NULL DEFAULT 0  -- not to be tried before, microseconds since 1970
    );
    CREATE INDEX queue_order ON queue (consumer, id);

    -- What was given up on.
    CREATE TABLE dead_letters (
        consumer TEXT    NOT NULL,
        event    TEXT    NOT NULL,
        head     TEXT    NOT NULL,
        data     BLOB    NOT NULL,
        attempts INTEGER NOT NULL,
        error    TEXT    NOT NULL,
        at       INTEGER NOT NULL,
        PRIMARY KEY (consumer, event)
    );
    CREATE INDEX dead_letters_age ON dead_letters (at);
";

pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    let unusable = |cause: rusqlite::Error| OpenError::Unusable { path: path.to_owned(), cause: cause.into() };
    let connection = Connection::open(path).map_err(unusable)?;
    prepare(connection, path)
}

pub(super) fn open_in_memory() -> Result<Connection, OpenError> {
    let path = Path::new(":memory:");
    let unusable = |cause: rusqlite::Error| OpenError::Unusable { path: path.to_owned(), cause: cause.into() };
    prepare(Connection::open_in_memory().map_err(unusable)?, path)
}

fn prepare(mut connection: Connection, path: &Path) -> Result<Connection, OpenError> {
    match configure(&mut connection) {
        Ok(FORMAT) => Ok(connection),
        Ok(found) => Err(OpenError::NewerVersion { path: path.to_owned(), found, known: FORMAT }),
        Err(cause) => Err(OpenError::Unusable { path: path.to_owned(), cause: cause.into() }),
    }
}

/// Sets the connection up and makes the tables; answers the file's format.
fn configure(connection: &mut Connection) -> rusqlite::Result<i64> {
    connection.busy_timeout(Duration::from_secs(5))?;
    // Two processes that open a new file at once: one makes the tables, the other waits and finds them.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: a commit is on the disk when it returns. Without it the last commits don't survive a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What was delivered is overwritten: events hold personal data, which must be gone when it is erased.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.set_prepared_statement_cache_capacity(64);
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut format: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if format == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
        format = FORMAT;
    }
    transaction.commit()?;
    Ok(format)
}
