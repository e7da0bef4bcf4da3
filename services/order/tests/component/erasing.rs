//! Nothing here tells of a customer who was erased, whatever became of their orders.

use contracts::crm::{
    customer::v1 as customers,
    order::v1::{self, OrderStatus},
};
use events::HandleError;
use kernel::{CustomerId, Envelope, Error};
use store::{HistoryEntry, Query};
use testkit::answer;
use uuid::Uuid;

use crate::house::{House, Who, address, create_request, customer, hour, id, told};

/// What is personal of customer 1, in words that nothing else has.
const TRACES: [&str; 8] = ["Ozola", "+37129999991", "Kastanju", "keybox", "allergic", "neighbour", "raincoat", "geraniums"];

fn ozola(name: &str) -> customers::Customer {
    let mut ozola = customers::Customer { name: name.into(), phone: "+37129999991".into(), ..customer(1, 1) };
    ozola.properties[0].address = Some(address("Kastanju iela 5"));
    ozola.properties[0].access_notes = "keybox at the gate".into();
    ozola
}

fn erased(house: &House, version: u64) -> Envelope {
    house.event(Uuid::from_u128(1), version, &customers::CustomerErased { customer_id: id::<()>(1).to_string() })
}

/// A house that knows Anna Ozola as customer 1, and another one as customer 2.
async fn house() -> House {
    let house = House::new().await;
    let message = customers::CustomerCreated { customer: Some(ozola("Anna Ozola")) };
    house.deliver(&house.event(Uuid::from_u128(1), 1, &message)).await;
    house.customer(2, 1).await;
    house
}

/// An order of hers that everybody wrote something on.
async fn order(house: &House, from: i64) -> v1::Order {
    let request = v1::CreateOrderRequest {
        client_comments: "allergic to bleach".into(),
        checklist: vec!["water the geraniums".into()],
        ..create_request(id(1), from, from + 1)
    };
    let order = house.create(request).await.unwrap();
    let comment = v1::AddOrderCommentRequest { id: order.id.clone(), text: "the neighbour has the key".into() };
    answer(house.manager().add_order_comment(comment).await).unwrap().order.unwrap()
}

async fn canceled(house: &House, order: v1::Order) -> v1::Order {
    let request = v1::CancelOrderRequest { id: order.id, reason: "forgot her raincoat".into(), version: order.version };
    answer(house.manager().cancel_order(request).await).unwrap().order.unwrap()
}

async fn moved(house: &House, order: &v1::Order, to: CustomerId) -> v1::Order {
    let request = v1::MoveOrderRequest { id: order.id.clone(), customer_id: to.to_string(), version: order.version, ..Default::default() };
    answer(house.manager().move_order(request).await).unwrap().order.unwrap()
}

fn left(text: &str) -> Vec<&'static str> {
    TRACES.into_iter().filter(|trace| text.contains(trace)).collect()
}

