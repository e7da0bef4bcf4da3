//! Who may do what.

use contracts::crm::{api::v1::HistoryQuery, customer::v1};
use futures::future::BoxFuture;
use kernel::Role;
use testkit::matrix;
use tonic::Status;

use crate::office::{Client, Office, organisation, property, seen, told};

const SERVICE: &str = "crm.customer.v1.CustomerService";
const OFFICE: &[Role] = &[Role::Manager, Role::Admin];
const ADMINS: &[Role] = &[Role::Admin];

/// A method, those who may call it, and a call that is fine but for the caller.
type Row = (&'static str, &'static [Role], fn(Client, v1::Customer) -> BoxFuture<'static, Result<(), Status>>);

/// A call with a request made of the customer.
macro_rules! call {
    ($method:ident, |$customer:ident| $request:expr) => {
        |mut client, $customer| Box::pin(async move { client.$method($request).await.map(drop) })
    };
}

/// Every method of the service. The customer is active, for some methods archived, and has a place and a note.
const ROWS: &[Row] = &[
    ("CreateCustomer", OFFICE, call!(create_customer, |_it| organisation("Another"))),
    ("GetCustomer", OFFICE, call!(get_customer, |it| v1::GetCustomerRequest { id: it.id })),
    ("BatchGetCustomers", OFFICE, call!(batch_get_customers, |it| v1::BatchGetCustomersRequest { read_mask: None, ids: vec![it.id] })),
    ("ListCustomers", OFFICE, call!(list_customers, |_it| v1::ListCustomersRequest::default())),
    (
        "BatchListCustomers",
        OFFICE,
        call!(batch_list_customers, |_it| v1::BatchListCustomersRequest {
            read_mask: None,
            omit_cursors: false,
            requests: vec![v1::ListCustomersRequest::default()]
        }),
    ),
    (
        "SearchCustomers",
        OFFICE,
        call!(search_customers, |it| v1::SearchCustomersRequest { text: it.name, ..v1::SearchCustomersRequest::default() }),
    ),
    (
        "UpdateCustomer",
        OFFICE,
        call!(update_customer, |it| v1::UpdateCustomerRequest {
            customer: Some(v1::Customer { name: "Renamed".into(), ..it }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["name".into()] }),
        }),
    ),
    ("ArchiveCustomer", OFFICE, call!(archive_customer, |it| v1::ArchiveCustomerRequest { id: it.id, version: it.version })),
    ("RestoreCustomer", OFFICE, call!(restore_customer, |it| v1::RestoreCustomerRequest { id: it.id, version: it.version })),
    ("DeleteCustomer", ADMINS, call!(delete_customer, |it| v1::DeleteCustomerRequest { id: it.id, version: it.version })),
    (
        "AddProperty",
        OFFICE,
        call!(add_property, |it| v1::AddPropertyRequest { customer_id: it.id, version: it.version, property: Some(property("Iela 2")) }),
    ),
    (
        "UpdateProperty",
        OFFICE,
        call!(update_property, |it| v1::UpdatePropertyRequest {
            property: Some(v1::Property { label: "Home".into(), ..it.properties[0].clone() }),
            customer_id: it.id,
            version: it.version,
        }),
    ),
    (
        "RemoveProperty",
        OFFICE,
        call!(remove_property, |it| v1::RemovePropertyRequest {
            property_id: it.properties[0].id.clone(),
            customer_id: it.id,
            version: it.version,
        }),
    ),
    ("AddCustomerNote", OFFICE, call!(add_customer_note, |it| v1::AddCustomerNoteRequest { customer_id: it.id, text: "note".into() })),
    (
        "RemoveCustomerNote",
        OFFICE,
        call!(remove_customer_note, |it| v1::RemoveCustomerNoteRequest { note_id: it.notes[0].id.clone(), customer_id: it.id }),
    ),
    (
        "BatchListCustomerHistory",
        OFFICE,
        call!(batch_list_customer_history, |it| v1::BatchListCustomerHistoryRequest {
            queries: vec![HistoryQuery { entity_id: it.id, ..HistoryQuery::default() }],
        }),
    ),
];

