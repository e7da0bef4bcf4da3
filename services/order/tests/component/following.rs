//! Orders follow customers and employees, whatever way their events come.

use contracts::{
    crm::{
        api::v1::Address,
        customer::v1::{self as customers, CustomerStatus},
        employee::v1::{self as employees, EmployeeStatus},
        order::v1::{self, OrderStatus},
    },
    write,
};
use events::{HandleError, decode};
use futures::future::join_all;
use kernel::{Envelope, id::kind};
use testkit::answer;
use uuid::Uuid;

use crate::house::{House, address, assign_request, create_request, customer, employee, hour, id, told};

fn archived(house: &House, version: u64) -> Envelope {
    let customer = customers::Customer { status: CustomerStatus::Archived.into(), ..customer(1, 1) };
    house.event(Uuid::from_u128(1), version, &customers::CustomerArchived { customer: Some(customer) })
}

fn renamed(house: &House, version: u64, name: &str) -> Envelope {
    let customer = customers::Customer { name: name.into(), ..customer(1, 1) };
    house.event(Uuid::from_u128(1), version, &customers::CustomerUpdated { customer: Some(customer) })
}

fn deactivated(house: &House, n: u128, version: u64) -> Envelope {
    let employee = employees::Employee { status: EmployeeStatus::Inactive.into(), ..employee(n) };
    house.event(Uuid::from_u128(n), version, &employees::EmployeeDeactivated { employee: Some(employee) })
}

fn away(house: &House, n: u128, version: u64, from: i64, until: i64) -> Envelope {
    let time_off = employees::TimeOff {
        id: Uuid::from_u128(1).to_string(),
        starts_at: Some(write::timestamp(hour(from))),
        ends_at: Some(write::timestamp(hour(until))),
        ..Default::default()
    };
    let employee = employees::Employee { time_off: vec![time_off], ..employee(n) };
    house.event(Uuid::from_u128(n), version, &employees::EmployeeTimeOffChanged { employee: Some(employee) })
}

/// An order of customer 1 that came to `status`, with `n` at work.
async fn order_in(house: &House, status: OrderStatus, n: u128, from: i64) -> v1::Order {
    let mut order = house.assign(&house.order(from, from + 2).await, id(n)).await.unwrap();
    let mut client = house.manager();
    if status == OrderStatus::Canceled {
        let request = v1::CancelOrderRequest { id: order.id, reason: "rain".into(), version: order.version };
        return answer(client.cancel_order(request).await).unwrap().order.unwrap();
    }
    if status != OrderStatus::Draft {
        order = house.schedule(&order).await;
    }
    if matches!(status, OrderStatus::InProgress | OrderStatus::Completed) {
        let request = v1::StartOrderRequest { id: order.id, version: order.version };
        order = answer(client.start_order(request).await).unwrap().order.unwrap();
    }
    if status == OrderStatus::Completed {
        let request = v1::CompleteOrderRequest { id: order.id, version: order.version };
        order = answer(client.complete_order(request).await).unwrap().order.unwrap();
    }
    order
}

const STATUSES: [OrderStatus; 5] =
    [OrderStatus::Draft, OrderStatus::Scheduled, OrderStatus::InProgress, OrderStatus::Completed, OrderStatus::Canceled];

#[tokio::test]
async fn the_name_follows_on_all_orders_and_the_place_until_they_end() {
    let house = House::new().await;
    house.customer(1, 1).await;
    house.employee(101).await;
    let mut orders = Vec::new();
    for (n, status) in (0..).zip(STATUSES) {
        orders.push(order_in(&house, status, 101, 9 + n * 2).await);
    }
    let mut changed = customers::Customer { name: "New name".into(), phone: "+37120000002".into(), ..customer(1, 1) };
    changed.properties[0].address = Some(Address { country_code: "LV".into(), ..address("Elizabetes iela 2") });
    changed.properties[0].access_notes = "new code".into();
    house.deliver(&house.event(Uuid::from_u128(1), 2, &customers::CustomerUpdated { customer: Some(changed) })).await;
    for order in orders {
        let now = house.get(&order.id).await;
        assert_eq!((now.customer_name.as_str(), now.customer_phone.as_str()), ("New name", "+37120000002"));
        let ended = matches!(order.status(), OrderStatus::Completed | OrderStatus::Canceled);
        assert_eq!(now.address == order.address, ended, "{:?}", order.status());
        assert_eq!(now.access_notes == "new code", !ended, "{:?}", order.status());
        assert_eq!((now.status(), now.version), (order.status(), order.version + 1));
    }
}

