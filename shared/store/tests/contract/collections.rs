//! Unique keys, what can be stored where, companies.

use kernel::CompanyId;
use serde::{Deserialize, Serialize};
use store::{Collection, Document, Error, Query, Store};
use uuid::Uuid;

use crate::fixture::{COLLECTIONS, UNDECLARED, Visit, company, insert, numbers, transaction, update};

fn taken(result: store::Result<()>) -> (&'static str, &'static str) {
    match result {
        Err(Error::Taken { collection: "visits", index, field }) => (index, field),
        other => panic!("not taken: {other:?}"),
    }
}

fn numbered(id: u128, number: &str) -> Visit {
    Visit { number: Some(number.into()), ..Visit::new(id) }
}

pub(crate) async fn a_unique_key_is_taken_once(store: Store) {
    let company = company(&store);
    insert(&company, [numbered(1, "A"), Visit { slot: Some(1), badges: vec!["x".into(), "x".into()], ..Visit::new(2) }]).await;
    let add = |visit: Visit| {
        let mut transaction = transaction(&company);
        transaction.insert(&visit);
        transaction.commit()
    };
    assert_eq!(taken(add(numbered(3, "A")).await), ("number", "number"));
    assert_eq!(taken(add(Visit { slot: Some(1), ..Visit::new(4) }).await), ("slot", "slot"));
    assert_eq!(taken(add(Visit { badges: vec!["y".into(), "x".into()], ..Visit::new(5) }).await), ("badges", "badges"));
    let other = numbered(6, "B");
    add(other.clone()).await.unwrap();
    assert_eq!(taken(update(&company, &other, &other.changed(|visit| visit.number = Some("A".into()))).await), ("number", "number"));
    assert_eq!(company.find_one::<Visit>("number", "A").await.unwrap().unwrap().id.as_u128(), 1);
    assert_eq!(company.find_one::<Visit>("number", "C").await.unwrap(), None);
    assert_eq!(numbers(&company, Query::by("starts_at")).await, [1, 2, 6]);
    let error: kernel::Error = add(numbered(3, "A")).await.unwrap_err().into();
    assert!(matches!(error, kernel::Error::Invalid(v) if v[0].field == "number" && v[0].code == "TAKEN"));
}

pub(crate) async fn a_unique_key_is_free_after_change_and_deletion(store: Store) {
    let company = company(&store);
    let first = numbered(1, "A");
    insert(&company, [first.clone()]).await;
    let second = first.changed(|visit| visit.number = Some("B".into()));
    update(&company, &first, &second).await.unwrap();
    insert(&company, [numbered(2, "A")]).await;
    let mut delete = transaction(&company);
    delete.delete(&second);
    delete.commit().await.unwrap();
    insert(&company, [numbered(3, "B")]).await;
}

pub(crate) async fn null_is_never_taken(store: Store) {
    let company = company(&store);
    insert(&company, [Visit::new(1), Visit::new(2), Visit::new(3)]).await;
    assert_eq!(company.find_one::<Visit>("number", None::<String>).await.unwrap(), None);
}

pub(crate) async fn of_concurrent_inserts_with_one_key_exactly_one_wins(store: Store) {
    let company = company(&store);
    let attempts = (1..=16).map(|id| {
        let mut transaction = transaction(&company);
        transaction.insert(&numbered(id, "A"));
        transaction.commit()
    });
    let results = futures::future::join_all(attempts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    results.into_iter().filter(Result::is_err).for_each(|result| assert_eq!(taken(result), ("number", "number")));
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Odd(serde_json::Value);

impl Document for Odd {
    const COLLECTION: &'static Collection = COLLECTIONS[0];
    fn id(&self) -> Uuid {
        Uuid::nil()
    }
    fn version(&self) -> u64 {
        1
    }
}

pub(crate) async fn a_document_that_cannot_be_indexed_is_refused(store: Store) {
    let company = company(&store);
    for odd in [
        serde_json::json!({ "rank": 1.5 }),
        serde_json::json!({ "rank": u64::MAX }),
        serde_json::json!({ "name": { "first": "Anna" } }),
        serde_json::json!({ "customer": { "id": [] }, "slot": [1] }),
        serde_json::json!([]),
    ] {
        let mut transaction = transaction(&company);
        transaction.insert(&Odd(odd.clone()));
        assert!(matches!(transaction.commit().await, Err(Error::Internal(_))), "{odd}");
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stray {}

impl Document for Stray {
    const COLLECTION: &'static Collection = &UNDECLARED;
    fn id(&self) -> Uuid {
        Uuid::nil()
    }
    fn version(&self) -> u64 {
        1
    }
}

pub(crate) async fn an_undeclared_collection_is_refused(store: Store) {
    let company = company(&store);
    let mut transaction = transaction(&company);
    transaction.insert(&Stray {});
    assert!(matches!(transaction.commit().await, Err(Error::Internal(_))));
    assert!(matches!(company.get::<Stray>(Uuid::nil()).await, Err(Error::Internal(_))));
}

pub(crate) async fn companies_are_added_once(store: Store) {
    let ids = [3, 1, 2].map(|n| CompanyId::from_uuid(Uuid::from_u128(n)));
    assert_eq!(store.companies().await.unwrap(), []);
    for id in ids.iter().chain(&ids) {
        store.add_company(*id).await.unwrap();
    }
    assert_eq!(store.companies().await.unwrap(), [ids[1], ids[2], ids[0]]);
    store.ping().await.unwrap();
}
