//! Wrong requests get the typed error that names the field, and change nothing.

use contracts::{
    crm::{
        api::v1::HistoryQuery,
        order::v1::{self, order_result, orders_page_result},
    },
    error::from_rpc_status,
    write,
};
use kernel::Result;
use testkit::answer;

use crate::house::{Client, House, address, assign_request, create_request, euros, fixed, hour, id, told};

const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// What must be told of a request, and why it is wrong.
type Case = (&'static str, Result<()>, &'static str, &'static str);

fn check(cases: Vec<Case>) {
    for (what, outcome, code, field) in cases {
        let error = outcome.err().unwrap_or_else(|| panic!("{what} was accepted"));
        assert_eq!(told(&error), (code.to_owned(), field.to_owned()), "{what}: {error}");
    }
}

async fn create(house: &House, change: impl FnOnce(&mut v1::CreateOrderRequest)) -> Result<()> {
    let mut request = create_request(id(1), 9, 12);
    change(&mut request);
    house.create(request).await.map(drop)
}

async fn update(client: &mut Client, order: &v1::Order, paths: &[&str], change: impl FnOnce(&mut v1::Order)) -> Result<()> {
    let mut order = order.clone();
    change(&mut order);
    let update_mask = Some(prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() });
    answer(client.update_order(v1::UpdateOrderRequest { order: Some(order), update_mask }).await).map(drop)
}

async fn list(client: &mut Client, change: impl FnOnce(&mut v1::ListOrdersRequest)) -> Result<()> {
    let mut request = v1::ListOrdersRequest { filter: Some(v1::OrderFilter::default()), ..Default::default() };
    change(&mut request);
    answer(client.list_orders(request).await).map(drop)
}

#[tokio::test]
async fn wrong_new_orders_are_refused() {
    let house = House::new().await;
    house.customer(1, 1).await;
    house.customer(2, 2).await;
    let archived = contracts::crm::customer::v1::Customer {
        status: contracts::crm::customer::v1::CustomerStatus::Archived.into(),
        ..crate::house::customer(3, 1)
    };
    let message = contracts::crm::customer::v1::CustomerArchived { customer: Some(archived) };
    house.deliver(&house.event(uuid::Uuid::from_u128(3), 1, &message)).await;
    let at = |hours| Some(write::timestamp(hour(hours)));
    let customer = |n| id::<kernel::id::kind::Customer>(n).to_string();
    check(vec![
        ("no customer", create(&house, |r| r.customer_id.clear()).await, "REQUIRED", "customer_id"),
        ("a customer that is no id", create(&house, |r| r.customer_id = "{\"$gt\":\"\"}".into()).await, "INVALID_ID", "customer_id"),
        ("an unknown customer", create(&house, |r| r.customer_id = UNKNOWN.into()).await, "customer not found", "customer_id"),
        ("an archived customer", create(&house, |r| r.customer_id = customer(3)).await, "CUSTOMER_ARCHIVED", "customer_id"),
        ("another's property", create(&house, |r| r.property_id = UNKNOWN.into()).await, "property not found", "property_id"),
        ("one of two properties", create(&house, |r| r.customer_id = customer(2)).await, "REQUIRED", "property_id"),
        ("an address without a street", create(&house, |r| r.address = Some(address(" "))).await, "REQUIRED", "address.street"),
        (
            "an address in no country",
            create(&house, |r| r.address = Some(contracts::crm::api::v1::Address { country_code: "XX".into(), ..address("A 1") })).await,
            "INVALID_COUNTRY",
            "address.country_code",
        ),
        ("no type", create(&house, |r| r.service_type = 0).await, "REQUIRED", "service_type"),
        ("an unknown type", create(&house, |r| r.service_type = 9).await, "UNKNOWN_VALUE", "service_type"),
        ("no start", create(&house, |r| r.starts_at = None).await, "REQUIRED", "starts_at"),
        (
            "a start in the year 30,000",
            create(&house, |r| r.starts_at = Some(prost_types::Timestamp { seconds: 884_000_000_000, nanos: 0 })).await,
            "INVALID_TIME",
            "starts_at",
        ),
        ("an end before the start", create(&house, |r| r.ends_at = at(8)).await, "NOT_AFTER_START", "ends_at"),
        ("eight days", create(&house, |r| r.ends_at = at(9 + 8 * 24)).await, "OUT_OF_RANGE", "ends_at"),
        ("a crew of 21", create(&house, |r| r.crew_size = 21).await, "OUT_OF_RANGE", "crew_size"),
        ("a crew of -1", create(&house, |r| r.crew_size = -1).await, "OUT_OF_RANGE", "crew_size"),
        ("no price", create(&house, |r| r.price_terms = None).await, "REQUIRED", "price_terms"),
        (
            "a price without a base",
            create(&house, |r| r.price_terms = Some(v1::PriceTerms::default())).await,
            "REQUIRED",
            "price_terms.base",
        ),
        ("a price below zero", create(&house, |r| r.price_terms = Some(fixed(-1))).await, "NEGATIVE", "price_terms.fixed"),
        (
            "many mistakes in a price",
            create(&house, |r| {
                let per_hour = v1::PerHour { rate: Some(euros(1)), hours: "1e3".into() };
                let extra = v1::Extra { label: "x".into(), quantity: "NaN".into(), unit_price: None };
                r.price_terms = Some(v1::PriceTerms {
                    base: Some(v1::price_terms::Base::PerHour(per_hour)),
                    extras: vec![extra],
                    discount: Some(v1::price_terms::Discount::DiscountPercent("10%".into())),
                });
            })
            .await,
            "INVALID_DECIMAL INVALID_DECIMAL REQUIRED INVALID_DECIMAL",
            "price_terms.per_hour.hours price_terms.extras[0].quantity price_terms.extras[0].unit_price price_terms.discount_percent",
        ),
        (
            "a discount of more than all",
            create(&house, |r| {
                r.price_terms.as_mut().unwrap().discount = Some(v1::price_terms::Discount::DiscountAmount(euros(101)));
            })
            .await,
            "TOO_LARGE",
            "price_terms.discount_amount",
        ),
        ("overlong comments", create(&house, |r| r.client_comments = "x".repeat(2_001)).await, "TOO_LONG", "client_comments"),
        ("control characters", create(&house, |r| r.client_comments = "a\u{0}b".into()).await, "CONTROL_CHARACTER", "client_comments"),
        ("101 items", create(&house, |r| r.checklist = vec!["x".into(); 101]).await, "TOO_MANY", "checklist"),
        ("an empty item", create(&house, |r| r.checklist = vec!["x".into(), String::new()]).await, "REQUIRED", "checklist[1]"),
        (
            "everything at once",
            create(&house, |r| {
                r.customer_id = "1".into();
                r.service_type = 0;
                r.crew_size = 99;
            })
            .await,
            "INVALID_ID REQUIRED OUT_OF_RANGE",
            "customer_id service_type crew_size",
        ),
    ]);
    assert!(house.bed.published().await.is_empty(), "nothing half written");
}