#[tokio::test]
async fn archiving_a_customer_cancels_future_orders_alone_and_no_new_one_is_taken() {
    let house = House::new().await;
    house.customer(1, 1).await;
    house.employee(101).await;
    house.bed.clock.set(hour(10));
    let past = order_in(&house, OrderStatus::Scheduled, 101, 8).await;
    let at_work = order_in(&house, OrderStatus::InProgress, 101, 11).await;
    let draft = order_in(&house, OrderStatus::Draft, 101, 13).await;
    let scheduled = order_in(&house, OrderStatus::Scheduled, 101, 15).await;
    let published = house.bed.published().await.len();
    house.deliver(&archived(&house, 2)).await;
    for (order, expected) in [
        (&past, OrderStatus::Scheduled),
        (&at_work, OrderStatus::InProgress),
        (&draft, OrderStatus::Canceled),
        (&scheduled, OrderStatus::Canceled),
    ] {
        let now = house.get(&order.id).await;
        assert_eq!(now.status(), expected);
        if expected == OrderStatus::Canceled {
            let cancellation = now.cancellation.unwrap();
            assert_eq!(
                (cancellation.reason.as_str(), cancellation.canceled_by.unwrap().service.as_str()),
                ("customer was archived", "order")
            );
        }
    }
    let canceled = house.bed.published().await.split_off(published);
    assert_eq!(canceled.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(), ["crm.order.v1.OrderCanceled"; 2]);
    assert_eq!(told(&house.create(create_request(id(1), 20, 21)).await.unwrap_err()).0, "CUSTOMER_ARCHIVED");

    let restored = customers::CustomerRestored { customer: Some(customer(1, 1)) };
    house.deliver(&house.event(Uuid::from_u128(1), 3, &restored)).await;
    assert_eq!(house.get(&draft.id).await.status(), OrderStatus::Canceled, "what was called off stays so");
    house.create(create_request(id(1), 20, 21)).await.unwrap();
}

#[tokio::test]
async fn a_deleted_customer_leaves_a_tombstone() {
    let house = House::new().await;
    let deleted = customers::CustomerDeleted { customer_id: Uuid::from_u128(1).to_string() };
    house.deliver(&house.event(Uuid::from_u128(1), 4, &deleted)).await;
    // Delete before create: nothing rises from the dead.
    house.customer(1, 1).await;
    house.deliver(&renamed(&house, 3, "Late")).await;
    assert_eq!(told(&house.create(create_request(id(1), 9, 12)).await.unwrap_err()).0, "customer not found");

    house.customer(2, 1).await;
    let order = house.create(create_request(id(2), 9, 12)).await.unwrap();
    let deleted = customers::CustomerDeleted { customer_id: Uuid::from_u128(2).to_string() };
    house.deliver(&house.event(Uuid::from_u128(2), 2, &deleted)).await;
    let now = house.get(&order.id).await;
    assert_eq!((now.status(), now.customer_name.as_str()), (OrderStatus::Canceled, "Customer 2"));
    assert_eq!(now.cancellation.unwrap().reason, "customer was deleted");
}

#[tokio::test]
async fn versions_3_1_2_leave_what_3_says() {
    let house = House::new().await;
    house.deliver(&house.event(Uuid::from_u128(1), 1, &customers::CustomerCreated { customer: Some(customer(1, 1)) })).await;
    let order = house.order(9, 12).await;
    for (version, name) in [(4, "third"), (2, "first"), (3, "second")] {
        house.deliver(&renamed(&house, version, name)).await;
        assert_eq!(house.get(&order.id).await.customer_name, "third");
    }
}

