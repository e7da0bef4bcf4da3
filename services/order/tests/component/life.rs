//! An order's way from taking it to its completion, with the events and the history of it.

use contracts::{
    crm::{
        api::v1::{HistoryQuery, history_result},
        order::v1::{self, OrderStatus},
    },
    write,
};
use events::decode;
use kernel::Error;
use prost::Name as _;
use testkit::answer;
use tokio_util::sync::CancellationToken;

use crate::house::{House, Who, address, create_request, euros, fixed, hour, id, told};

#[tokio::test]
async fn an_order_is_taken_crewed_scheduled_started_and_completed() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let (anna, boris) = (house.employee(101).await, house.employee(102).await);

    let order = house.order(9, 12).await;
    assert_eq!((order.status(), order.needs_crew, order.version), (OrderStatus::Draft, true, 1));
    assert_eq!((order.customer_name.as_str(), order.customer_phone.as_str()), ("Customer 1", "+37120000001"));
    assert_eq!(order.address.as_ref().unwrap().street, "Brīvības iela 0");
    assert_eq!(order.access_notes, "code 0");
    assert_eq!(order.price.as_ref().unwrap().total, Some(euros(100)));

    let order = house.assign(&order, anna).await.unwrap();
    let order = house.assign(&order, boris).await.unwrap();
    assert!(!order.needs_crew);

    // A third assignment that overlaps is refused, and names the order in the way.
    let other = house.order(11, 13).await;
    let Err(Error::FailedPrecondition { reason, message, details, .. }) = house.assign(&other, anna).await else { panic!("not refused") };
    assert_eq!(reason, "EMPLOYEE_BUSY");
    assert_eq!(details["order_id"], order.id);
    assert!(message.contains("Customer 1") && message.contains(&hour(9).to_string()), "{message}");

    let order = house.schedule(&order).await;
    let start = v1::StartOrderRequest { id: order.id.clone(), version: order.version };
    house.bed.clock.set(hour(9));
    let order = answer(house.client(Who::Cleaner(anna)).start_order(start).await).unwrap().order.unwrap();
    assert_eq!(order.status(), OrderStatus::InProgress);
    let complete = v1::CompleteOrderRequest { id: order.id.clone(), version: order.version };
    house.bed.clock.set(hour(12));
    let order = answer(house.manager().complete_order(complete).await).unwrap().order.unwrap();
    assert_eq!(order.status(), OrderStatus::Completed);
    assert_eq!((order.started_at, order.completed_at), (Some(write::timestamp(hour(9))), Some(write::timestamp(hour(12)))));

    let kinds: Vec<String> = house.bed.published().await.iter().map(|e| e.kind.replace("crm.order.v1.Order", "")).collect();
    assert_eq!(kinds, ["Created", "Assigned", "Assigned", "Created", "Scheduled", "Started", "Completed"]);

    let queries = vec![HistoryQuery { entity_id: order.id.clone(), ..Default::default() }];
    let request = v1::BatchListOrderHistoryRequest { queries };
    let results = answer(house.manager().batch_list_order_history(request).await).unwrap().results;
    let Some(history_result::Result::Page(page)) = &results[0].result else { panic!("{results:?}") };
    let statuses: Vec<_> = page.entries.iter().flat_map(|e| &e.changes).filter(|c| c.field == "status").map(|c| c.to()).collect();
    assert_eq!(statuses, ["COMPLETED", "IN_PROGRESS", "SCHEDULED", "DRAFT"], "newest first");
    let started = page.entries.iter().find(|e| e.changes.iter().any(|c| c.to() == "IN_PROGRESS")).unwrap();
    assert_eq!(started.actor.as_ref().unwrap().employee_id, anna.to_string());
    assert!(page.entries.iter().all(|e| !e.changes.iter().any(|c| c.field.starts_with("employee_ids"))), "derived fields aren't told");
}