#[tokio::test]
async fn wrong_changes_are_refused() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    let order = house.assign(&house.order(9, 12).await, anna).await.unwrap();
    let order = house.assign(&order, house.employee(102).await).await.unwrap();
    let c = &mut house.manager();
    let terms = |terms| move |o: &mut v1::Order| o.price_terms = terms;
    check(vec![
        ("no order", answer(c.update_order(v1::UpdateOrderRequest::default()).await).map(drop), "REQUIRED", "order"),
        ("no mask", update(c, &order, &[], |_| ()).await, "REQUIRED", "update_mask"),
        ("an unknown field", update(c, &order, &["crew_size", "status"], |_| ()).await, "UNKNOWN_FIELD", "update_mask"),
        ("no id", update(c, &order, &["crew_size"], |o| o.id.clear()).await, "REQUIRED", "order.id"),
        ("an unknown id", update(c, &order, &["crew_size"], |o| o.id = UNKNOWN.into()).await, "order not found", "order.id"),
        ("no version", update(c, &order, &["crew_size"], |o| o.version = 0).await, "REQUIRED", "order.version"),
        ("a crew of none", update(c, &order, &["crew_size"], |o| o.crew_size = 0).await, "OUT_OF_RANGE", "order.crew_size"),
        ("a crew too small", update(c, &order, &["crew_size"], |o| o.crew_size = 1).await, "CREW_TOO_SMALL", "order.crew_size"),
        ("no address", update(c, &order, &["address"], |o| o.address = None).await, "REQUIRED", "order.address"),
        ("two places", update(c, &order, &["address", "property_id"], |_| ()).await, "AMBIGUOUS", "order.address"),
        ("no price", update(c, &order, &["price_terms"], terms(None)).await, "REQUIRED", "order.price_terms"),
        ("a price below zero", update(c, &order, &["price_terms"], terms(Some(fixed(-1)))).await, "NEGATIVE", "order.price_terms.fixed"),
        (
            "an unknown item",
            update(c, &order, &["checklist"], |o| o.checklist[1].id = UNKNOWN.into()).await,
            "UNKNOWN",
            "order.checklist[1].id",
        ),
        ("an empty item", update(c, &order, &["checklist"], |o| o.checklist[1].text.clear()).await, "REQUIRED", "order.checklist[1].text"),
    ]);
    assert_eq!(house.get(&order.id).await, order);
}