#[tokio::test]
async fn an_event_that_comes_many_times_has_its_effect_once() {
    let house = House::new().await;
    house.customer(1, 1).await;
    house.employee(101).await;
    let order = order_in(&house, OrderStatus::Scheduled, 101, 9).await;
    let events = [renamed(&house, 2, "New name"), away(&house, 101, 2, 9, 10), archived(&house, 3)];
    for event in &events {
        house.deliver(event).await;
    }
    let (once, published) = (house.get(&order.id).await, house.bed.published().await.len());
    for _ in 0..10 {
        // In parallel too: two programs may have the same event for a moment.
        join_all(events.iter().chain(&events).map(|event| house.deliver(event))).await;
    }
    assert_eq!((house.get(&order.id).await, house.bed.published().await.len()), (once, published));
}

#[tokio::test]
async fn every_event_is_marked_as_received_whether_it_changes_something_or_not() {
    let house = House::new().await;
    house.customer(1, 1).await;
    house.employee(101).await;
    house.order(9, 12).await;
    let (changing, old, same) = (renamed(&house, 3, "New name"), renamed(&house, 2, "Old"), renamed(&house, 4, "New name"));
    for (event, consumer) in [
        (changing, "order.customers"),
        (old, "order.customers"),
        (same, "order.customers"),
        (deactivated(&house, 101, 2), "order.employees"),
    ] {
        house.deliver(&event).await;
        let mut again = house.bed.store.company(house.bed.company).transaction(&event.actor, event.time);
        again.received(consumer, event.id);
        assert!(matches!(again.commit().await, Err(store::Error::AlreadyReceived)), "{} {}", event.kind, event.version);
    }
}

#[tokio::test]
async fn an_event_that_changes_nothing_here_touches_no_order() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let order = house.order(9, 12).await;
    let noted = customers::Customer { email: "anna@example.com".into(), ..customer(1, 1) };
    let event = house.event(Uuid::from_u128(1), 2, &customers::CustomerUpdated { customer: Some(noted) });
    let before = house.bed.store.examined();
    house.deliver(&event).await;
    assert_eq!(house.bed.store.examined() - before, 1, "the copy alone is read");
    assert_eq!(house.get(&order.id).await, order);
}

#[tokio::test]
async fn deactivating_an_employee_leaves_future_orders_in_need_of_a_crew() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    house.bed.clock.set(hour(10));
    let past = order_in(&house, OrderStatus::Scheduled, 101, 8).await;
    let at_work = order_in(&house, OrderStatus::InProgress, 101, 11).await;
    let future = order_in(&house, OrderStatus::Scheduled, 101, 13).await;
    house.deliver(&deactivated(&house, 101, 2)).await;
    for order in [&past, &at_work] {
        assert_eq!(house.get(&order.id).await.assignments.len(), 1);
    }
    let now = house.get(&future.id).await;
    assert!(now.assignments.is_empty() && now.needs_crew);
    let event = house.bed.published().await.pop().unwrap();
    let message = decode::<v1::OrderUnassigned>(&event).unwrap();
    assert_eq!((message.employee_id, message.reason.as_str()), (anna.to_string(), "EMPLOYEE_DEACTIVATED"));
    assert_eq!(told(&house.assign(&now, anna).await.unwrap_err()).0, "EMPLOYEE_INACTIVE");

    let reactivated = employees::EmployeeReactivated { employee: Some(employee(101)) };
    house.deliver(&house.event(anna.uuid(), 3, &reactivated)).await;
    house.assign(&now, anna).await.unwrap();
}

#[tokio::test]
async fn a_time_off_drops_what_overlaps_it_unless_it_was_overridden() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    let (within, after) = (order_in(&house, OrderStatus::Scheduled, 101, 9).await, order_in(&house, OrderStatus::Draft, 101, 11).await);
    house.deliver(&away(&house, 101, 2, 8, 11)).await;
    let (within, after) = (house.get(&within.id).await, house.get(&after.id).await);
    assert!(within.assignments.is_empty() && within.needs_crew);
    assert_eq!(after.assignments.len(), 1);
    let event = house.bed.published().await.pop().unwrap();
    assert_eq!(decode::<v1::OrderUnassigned>(&event).unwrap().reason, "EMPLOYEE_ON_TIME_OFF");

    let request = v1::AssignEmployeeRequest { override_reason: "agreed".into(), ..assign_request(&within, anna) };
    answer(house.manager().assign_employee(request).await).unwrap();
    house.deliver(&away(&house, 101, 3, 8, 10)).await;
    assert_eq!(house.get(&within.id).await.assignments.len(), 1);
}

