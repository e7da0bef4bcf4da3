//! Does one transaction.
//!
//! The writes are sorted by collection, in their order within each, so that neighbours of a kind go in one command. What a
//! write expects is in its filter. Where an expectation does not hold the transaction is given up, and what each write would have
//! found is worked out from the versions that are there then.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use ::mongodb::{
    ClientSession, Database,
    bson::{Binary, Document, RawArrayBuf, RawDocument, RawDocumentBuf, doc},
    error::{TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT},
    options::{ReadConcern, TransactionOptions},
};
use futures::FutureExt as _;
use kernel::{CompanyId, EventId};
use tokio::sync::oneshot;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    body::{self, COMPANY, ID, VERSION, signed, uuid},
    client::durable,
    layout::{self, INBOX, Layout, OUTBOX},
    outbox::{envelope, mark},
    retry::{Failure, PATIENCE, index_in, retried, taken_index},
    turns::Turns,
};
use crate::{
    backend::{Commit, Expected, Write},
    document::Collection,
    error::{Error, Result},
    history::HISTORY,
};

/// The most bytes of documents in one command of updates; MongoDB takes 16 MiB.
const MAX_COMMAND: usize = 8 << 20;
/// How long it may take altogether; its caller has left long before.
const LONGEST: Duration = Duration::from_secs(30);
/// The most updates in one command.
const MAX_UPDATES: usize = 1_000;

/// A transaction with everything worked out that can be before it begins.
pub(super) struct Prepared {
    company: CompanyId,
    received: Vec<EventId>,
    marks: Vec<RawDocumentBuf>,
    forgotten: Vec<Uuid>,
    steps: Vec<(&'static Collection, Step)>,
    events: Vec<RawDocumentBuf>,
    expectations: Vec<Expectation>,
}

/// Neighbours of a kind in one collection.
enum Step {
    Insert(Vec<RawDocumentBuf>),
    Update(Updates),
    Delete(Updates),
    /// A document that must not be there.
    Absent(RawDocumentBuf),
}

/// The statements of one command, and how many documents they must find.
#[derive(Default)]
struct Updates {
    statements: Vec<RawDocumentBuf>,
    bytes: usize,
    found: i64,
}

impl Updates {
    fn has_room(&self) -> bool {
        self.statements.len() < MAX_UPDATES && self.bytes < MAX_COMMAND
    }

    fn push(&mut self, statement: RawDocumentBuf, found: bool) {
        self.bytes += statement.as_bytes().len();
        self.found += i64::from(found);
        self.statements.push(statement);
    }
}

/// What a write expects, and what it leaves.
struct Expectation {
    collection: &'static Collection,
    id: Uuid,
    expected: Expected,
    after: Option<u64>,
}

/// Why one attempt was given up.
enum Refusal {
    Failed(Failure),
    AlreadyReceived,
    /// A write did not find what it expects.
    Unexpected,
    /// A document is there or a unique key is taken: the collection, and the index of the database.
    Duplicate(&'static Collection, String),
}

impl<E: Into<Failure>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Prepared {
    /// # Errors
    /// [`Error::Internal`] where a document can't be indexed, or its collection is not declared.
    pub(super) fn new(commit: Commit, layout: &Layout, position: i64) -> Result<Self> {
        let company = commit.company;
        let expectations = commit.writes.iter().map(Expectation::of).collect();
        let mut of_collection: BTreeMap<&'static str, (&'static Collection, Vec<Step>)> = BTreeMap::new();
        for write in commit.writes {
            layout.check(write.collection)?;
            let (_, steps) = of_collection.entry(write.collection.name).or_insert((write.collection, Vec::new()));
            add(steps, company, write)?;
        }
        // History last: a conflict is one of the document and not of its history.
        let (history, others): (Vec<_>, Vec<_>) = of_collection.into_values().partition(|(collection, _)| **collection == HISTORY);
        let steps = others.into_iter().chain(history);
        Ok(Self {
            company,
            received: commit.received.iter().map(|(_, event)| *event).collect(),
            marks: commit.received.iter().map(|(consumer, event)| mark(company, consumer, *event, commit.at)).collect(),
            forgotten: commit.forgotten,
            steps: steps.flat_map(|(collection, steps)| steps.into_iter().map(move |step| (collection, step))).collect(),
            events: commit.events.iter().zip(position..).map(|(event, position)| envelope(event, position, true)).collect::<Result<_>>()?,
            expectations,
        })
    }

