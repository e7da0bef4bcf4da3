//! One transaction over several documents, the outbox and the inbox.

use std::collections::BTreeSet;

use kernel::{Actor, CompanyId, Envelope, EventId, Timestamp};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    backend::{Body, Commit, Expected, Write},
    document::{Collection, Document},
    error::{Error, Result},
    history::{self, Action, HISTORY, HistoryEntry, diff},
    store::Store,
};

/// Gathers changes; [`commit`](Self::commit) does all of them or none. Dropped without a commit it does nothing.
///
/// Writes are done in the order given; a document may be written several times. To make a use case wait for others that
/// change the same aggregate, [`update`](Self::update) it even where only its version changes: of two commits that
/// expect the same version exactly one is done.
#[must_use = "nothing happens before the commit"]
#[derive(Debug)]
pub struct Transaction {
    store: Store,
    actor: Actor,
    commit: Commit,
    /// The first mistake of the caller; told by the commit.
    fault: Option<Error>,
}

impl Transaction {
    pub(crate) fn new(store: Store, company: CompanyId, actor: Actor, at: Timestamp) -> Self {
        let commit = Commit { company, at, received: Vec::new(), forgotten: Vec::new(), writes: Vec::new(), events: Vec::new() };
        Self { store, actor, commit, fault: None }
    }

    /// Adds a document that is not there yet.
    pub fn insert<D: Document>(&mut self, document: &D) -> &mut Self {
        self.note(|it| {
            let fields = fields(document)?;
            let entry = it.entry::<D>(document.id(), document.version(), Action::Created, &Map::new(), &fields);
            it.write(D::COLLECTION, document.id(), Expected::Nothing, Some(Body { version: document.version(), fields }));
            it.record(entry)
        })
    }

    /// Replaces `before`, which must still be in the store at its version, by `after`, whose version is one more.
    pub fn update<D: Document>(&mut self, before: &D, after: &D) -> &mut Self {
        self.note(|it| {
            if after.id() != before.id() || after.version() != before.version() + 1 {
                return Err(Error::internal(format!(
                    "an update of {} must keep the identifier and add 1 to the version: {} at {} became {} at {}",
                    D::COLLECTION.name,
                    before.id(),
                    before.version(),
                    after.id(),
                    after.version()
                )));
            }
            let fields = fields(after)?;
            let entry = match D::COLLECTION.history {
                Some(_) => it.entry::<D>(after.id(), after.version(), Action::Updated, &self::fields(before)?, &fields),
                None => None,
            };
            let expected = Expected::Version(before.version());
            it.write(D::COLLECTION, after.id(), expected, Some(Body { version: after.version(), fields }));
            it.record(entry)
        })
    }

    /// Removes a document, which must still be in the store at its version.
    pub fn delete<D: Document>(&mut self, document: &D) -> &mut Self {
        self.note(|it| {
            let entry = it.entry::<D>(document.id(), document.version() + 1, Action::Deleted, &fields(document)?, &Map::new());
            it.write(D::COLLECTION, document.id(), Expected::Version(document.version()), None);
            it.record(entry)
        })
    }

    /// Relies on there being no document of that identifier: the commit is an [`Error::Conflict`] where there is one. A read that did
    /// not find it says less: after an election of MongoDB's it may be of a moment before.
    pub fn absent<D: Document>(&mut self, id: Uuid) -> &mut Self {
        self.note(|it| {
            it.write(D::COLLECTION, id, Expected::Nothing, None);
            Ok(())
        })
    }

    /// Adds or replaces a document whatever is there, without history: for copies fed by events, and tombstones.
    pub fn put<D: Document>(&mut self, document: &D) -> &mut Self {
        self.note(|it| {
            let body = Body { version: document.version(), fields: fields(document)? };
            it.write(D::COLLECTION, document.id(), Expected::Anything, Some(body));
            Ok(())
        })
    }

    /// Puts an event of this company into the outbox.
    pub fn publish(&mut self, event: Envelope) -> &mut Self {
        self.note(|it| {
            if event.company != it.commit.company {
                return Err(Error::internal(format!("the event {} is of another company", event.id)));
            }
            it.commit.events.push(event);
            Ok(())
        })
    }

