//! Handing over and taking in everything.

use std::sync::Arc;

use ::mongodb::{
    ClientSession, Database,
    bson::{Document, RawDocument, RawDocumentBuf, doc},
    error::{Error as DriverError, ErrorKind},
    options::{ReadConcern, SessionOptions},
};
use futures::FutureExt as _;
use kernel::{CompanyId, EventId};
use tokio::sync::mpsc;

use super::{
    body::{self, ID, uuid, uuid_at},
    commit::Prepared,
    layout::{COMPANIES, INBOX, Layout, OUTBOX},
    outbox::{Positions, envelope, mark, moment, read_envelope},
    retry::{Failure, retried},
    turns::Turns,
};
use crate::{
    backend::Record,
    backup,
    error::{Error, Result},
};

/// How many documents come at once.
const BATCH: u32 = 500;

/// Sends everything as of one moment; waits where nobody takes it. The server keeps a moment for five minutes
/// (`minSnapshotHistoryWindowInSeconds`): a longer export needs more.
pub(super) async fn export(database: &Database, layout: &Layout, to: &mpsc::Sender<Record>) -> Result<()> {
    let options = SessionOptions::builder().snapshot(true).build();
    let mut session = database.client().start_session().with_options(options).await?;
    let session = &mut session;
    send(database, session, COMPANIES, doc! { ID: 1 }, to, |company| Ok(Record::Company(CompanyId::from_uuid(uuid_at(company, ID)?))))
        .await?;
    for collection in layout.collections() {
        send(database, session, collection.name, doc! { ID: 1 }, to, |document| {
            let (company, id) = body::ids(document)?;
            let (version, fields) = (body::version(document)?, body::to_fields(document)?);
            Ok(Record::Document { company, collection: collection.name.to_owned(), id, version, fields })
        })
        .await?;
    }
    send(database, session, OUTBOX, doc! { "position": 1 }, to, |event| {
        let sent = event.get("pending").map_err(Error::internal)?.is_none();
        Ok(Record::Event { envelope: read_envelope(event)?, sent })
    })
    .await?;
    send(database, session, INBOX, doc! { ID: 1 }, to, |received| {
        let id = received.get_document(ID).map_err(Error::internal)?;
        Ok(Record::Mark {
            company: CompanyId::from_uuid(uuid_at(id, "company")?),
            consumer: id.get_str("consumer").map_err(Error::internal)?.to_owned(),
            event: EventId::from_uuid(uuid_at(id, "event")?),
            at: moment(received.get_i64("at").map_err(Error::internal)?)?,
        })
    })
    .await
}

async fn send(
    database: &Database,
    session: &mut ClientSession,
    collection: &str,
    order: Document,
    to: &mpsc::Sender<Record>,
    record: impl Fn(&RawDocument) -> Result<Record>,
) -> Result<()> {
    let all = database.collection::<RawDocumentBuf>(collection);
    // The session says so too, but not against the client's own concern.
    let found = all.find(Document::new()).read_concern(ReadConcern::snapshot());
    let mut found = found.sort(order).allow_disk_use(true).batch_size(BATCH).session(&mut *session).await?;
    while found.advance(session).await? {
        to.send(record(found.current())?).await.map_err(|_| Error::unavailable("the export was given up"))?;
    }
    Ok(())
}

/// A batch with everything worked out that can be before it is written. Its documents go in one transaction for each company;
/// the whole may be done again.
pub(super) struct Batch {
    documents: Vec<Prepared>,
    companies: Vec<Document>,
    events: Vec<RawDocumentBuf>,
    marks: Vec<RawDocumentBuf>,
}

impl Batch {
    /// # Errors
    /// [`Error::Foreign`] for a collection that the store does not have; [`Error::Internal`] where a document can't be indexed.
    pub(super) fn new(records: Vec<Record>, layout: &Layout, positions: &Positions) -> Result<Self> {
        let (commits, others) = backup::commits(records, |name| layout.named(name))?;
        let documents = commits.into_iter().map(|commit| Prepared::new(commit, layout, 0)).collect::<Result<_>>()?;
        let mut batch = Self { documents, companies: Vec::new(), events: Vec::new(), marks: Vec::new() };
        for record in others {
            match record {
                Record::Company(company) => batch.companies.push(doc! { ID: uuid(company.uuid()) }),
                Record::Event { envelope: event, sent } => {
                    let position = positions.take(std::slice::from_ref(&event));
                    batch.events.push(envelope(&event, position, !sent)?);
                }
                Record::Mark { company, consumer, event, at } => batch.marks.push(mark(company, &consumer, event, at)),
                Record::Document { .. } => {}
            }
        }
        Ok(batch)
    }

    pub(super) async fn apply(self, database: &Database, turns: &Arc<Turns>) -> Result<()> {
        for documents in self.documents {
            documents.apply(database, turns).await?;
        }
        retried(|| {
            async {
                add(database, COMPANIES, &self.companies).await?;
                add(database, OUTBOX, &self.events).await?;
                add(database, INBOX, &self.marks).await
            }
            .boxed()
        })
        .await
    }
}

/// Adds those that are not there.
pub(super) async fn add<T: serde::Serialize + Send + Sync>(database: &Database, collection: &str, documents: &[T]) -> Result<(), Failure> {
    if documents.is_empty() {
        return Ok(());
    }
    match database.collection::<T>(collection).insert_many(documents).ordered(false).await {
        Err(error) if !only_duplicates(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

fn only_duplicates(error: &DriverError) -> bool {
    let ErrorKind::InsertMany(many) = &*error.kind else { return false };
    let errors = many.write_errors.as_deref().unwrap_or_default();
    many.write_concern_error.is_none() && !errors.is_empty() && errors.iter().all(|error| error.code == 11_000)
}