    /// Does it, again and again while what keeps it from being done may pass.
    ///
    /// On a task of its own: a transaction must be ended by those who began it, one step after the other. Left alone it would
    /// keep its documents from everybody until the server gives it up, a minute later. Where nobody waits for the answer any
    /// more, it is given up at the next step.
    pub(super) async fn apply(self, database: &Database, turns: &Arc<Turns>) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        let (database, turns) = (database.clone(), turns.clone());
        let doing = async move {
            let doing = async {
                let _turns = turns.take(self.changed()).await;
                retried(|| self.try_once(&database, &answer).boxed()).await
            };
            let done = tokio::time::timeout(LONGEST, doing).await;
            let done = done.unwrap_or_else(|_| Err(Error::unavailable(format!("no answer within {LONGEST:?}"))));
            // Where nobody waits it was given up, or done while the caller left.
            let _left = answer.send(done);
        };
        #[expect(clippy::disallowed_methods, reason = "ends by itself, soon after its caller")]
        tokio::spawn(doing.in_current_span());
        answered.await.map_err(|_| Error::unavailable("the program stops"))?
    }

    /// What several transactions may want to change at once: documents that are there, and marks of one event.
    fn changed(&self) -> impl Iterator<Item = (&'static str, Uuid)> {
        let documents = self.expectations.iter().filter(|write| write.expected != Expected::Nothing);
        documents.map(|write| (write.collection.name, write.id)).chain(self.received.iter().map(|event| (INBOX, event.uuid())))
    }

    async fn try_once(&self, database: &Database, answer: &oneshot::Sender<Result<()>>) -> Result<(), Failure> {
        if answer.is_closed() {
            return Err(given_up().into());
        }
        let mut session = database.client().start_session().await?;
        let options = TransactionOptions::builder().read_concern(ReadConcern::snapshot()).write_concern(durable()).build();
        session.start_transaction().with_options(options).await?;
        let refusal = match self.attempt(database, &mut session, answer).await {
            Ok(()) if answer.is_closed() => given_up().into(),
            Ok(()) => return commit(&mut session).await,
            Err(refusal) => refusal,
        };
        // Where this fails the server gives the transaction up by itself.
        let _ended = session.abort_transaction().await;
        match refusal {
            Refusal::Failed(failure) => Err(failure),
            Refusal::AlreadyReceived if self.is_received(database).await? => Err(Error::AlreadyReceived.into()),
            Refusal::AlreadyReceived => Err(Failure::Passing(Error::unavailable("a mark in the inbox is not at most nodes yet"))),
            Refusal::Unexpected => Err(self.conflict(database).await?.into_failure()),
            Refusal::Duplicate(collection, index) => match self.conflict(database).await? {
                Conflict(None) if index != "_id_" => Err(taken(collection, &index).into()),
                conflict => Err(conflict.into_failure()),
            },
        }
    }

    /// Whether most nodes have one of the marks: one that only the primary has may be lost with it, and the effect too.
    async fn is_received(&self, database: &Database) -> Result<bool, Failure> {
        let id = |mark: &RawDocumentBuf| mark.get_document(ID).map(RawDocument::to_raw_document_buf).map_err(Error::internal);
        let ids = self.marks.iter().map(id).collect::<Result<Vec<_>>>()?;
        let inbox = database.collection::<RawDocumentBuf>(INBOX);
        Ok(inbox.find_one(any_of(&ids)?).projection(doc! { ID: 1 }).await?.is_some())
    }

