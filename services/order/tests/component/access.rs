//! Who may do what: roles × methods, for every method of the contract.

use contracts::{
    crm::{
        api::v1::{HistoryQuery, history_result},
        order::v1::{self, order_result, order_service_client::OrderServiceClient, orders_page_result},
    },
    error::from_rpc_status,
};
use kernel::{CompanyId, EmployeeId, Error, Result};
use testkit::{Bearer, answer, bed::signed_out, matrix};
use tonic::service::interceptor::InterceptedService;

use crate::house::{House, Who, create_request, fixed, id, told};

const SERVICE: &str = "crm.order.v1.OrderService";

/// What a caller hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hears {
    /// It is done.
    Done,
    /// They may never do that.
    Denied,
    /// There is no such order, as far as they may know.
    NotFound,
    /// Nothing: a list without an order.
    Nothing,
}
use Hears::{Denied, Done, NotFound, Nothing};

/// For each method what a cleaner hears of another's order, of their own, what a manager hears, and an admin.
const MATRIX: [(&str, [Hears; 4]); 17] = [
    ("CreateOrder", [Denied, Denied, Done, Done]),
    ("GetOrder", [NotFound, Done, Done, Done]),
    ("BatchGetOrders", [NotFound, Done, Done, Done]),
    ("ListOrders", [Nothing, Done, Done, Done]),
    ("BatchListOrders", [Nothing, Done, Done, Done]),
    ("UpdateOrder", [Denied, Denied, Done, Done]),
    ("MoveOrder", [Denied, Denied, Done, Done]),
    ("ScheduleOrder", [Denied, Denied, Done, Done]),
    ("StartOrder", [NotFound, Done, Done, Done]),
    ("CompleteOrder", [NotFound, Done, Done, Done]),
    ("CancelOrder", [Denied, Denied, Done, Done]),
    ("DeleteOrder", [Denied, Denied, Denied, Done]),
    ("AssignEmployee", [Denied, Denied, Done, Done]),
    ("UnassignEmployee", [Denied, Denied, Done, Done]),
    ("AddOrderComment", [NotFound, Done, Done, Done]),
    ("SetChecklistItemDone", [NotFound, Done, Done, Done]),
    ("BatchListOrderHistory", [NotFound, Done, Done, Done]),
];

#[tokio::test]
async fn everyone_may_do_what_their_role_says_and_nothing_else() {
    let house = House::new().await;
    house.customer(1, 1).await;
    house.customer(2, 1).await;
    let (own, other) = (house.employee(101).await, house.employee(102).await);
    house.employee(103).await;
    let callers = [Who::Cleaner(other), Who::Cleaner(own), Who::Manager, Who::Admin];
    let mut hours = 0;
    let rows = MATRIX.map(|(method, expected)| (method, "an order", expected));
    matrix::check(SERVICE, rows, callers, async |method, _, who| {
        hours += 4;
        let order = order_for(&house, method, own, hours).await;
        let outcome = call(&house, who, method, &order).await;
        let heard = hears(method, &outcome);
        for order in outcome.unwrap_or_default() {
            let priced = order.price.is_some() && order.price_terms.is_some();
            assert_eq!(priced, !matches!(who, Who::Cleaner(_)), "{method} shows prices to the office alone");
            assert!(priced || (order.price.is_none() && order.price_terms.is_none()));
        }
        heard
    })
    .await;
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let house = House::new().await;
    for method in matrix::methods(SERVICE) {
        assert!(!method.public, "{}", method.name);
    }
    let mut client = OrderServiceClient::new(signed_out(&house.transport));
    let error = answer(client.get_order(v1::GetOrderRequest::default()).await).unwrap_err();
    assert_eq!(told(&error).0, "unauthenticated");
    let forged = InterceptedService::new(house.transport.clone(), Bearer::new("eyJhbGciOiJub25lIn0.e30."));
    let error = answer(OrderServiceClient::new(forged).list_orders(v1::ListOrdersRequest::default()).await).unwrap_err();
    assert_eq!(told(&error).0, "unauthenticated");
}

#[tokio::test]
async fn another_company_sees_and_changes_nothing() {
    let mut house = House::new().await;
    house.customer(1, 1).await;
    let anna = house.employee(101).await;
    let order = order_for(&house, "StartOrder", anna, 0).await;
    house.bed.company = CompanyId::from_uuid(uuid::Uuid::from_u128(2));
    for (method, expected) in [("GetOrder", NotFound), ("ListOrders", Nothing), ("StartOrder", NotFound), ("AddOrderComment", NotFound)] {
        for who in [Who::Admin, Who::Cleaner(anna)] {
            assert_eq!(hears(method, &call(&house, who, method, &order).await), expected, "{method} by {who:?}");
        }
    }
    let error = house.create(create_request(id(1), 9, 12)).await.unwrap_err();
    assert_eq!(told(&error), ("customer not found".into(), "customer_id".into()));
}

