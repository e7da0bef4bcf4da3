//! Handing over and taking in everything.

use std::sync::Arc;

use kernel::{CompanyId, EventId};
use rusqlite::Connection;
use tokio::sync::mpsc;

use super::{
    commit::{Prepared, add_event, is_taken},
    outbox::{self, ENVELOPE},
    readers::Snapshot,
    table::Tables,
    value::{Key, unsigned},
};
use crate::{
    backend::Record,
    backup,
    error::{Error, Result},
};

/// Sends everything that the snapshot shows; waits where nobody takes it.
pub(super) fn export(snapshot: &Snapshot<'_>, tables: &Tables, to: &mpsc::Sender<Record>) -> Result<()> {
    let send = |record| to.blocking_send(record).map_err(|_| Error::unavailable("the export was given up"));
    let prepare = |statement: &str| snapshot.connection.prepare(statement);

    let mut companies = prepare("SELECT id FROM companies ORDER BY id")?;
    let mut rows = companies.query([])?;
    while let Some(row) = rows.next()? {
        send(Record::Company(company(row, 0)?))?;
    }
    let mut names: Vec<_> = tables.iter().map(|table| (table.collection.name, &table.export)).collect();
    names.sort_unstable();
    for (collection, statement) in names {
        let mut documents = prepare(statement)?;
        let mut rows = documents.query([])?;
        while let Some(row) = rows.next()? {
            send(Record::Document {
                company: company(row, 0)?,
                collection: collection.to_owned(),
                id: row.get::<_, Key>(1)?.0,
                version: unsigned(row.get(2)?)?,
                fields: serde_json::from_str(row.get_ref(3)?.as_str().map_err(Error::internal)?).map_err(Error::internal)?,
            })?;
        }
    }
    let mut events = prepare(&format!("SELECT {ENVELOPE}, sent FROM outbox ORDER BY position"))?;
    let mut rows = events.query([])?;
    while let Some(row) = rows.next()? {
        send(Record::Event { envelope: outbox::envelope(row)?, sent: row.get("sent")? })?;
    }
    let mut marks = prepare("SELECT company, consumer, event, at FROM inbox")?;
    let mut rows = marks.query([])?;
    while let Some(row) = rows.next()? {
        send(Record::Mark {
            company: company(row, 0)?,
            consumer: row.get(1)?,
            event: EventId::from_uuid(row.get::<_, Key>(2)?.0),
            at: outbox::moment(row.get(3)?)?,
        })?;
    }
    Ok(())
}

fn company(row: &rusqlite::Row<'_>, column: usize) -> Result<CompanyId> {
    Ok(CompanyId::from_uuid(row.get::<_, Key>(column)?.0))
}

/// A batch with everything worked out that can be before it is the writer's turn.
pub(super) struct Batch {
    documents: Vec<Prepared>,
    others: Vec<Record>,
}

impl Batch {
    /// # Errors
    /// [`Error::Foreign`] for a collection that the store does not have; [`Error::Internal`] where a document can't be indexed.
    pub(super) fn new(records: Vec<Record>, tables: &Arc<Tables>) -> Result<Self> {
        let (commits, others) = backup::commits(records, |name| tables.named(name).map(|table| table.collection))?;
        let documents = commits.into_iter().map(|commit| Prepared::new(commit, tables.clone())).collect::<Result<_>>()?;
        Ok(Self { documents, others })
    }

    /// Takes it in; after an error the savepoint must be rolled back.
    pub(super) fn apply(self, connection: &Connection) -> Result<()> {
        for documents in self.documents {
            documents.apply(connection)?;
        }
        for record in self.others {
            match record {
                Record::Company(company) => {
                    connection.prepare_cached("INSERT OR IGNORE INTO companies (id) VALUES (?1)")?.execute([Key::from(company)])?;
                }
                Record::Event { envelope, sent } => {
                    let added = add_event(connection, &envelope, sent)?;
                    if !is_taken(&added) {
                        added?;
                    }
                }
                Record::Mark { company, consumer, event, at } => {
                    let mut add =
                        connection.prepare_cached("INSERT OR IGNORE INTO inbox (company, consumer, event, at) VALUES (?1, ?2, ?3, ?4)")?;
                    add.execute((Key::from(company), consumer, Key(event.uuid()), at.as_micros()))?;
                }
                Record::Document { .. } => {}
            }
        }
        Ok(())
    }
}