#[tokio::test]
async fn wrong_commands_are_refused() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    let draft = house.order(9, 12).await;
    let assigned = house.assign(&draft, anna).await.unwrap();
    let c = &mut house.manager();
    let assign =
        |order: &v1::Order, employee: &str| v1::AssignEmployeeRequest { employee_id: employee.into(), ..assign_request(order, anna) };
    let start = |id: &str, version| v1::StartOrderRequest { id: id.into(), version };
    let (id, version) = (assigned.id.clone(), assigned.version);
    let schedule = |starts_at, ends_at| v1::ScheduleOrderRequest { id: id.clone(), starts_at, ends_at, version };
    let at = |hours| Some(write::timestamp(hour(hours)));
    check(vec![
        ("an unknown order", answer(c.start_order(start(UNKNOWN, 1)).await).map(drop), "order not found", "id"),
        ("no id, no version", answer(c.start_order(start("", 0)).await).map(drop), "REQUIRED REQUIRED", "id version"),
        ("starting a draft", answer(c.start_order(start(&id, version)).await).map(drop), "WRONG_TRANSITION", ""),
        (
            "completing a draft",
            answer(c.complete_order(v1::CompleteOrderRequest { id: id.clone(), version }).await).map(drop),
            "WRONG_TRANSITION",
            "",
        ),
        (
            "canceling for no reason",
            answer(c.cancel_order(v1::CancelOrderRequest { id: id.clone(), reason: " ".into(), version }).await).map(drop),
            "REQUIRED",
            "reason",
        ),
        ("an end before the start", answer(c.schedule_order(schedule(None, at(9))).await).map(drop), "NOT_AFTER_START", "ends_at"),
        ("eight days", answer(c.schedule_order(schedule(at(9), at(9 + 8 * 24))).await).map(drop), "OUT_OF_RANGE", "ends_at"),
        ("nobody", answer(c.assign_employee(assign(&assigned, "")).await).map(drop), "REQUIRED", "employee_id"),
        ("an unknown employee", answer(c.assign_employee(assign(&assigned, UNKNOWN)).await).map(drop), "employee not found", "employee_id"),
        ("somebody twice", house.assign(&assigned, anna).await.map(drop), "ALREADY_ASSIGNED", "employee_id"),
        (
            "taking off nobody",
            answer(c.unassign_employee(v1::UnassignEmployeeRequest { id: id.clone(), employee_id: UNKNOWN.into(), version }).await)
                .map(drop),
            "NOT_ASSIGNED",
            "employee_id",
        ),
        (
            "an empty comment",
            answer(c.add_order_comment(v1::AddOrderCommentRequest { id: id.clone(), text: "\n".into() }).await).map(drop),
            "REQUIRED",
            "text",
        ),
        (
            "an overlong comment",
            answer(c.add_order_comment(v1::AddOrderCommentRequest { id: id.clone(), text: "x".repeat(2_001) }).await).map(drop),
            "TOO_LONG",
            "text",
        ),
        (
            "an unknown item",
            answer(
                c.set_checklist_item_done(v1::SetChecklistItemDoneRequest { id: id.clone(), item_id: UNKNOWN.into(), done: true }).await,
            )
            .map(drop),
            "checklist item not found",
            "item_id",
        ),
        (
            "moving to where it is",
            answer(
                c.move_order(v1::MoveOrderRequest {
                    id: id.clone(),
                    customer_id: draft.customer_id.clone(),
                    version,
                    ..Default::default()
                })
                .await,
            )
            .map(drop),
            "UNCHANGED",
            "customer_id",
        ),
    ]);
    assert_eq!(house.get(&assigned.id).await, assigned);
}

