//! Documents for the contract: a visit with every kind of field, and a plain copy.

use kernel::{Actor, CompanyId, Env, Envelope, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Collection, CompanyStore, Document, Index, Page, Query, Store, Transaction};
use uuid::Uuid;

pub(crate) const COLLECTIONS: &[&Collection] = &[&VISITS, &COPIES];

static VISITS: Collection = Collection {
    name: "visits",
    indexes: &[
        Index { name: "number", fields: &["number"], unique: true },
        Index { name: "slot", fields: &["customer.id", "slot"], unique: true },
        Index { name: "badges", fields: &["badges"], unique: true },
        Index { name: "by_start", fields: &["starts_at"], unique: false },
        Index { name: "by_name", fields: &["name"], unique: false },
        Index { name: "by_rank", fields: &["rank"], unique: false },
        Index { name: "by_customer", fields: &["customer.id", "starts_at"], unique: false },
        Index { name: "by_status", fields: &["status", "starts_at"], unique: false },
        Index { name: "by_urgent_status", fields: &["urgent", "status", "starts_at"], unique: false },
        Index { name: "by_crew", fields: &["crew", "starts_at"], unique: false },
        Index { name: "by_employee", fields: &["assignments.employee", "starts_at"], unique: false },
        Index { name: "by_terms", fields: &["terms"], unique: false },
    ],
    history: Some("visit"),
    unaudited: &["terms", "secret"],
};

static COPIES: Collection = Collection {
    name: "copies",
    indexes: &[
        Index { name: "by_name", fields: &["name"], unique: false },
        Index { name: "by_kind", fields: &["kind", "name"], unique: false },
    ],
    history: None,
    unaudited: &[],
};

pub(crate) static UNDECLARED: Collection = Collection { name: "undeclared", indexes: &[], history: None, unaudited: &[] };

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Visit {
    pub(crate) id: Uuid,
    pub(crate) version: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) number: Option<String>,
    pub(crate) slot: Option<i64>,
    pub(crate) badges: Vec<String>,
    pub(crate) name: String,
    pub(crate) rank: Option<i64>,
    pub(crate) customer: Customer,
    pub(crate) status: String,
    pub(crate) urgent: bool,
    pub(crate) starts_at: i64,
    pub(crate) crew: Vec<String>,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) terms: Vec<String>,
    pub(crate) secret: String,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) city: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Assignment {
    pub(crate) id: u32,
    pub(crate) employee: String,
}

impl Document for Visit {
    const COLLECTION: &'static Collection = &VISITS;
    fn id(&self) -> Uuid {
        self.id
    }
    fn version(&self) -> u64 {
        self.version
    }
}

impl Visit {
    /// A new one; the number gives its identifier.
    pub(crate) fn new(number: u128) -> Self {
        Self { id: Uuid::from_u128(number), version: 1, status: "OPEN".into(), ..Self::default() }
    }

    /// The next version, changed.
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut after = self.clone();
        after.version += 1;
        change(&mut after);
        after
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Copy {
    pub(crate) id: Uuid,
    pub(crate) version: u64,
    pub(crate) kind: String,
    pub(crate) name: String,
}

impl Document for Copy {
    const COLLECTION: &'static Collection = &COPIES;
    fn id(&self) -> Uuid {
        self.id
    }
    fn version(&self) -> u64 {
        self.version
    }
}

impl Copy {
    pub(crate) fn new(number: u128, name: impl Into<String>) -> Self {
        Self { id: Uuid::from_u128(number), version: 1, kind: "K".into(), name: name.into() }
    }
}

/// The company of most tests.
pub(crate) fn company(store: &Store) -> CompanyStore {
    store.company(CompanyId::from_uuid(Uuid::from_u128(1)))
}

pub(crate) fn other_company(store: &Store) -> CompanyStore {
    store.company(CompanyId::from_uuid(Uuid::from_u128(2)))
}

pub(crate) fn actor() -> Actor {
    Actor::Service { name: "tests".into() }
}

pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

pub(crate) fn transaction(company: &CompanyStore) -> Transaction {
    company.transaction(&actor(), at(1_000))
}

pub(crate) async fn insert<D: Document>(company: &CompanyStore, documents: impl IntoIterator<Item = D>) {
    let mut transaction = transaction(company);
    documents.into_iter().for_each(|document| {
        transaction.insert(&document);
    });
    transaction.commit().await.unwrap();
}

pub(crate) async fn update<D: Document>(company: &CompanyStore, before: &D, after: &D) -> store::Result<()> {
    let mut transaction = transaction(company);
    transaction.update(before, after);
    transaction.commit().await
}

/// The numbers of all visits that a query finds, over all pages.
pub(crate) async fn numbers(company: &CompanyStore, query: Query) -> Vec<u128> {
    all::<Visit>(company, query).await.iter().map(|visit| visit.id.as_u128()).collect()
}

pub(crate) async fn all<D: Document>(company: &CompanyStore, mut query: Query) -> Vec<D> {
    let mut all = Vec::new();
    loop {
        let page: Page<D> = company.find(&query).await.unwrap();
        query.page_token = page.next_page_token();
        all.extend(page.items);
        if query.page_token.is_none() {
            return all;
        }
    }
}

pub(crate) fn event(company: &CompanyStore, subject: u128) -> Envelope {
    Envelope {
        id: Env::system().new_id(),
        kind: "crm.tests.v1.Happened".into(),
        source: "tests".into(),
        subject: Uuid::from_u128(subject),
        version: 1,
        company: company.id(),
        time: at(1_000 + i64::try_from(subject).unwrap()),
        actor: actor(),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
        data: vec![0, 1, 255],
    }
}
