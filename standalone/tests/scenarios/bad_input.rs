//! Bad input gets the typed error with the field's path and what is allowed, and nothing is written.

use serde_json::{Value, json};
use testkit::Graph;

use super::stage::{at, customer, manager, order};

/// An id in form, of nothing.
const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// The only user error of a mutation: its field and code.
async fn refused(by: &Graph, mutation: &str, selection: &str, input: Value) -> (String, String) {
    let payload = by.attempt(mutation, selection, input.clone()).await;
    let errors = payload["userErrors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{mutation} {input}: {payload}");
    assert!(errors[0]["message"].as_str().unwrap().len() > 10, "{payload}");
    (errors[0]["field"].as_str().unwrap_or_default().to_owned(), errors[0]["code"].as_str().unwrap().to_owned())
}

fn with(base: &Value, path: &str, value: Value) -> Value {
    let mut changed = base.clone();
    *changed.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
    changed
}

#[tokio::test]
async fn customers() {
    let office = manager().await;
    let good = json!({
        "type": "PERSON", "name": "Good Customer", "phone": "+37129000001", "email": "good@example.com", "registrationNumber": "",
        "properties": [{ "label": "", "address": { "street": "Jomas iela 1", "city": "Jūrmala" }, "areaM2": "55" }],
    });
    let table = [
        ("/name", json!(""), "name", "REQUIRED"),
        ("/name", json!("x".repeat(201)), "name", "TOO_LONG"),
        ("/name", json!("a\u{0}b"), "name", "CONTROL_CHARACTER"),
        ("/phone", json!("12"), "phone", "INVALID_PHONE"),
        ("/email", json!("nobody"), "email", "INVALID_EMAIL"),
        ("/registrationNumber", json!("40003000000"), "registrationNumber", "NOT_ALLOWED"),
        ("/properties/0/address/city", json!(" "), "properties[0].address.city", "REQUIRED"),
        ("/properties/0/areaM2", json!("1e9"), "properties[0].areaM2", "INVALID_DECIMAL"),
    ];
    for (path, value, field, code) in table {
        let got = refused(&office, "customerCreate", "customer { id }", with(&good, path, value)).await;
        assert_eq!((got.0.as_str(), got.1.as_str()), (field, code), "{path}");
    }
    let unknown = json!({ "id": format!("customer_{NOBODY}"), "version": 1, "name": "New" });
    assert_eq!(refused(&office, "customerUpdate", "customer { id }", unknown).await.1, "NOT_FOUND");
    let other_kind = json!({ "id": format!("order_{NOBODY}"), "version": 1, "name": "New" });
    assert_eq!(refused(&office, "customerUpdate", "customer { id }", other_kind).await, ("id".into(), "INVALID_ID".into()));
}