#[tokio::test]
async fn wrong_lists_are_refused() {
    let house = House::new().await;
    house.customer(1, 1).await;
    for n in 0..3 {
        house.order(n, n + 1).await;
    }
    let c = &mut house.manager();
    let first = v1::ListOrdersRequest { page_size: Some(1), ..Default::default() };
    let token = answer(c.list_orders(first).await).unwrap().next_page_token;
    assert!(!token.is_empty());
    check(vec![
        ("a page of none", list(c, |r| r.page_size = Some(0)).await, "OUT_OF_RANGE", "page_size"),
        ("a page of -1", list(c, |r| r.page_size = Some(-1)).await, "OUT_OF_RANGE", "page_size"),
        ("a page of 10^9", list(c, |r| r.page_size = Some(1_000_000_000)).await, "OUT_OF_RANGE", "page_size"),
        ("a token made up", list(c, |r| r.page_token = "made up".into()).await, "INVALID_TOKEN", "page_token"),
        ("a token of another order", list(c, |r| (r.order_by, r.page_token) = (2, token.clone())).await, "WRONG_LIST", "page_token"),
        (
            "a token of another filter",
            list(c, |r| {
                r.filter.as_mut().unwrap().needs_crew = Some(true);
                r.page_token = token.clone();
            })
            .await,
            "WRONG_LIST",
            "page_token",
        ),
        ("an unknown order", list(c, |r| r.order_by = 9).await, "UNKNOWN_VALUE", "order_by"),
        ("an unknown status", list(c, |r| r.filter.as_mut().unwrap().statuses = vec![1, 9]).await, "UNKNOWN_VALUE", "filter.statuses[1]"),
        ("no status", list(c, |r| r.filter.as_mut().unwrap().statuses = vec![0]).await, "REQUIRED", "filter.statuses[0]"),
        ("no customer's id", list(c, |r| r.filter.as_mut().unwrap().customer_id = "x".into()).await, "INVALID_ID", "filter.customer_id"),
        ("no employee's id", list(c, |r| r.filter.as_mut().unwrap().employee_id = "x".into()).await, "INVALID_ID", "filter.employee_id"),
    ]);
}

#[tokio::test]
async fn a_batch_answers_each_question_for_itself() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let order = house.order(9, 12).await;
    let c = &mut house.manager();

    let ids = vec![UNKNOWN.into(), order.id.clone(), "no id".into(), order.id.clone()];
    let results = answer(c.batch_get_orders(v1::BatchGetOrdersRequest { read_mask: None, ids: ids.clone() }).await).unwrap().results;
    let answers: Vec<_> = results.iter().map(|r| (r.id.clone(), of_order(r.result.clone().unwrap()))).collect();
    let expected = ["order not found id", "ok", "INVALID_ID id", "ok"].map(str::to_owned);
    assert_eq!(answers, ids.into_iter().zip(expected).collect::<Vec<_>>());

    let wrong = v1::ListOrdersRequest { page_size: Some(0), ..Default::default() };
    let forged = v1::ListOrdersRequest { page_token: "x".into(), ..Default::default() };
    let requests = vec![wrong, v1::ListOrdersRequest::default(), forged, v1::ListOrdersRequest::default()];
    let results =
        answer(c.batch_list_orders(v1::BatchListOrdersRequest { read_mask: None, omit_cursors: false, requests }).await).unwrap().results;
    let answers: Vec<_> = results.into_iter().map(|r| of_page(r.result.unwrap())).collect();
    assert_eq!(answers, ["OUT_OF_RANGE page_size", "1 orders", "INVALID_TOKEN page_token", "1 orders"]);
}

#[tokio::test]
async fn batches_have_a_limit() {
    let house = House::new().await;
    let c = &mut house.manager();
    let ids = |count| v1::BatchGetOrdersRequest { read_mask: None, ids: vec![UNKNOWN.into(); count] };
    let lists = |count| v1::BatchListOrdersRequest {
        read_mask: None,
        omit_cursors: false,
        requests: vec![v1::ListOrdersRequest::default(); count],
    };
    let history = |count| v1::BatchListOrderHistoryRequest { queries: vec![HistoryQuery::default(); count] };
    check(vec![
        ("no ids", answer(c.batch_get_orders(ids(0)).await).map(drop), "OUT_OF_RANGE", "ids"),
        ("10,001 ids", answer(c.batch_get_orders(ids(10_001)).await).map(drop), "OUT_OF_RANGE", "ids"),
        ("1,001 lists", answer(c.batch_list_orders(lists(1_001)).await).map(drop), "OUT_OF_RANGE", "requests"),
        ("1,001 histories", answer(c.batch_list_order_history(history(1_001)).await).map(drop), "OUT_OF_RANGE", "queries"),
    ]);
    assert_eq!(answer(c.batch_get_orders(ids(10_000)).await).unwrap().results.len(), 10_000);
    assert_eq!(answer(c.batch_list_orders(lists(1_000)).await).unwrap().results.len(), 1_000);
}

fn of_order(result: order_result::Result) -> String {
    match result {
        order_result::Result::Order(_) => "ok".into(),
        order_result::Result::Error(status) => spell(told(&from_rpc_status(&status))),
    }
}

fn of_page(result: orders_page_result::Result) -> String {
    match result {
        orders_page_result::Result::Page(page) => format!("{} orders", page.orders.len()),
        orders_page_result::Result::Error(status) => spell(told(&from_rpc_status(&status))),
    }
}

fn spell((code, field): (String, String)) -> String {
    format!("{code} {field}")
}
