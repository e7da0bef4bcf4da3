//! What is left of a customer who was erased: nothing that tells of the person.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::crm::{customer::v1, order::v1 as orders};
use customer::commands::Command;
use events::{Bus, HandleError, Handler, RetryPolicy, Subscription};
use kernel::{CompanyId, CustomerId, Envelope, Error, Role};
use store::{Action, HistoryEntry, Query};
use testkit::{answer, until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::office::{Office, organisation, property, seen, told};

/// What is personal of her, in words that nothing else has.
const TRACES: [&str; 9] = ["Ozola", "ozola", "+37129999991", "29999991", "ozola@example.com", "Kastanju", "keybox", "Liepa", "allergic"];

async fn anna(office: &Office) -> v1::Customer {
    let request = v1::CreateCustomerRequest {
        phone: "+37129999991".into(),
        email: "ozola@example.com".into(),
        properties: vec![v1::Property { access_notes: "keybox at the gate".into(), ..property("Kastanju iela 5") }],
        contacts: vec![v1::Contact { name: "Kaspars Liepa".into(), ..v1::Contact::default() }],
        ..organisation("Anna Ozola")
    };
    let anna = office.created(request).await;
    let note = v1::AddCustomerNoteRequest { customer_id: anna.id.clone(), text: "allergic to bleach".into() };
    answer(office.manager().add_customer_note(note).await).unwrap().customer.unwrap()
}

fn left(text: &str) -> Vec<&'static str> {
    TRACES.into_iter().filter(|trace| text.contains(trace)).collect()
}

fn id(customer: &v1::Customer) -> CustomerId {
    CustomerId::parse("id", &customer.id).unwrap()
}

fn order_of(office: &Office, order: u128, customer: &str) -> Envelope {
    let message = orders::Order { id: Uuid::from_u128(order).to_string(), version: 1, customer_id: customer.into(), ..Default::default() };
    office.bed.event("order", Uuid::from_u128(order), 1, &orders::OrderCreated { order: Some(message) })
}

async fn erase(office: &Office, id: &str) -> kernel::Result<String> {
    Command::Erase { id: id.into() }.run(&office.application, &*office.bed.bus).await
}

#[tokio::test]
async fn no_trace_is_left_and_others_are_told_without_one() {
    let office = Office::open().await;
    let (anna, berta) = (anna(&office).await, office.customer("Berta").await);
    office.orders.handle(&order_of(&office, 7, &anna.id)).await.unwrap();
    office.bed.sent().await;
    let archive = v1::ArchiveCustomerRequest { id: anna.id.clone(), version: anna.version };
    let anna = answer(office.manager().archive_customer(archive).await).unwrap().customer.unwrap();
    assert_eq!(left(&office.bed.everything().await), TRACES, "they are there before");

    let told = erase(&office, &format!("customer_{}", anna.id)).await.unwrap();
    assert!(told.contains(&anna.id) && told.contains("1 orders"), "{told}");

    let everything = office.bed.everything().await;
    assert_eq!(left(&everything), [""; 0], "{everything}");
    let published = office.bed.published().await;
    let [event] = &*published else { panic!("{published:?}") };
    assert_eq!((event.kind.as_str(), event.subject, event.version), ("crm.customer.v1.CustomerErased", id(&anna).uuid(), anna.version + 1));
    let get = office.manager().get_customer(v1::GetCustomerRequest { id: anna.id.clone() }).await;
    assert_eq!(seen(get), "not found: customer id");
    let search = v1::SearchCustomersRequest { text: "Ozola".into(), ..Default::default() };
    assert!(answer(office.manager().search_customers(search).await).unwrap().customers.is_empty());
    assert_eq!(office.read(&berta.id).await, berta, "others are as they were");

    // History still tells who did what when, and which fields it was.
    let company = office.bed.store.company(office.bed.company);
    let entries = company.find::<HistoryEntry>(&Query::by("version").eq("entity_id", anna.id.as_str())).await.unwrap().items;
    assert_eq!(
        entries.iter().map(|entry| entry.action).collect::<Vec<_>>(),
        [Action::Created, Action::Updated, Action::Updated, Action::Deleted]
    );
    assert!(entries[0].changes.iter().any(|change| change.field == "phone" && change.to.is_none()));
}