#[tokio::test]
async fn orders() {
    let office = manager().await;
    let client = customer(&office, "Bad Input").await;
    let taken = order(&office, &client, 20, 9, 1).await;
    let good = json!({
        "customerId": client["id"], "serviceType": "SERVICE_CLEANING", "crewSize": 1, "startsAt": at(20, 9), "endsAt": at(20, 11),
        "priceTerms": { "perHour": { "rate": { "amount": "20.00", "currencyCode": "EUR" }, "hours": "2" } }, "clientComments": "",
    });
    let table = [
        ("/customerId", json!(format!("customer_{NOBODY}")), "customerId", "NOT_FOUND"),
        ("/customerId", json!("{\"$gt\":\"\"}"), "customerId", "INVALID_ID"),
        ("/endsAt", json!(at(20, 9)), "endsAt", "NOT_AFTER_START"),
        ("/endsAt", json!(at(29, 9)), "endsAt", "OUT_OF_RANGE"),
        ("/crewSize", json!(21), "crewSize", "OUT_OF_RANGE"),
        ("/priceTerms/perHour/rate/amount", json!("20.001"), "priceTerms.perHour.rate.amount", "TOO_PRECISE"),
        ("/priceTerms/perHour/rate/currencyCode", json!("EURO"), "priceTerms.perHour.rate.currencyCode", "INVALID_CURRENCY"),
        ("/priceTerms/perHour/hours", json!("0"), "priceTerms.perHour.hours", "OUT_OF_RANGE"),
        ("/clientComments", json!("x".repeat(2_001)), "clientComments", "TOO_LONG"),
    ];
    for (path, value, field, code) in table {
        let got = refused(&office, "orderCreate", "order { id }", with(&good, path, value)).await;
        assert_eq!((got.0.as_str(), got.1.as_str()), (field, code), "{path}");
    }

    // A stale version is a conflict that carries the current one.
    let stale = json!({ "id": taken["id"], "version": 77, "clientComments": "late" });
    let payload = office.attempt("orderUpdate", "order { id }", stale).await;
    assert_eq!(payload["userErrors"][0]["code"], "VERSION_CONFLICT", "{payload}");
    assert_eq!(payload["userErrors"][0]["currentVersion"], taken["version"], "{payload}");
    // A wrong transition names both states.
    let wrong = json!({ "id": taken["id"], "version": taken["version"] });
    let payload = office.attempt("orderComplete", "order { id }", wrong).await;
    assert_eq!(payload["userErrors"][0]["code"], "WRONG_TRANSITION");
    let message = payload["userErrors"][0]["message"].as_str().unwrap();
    assert!(message.contains("DRAFT") && message.contains("COMPLETED"), "{message}");
    let nothing = json!({ "id": taken["id"], "version": taken["version"] });
    assert_eq!(refused(&office, "orderUpdate", "order { id }", nothing).await.1, "REQUIRED");
    let uncanceled = json!({ "id": taken["id"], "version": taken["version"], "reason": " " });
    assert_eq!(refused(&office, "orderCancel", "order { id }", uncanceled).await, ("reason".into(), "REQUIRED".into()));

    // Nothing was written by all of this.
    let now = office.data("query($id: ID!) { customer(id: $id) { orders { nodes { id version } } } }", json!({ "id": client["id"] })).await;
    assert_eq!(now["customer"]["orders"]["nodes"], json!([{ "id": taken["id"], "version": taken["version"] }]));
}

#[tokio::test]
async fn pages() {
    let office = manager().await;
    let client = customer(&office, "Paged").await;
    for hour in [6, 9, 12] {
        order(&office, &client, 21, hour, 1).await;
    }
    let violations = async |query: &str, variables: Value| {
        let reply = office.run(query, variables).await;
        let error = &reply.body["errors"][0];
        assert_eq!(error["extensions"]["code"], "INVALID", "{query}: {reply:?}");
        let violation = &error["extensions"]["violations"][0];
        (violation["field"].as_str().unwrap().to_owned(), violation["code"].as_str().unwrap().to_owned())
    };
    let list = "query($first: Int, $after: String) { orders(first: $first, after: $after) { nodes { id } } }";
    for first in [0, -1, 101, 1_000_000_000] {
        assert_eq!(violations(list, json!({ "first": first })).await, ("first".into(), "OUT_OF_RANGE".into()), "{first}");
    }
    assert_eq!(violations(list, json!({ "after": "made up" })).await, ("after".into(), "INVALID_TOKEN".into()));
    let page = office.data("{ customers(first: 1) { pageInfo { endCursor } } }", json!({})).await;
    assert_eq!(
        violations(list, json!({ "after": page["customers"]["pageInfo"]["endCursor"] })).await,
        ("after".into(), "WRONG_LIST".into())
    );

    // One list of several that is asked wrongly fails alone.
    let reply = office.run("{ good: orders(first: 1) { nodes { id } } bad: orders(first: 0) { nodes { id } } }", json!({})).await;
    assert!(reply.body["data"]["good"]["nodes"][0]["id"].is_string() && reply.body["data"]["bad"].is_null(), "{reply:?}");
    assert_eq!(reply.body["errors"][0]["path"], json!(["bad"]));

    let unknown = office.run("query($id: ID!) { order(id: $id) { id } me { role } }", json!({ "id": format!("order_{NOBODY}") })).await;
    assert_eq!((unknown.codes(), &unknown.body["errors"][0]["path"]), (vec!["NOT_FOUND"], &json!(["order"])));
    assert_eq!(unknown.body["data"], json!({ "order": null, "me": { "role": "MANAGER" } }));
    let wrong_kind = office.run("query($id: ID!) { order(id: $id) { id } }", json!({ "id": "nonsense" })).await;
    assert_eq!(wrong_kind.codes(), ["INVALID"]);
}