#[tokio::test]
async fn an_event_carries_the_order_as_it_is_after_it() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    let order = house.order(9, 12).await;
    let assigned = house.assign(&order, anna).await.unwrap();
    let request = v1::UnassignEmployeeRequest { id: order.id.clone(), employee_id: anna.to_string(), version: assigned.version };
    let unassigned = answer(house.manager().unassign_employee(request).await).unwrap().order.unwrap();

    let events = house.bed.published().await;
    let [created, added, removed] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(decode::<v1::OrderCreated>(created).unwrap().order, Some(order));
    let added_message = decode::<v1::OrderAssigned>(added).unwrap();
    assert_eq!((added_message.order, added_message.employee_id), (Some(assigned), anna.to_string()));
    let removed_message = decode::<v1::OrderUnassigned>(removed).unwrap();
    assert_eq!((removed_message.order, removed_message.reason.as_str()), (Some(unassigned.clone()), "REQUESTED"));
    assert_eq!((removed.version, removed.subject.to_string(), removed.source.as_str()), (unassigned.version, unassigned.id, "order"));
}

#[tokio::test]
async fn changed_fields_are_those_of_the_mask_and_the_price_follows() {
    let house = House::new().await;
    house.customer(1, 2).await;
    let mut request = create_request(id(1), 9, 12);
    request.address = Some(address("By hand 1"));
    let order = house.create(request).await.unwrap();
    assert_eq!((order.property_id.as_str(), order.address.as_ref().unwrap().country_code.as_str()), ("", "LV"));

    let per_hour = v1::PerHour { rate: Some(euros(20)), hours: "3".into() };
    let terms = v1::PriceTerms { base: Some(v1::price_terms::Base::PerHour(per_hour)), ..Default::default() };
    let new = v1::Order {
        crew_size: 3,
        price_terms: Some(terms),
        client_comments: "not looked at".into(),
        property_id: id::<kernel::id::kind::Property>(1_001).to_string(),
        ..order.clone()
    };
    let order = update(&house, new, &["crew_size", "price_terms", "property_id"]).await.unwrap();
    assert_eq!((order.crew_size, order.client_comments.as_str()), (3, ""));
    assert_eq!(order.price.as_ref().unwrap().total, Some(euros(180)));
    assert_eq!((order.address.as_ref().unwrap().street.as_str(), order.access_notes.as_str()), ("Brīvības iela 1", "code 1"));

    let unchanged = update(&house, order.clone(), &["crew_size", "client_comments"]).await.unwrap();
    assert_eq!(unchanged, order, "nothing is different, so nothing happened");
    assert_eq!(house.bed.published().await.len(), 2);
}

#[tokio::test]
async fn an_order_moves_to_another_customer() {
    let house = House::new().await;
    house.customer(1, 1).await;
    house.customer(2, 1).await;
    let order = house.order(9, 12).await;
    let request = v1::MoveOrderRequest {
        id: order.id.clone(),
        customer_id: id::<kernel::id::kind::Customer>(2).to_string(),
        version: order.version,
        ..Default::default()
    };
    let moved = answer(house.manager().move_order(request).await).unwrap().order.unwrap();
    assert_eq!(moved.customer_name, "Customer 2");
    let event = house.bed.published().await.pop().unwrap();
    assert_eq!(decode::<v1::OrderMoved>(&event).unwrap().previous_customer_id, order.customer_id);
}