    /// Marks that `consumer` has the effect of `event`; where it has it already the commit is [`Error::AlreadyReceived`].
    pub fn received(&mut self, consumer: &'static str, event: EventId) -> &mut Self {
        self.commit.received.push((consumer, event));
        self
    }

    /// Makes the store forget what was personal about an entity: from this commit on its history tells who did what
    /// when and to which fields, but no values, and the outbox has none of its events but those of this transaction.
    /// What this transaction itself writes to the entity is recorded without values as well.
    pub fn forget(&mut self, entity: Uuid) -> &mut Self {
        self.commit.forgotten.push(entity);
        self
    }

    /// Does all of it, durably, or nothing.
    ///
    /// # Errors
    /// [`Error::AlreadyReceived`], before anything else is looked at; [`Error::Conflict`] where a document is not what a
    /// write expects; [`Error::Taken`] where a unique key is in use; [`Error::Unavailable`], after which it may have been
    /// done nevertheless; [`Error::Internal`] for a mistake in what was gathered.
    pub async fn commit(mut self) -> Result<()> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        self.forget_own_entries();
        self.store.bounded(self.store.backend().commit(self.commit)).await
    }

    /// What is forgotten does not come back in the entries of the change that removes it.
    fn forget_own_entries(&mut self) {
        if self.commit.forgotten.is_empty() {
            return;
        }
        let forgotten: BTreeSet<String> = self.commit.forgotten.iter().map(Uuid::to_string).collect();
        let entries = self.commit.writes.iter_mut().filter(|write| *write.collection == HISTORY).filter_map(|write| write.after.as_mut());
        for entry in entries {
            if entry.fields.get("entity_id").and_then(Json::as_str).is_some_and(|entity| forgotten.contains(entity)) {
                history::forget_values(&mut entry.fields);
            }
        }
    }

    fn note(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> &mut Self {
        if let Err(error) = work(self) {
            self.fault.get_or_insert(error);
        }
        self
    }

    fn write(&mut self, collection: &'static Collection, id: Uuid, expected: Expected, after: Option<Body>) {
        self.commit.writes.push(Write { collection, id, expected, after });
    }

    /// What history tells of a change, where the collection keeps one and something that it keeps did change.
    fn entry<D: Document>(
        &self,
        entity_id: Uuid,
        version: u64,
        action: Action,
        before: &Map<String, Json>,
        after: &Map<String, Json>,
    ) -> Option<HistoryEntry> {
        let entity = D::COLLECTION.history?.to_owned();
        let changes = diff(before, after, D::COLLECTION.unaudited);
        if changes.is_empty() && action == Action::Updated {
            return None;
        }
        let at = self.commit.at;
        let id = entry_id(self.commit.company, D::COLLECTION, entity_id, version, at);
        Some(HistoryEntry { id, entity, entity_id, version, at, actor: self.actor.clone(), action, changes })
    }

    /// Keeps an entry; after the change itself, so that a conflict is told of the document and not of its history.
    fn record(&mut self, entry: Option<HistoryEntry>) -> Result<()> {
        if let Some(entry) = entry {
            let body = Body { version: entry.version(), fields: fields(&entry)? };
            self.write(&HISTORY, entry.id, Expected::Nothing, Some(body));
        }
        Ok(())
    }
}

/// The JSON object of a document.
fn fields<D: Document>(document: &D) -> Result<Map<String, Json>> {
    match serde_json::to_value(document) {
        Ok(Json::Object(fields)) => Ok(fields),
        Ok(_) => Err(Error::internal(format!("a document of {} is no JSON object", D::COLLECTION.name))),
        Err(error) => Err(Error::internal(format!("a document of {} can't be written: {error}", D::COLLECTION.name))),
    }
}

/// The identifier of a history entry (UUID v8): it follows from what the entry tells of, so that the store needs no
/// randomness of its own.
fn entry_id(company: CompanyId, collection: &Collection, entity: Uuid, version: u64, at: Timestamp) -> Uuid {
    let hash = Sha256::new()
        .chain_update(company.uuid())
        .chain_update(collection.name)
        .chain_update(entity)
        .chain_update(version.to_be_bytes())
        .chain_update(at.as_micros().to_be_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