    /// Everything but the commit itself.
    async fn attempt(&self, database: &Database, session: &mut ClientSession, answer: &oneshot::Sender<Result<()>>) -> Result<(), Refusal> {
        if !self.marks.is_empty() {
            let inbox = database.collection::<RawDocumentBuf>(INBOX);
            if let Err(error) = inbox.insert_many(&self.marks).session(&mut *session).await {
                return Err(taken_index(&error).map_or_else(|| error.into(), |_| Refusal::AlreadyReceived));
            }
        }
        self.forget(database, session).await?;
        for (collection, step) in &self.steps {
            if answer.is_closed() {
                return Err(given_up().into());
            }
            match step {
                Step::Insert(documents) => {
                    let inserted =
                        database.collection::<RawDocumentBuf>(collection.name).insert_many(documents).session(&mut *session).await;
                    if let Err(error) = inserted {
                        return Err(taken_index(&error).map_or_else(|| error.into(), |index| Refusal::Duplicate(collection, index)));
                    }
                }
                Step::Update(updates) => run(database, session, collection, "update", "updates", updates).await?,
                Step::Delete(deletes) => run(database, session, collection, "delete", "deletes", deletes).await?,
                Step::Absent(id) => {
                    let documents = database.collection::<RawDocumentBuf>(collection.name);
                    if documents
                        .find_one(any_of(std::slice::from_ref(id))?)
                        .projection(doc! { ID: 1 })
                        .session(&mut *session)
                        .await?
                        .is_some()
                    {
                        return Err(Refusal::Unexpected);
                    }
                }
            }
        }
        if !self.events.is_empty() {
            database.collection::<RawDocumentBuf>(OUTBOX).insert_many(&self.events).session(&mut *session).await?;
        }
        Ok(())
    }

    /// Removes what was personal about entities from their history and from the outbox.
    async fn forget(&self, database: &Database, session: &mut ClientSession) -> Result<(), Refusal> {
        if self.forgotten.is_empty() {
            return Ok(());
        }
        let subjects: Vec<Binary> = self.forgotten.iter().copied().map(uuid).collect();
        let events = database.collection::<Document>(OUTBOX);
        events.delete_many(doc! { "subject": { "$in": subjects }, "company": uuid(self.company.uuid()) }).session(&mut *session).await?;
        let entities: Vec<String> = self.forgotten.iter().map(Uuid::to_string).collect();
        let entries = doc! { COMPANY: uuid(self.company.uuid()), "entity_id": { "$in": entities }, "changes.0": { "$exists": true } };
        let without_values = doc! { "$set": { "changes.$[].from": null, "changes.$[].to": null } };
        database.collection::<Document>(HISTORY.name).update_many(entries, without_values).session(&mut *session).await?;
        Ok(())
    }

    /// The first write that does not find what it expects, as things are now.
    async fn conflict(&self, database: &Database) -> Result<Conflict, Failure> {
        let mut versions: HashMap<(&str, Uuid), u64> = HashMap::new();
        let mut ids: BTreeMap<&str, Vec<RawDocumentBuf>> = BTreeMap::new();
        for write in &self.expectations {
            ids.entry(write.collection.name).or_default().push(body::id(self.company, write.id));
        }
        for (collection, ids) in ids {
            let mut found = database
                .collection::<RawDocumentBuf>(collection)
                .find(any_of(&ids)?)
                .projection(doc! { VERSION: 1 })
                // What made the transaction fail may not be at most nodes yet.
                .read_concern(ReadConcern::local())
                .await?;
            while found.advance().await? {
                versions.insert((collection, body::ids(found.current())?.1), body::version(found.current())?);
            }
        }
        for write in &self.expectations {
            let key = (write.collection.name, write.id);
            let current = versions.get(&key).copied();
            let holds = match write.expected {
                Expected::Anything => true,
                Expected::Nothing => current.is_none(),
                Expected::Version(version) => current == Some(version),
            };
            if !holds {
                let (collection, resource) = (write.collection.name, write.collection.resource());
                return Ok(Conflict(Some(Error::Conflict { collection, resource, id: write.id, current })));
            }
            match write.after {
                Some(version) => versions.insert(key, version),
                None => versions.remove(&key),
            };
        }
        Ok(Conflict(None))
    }
}

/// The documents that have one of these identifiers.
fn any_of(ids: &[RawDocumentBuf]) -> Result<Document> {
    let ids = ids.iter().map(|id| id.to_document()).collect::<Result<Vec<_>, _>>().map_err(Error::internal)?;
    Ok(doc! { ID: { "$in": ids } })
}

fn given_up() -> Error {
    Error::unavailable("nobody waits for the commit")
}

/// What is in the way; nothing where it is gone meanwhile.
struct Conflict(Option<Error>);

impl Conflict {
    fn into_failure(self) -> Failure {
        self.0.map_or_else(|| Failure::Passing(Error::unavailable("a document was changed by others again and again")), Failure::Lasting)
    }
}

