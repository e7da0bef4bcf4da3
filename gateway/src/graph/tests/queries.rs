use contracts::{
    crm::{
        api::v1 as api,
        auth::v1 as auth,
        customer::v1 as customer,
        employee::v1 as employee,
        order::v1::{self as order, orders_page_result},
    },
    google::r#type::Money,
};
use kernel::Error;
use serde_json::{Value as Json, json};

use super::services::{Services, uuid};

/// An order of the customer 100 + n % 10, with the employees 300 + n % 7 and 300 + (n + 1) % 7.
fn an_order(n: usize) -> order::Order {
    let assignment = |n: usize| order::Assignment { employee_id: uuid(300 + n % 7), employee_name: "Anna".into(), ..Default::default() };
    order::Order {
        id: uuid(1_000 + n),
        version: 1,
        customer_id: uuid(100 + n % 10),
        customer_name: "Bērziņa".into(),
        assignments: vec![assignment(n), assignment(n + 1)],
        comments: vec![order::Comment {
            id: uuid(5_000 + n),
            text: "done".into(),
            author: Some(api::Actor { account_id: uuid(900), employee_id: uuid(300), service: String::new() }),
            created_at: None,
        }],
        status: order::OrderStatus::Scheduled.into(),
        price: Some(order::Price { lines: Vec::new(), total: Some(Money { currency_code: "EUR".into(), units: 42, nanos: 500_000_000 }) }),
        ..Default::default()
    }
}