#[tokio::test]
async fn no_trace_is_left_in_orders_present_past_moved_and_deleted() {
    let house = house().await;
    let planned = order(&house, 30).await;
    let past = house.schedule(&order(&house, 1).await).await;
    let ended = canceled(&house, order(&house, 32).await).await;
    let deleted = canceled(&house, order(&house, 33).await).await;
    let request = v1::DeleteOrderRequest { id: deleted.id.clone(), version: deleted.version };
    answer(house.client(Who::Admin).delete_order(request).await).unwrap();
    // The words on it are the other customer's from now on, so this one has none.
    let away = moved(&house, &house.create(create_request(id(1), 34, 35)).await.unwrap(), id(2)).await;
    let others = house.create(create_request(id(2), 36, 37)).await.unwrap();
    let renamed = customers::CustomerUpdated { customer: Some(ozola("Anna Ozola-Liepa")) };
    house.deliver(&house.event(Uuid::from_u128(1), 2, &renamed)).await;
    let everything = house.bed.everything().await;
    assert_eq!(left(&everything), TRACES, "they are there before");
    house.bed.sent().await;

    house.bed.clock.set(hour(7));
    house.deliver(&erased(&house, 3)).await;

    let everything = house.bed.everything().await;
    assert_eq!(left(&everything), [""; 0], "{everything}");
    let now = house.get(&planned.id).await;
    assert_eq!((now.status(), now.customer_name.as_str(), now.customer_phone.as_str()), (OrderStatus::Canceled, "Erased customer", ""));
    assert!(now.address.is_none() && now.comments.is_empty() && now.checklist.is_empty() && now.price == planned.price);
    let now = house.get(&past.id).await;
    assert_eq!((now.status(), now.starts_at), (OrderStatus::Scheduled, past.starts_at), "it had begun before");
    assert_eq!(house.get(&ended.id).await.cancellation.unwrap().reason, "erased");
    assert_eq!(house.get(&others.id).await, others, "another customer's order is as it was");
    assert_eq!(house.get(&away.id).await, away);

    // History still tells who did what when, and which fields it was.
    let company = house.bed.store.company(house.bed.company);
    for order in [&planned.id, &deleted.id, &away.id] {
        let entries = company.find::<HistoryEntry>(&Query::by("version").eq("entity_id", order.as_str())).await.unwrap().items;
        assert!(entries.len() >= 2 && entries[0].changes.iter().any(|change| change.field == "customer_name"), "{entries:?}");
    }
    let kept = company.find::<HistoryEntry>(&Query::by("version").eq("entity_id", others.id.as_str())).await.unwrap().items;
    assert!(kept[0].changes.iter().any(|change| change.to.as_deref() == Some("Customer 2")));

    let refused = house.create(create_request(id(1), 40, 41)).await.unwrap_err();
    assert_eq!(told(&refused), ("customer not found".into(), "customer_id".into()));
}

#[tokio::test]
async fn late_events_bring_nothing_back_and_the_same_again_changes_nothing() {
    let house = house().await;
    let order = order(&house, 30).await;
    house.bed.sent().await;
    let event = erased(&house, 3);
    house.deliver(&event).await;
    let after = house.get(&order.id).await;
    house.bed.sent().await;
    house.deliver(&event).await;
    let late = customers::CustomerUpdated { customer: Some(ozola("Anna Ozola")) };
    house.deliver(&house.event(Uuid::from_u128(1), 2, &late)).await;
    assert_eq!(house.get(&order.id).await, after);
    house.bed.sent().await;
    // Erased once more, as after the restore of a backup: also what was written since.
    let comment = v1::AddOrderCommentRequest { id: order.id.clone(), text: "Mrs Ozola called".into() };
    answer(house.manager().add_order_comment(comment).await).unwrap();
    house.bed.sent().await;
    house.deliver(&erased(&house, 4)).await;
    let everything = house.bed.everything().await;
    assert_eq!(left(&everything), [""; 0], "{everything}");
}

#[tokio::test]
async fn what_others_have_not_heard_of_yet_is_sent_before_it_is_forgotten() {
    let house = house().await;
    order(&house, 30).await;
    let event = erased(&house, 3);
    let handler = house.handler(&event.kind);
    let outcome = handler.handle(&event).await;
    assert!(matches!(outcome, Err(HandleError::Retry(Error::Unavailable(_)))), "it comes again: {outcome:?}");
    assert!(house.bed.published().await.iter().any(|event| event.kind == "crm.order.v1.OrderCreated"));
    house.bed.sent().await;
    handler.handle(&event).await.unwrap();
    let everything = house.bed.everything().await;
    assert_eq!(left(&everything), [""; 0], "{everything}");
}

#[tokio::test]
async fn a_customer_with_many_orders_is_erased_in_batches() {
    let house = house().await;
    for n in 0..120 {
        house.create(create_request(id(1), 30 + n, 31 + n)).await.unwrap();
    }
    house.bed.sent().await;
    house.deliver(&erased(&house, 2)).await;
    let everything = house.bed.everything().await;
    assert_eq!(left(&everything), [""; 0]);
    let canceled = house.bed.published().await.into_iter().filter(|event| event.kind == "crm.order.v1.OrderCanceled").count();
    assert_eq!(canceled, 120);
}