/// A customer on whom the method can be called.
async fn fixture(office: &Office, method: &str) -> v1::Customer {
    let customer = match method {
        "RestoreCustomer" | "DeleteCustomer" => office.archived("Anna").await,
        _ => office.customer("Anna").await,
    };
    let note = v1::AddCustomerNoteRequest { customer_id: customer.id, text: "note".into() };
    office.manager().add_customer_note(note).await.unwrap().into_inner().customer.unwrap()
}

#[tokio::test]
async fn every_method_lets_in_exactly_the_roles_of_its_row() {
    matrix::every_method_has_a_row(SERVICE, ROWS.iter().map(|(method, ..)| *method));

    let office = Office::open().await;
    for (method, allowed, call) in ROWS {
        for role in [Role::Employee, Role::Manager, Role::Admin] {
            let customer = fixture(&office, method).await;
            let events = office.bed.published().await.len();
            let outcome = call(office.client(role), customer.clone()).await.map(tonic::Response::new);
            if allowed.contains(&role) {
                assert_eq!(seen(outcome), "ok", "{method} by {role:?}");
            } else {
                assert_eq!(seen(outcome), "denied", "{method} by {role:?}");
                assert_eq!(office.read(&customer.id).await, customer, "{method} by {role:?} changed something");
                assert_eq!(office.bed.published().await.len(), events, "{method} by {role:?} told something");
            }
        }
        // Who may not call is refused whatever they send.
        let nonsense = v1::Customer { properties: vec![v1::Property::default()], notes: vec![v1::Note::default()], ..Default::default() };
        for role in [Role::Employee, Role::Manager, Role::Admin].iter().filter(|role| !allowed.contains(role)) {
            let outcome = call(office.client(*role), nonsense.clone()).await.map(tonic::Response::new);
            assert_eq!(seen(outcome), "denied", "{method} with nonsense by {role:?}");
        }
        let customer = fixture(&office, method).await;
        let outcome = call(office.stranger(), customer).await.map(tonic::Response::new);
        assert_eq!(seen(outcome), "not signed in", "{method} without a token");
    }
}

#[tokio::test]
async fn another_companys_customers_do_not_exist() {
    let office = Office::open().await;
    let other = office.bed.env.new_id();
    office.bed.store.add_company(other).await.unwrap();
    let customer = fixture(&office, "GetCustomer").await;
    let admin = || office.client_of(other, Role::Admin);

    for (method, _, call) in ROWS {
        let outcome = call(admin(), customer.clone()).await;
        match (*method, outcome) {
            ("CreateCustomer" | "ListCustomers" | "BatchListCustomers" | "SearchCustomers", outcome) => outcome.unwrap(),
            // Their answers are looked at below.
            ("BatchGetCustomers" | "BatchListCustomerHistory", outcome) => outcome.unwrap(),
            (_, Err(status)) => {
                let told = told(&contracts::error::from_status(&status));
                assert!(told.starts_with("not found: customer"), "{method}: {told}");
            }
            (_, Ok(())) => panic!("{method} reached another company's customer"),
        }
    }
    let listed = admin().list_customers(v1::ListCustomersRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.customers.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["Another"]);
    let text = customer.name.clone();
    let found = admin().search_customers(v1::SearchCustomersRequest { text, ..Default::default() }).await.unwrap().into_inner();
    assert!(found.customers.is_empty());
    let got = admin()
        .batch_get_customers(v1::BatchGetCustomersRequest { read_mask: None, ids: vec![customer.id.clone()] })
        .await
        .unwrap()
        .into_inner();
    assert!(matches!(got.results[0].result, Some(v1::customer_result::Result::Error(_))));
    assert_eq!(office.read(&customer.id).await, customer);
}
