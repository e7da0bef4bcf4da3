//! What orders' events do.

use std::time::Duration;

use contracts::{
    crm::{customer::v1 as customers, order::v1},
    write,
};
use customer::domain::{CustomerFacts, OrderRef};
use events::{Bus as _, HandleError};
use futures::future::join;
use kernel::{CustomerId, Envelope, OrderId, Timestamp};
use prost::Name;
use runtime::Tasks;

use crate::office::{Office, seen};

/// An order somewhere else, of which events come.
struct Order<'a> {
    office: &'a Office,
    id: OrderId,
}

impl<'a> Order<'a> {
    fn new(office: &'a Office) -> Self {
        Self { office, id: office.bed.env.new_id() }
    }

    fn message(&self, version: u64, customer: &str, completed_at: Option<Timestamp>) -> Option<v1::Order> {
        Some(v1::Order {
            id: self.id.to_string(),
            version,
            customer_id: customer.to_owned(),
            completed_at: completed_at.map(write::timestamp),
            ..v1::Order::default()
        })
    }

    fn event<M: Name>(&self, version: u64, message: &M) -> Envelope {
        self.office.bed.event("order", self.id.uuid(), version, message)
    }

    fn created(&self, customer: &str) -> Envelope {
        self.event(1, &v1::OrderCreated { order: self.message(1, customer, None) })
    }

    fn moved(&self, version: u64, from: &str, to: &str) -> Envelope {
        let message = v1::OrderMoved { order: self.message(version, to, None), previous_customer_id: from.to_owned() };
        self.event(version, &message)
    }

    fn completed(&self, version: u64, customer: &str, at: Timestamp) -> Envelope {
        self.event(version, &v1::OrderCompleted { order: self.message(version, customer, Some(at)) })
    }

    fn deleted(&self, version: u64, customer: &str) -> Envelope {
        self.event(version, &v1::OrderDeleted { order_id: self.id.to_string(), customer_id: customer.to_owned() })
    }
}

async fn receive(office: &Office, events: impl IntoIterator<Item = Envelope>) {
    for event in events {
        office.orders.handle(&event).await.unwrap();
    }
}

/// How many orders the customer has and when the last was completed.
async fn shown(office: &Office, id: &str) -> (u32, Option<prost_types::Timestamp>) {
    let customer = office.read(id).await;
    (customer.order_count, customer.last_service_at)
}

#[tokio::test]
async fn orders_are_counted_and_the_last_service_is_shown_everywhere_without_a_new_version_of_the_customer() {
    let office = Office::open().await;
    let anna = office.customer("Anna").await;
    let (first, second) = (Order::new(&office), Order::new(&office));
    let at = office.later();
    receive(&office, [first.created(&anna.id), second.created(&anna.id), first.completed(4, &anna.id, at)]).await;

    let expected = (2, Some(write::timestamp(at)));
    let read = office.read(&anna.id).await;
    assert_eq!(((read.order_count, read.last_service_at), read.version), (expected, anna.version));
    assert_eq!(read.updated_at, anna.updated_at);
    let listed = office.manager().list_customers(customers::ListCustomersRequest::default()).await.unwrap().into_inner();
    assert_eq!((listed.customers[0].order_count, listed.customers[0].last_service_at), expected);
    let search = customers::SearchCustomersRequest { text: "anna".into(), ..Default::default() };
    let found = office.manager().search_customers(search).await.unwrap().into_inner();
    assert_eq!((found.customers[0].order_count, found.customers[0].last_service_at), expected);
    let note = customers::AddCustomerNoteRequest { customer_id: anna.id, text: "note".into() };
    let noted = office.manager().add_customer_note(note).await.unwrap().into_inner().customer.unwrap();
    assert_eq!((noted.order_count, noted.last_service_at), expected);
    assert_eq!(office.bed.published().await.len(), 1, "counts are told to nobody");
}

#[tokio::test]
async fn an_event_that_comes_again_counts_once() {
    let office = Office::open().await;
    let anna = office.customer("Anna").await;
    let order = Order::new(&office);
    let created = order.created(&anna.id);
    receive(&office, [created.clone(), created.clone(), created]).await;
    assert_eq!(shown(&office, &anna.id).await, (1, None));
    // The same fact in another envelope, as after a publish that was not confirmed in another process.
    receive(&office, [order.created(&anna.id)]).await;
    assert_eq!(shown(&office, &anna.id).await, (1, None));
}

#[tokio::test]
async fn events_in_the_wrong_order_come_to_the_same() {
    for arrival in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let office = Office::open().await;
        let (anna, olga) = (office.customer("Anna").await, office.customer("Olga").await);
        let (order, at) = (Order::new(&office), office.later());
        let events = [order.created(&anna.id), order.moved(2, &anna.id, &olga.id), order.completed(5, &olga.id, at)];
        receive(&office, arrival.map(|index| events[index].clone())).await;
        assert_eq!(shown(&office, &anna.id).await, (0, None), "{arrival:?}");
        assert_eq!(shown(&office, &olga.id).await, (1, Some(write::timestamp(at))), "{arrival:?}");
    }
}