#[tokio::test]
async fn a_cleaner_lists_their_own_orders_and_cannot_ask_for_anothers() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let (own, other) = (house.employee(101).await, house.employee(102).await);
    let mine = house.assign(&house.order(9, 12).await, own).await.unwrap();
    house.assign(&house.order(9, 12).await, other).await.unwrap();
    let mut client = house.client(Who::Cleaner(own));
    let list = |employee: &str| {
        let filter = v1::OrderFilter { employee_id: employee.into(), ..Default::default() };
        v1::ListOrdersRequest { filter: Some(filter), ..Default::default() }
    };
    for employee in ["", &own.to_string()] {
        let page = answer(client.list_orders(list(employee)).await).unwrap();
        assert_eq!(page.orders.iter().map(|order| order.id.as_str()).collect::<Vec<_>>(), [mine.id.as_str()]);
    }
    let Err(Error::PermissionDenied(message)) = answer(client.list_orders(list(&other.to_string())).await) else { panic!("not refused") };
    assert!(message.contains("own orders"), "{message}");
    let requests = vec![list(""), list(&other.to_string())];
    let results = answer(client.batch_list_orders(v1::BatchListOrdersRequest { read_mask: None, omit_cursors: false, requests }).await)
        .unwrap()
        .results;
    assert!(matches!(results[0].result, Some(orders_page_result::Result::Page(_))));
    assert!(matches!(results[1].result, Some(orders_page_result::Result::Error(_))));
}

#[tokio::test]
async fn a_mask_gives_a_cleaner_no_prices() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let own = house.employee(101).await;
    let mine = house.assign(&house.order(9, 12).await, own).await.unwrap();
    let asked = async |who| {
        let read_mask = Some(prost_types::FieldMask { paths: ["id", "price", "price_terms"].map(str::to_owned).to_vec() });
        let request = v1::BatchGetOrdersRequest { ids: vec![mine.id.clone()], read_mask };
        let result = answer(house.client(who).batch_get_orders(request).await).unwrap().results.remove(0).result;
        let Some(order_result::Result::Order(order)) = result else { panic!("no order") };
        order
    };
    assert_eq!(asked(Who::Cleaner(own)).await, v1::Order { id: mine.id.clone(), ..Default::default() });
    let office = asked(Who::Admin).await;
    assert!(office.price.is_some() && office.price_terms.is_some() && office.status == 0, "{office:?}");
}

#[tokio::test]
async fn a_cleaner_reads_the_history_of_their_own_orders_without_prices() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let own = house.employee(101).await;
    let mine = house.assign(&house.order(9, 12).await, own).await.unwrap();
    let others = house.order(13, 15).await;
    let history = async |who, id: &str| {
        let queries = vec![HistoryQuery { entity_id: id.into(), ..Default::default() }];
        let request = v1::BatchListOrderHistoryRequest { queries };
        answer(house.client(who).batch_list_order_history(request).await).unwrap().results.remove(0).result.unwrap()
    };
    let prices = |result: &history_result::Result| match result {
        history_result::Result::Page(page) => page.entries.iter().flat_map(|e| &e.changes).filter(|c| c.field.starts_with("price")).count(),
        history_result::Result::Error(status) => panic!("{status:?}"),
    };
    assert!(prices(&history(Who::Manager, &mine.id).await) > 0);
    let theirs = history(Who::Cleaner(own), &mine.id).await;
    assert_eq!(prices(&theirs), 0);
    let history_result::Result::Page(page) = &theirs else { panic!("{theirs:?}") };
    let fields: Vec<_> = page.entries.iter().flat_map(|entry| &entry.changes).map(|change| change.field.as_str()).collect();
    assert!(fields.contains(&"status"), "{fields:?}");
    // It may have been another customer's before: whose and where it was is not for the crew.
    let hidden = ["customer", "address", "property", "access_notes"];
    assert!(!fields.iter().any(|field| hidden.iter().any(|hidden| field.starts_with(hidden))), "{fields:?}");
    for (id, expected) in [(others.id.as_str(), "order not found"), ("x", "INVALID_ID")] {
        let history_result::Result::Error(status) = history(Who::Cleaner(own), id).await else { panic!("not refused") };
        assert_eq!(told(&from_rpc_status(&status)), (expected.to_owned(), "entity_id".to_owned()));
    }
}

/// An order of `employee`, such that an admin may call the method on it.
async fn order_for(house: &House, method: &str, employee: EmployeeId, from: i64) -> v1::Order {
    let order = house.assign(&house.order(from, from + 2).await, employee).await.unwrap();
    if !matches!(method, "StartOrder" | "CompleteOrder") {
        return order;
    }
    let order = house.schedule(&order).await;
    if method == "StartOrder" {
        return order;
    }
    let request = v1::StartOrderRequest { id: order.id.clone(), version: order.version };
    answer(house.manager().start_order(request).await).unwrap().order.unwrap()
}

