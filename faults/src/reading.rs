//! What is there, read from the databases of the services past their programs.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use contracts::consumers::{CUSTOMER_ORDERS, Consumer, ORDER_CUSTOMERS};
use futures::TryStreamExt as _;
use kernel::{CompanyId, Envelope, EventId};
use mongodb::{
    Client, Database,
    bson::{Binary, Bson, Document, doc, spec::BinarySubtype},
    options::ClientOptions,
};
use store::{MongoDb, Store, backend::Record};
use uuid::Uuid;

use crate::{
    ledger::{Customer, Event, Ledger, Order, Snapshot, Subject},
    tally::Tally,
    world::World,
};

/// How long a server may take to be found: a set that has lost its primary elects another meanwhile.
const SELECTION: Duration = Duration::from_secs(20);
/// How much longer than the bound everything may take, so that late is told from lost.
const LATE: Duration = Duration::from_secs(45);
/// How often what is there is compared until it is equal.
const EVERY: Duration = Duration::from_millis(100);

/// Reads what one workload made.
pub(crate) struct Reading {
    url: String,
    customers: Database,
    orders: Database,
    company: CompanyId,
    /// What the marks of the workload begin with.
    marks: String,
}

impl Reading {
    /// Of what is marked so in a world.
    ///
    /// # Errors
    /// Where the databases can't be reached.
    pub(crate) async fn of(world: &mut World, marks: &str) -> Result<Self> {
        // The company is made with the first admin.
        world.house()?.admin().await;
        let house = world.house()?;
        let url = house.mongodb().to_owned();
        let mut options = ClientOptions::parse(&url).await?;
        options.server_selection_timeout = Some(SELECTION);
        let client = Client::with_options(options)?;
        let companies = client.database(&house.database("auth")).collection::<Document>("companies");
        let company = companies.find_one(doc! {}).await?.context("there is no company")?;
        let company = CompanyId::from_uuid(uuid(company.get("_id")).context("a company without an id")?);
        let (customers, orders) = (client.database(&house.database("customer")), client.database(&house.database("order")));
        Ok(Self { url, customers, orders, company, marks: marks.to_owned() })
    }

    /// The company that everything is of.
    pub(crate) fn company(&self) -> CompanyId {
        self.company
    }

    /// How many events wait in the outboxes of customers and orders.
    pub(crate) async fn pending(&self) -> Result<u64> {
        let count = async |database: &Database| database.collection::<Document>("outbox").count_documents(doc! { "pending": true }).await;
        Ok(count(&self.customers).await? + count(&self.orders).await?)
    }

    /// Waits until what is there is what was acknowledged, with all its effects; `back` is when the fault ended.
    ///
    /// # Errors
    /// Where the databases don't answer for as long as this is looked for.
    pub(crate) async fn converge(&self, ledger: &Ledger, back: Instant, bound: Duration) -> Result<Tally> {
        loop {
            let compared = self.snapshot().await.map(|there| ledger.compare(&there));
            let took = back.elapsed();
            match compared {
                Ok(mut tally) if tally.events_lost == 0 && tally.broken.is_empty() || took > bound + LATE => {
                    tally.converged_within(took, bound);
                    return Ok(tally);
                }
                Err(error) if took > bound + LATE => return Err(error),
                _ => tokio::time::sleep(EVERY).await,
            }
        }
    }

