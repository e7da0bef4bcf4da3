//! Events that were received.

use kernel::EventId;
use store::{CompanyStore, Error, Query, Store};

use crate::fixture::{Visit, at, company, event, numbers, transaction};

async fn receive(company: &CompanyStore, consumer: &'static str, event: EventId, effect: &Visit) -> store::Result<()> {
    let mut transaction = transaction(company);
    transaction.insert(effect).publish(crate::fixture::event(company, 1)).received(consumer, event);
    transaction.commit().await
}

pub(crate) async fn an_event_has_its_effect_once(store: Store) {
    let company = company(&store);
    let happened = event(&company, 1).id;
    receive(&company, "consumer", happened, &Visit::new(1)).await.unwrap();
    assert!(matches!(receive(&company, "consumer", happened, &Visit::new(2)).await, Err(Error::AlreadyReceived)));
    assert_eq!(numbers(&company, Query::by("starts_at")).await, [1], "nothing of the second is there");
    assert_eq!(store.outbox().pending(10).await.unwrap().len(), 1);
    // An effect that failed leaves no mark.
    let other = event(&company, 1).id;
    assert!(matches!(receive(&company, "consumer", other, &Visit::new(1)).await, Err(Error::Conflict { .. })));
    receive(&company, "consumer", other, &Visit::new(2)).await.unwrap();
}

pub(crate) async fn a_redelivery_is_told_from_a_conflict(store: Store) {
    let company = company(&store);
    let happened = event(&company, 1).id;
    receive(&company, "consumer", happened, &Visit::new(1)).await.unwrap();
    assert!(matches!(receive(&company, "consumer", happened, &Visit::new(1)).await, Err(Error::AlreadyReceived)));
}

pub(crate) async fn each_consumer_has_its_own_marks(store: Store) {
    let company = company(&store);
    let happened = event(&company, 1).id;
    receive(&company, "one", happened, &Visit::new(1)).await.unwrap();
    receive(&company, "two", happened, &Visit::new(2)).await.unwrap();
}

pub(crate) async fn of_concurrent_deliveries_exactly_one_has_its_effect(store: Store) {
    let company = company(&store);
    let happened = event(&company, 1).id;
    let visits: Vec<Visit> = (1..=16).map(Visit::new).collect();
    let deliveries = visits.iter().map(|visit| receive(&company, "consumer", happened, visit));
    let results = futures::future::join_all(deliveries).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(results.iter().filter(|result| matches!(result, Err(Error::AlreadyReceived))).count(), 15);
    assert_eq!(numbers(&company, Query::by("starts_at")).await.len(), 1);
}

pub(crate) async fn forgotten_marks_are_gone(store: Store) {
    let company = company(&store);
    let happened = event(&company, 1).id;
    receive(&company, "consumer", happened, &Visit::new(1)).await.unwrap();
    assert_eq!(store.forget_received(at(1_000)).await.unwrap(), 0);
    assert!(matches!(receive(&company, "consumer", happened, &Visit::new(2)).await, Err(Error::AlreadyReceived)));
    assert_eq!(store.forget_received(at(1_001)).await.unwrap(), 1);
    receive(&company, "consumer", happened, &Visit::new(2)).await.unwrap();
}
