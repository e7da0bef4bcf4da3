//! The CRM that the scenarios play on: one for all of them, each with people and customers of its own.

#[path = "theatre.rs"]
mod theatre;

use std::sync::atomic::{AtomicU32, Ordering};

use runtime::settings::Settings;
use serde_json::{Value, json};
use standalone::{crm::Addresses, settings};
use testkit::{Graph, until};

use theatre::theatre;

/// The password of everybody in the scenarios.
pub(crate) const PASSWORD: &str = testkit::house::PASSWORD;

/// The settings of a CRM on free ports that tells how many gRPC calls a request makes.
pub(crate) fn test_settings() -> Settings {
    let mut values = Settings::new("CRM", settings::DEFAULTS, []).unwrap();
    for name in ["gateway.http", "auth.grpc", "employee.grpc", "customer.grpc", "order.grpc"] {
        values.set(&format!("{name}.port"), "0").unwrap();
    }
    values.set("gateway.development.rpc_count", "true").unwrap();
    values
}

/// Somebody who is not signed in.
pub(crate) fn stranger() -> Graph {
    Graph::new(theatre().gateway())
}

/// The first admin.
pub(crate) fn admin() -> Graph {
    stranger().with_token(&theatre().admin())
}

/// Where the services' gRPC ports are.
pub(crate) fn addresses() -> Addresses {
    theatre().addresses
}

/// A number that no other scenario has.
pub(crate) fn number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A cleaner who can be assigned: the order service has heard of them.
pub(crate) struct Cleaner {
    pub(crate) id: String,
    pub(crate) email: String,
}

/// Creates an employee with a login that waits for its first password.
pub(crate) async fn cleaner(first: &str) -> Cleaner {
    cleaner_with(first, &format!("cleaner{}@office.example", number())).await
}

/// Creates an employee with that address, and waits for their login: until it is there, it changes the employee's version
/// behind the scenario's back.
pub(crate) async fn cleaner_with(first: &str, email: &str) -> Cleaner {
    let number = number();
    let input =
        json!({ "firstName": first, "lastName": format!("Cleaner{number}"), "phone": format!("+37126{number:06}"), "email": email });
    let id = admin().change("employeeCreate", "employee { id }", input).await["employee"]["id"].clone();
    until("the login is provisioned", async || {
        let data = admin().data("query($id: ID!) { employee(id: $id) { login { status } } }", json!({ "id": id })).await;
        (data["employee"]["login"]["status"] == "PROVISIONED").then_some(())
    })
    .await;
    Cleaner { id: id.as_str().unwrap().to_owned(), email: email.to_owned() }
}

/// Gives the employee's account a role and a password, and signs in.
pub(crate) async fn signed_in(cleaner: &Cleaner, role: Option<&str>) -> Graph {
    signed_in_with(cleaner, role, PASSWORD).await
}

/// As [`signed_in`], with that password.
pub(crate) async fn signed_in_with(cleaner: &Cleaner, role: Option<&str>, password: &str) -> Graph {
    let query = "query($id: ID!) { employee(id: $id) { login { account { id version } } } }";
    let account = admin().data(query, json!({ "id": cleaner.id })).await["employee"]["login"]["account"].clone();
    if let Some(role) = role {
        let input = json!({ "accountId": account["id"], "role": role, "version": account["version"] });
        admin().change("accountChangeRole", "account { role }", input).await;
    }
    let invitation = admin().change("invitationCreate", "token", json!({ "accountId": account["id"] })).await;
    let input = json!({ "token": invitation["token"], "password": password });
    stranger().change("invitationAccept", "session { accessToken }", input).await;
    stranger().sign_in(&cleaner.email, password).await
}

/// A manager, signed in.
pub(crate) async fn manager() -> Graph {
    signed_in(&cleaner("Mara").await, Some("MANAGER")).await
}

/// Creates a customer with one property.
pub(crate) async fn customer(by: &Graph, name: &str) -> Value {
    let input = json!({
        "type": "PERSON", "name": name, "phone": format!("+37129{:06}", number()),
        "properties": [{ "label": "Home", "address": { "street": "Brīvības iela 1", "city": "Rīga" } }],
    });
    by.change("customerCreate", "customer { id version name properties { id } }", input).await["customer"].clone()
}

/// Takes an order, once the order service has heard of the customer; a day in 2030 and an hour for two hours.
pub(crate) async fn order(by: &Graph, customer: &Value, day: u32, hour: u32, crew_size: u32) -> Value {
    let input = json!({
        "customerId": customer["id"], "serviceType": "SERVICE_CLEANING", "crewSize": crew_size,
        "startsAt": at(day, hour), "endsAt": at(day, hour + 2),
        "priceTerms": { "fixed": { "amount": "80.00" } },
    });
    until("the order service knows the customer", async || {
        let payload = by.attempt("orderCreate", "order { id version status startsAt }", input.clone()).await;
        (payload["userErrors"][0]["code"] != "NOT_FOUND").then(|| payload["order"].clone())
    })
    .await
}

/// An hour of a day in March 2030.
pub(crate) fn at(day: u32, hour: u32) -> String {
    format!("2030-03-{day:02}T{hour:02}:00:00Z")
}

/// Assigns a cleaner, once the order service has heard of them; the payload may have other user errors.
pub(crate) async fn assign(by: &Graph, order: &Value, cleaner: &Cleaner) -> Value {
    until("the order service knows the cleaner", async || {
        let version = latest(by, order).await["version"].clone();
        let input = json!({ "id": order["id"], "employeeId": cleaner.id, "version": version });
        let payload = by.attempt("orderAssign", "order { id version needsCrew }", input).await;
        (payload["userErrors"][0]["code"] != "NOT_FOUND").then_some(payload)
    })
    .await
}

/// The order as it is now.
pub(crate) async fn latest(by: &Graph, order: &Value) -> Value {
    let query = "query($id: ID!) { order(id: $id) { id version status needsCrew customerName startedAt completedAt \
        assignments { employeeName employee { id } } cancellation { reason } price { total { amount currencyCode } } } }";
    by.data(query, json!({ "id": order["id"] })).await["order"].clone()
}

/// Runs a mutation of an employee at their latest version.
pub(crate) async fn change_employee(by: &Graph, mutation: &str, cleaner: &Cleaner, input: Value) -> Value {
    let data = by.data("query($id: ID!) { employee(id: $id) { version } }", json!({ "id": cleaner.id })).await;
    let mut input = input;
    input["version"] = data["employee"]["version"].clone();
    by.change(mutation, "employee { id status }", input).await
}