    /// What is there.
    ///
    /// # Errors
    /// Where a database does not answer.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot> {
        let begins = |field: &str| doc! { field: { "$regex": format!("^{}", self.marks) } };
        let mut there = Snapshot::default();
        for document in all(&self.customers, "customers", begins("registration_number")).await? {
            there.customers.push(Customer {
                id: own_id(&document)?,
                version: number(&document, "version")?,
                mark: text(&document, "registration_number")?,
                name: text(&document, "name")?,
            });
        }
        for document in all(&self.orders, "orders", begins("client_comments")).await? {
            there.orders.push(Order {
                id: own_id(&document)?,
                version: number(&document, "version")?,
                mark: text(&document, "client_comments")?,
                customer: text(&document, "customer_id")?.parse()?,
                customer_name: text(&document, "customer_name")?,
            });
        }
        let customers: Vec<Uuid> = there.customers.iter().map(|customer| customer.id).collect();
        let orders: Vec<Uuid> = there.orders.iter().map(|order| order.id).collect();
        there.copies = self.copies(&customers).await?;
        there.counts = self.counts(&customers).await?;
        for document in self.by_id(&self.customers, "order_refs", &orders).await? {
            there.references.insert(own_id(&document)?, number(&document, "order_version")?);
        }
        self.add_events(&mut there, &self.customers, &customers, &self.orders, ORDER_CUSTOMERS, Subject::Customer).await?;
        self.add_events(&mut there, &self.orders, &orders, &self.customers, CUSTOMER_ORDERS, Subject::Order).await?;
        // Whatever order the databases had them in.
        there.customers.sort_by_key(|customer| customer.id);
        there.orders.sort_by_key(|order| order.id);
        there.events.sort_by_key(|event| event.id);
        Ok(there)
    }

    /// What the order service knows of customers: version and name.
    pub(crate) async fn copies(&self, customers: &[Uuid]) -> Result<HashMap<Uuid, (u64, String)>> {
        let documents = self.by_id(&self.orders, "customers", customers).await?;
        let copy = |document: &Document| {
            let name = text(document.get_document("facts")?, "name")?;
            Ok((own_id(document)?, (number(document, "source_version")?, name)))
        };
        documents.iter().map(copy).collect()
    }

    /// How many orders each customer has, as the customer service counted them.
    pub(crate) async fn counts(&self, customers: &[Uuid]) -> Result<HashMap<Uuid, u64>> {
        let documents = self.by_id(&self.customers, "customer_facts", customers).await?;
        documents.iter().map(|document| Ok((own_id(document)?, number(document, "order_count")?))).collect()
    }

    /// Adds the events of `source` about `subjects`, and their marks at the consumer in `target`.
    async fn add_events(
        &self,
        there: &mut Snapshot,
        source: &Database,
        subjects: &[Uuid],
        target: &Database,
        consumer: Consumer,
        of: Subject,
    ) -> Result<()> {
        let subjects: Vec<Binary> = subjects.iter().map(|subject| binary(*subject)).collect();
        let filter = doc! { "subject": { "$in": subjects }, "type": { "$in": consumer.kinds } };
        let mut marks = Vec::new();
        for document in all(source, "outbox", filter).await? {
            let id = EventId::from_uuid(uuid(document.get("_id")).context("an event without an id")?);
            let subject = uuid(document.get("subject")).context("an event without a subject")?;
            let sent = !document.get_bool("pending").unwrap_or(false);
            there.events.push(Event { id, subject, version: number(&document, "version")?, sent, of });
            marks.push(doc! { "company": binary(self.company.uuid()), "consumer": consumer.name, "event": binary(id.uuid()) });
        }
        for document in all(target, "inbox", doc! { "_id": { "$in": marks } }).await? {
            let event = uuid(document.get_document("_id")?.get("event")).context("a mark without an event")?;
            there.received.insert(EventId::from_uuid(event));
        }
        Ok(())
    }

    async fn by_id(&self, database: &Database, collection: &str, ids: &[Uuid]) -> Result<Vec<Document>> {
        let ids: Vec<Document> = ids.iter().map(|id| doc! { "company": binary(self.company.uuid()), "id": binary(*id) }).collect();
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(1_000) {
            found.extend(all(database, collection, doc! { "_id": { "$in": ids } }).await?);
        }
        Ok(found)
    }

    /// The events of this workload that somebody consumes, as they were published.
    pub(crate) async fn envelopes(&self) -> Result<Vec<Envelope>> {
        let wanted: BTreeSet<EventId> = self.snapshot().await?.events.iter().map(|event| event.id).collect();
        let mut envelopes = Vec::new();
        for database in [&self.customers, &self.orders] {
            let store = Store::mongodb(&MongoDb { url: self.url.clone(), database: database.name().to_owned() }, &[])?;
            let (sender, mut records) = tokio::sync::mpsc::channel(100);
            let taking = async {
                while let Some(record) = records.recv().await {
                    if let Record::Event { envelope, .. } = record
                        && wanted.contains(&envelope.id)
                    {
                        envelopes.push(envelope);
                    }
                }
                Ok(())
            };
            tokio::try_join!(store.export(sender), taking)?;
        }
        Ok(envelopes)
    }

    /// Makes every inbox mark older, as time would.
    pub(crate) async fn age_marks(&self, by: Duration) -> Result<()> {
        let by = i64::try_from(by.as_micros())?;
        for database in [&self.customers, &self.orders] {
            database.collection::<Document>("inbox").update_many(doc! {}, doc! { "$inc": { "at": -by } }).await?;
        }
        Ok(())
    }
}

async fn all(database: &Database, collection: &str, filter: Document) -> Result<Vec<Document>> {
    Ok(database.collection::<Document>(collection).find(filter).await?.try_collect().await?)
}

fn binary(id: Uuid) -> Binary {
    Binary { subtype: BinarySubtype::Uuid, bytes: id.as_bytes().to_vec() }
}

fn uuid(value: Option<&Bson>) -> Option<Uuid> {
    match value? {
        Bson::Binary(binary) => Uuid::from_slice(&binary.bytes).ok(),
        _ => None,
    }
}

/// The identifier of a document within its company.
fn own_id(document: &Document) -> Result<Uuid> {
    uuid(document.get_document("_id")?.get("id")).context("a document without an id")
}

fn text(document: &Document, field: &str) -> Result<String> {
    Ok(document.get_str(field)?.to_owned())
}

fn number(document: &Document, field: &str) -> Result<u64> {
    Ok(u64::try_from(document.get_i64(field)?)?)
}