fn an_employee(id: &str) -> employee::Employee {
    employee::Employee {
        id: id.to_owned(),
        version: 1,
        first_name: "Anna".into(),
        last_name: "Kalniņa".into(),
        photo: Some(employee::Photo { version: 3, width: 512, height: 512, size_bytes: 40_000 }),
        login: Some(employee::Login {
            status: employee::LoginStatus::Provisioned.into(),
            account_id: uuid(900),
            role: api::Role::Employee.into(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn orders(request: order::BatchListOrdersRequest) -> kernel::Result<order::BatchListOrdersResponse> {
    let page = |list: &order::ListOrdersRequest| {
        let size = list.page_size.unwrap_or(20);
        if !(1..=100).contains(&size) {
            let error = Error::invalid("page_size", "OUT_OF_RANGE", "must be 1 to 100");
            return orders_page_result::Result::Error(contracts::error::to_rpc_status(&error));
        }
        let orders: Vec<_> = (0..size.unsigned_abs() as usize).map(an_order).collect();
        let cursors = orders.iter().map(|order| format!("after {}", order.id)).filter(|_| !request.omit_cursors).collect();
        orders_page_result::Result::Page(order::ListOrdersResponse { orders, cursors, next_page_token: "next".into() })
    };
    let results = request.requests.iter().map(|list| order::OrdersPageResult { result: Some(page(list)) }).collect();
    Ok(order::BatchListOrdersResponse { results })
}

fn customers(request: customer::BatchGetCustomersRequest) -> kernel::Result<customer::BatchGetCustomersResponse> {
    let answer = |id: String| {
        let result = if id == uuid(100) {
            customer::customer_result::Result::Error(contracts::error::to_rpc_status(&Error::not_found("customer", &id)))
        } else {
            let name = format!("customer {id}");
            customer::customer_result::Result::Customer(customer::Customer { id: id.clone(), version: 1, name, ..Default::default() })
        };
        customer::CustomerResult { id, result: Some(result) }
    };
    Ok(customer::BatchGetCustomersResponse { results: request.ids.into_iter().map(answer).collect() })
}

fn employees(request: employee::BatchGetEmployeesRequest) -> kernel::Result<employee::BatchGetEmployeesResponse> {
    let answer = |id: String| {
        let result = if id == uuid(306) {
            employee::employee_result::Result::Error(contracts::error::to_rpc_status(&Error::not_found("employee", &id)))
        } else {
            employee::employee_result::Result::Employee(an_employee(&id))
        };
        employee::EmployeeResult { id, result: Some(result) }
    };
    Ok(employee::BatchGetEmployeesResponse { results: request.ids.into_iter().map(answer).collect() })
}

fn accounts(request: auth::BatchGetAccountsRequest) -> kernel::Result<auth::BatchGetAccountsResponse> {
    let answer = |id: String| {
        let account = auth::Account { id: id.clone(), email: "anna@example.com".into(), employee_id: uuid(300), ..Default::default() };
        auth::AccountResult { id, result: Some(auth::account_result::Result::Account(account)) }
    };
    Ok(auth::BatchGetAccountsResponse { results: request.ids.into_iter().map(answer).collect() })
}

fn services() -> Services {
    Services::default()
        .on("BatchListOrders", orders)
        .on("BatchGetCustomers", customers)
        .on("BatchGetEmployees", employees)
        .on("BatchGetAccounts", accounts)
}

#[tokio::test]
async fn fifty_orders_with_customer_employees_and_their_next_orders_are_four_calls() {
    let query = "{
        orders(first: 50) {
            nodes {
                id
                customer { id name }
                employees { id name orders(first: 3) { nodes { id startsAt } } }
            }
            pageInfo { hasNextPage endCursor }
        }
    }";
    let outcome = services().execute(query, json!({})).await;
    assert_eq!(outcome.calls, ["BatchGetCustomers", "BatchGetEmployees", "BatchListOrders", "BatchListOrders"]);
    assert_eq!(outcome.response.get("errors"), None, "{}", outcome.response);
    let nodes = outcome.response["data"]["orders"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 50);
    assert_eq!(nodes[1]["customer"]["name"], format!("customer {}", uuid(101)));
    assert_eq!(nodes[1]["employees"][0]["orders"]["nodes"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_link_to_what_is_not_found_is_null_without_an_error() {
    let query = "{ orders(first: 6) { nodes { customer { name } employees { name } assignments { employeeName employee { name } } } } }";
    let outcome = services().execute(query, json!({})).await;
    assert_eq!(outcome.response.get("errors"), None, "{}", outcome.response);
    let nodes = &outcome.response["data"]["orders"]["nodes"];
    assert_eq!(nodes[0]["customer"], Json::Null);
    assert_eq!(nodes[5]["employees"], json!([{ "name": "Anna Kalniņa" }, null]));
    assert_eq!(nodes[5]["assignments"][1], json!({ "employeeName": "Anna", "employee": null }));
    assert_eq!(outcome.calls, ["BatchGetCustomers", "BatchGetEmployees", "BatchListOrders"]);
}

#[tokio::test]
async fn nested_parts_lead_on_and_a_level_asks_each_key_once() {
    let query = "{
        orders(first: 20) {
            edges { cursor node { comments { author { account { email employee { name } } employee { login { account { email } } } } } } }
        }
    }";
    let outcome = services().execute(query, json!({})).await;
    assert_eq!(outcome.response.get("errors"), None, "{}", outcome.response);
    let author = &outcome.response["data"]["orders"]["edges"][0]["node"]["comments"][0]["author"];
    assert_eq!(author["account"]["employee"]["name"], "Anna Kalniņa");
    assert_eq!(author["employee"]["login"]["account"]["email"], "anna@example.com");
    // The third level asks for the employee and the account that the second has brought.
    assert_eq!(outcome.calls, ["BatchGetAccounts", "BatchGetEmployees", "BatchListOrders"]);
}

#[tokio::test]
async fn a_service_that_is_down_fails_its_fields_only() {
    let services = Services::default().on("BatchListOrders", orders).on("BatchGetEmployees", employees);
    let query = "{ orders(first: 1) { nodes { id customer { name } employees { name } } } customers { nodes { id } } }";
    let outcome = services.execute(query, json!({})).await;
    let data = &outcome.response["data"];
    assert_eq!(data["customers"], Json::Null);
    assert!(data.as_object().unwrap().contains_key("customers"), "a field that failed is null, not missing: {data}");
    assert_eq!(
        data["orders"]["nodes"][0],
        json!({ "id": format!("order_{}", uuid(1_000)), "customer": null, "employees": [{ "name": "Anna Kalniņa" }, { "name": "Anna Kalniņa" }] })
    );
    let mut errors: Vec<_> = outcome.response["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["path"].to_string(), error["extensions"]["code"].clone(), error["message"].clone()))
        .collect();
    errors.sort_by(|a, b| a.0.cmp(&b.0));
    let message = json!("a service is unavailable; try again later");
    assert_eq!(
        errors,
        [
            (r#"["customers"]"#.to_owned(), json!("UNAVAILABLE"), message.clone()),
            (r#"["orders","nodes",0,"customer"]"#.to_owned(), json!("UNAVAILABLE"), message),
        ]
    );
}

#[tokio::test]
async fn fields_come_in_the_order_of_the_query() {
    let query = "{
        orders(first: 1) { nodes { customer { version id } version employees { name id } } pageInfo { endCursor } }
        me { role }
        viewer: me { role account { email } }
        b: orders(first: 2) { nodes { status } }
    }";
    let outcome = services().execute(query, json!({})).await;
    let names = [
        "orders",
        "nodes",
        "customer",
        "version",
        "employees",
        "name",
        "id",
        "pageInfo",
        "endCursor",
        "me",
        "role",
        "viewer",
        "role",
        "account",
        "email",
        "b",
        "status",
    ];
    let mut rest = outcome.text.as_str();
    for name in names {
        let at = rest.find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("{name} is not in its place: {}", outcome.text));
        rest = &rest[at..];
    }
}

#[tokio::test]
async fn the_viewer_is_whom_the_token_names_and_null_without_one() {
    let query = "{ me { role account { email } employee { name photo { url width } } } }";
    let outcome = services().execute(query, json!({})).await;
    let me = &outcome.response["data"]["me"];
    assert_eq!(me["role"], "MANAGER");
    assert_eq!(me["account"]["email"], "anna@example.com");
    assert_eq!(me["employee"]["photo"], json!({ "url": format!("/photos/{}/3", uuid(300)), "width": 512 }));
    assert_eq!(outcome.calls, ["BatchGetAccounts", "BatchGetEmployees"]);

    let nobody = services().execute_for(None, query, json!({})).await;
    assert_eq!(nobody.response, json!({ "data": { "me": null } }));
}

#[tokio::test]
async fn a_node_is_found_by_the_kind_in_its_id() {
    let query = "query ($id: ID!) { node(id: $id) { __typename id ... on Customer { name } ... on Employee { orders(first: 1) { nodes { id } } } } }";
    let outcome = services().execute(query, json!({ "id": format!("employee_{}", uuid(301)) })).await;
    assert_eq!(outcome.response["data"]["node"]["__typename"], "Employee");
    assert_eq!(outcome.calls, ["BatchGetEmployees", "BatchListOrders"]);

    let missing = services().execute(query, json!({ "id": format!("customer_{}", uuid(100)) })).await;
    assert_eq!(missing.response["data"], json!({ "node": null }));
    assert_eq!(missing.response["errors"][0]["extensions"]["code"], "NOT_FOUND");

    for id in
        ["", "customer", "customer_7", "order_", "property_01890a5d-ac96-774b-bcce-b302099a8057", "x_01890a5d-ac96-774b-bcce-b302099a8057"]
    {
        let wrong = services().execute(query, json!({ "id": id })).await;
        assert_eq!(wrong.response["data"], json!({ "node": null }), "{id}");
        let extensions = &wrong.response["errors"][0]["extensions"];
        assert_eq!((&extensions["code"], &extensions["violations"][0]["field"]), (&json!("INVALID"), &json!("id")), "{id}");
        assert_eq!(wrong.calls, Vec::<String>::new(), "{id}");
    }
}

#[tokio::test]
async fn the_orders_of_somebody_are_theirs_whatever_the_filter_says() {
    let query = "query ($id: ID!, $filter: OrderFilter) { employee(id: $id) { orders(first: 1, filter: $filter) { nodes { id } } } }";
    let id = format!("employee_{}", uuid(301));
    let asked = Services::default().on("BatchGetEmployees", employees).on("BatchListOrders", |request: order::BatchListOrdersRequest| {
        let filter = request.requests[0].filter.clone().unwrap();
        assert_eq!((filter.employee_id, filter.customer_id, filter.needs_crew), (uuid(301), uuid(105), Some(true)));
        orders(request)
    });
    let filter = json!({ "customerId": format!("customer_{}", uuid(105)), "employeeId": id, "needsCrew": true });
    let outcome = asked.execute(query, json!({ "id": id, "filter": filter })).await;
    assert_eq!(outcome.response.get("errors"), None, "{}", outcome.response);
    assert_eq!(outcome.calls, ["BatchGetEmployees", "BatchListOrders"]);

    let filter = json!({ "employeeId": format!("employee_{}", uuid(302)) });
    let refused = asked.execute(query, json!({ "id": id, "filter": filter })).await;
    assert_eq!(refused.response["data"], json!({ "employee": { "orders": null } }));
    assert_eq!(refused.response["errors"][0]["extensions"]["violations"][0]["field"], "filter.employeeId");
    assert_eq!(refused.calls, ["BatchGetEmployees"]);
}

#[tokio::test]
async fn services_tell_the_cursors_only_where_they_are_read() {
    for (read, omitted) in [
        ("nodes { id }", true),
        ("edges { node { id } } pageInfo { hasNextPage hasPreviousPage }", true),
        ("edges { cursor node { id } }", false),
        ("nodes { id } pageInfo { startCursor }", false),
        ("nodes { id } ... on OrderConnection { pageInfo { endCursor } }", false),
    ] {
        let asked = Services::default().on("BatchListOrders", move |request: order::BatchListOrdersRequest| {
            assert_eq!((request.omit_cursors, &request.read_mask.as_ref().unwrap().paths), (omitted, &vec!["id".to_owned()]), "{read}");
            orders(request)
        });
        let outcome = asked.execute(&format!("{{ orders(first: 2) {{ {read} }} }}"), json!({})).await;
        assert_eq!(outcome.response.get("errors"), None, "{read}: {}", outcome.response);
    }
}

#[tokio::test]
async fn services_are_asked_for_what_is_selected_and_for_no_other_field_of_it() {
    for (read, asked_for) in [
        ("price { total { amount } }", vec!["price.total"]),
        ("price { total { amount } } cost: price { lines { label } }", vec!["price"]),
        ("address { city street } address { postalCode }", vec!["address.street", "address.city", "address.postal_code"]),
        ("address { __typename }", vec!["address"]),
        ("cancellation { reason canceledBy { service } }", vec!["cancellation.reason", "cancellation.canceled_by.service"]),
        (
            "priceTerms { type extras { label } }",
            vec!["price_terms.fixed", "price_terms.per_hour", "price_terms.per_area", "price_terms.extras"],
        ),
        ("priceTerms { perHour { hours } }", vec!["price_terms.per_hour"]),
        ("assignments { overrideReason }", vec!["assignments"]),
    ] {
        let asked = Services::default().on("BatchListOrders", move |request: order::BatchListOrdersRequest| {
            assert_eq!(request.read_mask.as_ref().unwrap().paths, asked_for, "{read}");
            orders(request)
        });
        let outcome = asked.execute(&format!("{{ orders(first: 2) {{ nodes {{ {read} }} }} }}"), json!({})).await;
        assert_eq!((outcome.response.get("errors"), outcome.calls.len()), (None, 1), "{read}: {}", outcome.response);
    }
}

#[tokio::test]
async fn arguments_that_are_wrong_are_told_of_by_their_names_in_the_graph() {
    let query = "query ($first: Int, $filter: OrderFilter) { orders(first: $first, filter: $filter) { nodes { id } } }";
    for (variables, field, code) in [
        (json!({ "first": 0 }), "first", "OUT_OF_RANGE"),
        (json!({ "first": 1_000_000_000 }), "first", "OUT_OF_RANGE"),
        (json!({ "filter": { "startsFrom": "tomorrow" } }), "filter.startsFrom", "INVALID_TIME"),
        (json!({ "filter": { "customerId": format!("order_{}", uuid(1)) } }), "filter.customerId", "INVALID_ID"),
    ] {
        let outcome = services().execute(query, variables).await;
        assert_eq!(outcome.response["data"], json!({ "orders": null }));
        let extensions = &outcome.response["errors"][0]["extensions"];
        assert_eq!(extensions["code"], "INVALID");
        assert_eq!((&extensions["violations"][0]["field"], &extensions["violations"][0]["code"]), (&json!(field), &json!(code)));
    }
}

#[tokio::test]
async fn searches_are_made_at_the_same_level_and_their_nodes_lead_on() {
    let found = |request: customer::SearchCustomersRequest| {
        let customers = vec![customer::Customer { id: uuid(101), name: request.text, ..Default::default() }];
        Ok(customer::SearchCustomersResponse { customers, more: true })
    };
    let query = "{
        a: searchCustomers(text: \"berz\") { nodes { name orders(first: 2) { nodes { id } } } more }
        b: searchCustomers(text: \"371\", limit: 5) { nodes { name orders(first: 2) { nodes { id } } } more }
    }";
    let outcome = services().on("SearchCustomers", found).execute(query, json!({})).await;
    assert_eq!(outcome.response.get("errors"), None, "{}", outcome.response);
    assert_eq!(outcome.response["data"]["b"]["nodes"][0]["name"], "371");
    assert_eq!(outcome.response["data"]["a"]["more"], true);
    assert_eq!(outcome.calls, ["BatchListOrders", "SearchCustomers", "SearchCustomers"]);
}

#[tokio::test]
async fn what_is_written_out_beside_a_variable_is_validated_whether_the_variable_is_sent_or_not() {
    for (written, told) in [("bogus: 1", "unknown field \"bogus\""), ("statuses: [GONE]", "does not contain the value \"GONE\"")] {
        let query = format!("query ($types: [CustomerType!]) {{ customers(filter: {{ {written}, types: $types }}) {{ nodes {{ id }} }} }}");
        for variables in [json!({ "types": ["PERSON"] }), json!({ "types": null }), json!({})] {
            let outcome = services().execute(&query, variables).await;
            assert!(outcome.response[0]["message"].as_str().is_some_and(|message| message.contains(told)), "{}", outcome.response);
            assert_eq!(outcome.calls, Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn what_fails_inside_a_service_is_not_told() {
    let services = Services::default().on("BatchGetOrders", |_: order::BatchGetOrdersRequest| {
        Err::<order::BatchGetOrdersResponse, _>(Error::internal("the password of the database is wrong"))
    });
    let outcome = services.execute("query ($id: ID!) { order(id: $id) { id } }", json!({ "id": format!("order_{}", uuid(7)) })).await;
    assert_eq!(outcome.response["data"], json!({ "order": null }));
    assert_eq!(outcome.response["errors"][0]["message"], "internal error");
    assert_eq!(outcome.response["errors"][0]["extensions"], json!({ "code": "INTERNAL" }));
}
