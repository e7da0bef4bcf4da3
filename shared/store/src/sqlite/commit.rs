//! Does one transaction, within the savepoint that the writer gives it.

use std::{collections::BTreeSet, sync::Arc};

use kernel::{CompanyId, Envelope};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, ToSql, params};

use super::{
    forget::forget,
    table::{IndexTable, Table, Tables},
    value::{Indexed, Key, signed, unsigned},
};
use crate::{
    backend::{Commit, Expected, Write},
    error::{Error, Result},
    fields,
    query::Value,
};

type Keys = BTreeSet<Vec<Value>>;

/// A transaction with everything worked out that can be before it is the writer's turn.
pub(super) struct Prepared {
    commit: Commit,
    /// For each write: its text, and its keys in each index of its collection.
    after: Vec<Option<(String, Vec<Keys>)>>,
    tables: Arc<Tables>,
}

impl Prepared {
    /// # Errors
    /// [`Error::Internal`] where a document can't be indexed.
    pub(super) fn new(mut commit: Commit, tables: Arc<Tables>) -> Result<Self> {
        let after = commit
            .writes
            .iter_mut()
            .map(|write| {
                let table = tables.of(write.collection)?;
                let Some(body) = &mut write.after else { return Ok(None) };
                let keys =
                    table.indexes.iter().map(|index| fields::keys(table.collection, index.index, &body.fields)).collect::<Result<_>>()?;
                let text = serde_json::to_string(&std::mem::take(&mut body.fields)).map_err(Error::internal)?;
                Ok(Some((text, keys)))
            })
            .collect::<Result<_>>()?;
        Ok(Self { commit, after, tables })
    }

    /// Does it; after an error the savepoint must be rolled back.
    pub(super) fn apply(self, connection: &Connection) -> Result<()> {
        let company = self.commit.company;
        for (consumer, event) in &self.commit.received {
            let mut mark = connection.prepare_cached("INSERT INTO inbox (company, consumer, event, at) VALUES (?1, ?2, ?3, ?4)")?;
            let marked = mark.execute((Key::from(company), consumer, Key(event.uuid()), self.commit.at.as_micros()));
            if is_taken(&marked) {
                return Err(Error::AlreadyReceived);
            }
            marked?;
        }
        for entity in &self.commit.forgotten {
            forget(connection, &self.tables, company, *entity)?;
        }
        for (write, after) in self.commit.writes.iter().zip(self.after) {
            apply_write(connection, self.tables.of(write.collection)?, company, write, after)?;
        }
        for event in &self.commit.events {
            add_event(connection, event, false)??;
        }
        Ok(())
    }
}

fn apply_write(
    connection: &Connection,
    table: &Table,
    company: CompanyId,
    write: &Write,
    after: Option<(String, Vec<Keys>)>,
) -> Result<()> {
    let (company, id) = (Key::from(company), Key(write.id));
    let before = connection
        .prepare_cached(&table.get)?
        .query_row((&company, &id), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?)))
        .optional()?;
    let current = before.as_ref().map(|(_, version, _)| unsigned(*version)).transpose()?;
    let expected = match write.expected {
        Expected::Anything => true,
        Expected::Nothing => current.is_none(),
        Expected::Version(version) => current == Some(version),
    };
    if !expected {
        return Err(Error::Conflict { collection: table.collection.name, resource: table.collection.resource(), id: write.id, current });
    }
    let version = write.after.as_ref().map_or(Ok(0), |body| signed(body.version))?;
    let old_keys = match &before {
        Some((_, _, body)) if !table.indexes.is_empty() => keys_of(table, body)?,
        _ => vec![Keys::new(); table.indexes.len()],
    };
    let row = match (&before, &after) {
        (None, None) => return Ok(()),
        (Some((row, ..)), None) => {
            connection.prepare_cached(&table.delete)?.execute([row])?;
            *row
        }
        (Some((row, ..)), Some((text, _))) => {
            connection.prepare_cached(&table.update)?.execute((row, version, text))?;
            *row
        }
        (None, Some((text, _))) => {
            connection.prepare_cached(&table.insert)?.execute((&company, &id, version, text))?;
            connection.last_insert_rowid()
        }
    };
    let new_keys = after.map_or_else(|| vec![Keys::new(); table.indexes.len()], |(_, keys)| keys);
    for ((index, old), new) in table.indexes.iter().zip(&old_keys).zip(&new_keys) {
        for key in old.difference(new) {
            let mut values: Vec<&dyn ToSql> = vec![&company, &id];
            let key: Vec<Indexed<'_>> = key.iter().map(Indexed).collect();
            values.extend(key.iter().map(|value| value as &dyn ToSql));
            connection.prepare_cached(&index.delete)?.execute(&*values)?;
        }
        add_keys(connection, table, index, &company, &id, row, new.difference(old))?;
    }
    Ok(())
}

/// The keys under which the indexes hold a stored document.
fn keys_of(table: &Table, body: &str) -> Result<Vec<Keys>> {
    let body = fields::pick(body, &table.indexed)?;
    table.indexes.iter().map(|index| fields::keys(table.collection, index.index, &body)).collect()
}

/// Adds entries to an index.
///
/// # Errors
/// [`Error::Taken`] where the index is unique and another document has a key.
pub(super) fn add_keys<'a>(
    connection: &Connection,
    table: &Table,
    index: &IndexTable,
    company: &Key,
    id: &Key,
    row: i64,
    keys: impl IntoIterator<Item = &'a Vec<Value>>,
) -> Result<()> {
    for key in keys {
        let key: Vec<Indexed<'_>> = key.iter().map(Indexed).collect();
        let mut values: Vec<&dyn ToSql> = vec![company, id, &row];
        values.extend(key.iter().map(|value| value as &dyn ToSql));
        let added = connection.prepare_cached(&index.insert)?.execute(&*values);
        if index.index.unique && is_taken(&added) {
            let field = index.index.fields.last().copied().unwrap_or_default();
            return Err(Error::Taken { collection: table.collection.name, index: index.index.name, field });
        }
        added?;
    }
    Ok(())
}

/// Adds an event to the outbox; the inner result is that of SQLite.
pub(super) fn add_event(connection: &Connection, event: &Envelope, sent: bool) -> Result<rusqlite::Result<usize>> {
    let mut add = connection.prepare_cached(
        "INSERT INTO outbox (id, kind, source, subject, version, company, time, actor, traceparent, data, sent) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    Ok(add.execute(params![
        Key(event.id.uuid()),
        event.kind,
        event.source,
        Key(event.subject),
        signed(event.version)?,
        Key::from(event.company),
        event.time.as_micros(),
        serde_json::to_string(&event.actor).map_err(Error::internal)?,
        event.traceparent,
        event.data,
        sent,
    ]))
}

/// Whether a row was not added because its key is there.
pub(super) fn is_taken(added: &rusqlite::Result<usize>) -> bool {
    matches!(added, Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation))
}
