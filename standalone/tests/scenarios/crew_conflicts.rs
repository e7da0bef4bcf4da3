//! Who can be assigned, when several people try at once.

use futures::future::join_all;
use serde_json::json;
use testkit::until;

use super::stage::{assign, at, change_employee, cleaner, customer, latest, manager, order};

#[tokio::test]
async fn of_many_who_assign_somebody_to_overlapping_orders_at_once_exactly_one_wins() {
    let office = manager().await;
    let (client, fay) = (customer(&office, "Busy Office").await, cleaner("Fay").await);
    let orders = join_all((0..8).map(|_| order(&office, &client, 27, 9, 1))).await;
    let outcomes = join_all(orders.iter().map(|order| assign(&office, order, &fay))).await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.iter().partition(|payload| payload["userErrors"] == json!([]));
    assert_eq!(won.len(), 1);
    assert!(lost.iter().all(|payload| payload["userErrors"][0]["code"] == "EMPLOYEE_BUSY"), "{lost:?}");
    let winner = &won[0]["order"]["id"];
    assert!(
        lost.iter().all(|payload| payload["userErrors"][0]["details"]
            .as_array()
            .unwrap()
            .contains(&json!({ "name": "orderId", "value": winner })))
    );
}

#[tokio::test]
async fn orders_that_follow_one_another_do_not_overlap() {
    let office = manager().await;
    let (client, gerd) = (customer(&office, "Back To Back").await, cleaner("Gerd").await);
    for hour in [8, 10, 12] {
        let next = order(&office, &client, 28, hour, 1).await;
        assert_eq!(assign(&office, &next, &gerd).await["userErrors"], json!([]), "{hour}");
    }
}

#[tokio::test]
async fn time_off_keeps_somebody_away_unless_a_manager_gives_a_reason() {
    let office = manager().await;
    let (client, hana) = (customer(&office, "Holiday House").await, cleaner("Hana").await);
    let away = json!({ "employeeId": hana.id, "startsAt": at(29, 0), "endsAt": at(31, 0), "reason": "holiday" });
    change_employee(&office, "timeOffAdd", &hana, away).await;
    let wanted = order(&office, &client, 30, 9, 1).await;
    let refused = until("the order service knows of the time off", async || {
        let payload = assign(&office, &wanted, &hana).await;
        if payload["userErrors"] == json!([]) {
            let input = json!({ "id": wanted["id"], "employeeId": hana.id, "version": payload["order"]["version"] });
            office.attempt("orderUnassign", "order { id }", input).await;
            return None;
        }
        Some(payload)
    })
    .await;
    assert_eq!(refused["userErrors"][0]["code"], "EMPLOYEE_ON_TIME_OFF", "{refused}");

    let version = latest(&office, &wanted).await["version"].clone();
    let input = json!({ "id": wanted["id"], "employeeId": hana.id, "version": version, "overrideReason": "she offered to come" });
    let assigned = office.change("orderAssign", "order { assignments { overrideReason employee { firstName } } }", input).await;
    assert_eq!(assigned["order"]["assignments"], json!([{ "overrideReason": "she offered to come", "employee": { "firstName": "Hana" } }]));
}
