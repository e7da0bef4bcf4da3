//! What wrong requests get.

use contracts::{
    crm::{
        api::v1::{Address, HistoryQuery, history_result},
        customer::v1::{self, customer_result, customers_page_result},
    },
    error::from_rpc_status,
};
use tonic::Code;

use crate::office::{Office, organisation, person, property, seen, told};

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// What was seen and what is to be seen, by case.
type Table = Vec<(&'static str, String, &'static str)>;

fn check(table: Table) {
    for (case, got, expected) in table {
        assert_eq!(got, expected, "{case}");
    }
}

fn update(customer: v1::Customer, paths: &[&str]) -> v1::UpdateCustomerRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    v1::UpdateCustomerRequest { customer: Some(customer), update_mask: Some(prost_types::FieldMask { paths }) }
}

#[tokio::test]
async fn a_new_customer_that_breaks_rules_is_refused_by_field() {
    let office = Office::open().await;
    let mut office_client = office.manager();
    let mut nested = person("Anna");
    nested.properties = vec![property("Iela 1"), property("Iela 2")];
    nested.properties[1].address.as_mut().unwrap().city = String::new();
    let no_address = v1::Property { address: None, ..property("Iela 1") };
    let country = Address { country_code: "XX".into(), ..property("Iela 1").address.unwrap() };
    let with = |property: v1::Property| v1::CreateCustomerRequest { properties: vec![property], ..person("Anna") };
    let calling = |contact: v1::Contact| v1::CreateCustomerRequest { contacts: vec![contact], ..person("Anna") };
    let contact = v1::Contact { name: "Olga".into(), ..v1::Contact::default() };

    let mut table = Table::new();
    for (case, request, expected) in [
        ("no type", v1::CreateCustomerRequest { r#type: 0, ..person("Anna") }, "invalid: type REQUIRED"),
        ("unknown type", v1::CreateCustomerRequest { r#type: 9, ..person("Anna") }, "invalid: type UNKNOWN_VALUE"),
        ("no name", person(" "), "invalid: name REQUIRED"),
        ("overlong name", person(&"ā".repeat(201)), "invalid: name TOO_LONG"),
        ("two lines", person("Anna\nOlga"), "invalid: name CONTROL_CHARACTER"),
        ("no phone", v1::CreateCustomerRequest { phone: String::new(), ..person("Anna") }, "invalid: phone INVALID_PHONE"),
        ("bad phone", v1::CreateCustomerRequest { phone: "+371 1".into(), ..person("Anna") }, "invalid: phone INVALID_PHONE"),
        ("bad email", v1::CreateCustomerRequest { email: "anna@".into(), ..person("Anna") }, "invalid: email INVALID_EMAIL"),
        (
            "a person's number",
            v1::CreateCustomerRequest { registration_number: "4000".into(), ..person("Anna") },
            "invalid: registration_number NOT_ALLOWED",
        ),
        (
            "overlong number",
            v1::CreateCustomerRequest { registration_number: "4".repeat(51), ..organisation("SIA") },
            "invalid: registration_number TOO_LONG",
        ),
        ("nested", nested, "invalid: properties[1].address.city REQUIRED"),
        ("no address", with(no_address), "invalid: properties[0].address REQUIRED"),
        (
            "no such country",
            with(v1::Property { address: Some(country), ..v1::Property::default() }),
            "invalid: properties[0].address.country_code INVALID_COUNTRY",
        ),
        ("a place with an id", with(v1::Property { id: NOBODY.into(), ..property("Iela 1") }), "invalid: properties[0].id NOT_ALLOWED"),
        (
            "area is no number",
            with(v1::Property { area_m2: "1e3".into(), ..property("Iela 1") }),
            "invalid: properties[0].area_m2 INVALID_DECIMAL",
        ),
        (
            "area below zero",
            with(v1::Property { area_m2: "-1".into(), ..property("Iela 1") }),
            "invalid: properties[0].area_m2 OUT_OF_RANGE",
        ),
        ("overlong label", with(v1::Property { label: "x".repeat(101), ..property("Iela 1") }), "invalid: properties[0].label TOO_LONG"),
        (
            "overlong notes",
            with(v1::Property { access_notes: "x".repeat(1_001), ..property("Iela 1") }),
            "invalid: properties[0].access_notes TOO_LONG",
        ),
        (
            "101 places",
            v1::CreateCustomerRequest { properties: vec![property("Iela 1"); 101], ..person("Anna") },
            "invalid: properties TOO_MANY",
        ),
        ("21 contacts", v1::CreateCustomerRequest { contacts: vec![contact.clone(); 21], ..person("Anna") }, "invalid: contacts TOO_MANY"),
        ("a contact with an id", calling(v1::Contact { id: NOBODY.into(), ..contact.clone() }), "invalid: contacts[0].id NOT_ALLOWED"),
        (
            "a contact's fields",
            calling(v1::Contact { phone: "1".into(), email: "x".into(), position: "x".repeat(101), ..v1::Contact::default() }),
            "invalid: contacts[0].name REQUIRED, contacts[0].position TOO_LONG, contacts[0].phone INVALID_PHONE, contacts[0].email INVALID_EMAIL",
        ),
    ] {
        table.push((case, seen(office_client.create_customer(request).await), expected));
    }
    check(table);
    assert!(office.bed.published().await.is_empty(), "nothing half written");
    let listed = office_client.list_customers(v1::ListCustomersRequest::default()).await.unwrap().into_inner();
    assert!(listed.customers.is_empty());
}

#[tokio::test]
async fn an_update_that_breaks_rules_is_refused_by_field_and_changes_nothing() {
    let office = Office::open().await;
    let mut client = office.manager();
    let it = office.customer("Anna").await;
    let unknown = v1::Contact { id: NOBODY.into(), name: "Olga".into(), ..v1::Contact::default() };

    let mut table = Table::new();
    for (case, request, expected) in [
        ("no customer", v1::UpdateCustomerRequest::default(), "invalid: customer REQUIRED"),
        ("no mask", v1::UpdateCustomerRequest { customer: Some(it.clone()), update_mask: None }, "invalid: update_mask REQUIRED"),
        ("empty mask", update(it.clone(), &[]), "invalid: update_mask REQUIRED"),
        ("unknown field", update(it.clone(), &["name", "status"]), "invalid: update_mask UNKNOWN_FIELD"),
        ("no id", update(v1::Customer { id: String::new(), ..it.clone() }, &["name"]), "invalid: customer.id REQUIRED"),
        ("no uuid", update(v1::Customer { id: "anna".into(), ..it.clone() }, &["name"]), "invalid: customer.id INVALID_ID"),
        ("nobody", update(v1::Customer { id: NOBODY.into(), ..it.clone() }, &["name"]), "not found: customer customer.id"),
        ("no version", update(v1::Customer { version: 0, ..it.clone() }, &["name"]), "invalid: customer.version REQUIRED"),
        ("stale version", update(v1::Customer { version: 7, ..it.clone() }, &["name"]), "conflict: customer 1"),
        ("name", update(v1::Customer { name: "x".repeat(201), ..it.clone() }, &["name"]), "invalid: customer.name TOO_LONG"),
        ("phone", update(v1::Customer { phone: "x".into(), ..it.clone() }, &["phone"]), "invalid: customer.phone INVALID_PHONE"),
        ("email", update(v1::Customer { email: "x".into(), ..it.clone() }, &["email"]), "invalid: customer.email INVALID_EMAIL"),
        ("type", update(v1::Customer { r#type: 0, ..it.clone() }, &["type"]), "invalid: customer.type REQUIRED"),
        (
            "contact unknown",
            update(v1::Customer { contacts: vec![unknown], ..it.clone() }, &["contacts"]),
            "not found: contact customer.contacts[0].id",
        ),
        (
            "contact's name",
            update(v1::Customer { contacts: vec![v1::Contact::default()], ..it.clone() }, &["contacts"]),
            "invalid: customer.contacts[0].name REQUIRED",
        ),
        (
            "contact's id",
            update(v1::Customer { contacts: vec![v1::Contact { id: "x".into(), ..v1::Contact::default() }], ..it.clone() }, &["contacts"]),
            "invalid: customer.contacts[0].id INVALID_ID",
        ),
    ] {
        table.push((case, seen(client.update_customer(request).await), expected));
    }
    check(table);
    assert_eq!(office.read(&it.id).await, it);
    // A field that the mask does not name is not looked at.
    let unnamed = update(v1::Customer { phone: "x".into(), r#type: 9, name: "Anna".into(), ..it }, &["name"]);
    assert_eq!(seen(client.update_customer(unnamed).await), "ok");
}

#[tokio::test]
async fn places_notes_and_transitions_that_break_rules_are_refused_by_field() {
    let office = Office::open().await;
    let (mut client, mut admin) = (office.manager(), office.admin());
    let it = office.customer("Anna").await;
    let (id, version) = (|| it.id.clone(), it.version);
    let nobody = || NOBODY.to_owned();
    let bad = v1::Property { address: Some(Address::default()), ..v1::Property::default() };
    let add = |customer_id, version, property| v1::AddPropertyRequest { customer_id, version, property };
    let change = |customer_id, version, property| v1::UpdatePropertyRequest { customer_id, version, property };
    let known = v1::Property { id: it.properties[0].id.clone(), ..property("Iela 1") };
    let unknown = v1::Property { id: nobody(), ..property("Iela 1") };
    let remove = |customer_id, version, property_id| v1::RemovePropertyRequest { customer_id, version, property_id };
    let note = |customer_id, text: &str| v1::AddCustomerNoteRequest { customer_id, text: text.to_owned() };
    let unnote = |customer_id, note_id| v1::RemoveCustomerNoteRequest { customer_id, note_id };
    let archive = |id, version| v1::ArchiveCustomerRequest { id, version };
    let restore = |id, version| v1::RestoreCustomerRequest { id, version };
    let delete = |id, version| v1::DeleteCustomerRequest { id, version };
    check(vec![
        ("get: no id", seen(client.get_customer(v1::GetCustomerRequest::default()).await), "invalid: id REQUIRED"),
        ("get: no uuid", seen(client.get_customer(v1::GetCustomerRequest { id: "1".into() }).await), "invalid: id INVALID_ID"),
        ("get: nobody", seen(client.get_customer(v1::GetCustomerRequest { id: nobody() }).await), "not found: customer id"),
        (
            "add: nothing",
            seen(client.add_property(add(String::new(), 0, None)).await),
            "invalid: customer_id REQUIRED, property REQUIRED, version REQUIRED",
        ),
        (
            "add: address",
            seen(client.add_property(add(id(), version, Some(bad.clone()))).await),
            "invalid: property.address.street REQUIRED, property.address.city REQUIRED",
        ),
        ("add: id", seen(client.add_property(add(id(), version, Some(unknown.clone()))).await), "invalid: property.id NOT_ALLOWED"),
        ("add: nobody", seen(client.add_property(add(nobody(), 1, Some(property("Iela 1")))).await), "not found: customer customer_id"),
        ("add: stale", seen(client.add_property(add(id(), 9, Some(property("Iela 1")))).await), "conflict: customer 1"),
        ("change: nothing", seen(client.update_property(change(id(), version, None)).await), "invalid: property REQUIRED"),
        (
            "change: no id",
            seen(client.update_property(change(id(), version, Some(property("Iela 1")))).await),
            "invalid: property.id REQUIRED",
        ),
        ("change: unknown", seen(client.update_property(change(id(), version, Some(unknown))).await), "not found: property property.id"),
        (
            "change: address",
            seen(client.update_property(change(id(), version, Some(v1::Property { address: bad.address, ..known.clone() }))).await),
            "invalid: property.address.street REQUIRED, property.address.city REQUIRED",
        ),
        ("change: stale", seen(client.update_property(change(id(), 9, Some(known))).await), "conflict: customer 1"),
        (
            "remove: nothing",
            seen(client.remove_property(remove(String::new(), 0, String::new())).await),
            "invalid: customer_id REQUIRED, property_id REQUIRED, version REQUIRED",
        ),
        ("remove: unknown", seen(client.remove_property(remove(id(), version, nobody())).await), "not found: property property_id"),
        ("note: empty", seen(client.add_customer_note(note(id(), " ")).await), "invalid: text REQUIRED"),
        ("note: overlong", seen(client.add_customer_note(note(id(), &"x".repeat(2_001))).await), "invalid: text TOO_LONG"),
        ("note: nobody", seen(client.add_customer_note(note(nobody(), "x")).await), "not found: customer customer_id"),
        ("unnote: unknown", seen(client.remove_customer_note(unnote(id(), nobody())).await), "not found: note note_id"),
        ("unnote: no uuid", seen(client.remove_customer_note(unnote(id(), "x".into())).await), "invalid: note_id INVALID_ID"),
        ("archive: no version", seen(client.archive_customer(archive(id(), 0)).await), "invalid: version REQUIRED"),
        ("archive: stale", seen(client.archive_customer(archive(id(), 9)).await), "conflict: customer 1"),
        ("archive: nobody", seen(client.archive_customer(archive(nobody(), 1)).await), "not found: customer id"),
        ("restore: active", seen(client.restore_customer(restore(id(), version)).await), "refused: id WRONG_TRANSITION"),
        ("delete: active", seen(admin.delete_customer(delete(id(), version)).await), "refused: id NOT_ARCHIVED"),
        ("delete: no version", seen(admin.delete_customer(delete(id(), 0)).await), "invalid: version REQUIRED"),
        ("delete: stale", seen(admin.delete_customer(delete(id(), 9)).await), "conflict: customer 1"),
        ("delete: nobody", seen(admin.delete_customer(delete(nobody(), 1)).await), "not found: customer id"),
    ]);
    assert_eq!(office.read(&it.id).await, it);
    let archived = office.archived("Olga").await;
    assert_eq!(seen(client.archive_customer(archive(archived.id, archived.version)).await), "refused: id WRONG_TRANSITION");
}

#[tokio::test]
async fn lists_searches_and_batches_that_break_rules_are_refused_by_field() {
    let office = Office::open().await;
    let mut client = office.manager();
    for name in ["Anna", "Olga", "Ieva"] {
        office.customer(name).await;
    }
    let list = |page_size, page_token: &str| v1::ListCustomersRequest { page_size, page_token: page_token.into(), ..Default::default() };
    let filtered =
        |types, statuses| v1::ListCustomersRequest { filter: Some(v1::CustomerFilter { types, statuses }), ..Default::default() };
    let search = |text: &str, limit| v1::SearchCustomersRequest { read_mask: None, text: text.into(), limit, filter: None };
    let other_list = client
        .list_customers(v1::ListCustomersRequest { order_by: v1::CustomerOrderBy::CreatedAtDesc.into(), ..list(Some(1), "") })
        .await
        .unwrap()
        .into_inner()
        .next_page_token;
    assert!(!other_list.is_empty());
    check(vec![
        ("size 0", seen(client.list_customers(list(Some(0), "")).await), "invalid: page_size OUT_OF_RANGE"),
        ("size -1", seen(client.list_customers(list(Some(-1), "")).await), "invalid: page_size OUT_OF_RANGE"),
        ("size 10^9", seen(client.list_customers(list(Some(1_000_000_000), "")).await), "invalid: page_size OUT_OF_RANGE"),
        ("made-up token", seen(client.list_customers(list(None, "made-up")).await), "invalid: page_token INVALID_TOKEN"),
        ("another list's token", seen(client.list_customers(list(None, &other_list)).await), "invalid: page_token WRONG_LIST"),
        (
            "unknown order",
            seen(client.list_customers(v1::ListCustomersRequest { order_by: 9, ..list(None, "") }).await),
            "invalid: order_by UNKNOWN_VALUE",
        ),
        ("unknown type", seen(client.list_customers(filtered(vec![1, 9], vec![])).await), "invalid: filter.types[1] UNKNOWN_VALUE"),
        ("no status", seen(client.list_customers(filtered(vec![], vec![0])).await), "invalid: filter.statuses[0] REQUIRED"),
        ("no text", seen(client.search_customers(search(" ", None)).await), "invalid: text REQUIRED"),
        ("overlong text", seen(client.search_customers(search(&"x".repeat(201), None)).await), "invalid: text TOO_LONG"),
        ("limit 0", seen(client.search_customers(search("anna", Some(0))).await), "invalid: limit OUT_OF_RANGE"),
        ("limit -1", seen(client.search_customers(search("anna", Some(-1))).await), "invalid: limit OUT_OF_RANGE"),
        ("limit 201", seen(client.search_customers(search("anna", Some(201))).await), "invalid: limit OUT_OF_RANGE"),
        ("no ids", seen(client.batch_get_customers(v1::BatchGetCustomersRequest::default()).await), "invalid: ids OUT_OF_RANGE"),
        (
            "10,001 ids",
            seen(client.batch_get_customers(v1::BatchGetCustomersRequest { read_mask: None, ids: vec![NOBODY.into(); 10_001] }).await),
            "invalid: ids OUT_OF_RANGE",
        ),
        (
            "1,001 lists",
            seen(
                client
                    .batch_list_customers(v1::BatchListCustomersRequest {
                        read_mask: None,
                        omit_cursors: false,
                        requests: vec![list(None, ""); 1_001],
                    })
                    .await,
            ),
            "invalid: requests OUT_OF_RANGE",
        ),
        (
            "1,001 histories",
            seen(
                client
                    .batch_list_customer_history(v1::BatchListCustomerHistoryRequest { queries: vec![HistoryQuery::default(); 1_001] })
                    .await,
            ),
            "invalid: queries OUT_OF_RANGE",
        ),
    ]);
}

#[tokio::test]
async fn in_a_batch_each_wrong_question_gets_its_own_answer_and_the_others_theirs() {
    let office = Office::open().await;
    let mut client = office.manager();
    let anna = office.customer("Anna").await;

    let ids = vec![NOBODY.into(), anna.id.clone(), "x".into(), anna.id.clone()];
    let answers =
        client.batch_get_customers(v1::BatchGetCustomersRequest { read_mask: None, ids: ids.clone() }).await.unwrap().into_inner().results;
    assert_eq!(answers.iter().map(|answer| answer.id.clone()).collect::<Vec<_>>(), ids);
    let answers: Vec<String> = answers
        .into_iter()
        .map(|answer| match answer.result.unwrap() {
            customer_result::Result::Customer(customer) => customer.name,
            customer_result::Result::Error(status) => told(&from_rpc_status(&status)),
        })
        .collect();
    assert_eq!(answers, ["not found: customer id", "Anna", "invalid: id INVALID_ID", "Anna"]);

    let list = |page_size, page_token: &str| v1::ListCustomersRequest { page_size, page_token: page_token.into(), ..Default::default() };
    let requests = vec![list(Some(0), ""), list(None, ""), list(None, "made-up"), list(Some(1), "")];
    let answers = client
        .batch_list_customers(v1::BatchListCustomersRequest { read_mask: None, omit_cursors: false, requests })
        .await
        .unwrap()
        .into_inner()
        .results;
    let answers: Vec<String> = answers
        .into_iter()
        .map(|answer| match answer.result.unwrap() {
            customers_page_result::Result::Page(page) => format!("{} customers", page.customers.len()),
            customers_page_result::Result::Error(status) => told(&from_rpc_status(&status)),
        })
        .collect();
    assert_eq!(answers, ["invalid: page_size OUT_OF_RANGE", "1 customers", "invalid: page_token INVALID_TOKEN", "1 customers"]);

    let history = |entity_id: &str, page_size, page_token: &str| HistoryQuery {
        entity_id: entity_id.into(),
        page_size,
        page_token: page_token.into(),
    };
    let queries = vec![
        history(&anna.id, None, ""),
        history("x", None, ""),
        history(&anna.id, Some(1_000_000_000), ""),
        history(&anna.id, None, "made-up"),
        history(NOBODY, None, ""),
    ];
    let request = v1::BatchListCustomerHistoryRequest { queries };
    let answers = client.batch_list_customer_history(request).await.unwrap().into_inner().results;
    let answers: Vec<String> = answers
        .into_iter()
        .map(|answer| match answer.result.unwrap() {
            history_result::Result::Page(page) => format!("{} entries", page.entries.len()),
            history_result::Result::Error(status) => told(&from_rpc_status(&status)),
        })
        .collect();
    let expected =
        ["1 entries", "invalid: entity_id INVALID_ID", "invalid: page_size OUT_OF_RANGE", "invalid: page_token INVALID_TOKEN", "0 entries"];
    assert_eq!(answers, expected);
}

#[tokio::test]
async fn the_kinds_of_errors_are_the_codes_of_grpc() {
    let office = Office::open().await;
    let mut client = office.manager();
    let it = office.customer("Anna").await;
    let stale = v1::ArchiveCustomerRequest { id: it.id.clone(), version: 9 };
    let restore = v1::RestoreCustomerRequest { id: it.id, version: it.version };
    assert_eq!(client.create_customer(person("")).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(client.get_customer(v1::GetCustomerRequest { id: NOBODY.into() }).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(client.archive_customer(stale).await.unwrap_err().code(), Code::Aborted);
    assert_eq!(client.restore_customer(restore).await.unwrap_err().code(), Code::FailedPrecondition);
}