#[tokio::test]
async fn a_deleted_order_is_gone_but_its_history_stays() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let order = house.order(9, 12).await;
    let request = v1::DeleteOrderRequest { id: order.id.clone(), version: order.version };
    answer(house.client(Who::Admin).delete_order(request).await).unwrap();
    let gone = answer(house.manager().get_order(v1::GetOrderRequest { id: order.id.clone() }).await).unwrap_err();
    assert_eq!(told(&gone), ("order not found".into(), "id".into()));
    let event = house.bed.published().await.pop().unwrap();
    assert_eq!((event.kind.as_str(), event.version), (v1::OrderDeleted::full_name().as_str(), order.version + 1));
    assert_eq!(decode::<v1::OrderDeleted>(&event).unwrap().customer_id, order.customer_id);
    let queries = vec![HistoryQuery { entity_id: order.id, ..Default::default() }];
    let results = answer(house.manager().batch_list_order_history(v1::BatchListOrderHistoryRequest { queries }).await).unwrap().results;
    let Some(history_result::Result::Page(page)) = &results[0].result else { panic!("{results:?}") };
    assert_eq!(page.entries.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn comments_and_ticks_need_no_version_and_lose_nothing() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    let order = house.assign(&house.order(9, 12).await, anna).await.unwrap();
    let comments = (0..4).map(|n| {
        let mut client = house.client(if n % 2 == 0 { Who::Manager } else { Who::Cleaner(anna) });
        let request = v1::AddOrderCommentRequest { id: order.id.clone(), text: format!("comment {n}") };
        async move { answer(client.add_order_comment(request).await).unwrap().comment_id }
    });
    let ids = futures::future::join_all(comments).await;
    let mut client = house.client(Who::Cleaner(anna));
    let tick = v1::SetChecklistItemDoneRequest { id: order.id.clone(), item_id: order.checklist[0].id.clone(), done: true };
    let ticked = answer(client.set_checklist_item_done(tick.clone()).await).unwrap().order.unwrap();
    assert_eq!(ticked.checklist[0].done_by.as_ref().unwrap().employee_id, anna.to_string());
    let again = answer(client.set_checklist_item_done(tick).await).unwrap().order.unwrap();
    assert_eq!(again.version, ticked.version, "it is done already");

    let order = house.get(&order.id).await;
    let mut kept: Vec<_> = order.comments.iter().map(|comment| comment.id.clone()).collect();
    kept.sort();
    let mut written = ids;
    written.sort();
    assert_eq!(kept, written);
}

#[tokio::test]
async fn a_stale_version_is_a_conflict_and_changes_nothing() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    let stale = house.order(9, 12).await;
    let current = house.assign(&stale, anna).await.unwrap();
    let conflict = ("conflict with 2".to_owned(), String::new());
    let cancel = v1::CancelOrderRequest { id: stale.id.clone(), reason: "rain".into(), version: stale.version };
    assert_eq!(told(&answer(house.manager().cancel_order(cancel).await).unwrap_err()), conflict);
    assert_eq!(told(&house.assign(&stale, anna).await.unwrap_err()), conflict);
    let new = v1::Order { price_terms: Some(fixed(1)), ..stale.clone() };
    assert_eq!(told(&update(&house, new, &["price_terms"]).await.unwrap_err()), conflict);
    assert_eq!(house.get(&stale.id).await, current);
}

#[tokio::test]
async fn events_find_their_way_over_the_bus() {
    let mut house = House::new().await;
    let bus: std::sync::Arc<dyn events::Bus> = house.bed.bus.clone();
    let handled = house.service.consumers.clone();
    house.service.bind(&bus).await.unwrap();
    house.service.consumers = handled;
    let stop = CancellationToken::new();
    let tasks: Vec<_> = std::mem::take(&mut house.service.tasks).into_iter().map(|(_, task)| task(stop.clone())).collect();
    let work = async {
        let created = contracts::crm::customer::v1::CustomerCreated { customer: Some(crate::house::customer(1, 1)) };
        bus.publish(&house.event(uuid::Uuid::from_u128(1), 1, &created)).await.unwrap();
        testkit::until("the customer is known", async || house.create(create_request(id(1), 9, 12)).await.ok()).await;
        testkit::until("the order's event is sent", async || house.bed.published().await.is_empty().then_some(())).await;
        stop.cancel();
    };
    futures::join!(futures::future::join_all(tasks), work);
}

async fn update(house: &House, order: v1::Order, paths: &[&str]) -> kernel::Result<v1::Order> {
    let update_mask = Some(prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() });
    let request = v1::UpdateOrderRequest { order: Some(order), update_mask };
    Ok(answer(house.manager().update_order(request).await)?.order.unwrap())
}