#[tokio::test]
async fn an_order_that_is_moved_or_deleted_takes_its_service_with_it() {
    let office = Office::open().await;
    let (anna, olga) = (office.customer("Anna").await, office.customer("Olga").await);
    let (first, second) = (Order::new(&office), Order::new(&office));
    let (earlier, later) = (office.later(), office.later());
    receive(&office, [first.completed(4, &anna.id, earlier), second.completed(4, &anna.id, later)]).await;
    assert_eq!(shown(&office, &anna.id).await, (2, Some(write::timestamp(later))));

    let moved = v1::OrderMoved { order: second.message(5, &olga.id, Some(later)), previous_customer_id: anna.id.clone() };
    receive(&office, [second.event(5, &moved)]).await;
    assert_eq!(shown(&office, &anna.id).await, (1, Some(write::timestamp(earlier))));
    assert_eq!(shown(&office, &olga.id).await, (1, Some(write::timestamp(later))));

    receive(&office, [second.deleted(6, &olga.id), second.created(&anna.id), first.deleted(5, &anna.id)]).await;
    assert_eq!(shown(&office, &anna.id).await, (0, None));
    assert_eq!(shown(&office, &olga.id).await, (0, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_events_of_one_customer_at_once_are_all_counted_at_the_first_delivery() {
    let office = Office::open().await;
    let anna = office.customer("Anna").await;
    // Two replicas of the service.
    let (_, other) = customer::build(customer::Settings::default(), office.bed.dependencies()).unwrap();
    let handlers = [office.orders.clone(), other.consumers[0].1.clone()];
    let orders: Vec<Order> = (0..2 * events::PREFETCH).map(|_| Order::new(&office)).collect();
    let handled = orders.iter().enumerate().map(|(n, order)| {
        let event = order.created(&anna.id);
        let handler = &handlers[n % 2];
        async move { handler.handle(&event).await }
    });
    for outcome in futures::future::join_all(handled).await {
        outcome.unwrap();
    }
    assert_eq!(shown(&office, &anna.id).await.0, u32::try_from(orders.len()).unwrap());
}

#[tokio::test]
async fn a_customer_with_orders_is_not_deleted_and_one_whose_orders_are_gone_is() {
    let office = Office::open().await;
    let anna = office.archived("Anna").await;
    let order = Order::new(&office);
    receive(&office, [order.created(&anna.id)]).await;
    let delete = || customers::DeleteCustomerRequest { id: anna.id.clone(), version: anna.version };
    let refused = office.admin().delete_customer(delete()).await.unwrap_err();
    match contracts::error::from_status(&refused) {
        kernel::Error::FailedPrecondition { reason, details, .. } => {
            assert_eq!((reason.as_ref(), details["order_count"].as_str()), ("HAS_ORDERS", "1"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(office.read(&anna.id).await.version, anna.version);
    receive(&office, [order.deleted(2, &anna.id)]).await;
    assert_eq!(seen(office.admin().delete_customer(delete()).await), "ok");
}

#[tokio::test]
async fn an_order_of_a_deleted_customer_counts_for_nobody_until_it_is_moved() {
    let office = Office::open().await;
    let (anna, olga) = (office.archived("Anna").await, office.customer("Olga").await);
    office.admin().delete_customer(customers::DeleteCustomerRequest { id: anna.id.clone(), version: anna.version }).await.unwrap();
    let order = Order::new(&office);
    receive(&office, [order.created(&anna.id)]).await;
    let company = office.bed.store.company(office.bed.company);
    let gone: CustomerId = anna.id.parse().unwrap();
    assert!(company.get::<CustomerFacts>(gone.uuid()).await.unwrap().is_none());
    receive(&office, [order.moved(2, &anna.id, &olga.id)]).await;
    assert_eq!(shown(&office, &olga.id).await, (1, None));
}

#[tokio::test]
async fn a_deletion_and_a_new_order_at_the_same_time_end_in_one_of_two_right_ways() {
    let office = Office::open().await;
    let company = office.bed.store.company(office.bed.company);
    for _ in 0..40 {
        let anna = office.archived("Anna").await;
        let (order, mut admin) = (Order::new(&office), office.admin());
        let event = order.created(&anna.id);
        let delete = customers::DeleteCustomerRequest { id: anna.id.clone(), version: anna.version };
        let (deleted, handled) = join(admin.delete_customer(delete), office.orders.handle(&event)).await;
        handled.unwrap();
        let id: CustomerId = anna.id.parse().unwrap();
        let facts = company.get::<CustomerFacts>(id.uuid()).await.unwrap();
        match seen(deleted).as_str() {
            "ok" => assert!(facts.is_none()),
            refused => {
                assert_eq!(refused, "refused: id HAS_ORDERS");
                assert_eq!(facts.unwrap().order_count, 1);
            }
        }
        assert!(company.get::<OrderRef>(order.id.uuid()).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn an_event_that_can_never_be_read_is_poison() {
    let office = Office::open().await;
    let order = Order::new(&office);
    let mut garbage = order.created("");
    garbage.data = vec![0xff; 8];
    let empty = order.event(1, &v1::OrderCreated { order: None });
    let nobody = order.created("nobody");
    for event in [garbage, empty, nobody] {
        assert!(matches!(office.orders.handle(&event).await, Err(HandleError::Poison(_))));
    }
}

#[tokio::test]
async fn events_reach_the_service_by_the_bus_and_its_own_reach_the_bus() {
    let mut office = Office::open().await;
    let anna = office.customer("Anna").await;
    let bus: std::sync::Arc<dyn events::Bus> = office.bed.bus.clone();
    office.service.bind(&bus).await.unwrap();
    let tasks = Tasks::new();
    for (name, task) in std::mem::take(&mut office.service.tasks) {
        tasks.spawn(name, task);
    }
    office.bed.bus.publish(&Order::new(&office).created(&anna.id)).await.unwrap();
    let done = async || (shown(&office, &anna.id).await.0 == 1 && office.bed.published().await.is_empty()).then_some(());
    testkit::until("the order is counted and the outbox is sent", done).await;
    tasks.stop(Duration::from_secs(5)).await;
}
