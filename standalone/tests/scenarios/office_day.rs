//! From the customer's call to the end of the work.

use serde_json::json;
use testkit::until;

use super::stage::{assign, change_employee, cleaner, customer, latest, manager, order};

#[tokio::test]
async fn an_order_goes_from_the_call_to_its_end_and_follows_customer_and_crew() {
    let office = manager().await;
    let client = customer(&office, "Līga Bērziņa").await;
    let (anna, berta, other) = (cleaner("Anna").await, cleaner("Berta").await, customer(&office, "Old Town Ltd").await);
    let taken = order(&office, &client, 4, 9, 2).await;
    assert_eq!(taken["status"], "DRAFT");

    let scheduled = office
        .change("orderSchedule", "order { version status needsCrew }", json!({ "id": taken["id"], "version": taken["version"] }))
        .await;
    assert_eq!((&scheduled["order"]["status"], &scheduled["order"]["needsCrew"]), (&json!("SCHEDULED"), &json!(true)));
    for somebody in [&anna, &berta] {
        let assigned = assign(&office, &taken, somebody).await;
        assert_eq!(assigned["userErrors"], json!([]));
    }
    assert_eq!(latest(&office, &taken).await["needsCrew"], false);

    // Somebody who is busy is refused with the order that is in the way.
    let clashing = order(&office, &other, 4, 10, 1).await;
    let refused = assign(&office, &clashing, &anna).await;
    let error = &refused["userErrors"][0];
    assert_eq!(error["code"], "EMPLOYEE_BUSY", "{error}");
    assert!(error["message"].as_str().unwrap().contains("Līga Bērziņa"), "{error}");
    assert!(error["details"].as_array().unwrap().contains(&json!({ "name": "orderId", "value": taken["id"] })), "{error}");

    let started = latest(&office, &taken).await;
    office.change("orderStart", "order { status }", json!({ "id": taken["id"], "version": started["version"] })).await;
    let working = latest(&office, &taken).await;
    office.change("orderComplete", "order { status }", json!({ "id": taken["id"], "version": working["version"] })).await;
    let done = latest(&office, &taken).await;
    assert_eq!(done["status"], "COMPLETED");
    assert!(done["startedAt"].is_string() && done["completedAt"].is_string());

    // Its history tells every step, the newest first.
    let history = office
        .data("query($id: ID!) { order(id: $id) { history(first: 50) { nodes { action actor { employee { id } } changes { field from to } } } } }", json!({ "id": taken["id"] }))
        .await;
    let entries = history["order"]["history"]["nodes"].as_array().unwrap().clone();
    assert_eq!(entries.last().unwrap()["action"], "CREATED");
    let statuses: Vec<_> = entries
        .iter()
        .rev()
        .flat_map(|entry| entry["changes"].as_array().unwrap())
        .filter(|change| change["field"] == "status")
        .map(|change| change["to"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["DRAFT", "SCHEDULED", "IN_PROGRESS", "COMPLETED"]);
    assert!(entries.iter().all(|entry| entry["actor"]["employee"]["id"].is_string()), "everything was done by the manager");

    // The customer's new name reaches the order; the last service reaches the customer.
    let known = office.data("query($id: ID!) { customer(id: $id) { version } }", json!({ "id": client["id"] })).await;
    let renamed = json!({ "id": client["id"], "version": known["customer"]["version"], "name": "Līga Kalniņa" });
    office.change("customerUpdate", "customer { name }", renamed).await;
    until("the order follows the customer", async || (latest(&office, &taken).await["customerName"] == "Līga Kalniņa").then_some(())).await;
    until("the customer shows the service", async || {
        let data = office.data("query($id: ID!) { customer(id: $id) { orderCount lastServiceAt } }", json!({ "id": client["id"] })).await;
        (data["customer"]["orderCount"] == 1 && data["customer"]["lastServiceAt"].is_string()).then_some(())
    })
    .await;
}

#[tokio::test]
async fn future_orders_of_somebody_who_leaves_need_a_crew_and_say_why_in_their_history() {
    let office = manager().await;
    let (client, dora) = (customer(&office, "Stay Hotel").await, cleaner("Dora").await);
    let future = order(&office, &client, 8, 9, 1).await;
    assert_eq!(assign(&office, &future, &dora).await["order"]["needsCrew"], false);

    change_employee(&office, "employeeDeactivate", &dora, json!({ "id": dora.id })).await;
    let order = until("the order needs a crew", async || {
        let order = latest(&office, &future).await;
        (order["needsCrew"] == true).then_some(order)
    })
    .await;
    assert_eq!(order["assignments"], json!([]));

    let again = assign(&office, &future, &dora).await;
    assert_eq!(again["userErrors"][0]["code"], "EMPLOYEE_INACTIVE");
}

#[tokio::test]
async fn an_archived_customers_future_orders_are_canceled_and_no_new_ones_taken() {
    let office = manager().await;
    let client = customer(&office, "Closing Shop").await;
    let future = order(&office, &client, 9, 9, 1).await;
    let past = json!({
        "customerId": client["id"], "serviceType": "SERVICE_CLEANING", "startsAt": "2020-03-10T09:00:00Z", "endsAt": "2020-03-10T11:00:00Z",
        "priceTerms": { "fixed": { "amount": "80" } },
    });
    let past = office.change("orderCreate", "order { id version }", past).await["order"].clone();
    let version =
        office.data("query($id: ID!) { customer(id: $id) { version } }", json!({ "id": client["id"] })).await["customer"]["version"]
            .clone();
    office.change("customerArchive", "customer { status }", json!({ "id": client["id"], "version": version })).await;
    let canceled = until("the order is canceled", async || {
        let order = latest(&office, &future).await;
        (order["status"] == "CANCELED").then_some(order)
    })
    .await;
    assert!(canceled["cancellation"]["reason"].as_str().unwrap().contains("archived"));
    // Nor can a draft of the past be set to a day to come.
    let late =
        json!({ "id": past["id"], "version": past["version"], "startsAt": "2030-03-10T09:00:00Z", "endsAt": "2030-03-10T11:00:00Z" });
    let refused = office.attempt("orderSchedule", "order { id }", late).await;
    assert_eq!(refused["userErrors"][0]["code"], "CUSTOMER_ARCHIVED", "{refused}");

    let input = json!({
        "customerId": client["id"], "serviceType": "SERVICE_CLEANING", "startsAt": "2030-03-10T09:00:00Z", "endsAt": "2030-03-10T11:00:00Z",
        "priceTerms": { "fixed": { "amount": "80" } },
    });
    let refused = office.attempt("orderCreate", "order { id }", input).await;
    assert_eq!(refused["userErrors"][0]["code"], "CUSTOMER_ARCHIVED", "{refused}");
}