/// Calls a method on an order, and returns the orders that are in the answer.
async fn call(house: &House, who: Who, method: &str, order: &v1::Order) -> Result<Vec<v1::Order>> {
    let mut client = house.client(who);
    let (id, version) = (order.id.clone(), order.version);
    let employee = id_of(103);
    let one = |order: Option<v1::Order>| order.into_iter().collect();
    Ok(match method {
        "CreateOrder" => one(answer(client.create_order(create_request(crate::house::id(1), 1, 2)).await)?.order),
        "GetOrder" => one(answer(client.get_order(v1::GetOrderRequest { id }).await)?.order),
        "BatchGetOrders" => {
            let results = answer(client.batch_get_orders(v1::BatchGetOrdersRequest { read_mask: None, ids: vec![id] }).await)?.results;
            match results.into_iter().next().and_then(|result| result.result).unwrap() {
                order_result::Result::Order(order) => vec![order],
                order_result::Result::Error(status) => return Err(from_rpc_status(&status)),
            }
        }
        "ListOrders" => answer(client.list_orders(v1::ListOrdersRequest::default()).await)?.orders,
        "BatchListOrders" => {
            let requests = vec![v1::ListOrdersRequest::default()];
            let results =
                answer(client.batch_list_orders(v1::BatchListOrdersRequest { read_mask: None, omit_cursors: false, requests }).await)?
                    .results;
            match results.into_iter().next().and_then(|result| result.result).unwrap() {
                orders_page_result::Result::Page(page) => page.orders,
                orders_page_result::Result::Error(status) => return Err(from_rpc_status(&status)),
            }
        }
        "UpdateOrder" => {
            let order = v1::Order { price_terms: Some(fixed(1)), ..order.clone() };
            let update_mask = Some(prost_types::FieldMask { paths: vec!["price_terms".into()] });
            one(answer(client.update_order(v1::UpdateOrderRequest { order: Some(order), update_mask }).await)?.order)
        }
        "MoveOrder" => {
            let request = v1::MoveOrderRequest { id, customer_id: id_of(2), version, ..Default::default() };
            one(answer(client.move_order(request).await)?.order)
        }
        "ScheduleOrder" => {
            let request = v1::ScheduleOrderRequest { id, version, ..Default::default() };
            one(answer(client.schedule_order(request).await)?.order)
        }
        "StartOrder" => one(answer(client.start_order(v1::StartOrderRequest { id, version }).await)?.order),
        "CompleteOrder" => one(answer(client.complete_order(v1::CompleteOrderRequest { id, version }).await)?.order),
        "CancelOrder" => {
            let request = v1::CancelOrderRequest { id, reason: "rain".into(), version };
            one(answer(client.cancel_order(request).await)?.order)
        }
        "DeleteOrder" => answer(client.delete_order(v1::DeleteOrderRequest { id, version }).await).map(|_| vec![])?,
        "AssignEmployee" => {
            let request = v1::AssignEmployeeRequest { id, employee_id: employee, override_reason: String::new(), version };
            one(answer(client.assign_employee(request).await)?.order)
        }
        "UnassignEmployee" => {
            let request = v1::UnassignEmployeeRequest { id, employee_id: order.assignments[0].employee_id.clone(), version };
            one(answer(client.unassign_employee(request).await)?.order)
        }
        "AddOrderComment" => {
            let request = v1::AddOrderCommentRequest { id, text: "text".into() };
            one(answer(client.add_order_comment(request).await)?.order)
        }
        "SetChecklistItemDone" => {
            let request = v1::SetChecklistItemDoneRequest { id, item_id: order.checklist[0].id.clone(), done: true };
            one(answer(client.set_checklist_item_done(request).await)?.order)
        }
        "BatchListOrderHistory" => {
            let queries = vec![HistoryQuery { entity_id: id, ..Default::default() }];
            let results = answer(client.batch_list_order_history(v1::BatchListOrderHistoryRequest { queries }).await)?.results;
            match results.into_iter().next().and_then(|result| result.result).unwrap() {
                history_result::Result::Page(_) => vec![],
                history_result::Result::Error(status) => return Err(from_rpc_status(&status)),
            }
        }
        other => panic!("{other} is not called by this test"),
    })
}

fn hears(method: &str, outcome: &Result<Vec<v1::Order>>) -> Hears {
    match outcome {
        Ok(orders) if orders.is_empty() && matches!(method, "ListOrders" | "BatchListOrders") => Nothing,
        Ok(_) => Done,
        Err(Error::PermissionDenied(_)) => Denied,
        Err(Error::NotFound { .. }) => NotFound,
        Err(other) => panic!("{other}"),
    }
}

fn id_of(n: u128) -> String {
    uuid::Uuid::from_u128(n).to_string()
}