#[tokio::test]
async fn the_name_of_an_employee_follows_on_all_orders() {
    let house = House::new().await;
    house.customer(1, 1).await;
    house.employee(101).await;
    let mut orders = Vec::new();
    for (n, status) in (0..).zip(STATUSES) {
        orders.push(order_in(&house, status, 101, 9 + n * 2).await);
    }
    let renamed = employees::Employee { first_name: "Anna".into(), last_name: "Liepa".into(), ..employee(101) };
    house.deliver(&house.event(Uuid::from_u128(101), 2, &employees::EmployeeUpdated { employee: Some(renamed) })).await;
    for order in orders {
        assert_eq!(house.get(&order.id).await.assignments[0].employee_name, "Anna Liepa");
    }
}

#[tokio::test]
async fn more_orders_than_a_batch_follow_and_a_stop_midway_is_made_good() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let orders = join_all((0..250).map(|n| house.order(n, n + 1))).await;
    let event = renamed(&house, 2, "New name");
    let handler = house.handler(&event.kind);
    // Given up at whatever point it has come to, more than once: as by a crash.
    for polls in [5, 20, 40] {
        let mut handling = handler.handle(&event);
        for _ in 0..polls {
            if futures::poll!(&mut handling).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    house.deliver(&event).await;
    let events = house.bed.published().await.into_iter().filter(|e| e.kind == "crm.order.v1.OrderUpdated").count();
    assert_eq!(events, 250, "every order followed once");
    for order in orders {
        let now = house.get(&order.id).await;
        assert_eq!((now.customer_name.as_str(), now.version), ("New name", 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_order_escapes_a_change_that_comes_at_the_same_time() {
    for round in 0..20 {
        let house = House::new().await;
        // Another process takes and moves the orders.
        let other = &House::on(house.bed.store.clone());
        let (customer, another) = (house.customer(1, 1).await, house.customer(2, 1).await);
        let anothers = join_all((0..20).map(|n| house.create(create_request(another, 24 + n, 25 + n)))).await;
        // One or the other: a crowd at the customer's copy would make all wait, and nothing meet.
        let (taken, moved) = if round % 2 == 0 { (20, 0) } else { (0, 20) };
        let takes = (0..taken).map(|n| async move {
            let _ = other.create(create_request(customer, 24 + n, 25 + n)).await;
        });
        let moves = anothers.into_iter().take(moved).map(|order| async move {
            let v1::Order { id, version, .. } = order.unwrap();
            let request = v1::MoveOrderRequest { id, version, customer_id: customer.to_string(), ..Default::default() };
            let _ = other.manager().move_order(request).await;
        });
        let event = archived(&house, 2);
        let archives = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            house.deliver(&event).await;
        };
        futures::join!(join_all(takes), join_all(moves), archives);
        let filter = v1::OrderFilter {
            customer_id: customer.to_string(),
            statuses: vec![OrderStatus::Draft.into(), OrderStatus::Scheduled.into()],
            ..Default::default()
        };
        let request = v1::ListOrdersRequest { filter: Some(filter), ..Default::default() };
        let left = answer(house.manager().list_orders(request).await).unwrap().orders;
        assert!(left.is_empty(), "{} orders of an archived customer", left.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_order_keeps_an_address_that_its_property_has_no_more() {
    for round in 0..10 {
        let house = House::new().await;
        let other = &House::on(house.bed.store.clone());
        house.customer(1, 2).await;
        let property = |n: u128| Uuid::from_u128(1_000 + n).to_string();
        let request = |n| v1::CreateOrderRequest { property_id: property(0), ..create_request(id(1), n, n + 1) };
        let orders = join_all((0..12).map(|n| house.create(request(24 + n)))).await;
        let changes = orders.into_iter().map(|order| async move {
            let order = v1::Order { property_id: property(1), ..order.unwrap() };
            let update_mask = Some(prost_types::FieldMask { paths: vec!["property_id".into()] });
            let _ = other.manager().update_order(v1::UpdateOrderRequest { order: Some(order), update_mask }).await;
        });
        let mut customer = customer(1, 2);
        customer.properties[1].access_notes = "new code".into();
        let event = house.event(Uuid::from_u128(1), 2, &customers::CustomerUpdated { customer: Some(customer) });
        let follows = async {
            for _ in 0..round * 3 {
                tokio::task::yield_now().await;
            }
            house.deliver(&event).await;
        };
        futures::join!(join_all(changes), follows);
        let request = v1::ListOrdersRequest { page_size: Some(100), ..Default::default() };
        let orders = answer(house.manager().list_orders(request).await).unwrap().orders;
        assert!(orders.iter().filter(|order| order.property_id == property(1)).all(|order| order.access_notes == "new code"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_assignment_escapes_a_deactivation_that_comes_at_the_same_time() {
    for round in 0..10 {
        let house = House::new().await;
        let other = House::on(house.bed.store.clone());
        house.customer(1, 1).await;
        let anna = house.employee(101).await;
        let orders = join_all((0..12).map(|n| house.order(24 + n, 25 + n))).await;
        let assigns = orders.iter().map(|order| async {
            let _ = other.assign(order, anna).await;
        });
        let event = deactivated(&house, 101, 2);
        let deactivates = async {
            for _ in 0..round * 3 {
                tokio::task::yield_now().await;
            }
            house.deliver(&event).await;
        };
        futures::join!(join_all(assigns), deactivates);
        for order in orders {
            assert!(house.get(&order.id).await.assignments.is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_order_goes_back_to_older_facts_that_another_replica_is_walking_with() {
    for round in 0..20 {
        let house = House::new().await;
        let other = House::on(house.bed.store.clone());
        let customer = house.customer(1, 1).await;
        for outcome in join_all((0..12).map(|n| house.create(create_request(customer, 24 + n, 25 + n)))).await {
            outcome.unwrap();
        }
        // Back to what the orders say: those who walk with it find nothing to change.
        let (older, newer) = (renamed(&house, 2, "For a moment"), renamed(&house, 3, "Customer 1"));
        let overtakes = async {
            for _ in 0..round * 3 {
                tokio::task::yield_now().await;
            }
            other.deliver(&newer).await;
        };
        futures::join!(house.deliver(&older), overtakes);
        let request = v1::ListOrdersRequest { page_size: Some(100), ..Default::default() };
        for order in answer(house.manager().list_orders(request).await).unwrap().orders {
            assert_eq!(order.customer_name, "Customer 1", "in round {round}");
        }
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_poison() {
    let house = House::new().await;
    let no_customer = house.event(Uuid::from_u128(1), 1, &customers::CustomerCreated { customer: None });
    let garbage = Envelope { data: vec![0xff; 9], ..renamed(&house, 1, "x") };
    let unknown = customers::Customer { status: 9, ..customer(1, 1) };
    let future = house.event(Uuid::from_u128(1), 1, &customers::CustomerUpdated { customer: Some(unknown) });
    let no_time = employees::Employee { time_off: vec![employees::TimeOff::default()], ..employee(1) };
    let timeless = house.event(Uuid::from_u128(1), 1, &employees::EmployeeTimeOffChanged { employee: Some(no_time) });
    for event in [no_customer, garbage, future, timeless] {
        let outcome = house.handler(&event.kind).handle(&event).await;
        assert!(matches!(outcome, Err(HandleError::Poison(_))), "{}: {outcome:?}", event.kind);
    }
    let unknown = house.create(create_request(id::<kind::Customer>(1), 9, 12)).await.unwrap_err();
    assert_eq!(told(&unknown).0, "customer not found");
}