impl Expectation {
    fn of(write: &Write) -> Self {
        let after = write.after.as_ref().map(|body| body.version);
        Self { collection: write.collection, id: write.id, expected: write.expected, after }
    }
}

/// Commits; where it is not known whether that was done, it is said again, which does no harm.
async fn commit(session: &mut ClientSession) -> Result<(), Failure> {
    let begun = std::time::Instant::now();
    loop {
        match session.commit_transaction().await {
            Ok(()) => return Ok(()),
            Err(error) if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) && begun.elapsed() < PATIENCE => {
                tracing::debug!(%error, "commit is said again");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            // The server knows that it was not done.
            Err(error) if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => return Err(error.into()),
            Err(error) => return Err(Failure::Lasting(Error::unavailable(error.kind.to_string()))),
        }
    }
}

/// Adds a write to the steps of its collection.
fn add(steps: &mut Vec<Step>, company: CompanyId, write: Write) -> Result<()> {
    let id = body::id(company, write.id);
    let document = match &write.after {
        Some(after) => {
            layout::check_document(write.collection, &after.fields)?;
            Some(body::to_bson(company, write.id, after.version, &after.fields)?)
        }
        None => None,
    };
    let mut filter = RawDocumentBuf::new();
    filter.append(ID, id);
    if let Expected::Version(version) = write.expected {
        filter.append(VERSION, signed(version)?);
    }
    let mut statement = RawDocumentBuf::new();
    statement.append("q", filter);
    match (write.expected, document) {
        (Expected::Nothing, Some(document)) => match steps.last_mut() {
            Some(Step::Insert(documents)) => documents.push(document),
            _ => steps.push(Step::Insert(vec![document])),
        },
        (Expected::Nothing, None) => steps.push(Step::Absent(body::id(company, write.id))),
        (expected, Some(document)) => {
            statement.append("u", document);
            statement.append("upsert", expected == Expected::Anything);
            if !matches!(steps.last(), Some(Step::Update(updates)) if updates.has_room()) {
                steps.push(Step::Update(Updates::default()));
            }
            if let Some(Step::Update(updates)) = steps.last_mut() {
                updates.push(statement, true);
            }
        }
        (expected, None) => {
            statement.append("limit", 1);
            if !matches!(steps.last(), Some(Step::Delete(deletes)) if deletes.has_room()) {
                steps.push(Step::Delete(Updates::default()));
            }
            if let Some(Step::Delete(deletes)) = steps.last_mut() {
                deletes.push(statement, expected != Expected::Anything);
            }
        }
    }
    Ok(())
}

/// Runs the statements of one command.
async fn run(
    database: &Database,
    session: &mut ClientSession,
    collection: &'static Collection,
    command: &str,
    statements: &str,
    updates: &Updates,
) -> Result<(), Refusal> {
    let mut list = RawArrayBuf::new();
    for statement in &updates.statements {
        list.push(statement.clone());
    }
    let mut raw = RawDocumentBuf::new();
    raw.append(command, collection.name);
    raw.append(statements, list);
    let reply = match database.run_raw_command(raw).session(session).await {
        Ok(reply) => reply,
        Err(error) => return Err(taken_index(&error).map_or_else(|| error.into(), |index| Refusal::Duplicate(collection, index))),
    };
    if let Some(error) = reply.get_array("writeErrors").ok().and_then(|errors| errors.first()).and_then(|error| error.as_document()) {
        let message = error.get_str("errmsg").unwrap_or_default();
        return Err(match error.get_i32("code") {
            Ok(11_000) => Refusal::Duplicate(collection, index_in(message).to_owned()),
            _ => Error::internal(format!("{}: {message}", collection.name)).into(),
        });
    }
    let found = reply.get_i32("n").map(i64::from).or_else(|_| reply.get_i64("n")).map_err(Error::internal)?;
    if found < updates.found { Err(Refusal::Unexpected) } else { Ok(()) }
}

fn taken(collection: &'static Collection, index: &str) -> Error {
    match collection.index(layout::declared_name(index)) {
        Some(index) => {
            Error::Taken { collection: collection.name, index: index.name, field: index.fields.last().copied().unwrap_or_default() }
        }
        None => Error::internal(format!("a key of the index {index} of {} is taken", collection.name)),
    }
}