#[tokio::test]
async fn one_erased_or_deleted_before_is_erased_again_with_an_event_that_wins() {
    let office = Office::open().await;
    let (anna, admin) = (anna(&office).await, office.client(Role::Admin));
    let archive = v1::ArchiveCustomerRequest { id: anna.id.clone(), version: anna.version };
    let archived = answer(office.manager().archive_customer(archive).await).unwrap().customer.unwrap();
    let delete = v1::DeleteCustomerRequest { id: anna.id.clone(), version: archived.version };
    answer(admin.clone().delete_customer(delete).await).unwrap();
    assert_ne!(left(&office.bed.everything().await), [""; 0], "history tells of the deleted one");
    let deleted = office.bed.published().await.last().unwrap().version;
    for _ in 0..2 {
        erase(&office, &anna.id).await.unwrap();
        assert_eq!(left(&office.bed.everything().await), [""; 0]);
        let event = office.bed.published().await.pop().unwrap();
        assert!(event.kind.ends_with("CustomerErased") && event.version > deleted, "{event:?}");
    }
}

#[tokio::test]
async fn one_whom_nobody_knows_is_named() {
    let office = Office::open().await;
    anna(&office).await;
    let stranger = erase(&office, "01890a5d-ac96-774b-bcce-b302099a8057").await.unwrap_err();
    assert_eq!(told(&stranger), "not found: customer id");
    assert_eq!(told(&erase(&office, "Ozola").await.unwrap_err()), "invalid: id INVALID_ID");
}

/// Gives up on everything.
struct Refuses;

#[async_trait]
impl Handler for Refuses {
    async fn handle(&self, _: &Envelope) -> Result<(), HandleError> {
        Err(HandleError::Retry(Error::internal("refused")))
    }
}

#[tokio::test]
async fn dead_letters_about_the_customer_and_their_orders_are_thrown_away_others_stay() {
    let office = Office::open().await;
    let (anna, berta) = (anna(&office).await, office.customer("Berta").await);
    office.orders.handle(&order_of(&office, 7, &anna.id)).await.unwrap();
    let kinds = &["crm.order.v1.OrderCreated", "crm.customer.v1.CustomerCreated"];
    let retry = RetryPolicy { max_attempts: 1, ..RetryPolicy::DEFAULT };
    let (bus, stop) = (office.bed.bus.clone(), CancellationToken::new());
    let consuming = bus.subscribe(Subscription { consumer: "tests", kinds, retry }, Arc::new(Refuses), stop.clone()).await.unwrap();
    let created = |customer: &v1::Customer| {
        let message = v1::CustomerCreated { customer: Some(customer.clone()) };
        office.bed.event("customer", id(customer).uuid(), 1, &message)
    };
    // Of another company, whatever it is about.
    let elsewhere = Envelope { company: CompanyId::from_uuid(Uuid::from_u128(99)), ..created(&anna) };
    let elsewhere = Envelope { id: office.bed.env.new_id(), ..elsewhere };
    let events = [created(&anna), created(&berta), order_of(&office, 7, &anna.id), order_of(&office, 8, &berta.id), elsewhere];
    bus.publish_all(&events).await.into_iter().for_each(|answer| answer.unwrap());
    let working = async {
        until("all are given up on", async || (bus.dead_letters(10).await.unwrap().len() == 5).then_some(())).await;
        stop.cancel();
    };
    tokio::join!(consuming, working);

    let told = erase(&office, &anna.id).await.unwrap();
    assert!(told.contains("2 dead letters"), "{told}");
    let mut kept: Vec<_> = bus.dead_letters(10).await.unwrap().into_iter().map(|letter| letter.id.event).collect();
    let mut others = vec![events[1].id, events[3].id, events[4].id];
    kept.sort();
    others.sort();
    assert_eq!(kept, others);
}
