use contracts::crm::{auth::v1 as auth, customer::v1 as customer, employee::v1 as employee, order::v1 as order};
use kernel::{Error, Violation};
use serde_json::{Value as Json, json};

use super::services::{Services, uuid};
use crate::operation::{Limits, Operations};

#[tokio::test]
async fn a_payload_has_the_thing_as_it_is_now_and_its_links_are_loaded_together() {
    let services = Services::default()
        .on("AssignEmployee", |request: order::AssignEmployeeRequest| {
            assert_eq!((request.id, request.employee_id, request.version), (uuid(7), uuid(302), 4));
            assert_eq!(request.override_reason, "");
            let assignment = |n| order::Assignment { employee_id: uuid(n), ..Default::default() };
            let order = order::Order { id: uuid(7), version: 5, assignments: vec![assignment(301), assignment(302)], ..Default::default() };
            Ok(order::AssignEmployeeResponse { order: Some(order) })
        })
        .on("BatchGetEmployees", |request: employee::BatchGetEmployeesRequest| {
            let answer = |id: String| {
                let person = employee::Employee { id: id.clone(), first_name: "Anna".into(), ..Default::default() };
                employee::EmployeeResult { id, result: Some(employee::employee_result::Result::Employee(person)) }
            };
            Ok(employee::BatchGetEmployeesResponse { results: request.ids.into_iter().map(answer).collect() })
        });
    let mutation = "mutation ($input: OrderAssignInput!) {
        orderAssign(input: $input) { order { version assignments { employee { firstName } } employees { id } } userErrors { code } }
    }";
    let input = json!({ "id": format!("order_{}", uuid(7)), "employeeId": format!("employee_{}", uuid(302)), "version": 4 });
    let outcome = services.execute(mutation, json!({ "input": input })).await;
    assert_eq!(outcome.response.get("errors"), None, "{}", outcome.response);
    let payload = &outcome.response["data"]["orderAssign"];
    assert_eq!(payload["order"]["version"], 5);
    assert_eq!(payload["order"]["assignments"][1]["employee"]["firstName"], "Anna");
    assert_eq!(payload["userErrors"], json!([]));
    assert_eq!(outcome.calls, ["AssignEmployee", "BatchGetEmployees"]);
    assert_eq!(budget(mutation).await, 2);
}

/// The most calls that an operation makes.
async fn budget(operation: &str) -> usize {
    let named = operation.replacen("mutation", "mutation Named", 1);
    let operation = Operations::new(Limits::default()).trusted(named).await.unwrap();
    operation.cost.unwrap().rpcs
}

#[tokio::test]
async fn the_calls_of_mutations_are_told_before_they_are_made() {
    let id = format!("order_{}", uuid(7));
    let of = async |selection: &str| budget(&format!("mutation {{ {selection} }}")).await;
    let start = format!("orderStart(input: {{ id: \"{id}\", version: 1 }})");
    let comment = format!("orderCommentAdd(input: {{ id: \"{id}\", text: \"Done.\" }})");
    // The command, and what it answers.
    assert_eq!(of(&format!("{start} {{ order {{ id status }} userErrors {{ code }} }}")).await, 1);
    // Each command for itself, with what is asked for its own payload.
    assert_eq!(of(&format!("a: {start} {{ order {{ customer {{ name }} }} }} b: {start} {{ order {{ customer {{ name }} }} }}")).await, 4);
    // What is first below a payload is asked for together; what is further down may not be.
    assert_eq!(of(&format!("{start} {{ order {{ customer {{ name }} c: customer {{ id }} employees {{ name }} }} }}")).await, 3);
    let next = "orders(first: 3) { nodes { id } }";
    assert_eq!(of(&format!("{start} {{ order {{ customer {{ {next} }} employees {{ {next} }} }} }}")).await, 5);
    // A payload's part has links of its own.
    assert_eq!(of(&format!("{comment} {{ comment {{ author {{ employee {{ name }} }} }} }}")).await, 2);
    assert_eq!(of("signOut { userErrors { code } }").await, 1);
}

#[tokio::test]
async fn an_update_names_the_fields_that_are_given_and_null_clears() {
    let services = Services::default().on("UpdateEmployee", |request: employee::UpdateEmployeeRequest| {
        let employee = request.employee.unwrap();
        assert_eq!(request.update_mask.unwrap().paths, ["phone", "email", "hourly_rate", "skills"]);
        assert_eq!((employee.phone.as_str(), employee.email.as_str(), &employee.hourly_rate), ("+37120000001", "", &None));
        assert_eq!((employee.id.clone(), employee.version), (uuid(301), 9));
        Ok(employee::UpdateEmployeeResponse { employee: Some(employee) })
    });
    let mutation =
        "mutation ($input: EmployeeUpdateInput!) { employeeUpdate(input: $input) { employee { id } userErrors { field code message } } }";
    let id = format!("employee_{}", uuid(301));
    let input = json!({ "id": id, "version": 9, "phone": "+37120000001", "email": null, "hourlyRate": null, "skills": ["windows"] });
    let outcome = services.execute(mutation, json!({ "input": input })).await;
    assert_eq!(outcome.response, json!({ "data": { "employeeUpdate": { "employee": { "id": id }, "userErrors": [] } } }));

    let nothing = services.execute(mutation, json!({ "input": { "id": id, "version": 9 } })).await;
    let errors = json!([{ "field": null, "code": "REQUIRED", "message": "at least one field to change must be given" }]);
    assert_eq!(nothing.response["data"]["employeeUpdate"], json!({ "employee": null, "userErrors": errors }));
    assert_eq!(nothing.calls, Vec::<String>::new());
}

/// What the service's answer `error` to an update of an order becomes in the payload.
async fn user_errors(error: impl Fn() -> Error + Send + Sync + 'static) -> Json {
    let services = Services::default().on("UpdateOrder", move |_: order::UpdateOrderRequest| Err::<order::UpdateOrderResponse, _>(error()));
    let mutation = "mutation ($input: OrderUpdateInput!) {
        orderUpdate(input: $input) { order { id } userErrors { field code message currentVersion details { name value } } }
    }";
    let input = json!({ "id": format!("order_{}", uuid(7)), "version": 1, "crewSize": 99 });
    let outcome = services.execute(mutation, json!({ "input": input })).await;
    assert_eq!(outcome.response.get("errors"), None, "{}", outcome.response);
    assert_eq!(outcome.response["data"]["orderUpdate"]["order"], Json::Null);
    outcome.response["data"]["orderUpdate"]["userErrors"].clone()
}

#[tokio::test]
async fn what_is_wrong_with_the_input_is_told_by_its_path_there() {
    let invalid = user_errors(|| {
        Error::Invalid(vec![
            Violation::new("order.crew_size", "OUT_OF_RANGE", "must be 1 to 20"),
            Violation::new("order.price_terms.per_area.area_m2", "REQUIRED", "must be given"),
        ])
    });
    assert_eq!(
        invalid.await,
        json!([
            { "field": "crewSize", "code": "OUT_OF_RANGE", "message": "must be 1 to 20", "currentVersion": null, "details": [] },
            { "field": "priceTerms.perArea.areaM2", "code": "REQUIRED", "message": "must be given", "currentVersion": null, "details": [] },
        ])
    );

    let missing = user_errors(|| Error::not_found("order", uuid(7)).under("order.id")).await;
    assert_eq!((&missing[0]["field"], &missing[0]["code"]), (&json!("id"), &json!("NOT_FOUND")));

    let stale = user_errors(|| Error::Conflict { resource: "order".into(), id: uuid(7), current_version: 12 }).await;
    assert_eq!(
        (&stale[0]["field"], &stale[0]["code"], &stale[0]["currentVersion"]),
        (&json!("version"), &json!("VERSION_CONFLICT"), &json!(12))
    );

    let ended = user_errors(|| Error::failed_precondition("ORDER_ENDED", "", "the order is COMPLETED").under("order")).await;
    assert_eq!((&ended[0]["field"], &ended[0]["code"]), (&Json::Null, &json!("ORDER_ENDED")));

    let busy = user_errors(|| {
        let details = [("order_id".to_owned(), uuid(8)), ("starts_at".to_owned(), "2030-01-07T08:00:00Z".to_owned())].into();
        Error::FailedPrecondition { reason: "EMPLOYEE_BUSY".into(), field: "employee_id".into(), message: "Anna is busy".into(), details }
    });
    let busy = busy.await;
    assert_eq!(busy[0]["field"], "employeeId");
    let details = json!([
        { "name": "orderId", "value": format!("order_{}", uuid(8)) },
        { "name": "startsAt", "value": "2030-01-07T08:00:00Z" },
    ]);
    assert_eq!(busy[0]["details"], details);
}

#[tokio::test]
async fn what_the_input_cannot_mend_is_an_error_of_the_field() {
    let services = Services::default().on("DeleteCustomer", |_: customer::DeleteCustomerRequest| {
        Err::<customer::DeleteCustomerResponse, _>(Error::PermissionDenied("this needs the role ADMIN".into()))
    });
    let mutation = "mutation ($input: CustomerDeleteInput!) { customerDelete(input: $input) { deletedId userErrors { code } } }";
    let input = json!({ "id": format!("customer_{}", uuid(100)), "version": 1 });
    let outcome = services.execute(mutation, json!({ "input": input })).await;
    assert_eq!(outcome.response["data"], json!({ "customerDelete": null }));
    assert_eq!(outcome.response["errors"][0]["path"], json!(["customerDelete"]));
    assert_eq!(outcome.response["errors"][0]["extensions"], json!({ "code": "PERMISSION_DENIED" }));
}

#[tokio::test]
async fn what_was_deleted_or_added_is_named() {
    let services = Services::default()
        .on("DeleteCustomer", |_: customer::DeleteCustomerRequest| Ok(customer::DeleteCustomerResponse {}))
        .on("AddCustomerNote", |request: customer::AddCustomerNoteRequest| {
            let note = |n, text: &str| customer::Note { id: uuid(n), text: text.to_owned(), ..Default::default() };
            let notes = vec![note(1, "old"), note(2, &request.text)];
            let customer = customer::Customer { id: request.customer_id, notes, ..Default::default() };
            Ok(customer::AddCustomerNoteResponse { customer: Some(customer), note_id: uuid(2) })
        });
    let mutation = "mutation ($id: ID!) {
        customerNoteAdd(input: { customerId: $id, text: \"new\" }) { note { text } customer { notes { text } } }
        customerDelete(input: { id: $id, version: 3 }) { deletedId userErrors { code } }
    }";
    let id = format!("customer_{}", uuid(100));
    let outcome = services.execute(mutation, json!({ "id": id })).await;
    assert_eq!(outcome.response["data"]["customerNoteAdd"]["note"]["text"], "new");
    assert_eq!(outcome.response["data"]["customerDelete"], json!({ "deletedId": id, "userErrors": [] }));
}

#[tokio::test]
async fn inputs_that_no_message_can_hold_are_refused_by_their_path() {
    let mutation = "mutation ($input: OrderCreateInput!) { orderCreate(input: $input) { userErrors { field code } } }";
    let good = || {
        json!({
            "customerId": format!("customer_{}", uuid(100)),
            "serviceType": "SERVICE_CLEANING",
            "startsAt": "2030-01-07T08:00:00Z",
            "endsAt": "2030-01-07T11:00:00+02:00",
            "priceTerms": { "fixed": { "amount": "80" } },
        })
    };
    for (field, value, path, code) in [
        ("customerId", json!("customer_7"), "customerId", "INVALID_ID"),
        ("customerId", json!(format!("order_{}", uuid(100))), "customerId", "INVALID_ID"),
        ("propertyId", json!(format!("customer_{}", uuid(100))), "propertyId", "INVALID_ID"),
        ("startsAt", json!("07.01.2030"), "startsAt", "INVALID_TIME"),
        ("priceTerms", json!({}), "priceTerms", "REQUIRED"),
        (
            "priceTerms",
            json!({ "fixed": { "amount": "80" }, "perHour": { "rate": { "amount": "20" }, "hours": "4" } }),
            "priceTerms",
            "AMBIGUOUS",
        ),
        ("priceTerms", json!({ "fixed": { "amount": "80.123" } }), "priceTerms.fixed.amount", "TOO_PRECISE"),
        ("priceTerms", json!({ "fixed": { "amount": "-1" } }), "priceTerms.fixed.amount", "NEGATIVE"),
        ("priceTerms", json!({ "fixed": { "amount": "8e1" } }), "priceTerms.fixed.amount", "INVALID_DECIMAL"),
        ("priceTerms", json!({ "fixed": { "amount": "80", "currencyCode": "XXQ" } }), "priceTerms.fixed.currencyCode", "INVALID_CURRENCY"),
        (
            "priceTerms",
            json!({ "fixed": { "amount": "80" }, "extras": [{ "label": "oven", "unitPrice": { "amount": "" } }] }),
            "priceTerms.extras[0].unitPrice.amount",
            "REQUIRED",
        ),
    ] {
        let mut input = good();
        input[field] = value;
        let outcome = Services::default().execute(mutation, json!({ "input": input })).await;
        assert_eq!(outcome.response, json!({ "data": { "orderCreate": { "userErrors": [{ "field": path, "code": code }] } } }), "{input}");
        assert_eq!(outcome.calls, Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_order_is_taken_as_it_was_given() {
    let services = Services::default().on("CreateOrder", |request: order::CreateOrderRequest| {
        assert_eq!(request.service_type(), order::ServiceType::ObjectCleaning);
        assert_eq!(request.starts_at.unwrap().seconds, 1_893_999_600);
        assert_eq!(request.ends_at.unwrap().seconds, 1_894_003_200);
        let terms = request.price_terms.unwrap();
        let Some(order::price_terms::Base::PerHour(base)) = terms.base else { panic!("another base") };
        let rate = base.rate.unwrap();
        assert_eq!((rate.currency_code.as_str(), rate.units, rate.nanos, base.hours.as_str()), ("EUR", 18, 500_000_000, "3"));
        assert_eq!(terms.discount, Some(order::price_terms::Discount::DiscountPercent("10".into())));
        assert_eq!(terms.extras[0].unit_price.as_ref().unwrap().units, 25);
        assert_eq!(request.checklist, ["oven", "windows"]);
        let order = order::Order { id: uuid(7), version: 1, status: order::OrderStatus::Draft.into(), ..Default::default() };
        Ok(order::CreateOrderResponse { order: Some(order) })
    });
    let mutation = "mutation ($input: OrderCreateInput!) { orderCreate(input: $input) { order { id status } userErrors { field code } } }";
    let input = json!({
        "customerId": format!("customer_{}", uuid(100)),
        "serviceType": "OBJECT_CLEANING",
        "startsAt": "2030-01-07T09:00:00+02:00",
        "endsAt": "2030-01-07T08:00:00Z",
        "priceTerms": {
            "perHour": { "rate": { "amount": "18.50" }, "hours": "3" },
            "extras": [{ "label": "oven", "unitPrice": { "amount": "25", "currencyCode": "EUR" } }],
            "discountPercent": "10",
        },
        "checklist": ["oven", "windows"],
    });
    let outcome = services.execute(mutation, json!({ "input": input })).await;
    let order = json!({ "id": format!("order_{}", uuid(7)), "status": "DRAFT" });
    assert_eq!(outcome.response, json!({ "data": { "orderCreate": { "order": order, "userErrors": [] } } }));
}

#[tokio::test]
async fn credentials_in_the_input_that_are_refused_are_the_inputs_fault() {
    let services = Services::default().on("SignIn", |request: auth::SignInRequest| {
        if request.password != "right" {
            return Err(Error::unauthenticated("SIGN_IN_FAILED", "the email address or the password is wrong"));
        }
        let account = auth::Account { id: uuid(900), email: request.email, ..Default::default() };
        let session = auth::Session { access_token: "a.b.c".into(), account: Some(account), ..Default::default() };
        Ok(auth::SignInResponse { session: Some(session) })
    });
    let mutation = "mutation ($input: SignInInput!) {
        signIn(input: $input) { session { accessToken account { email } } userErrors { field code message } }
    }";
    let input = |password: &str| json!({ "input": { "email": "anna@example.com", "password": password } });
    let right = services.execute_for(None, mutation, input("right")).await;
    let session = json!({ "accessToken": "a.b.c", "account": { "email": "anna@example.com" } });
    assert_eq!(right.response, json!({ "data": { "signIn": { "session": session, "userErrors": [] } } }));

    let wrong = services.execute_for(None, mutation, input("wrong")).await;
    let error = json!({ "field": null, "code": "SIGN_IN_FAILED", "message": "the email address or the password is wrong" });
    assert_eq!(wrong.response, json!({ "data": { "signIn": { "session": null, "userErrors": [error] } } }));
}
