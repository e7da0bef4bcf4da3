//! Filters, order, pages while others write.

use std::collections::{BTreeMap, BTreeSet};

use contracts::crm::customer::v1;
use futures::{StreamExt as _, stream};

use crate::office::{Office, organisation, person};

fn list(page_size: i32, page_token: &str) -> v1::ListCustomersRequest {
    v1::ListCustomersRequest { page_size: Some(page_size), page_token: page_token.into(), ..Default::default() }
}

async fn page(office: &Office, request: v1::ListCustomersRequest) -> v1::ListCustomersResponse {
    office.manager().list_customers(request).await.unwrap().into_inner()
}

fn names(page: &v1::ListCustomersResponse) -> Vec<&str> {
    page.customers.iter().map(|customer| customer.name.as_str()).collect()
}

async fn fill(office: &Office, names: impl IntoIterator<Item = String>) {
    stream::iter(names).for_each_concurrent(32, async |name| drop(office.created(person(&name)).await)).await;
}

#[tokio::test]
async fn customers_come_by_name_without_case_and_accents_or_the_newest_first() {
    let office = Office::open().await;
    for name in ["Žanis", "anna", "Ārija", "Борис", "Zelma"] {
        office.later();
        office.customer(name).await;
    }
    assert_eq!(names(&page(&office, list(10, "")).await), ["anna", "Ārija", "Žanis", "Zelma", "Борис"]);
    let newest = v1::ListCustomersRequest { order_by: v1::CustomerOrderBy::CreatedAtDesc.into(), ..list(2, "") };
    let first = page(&office, newest.clone()).await;
    assert_eq!(names(&first), ["Zelma", "Борис"]);
    let second = page(&office, v1::ListCustomersRequest { page_token: first.next_page_token, ..newest }).await;
    assert_eq!(names(&second), ["Ārija", "anna"]);
}

#[tokio::test]
async fn filters_narrow_by_type_and_status_alone_and_together() {
    let office = Office::open().await;
    office.customer("A active person").await;
    office.archived("B archived person").await;
    office.created(organisation("C active organisation")).await;
    let (person, organisation) = (i32::from(v1::CustomerType::Person), i32::from(v1::CustomerType::Organisation));
    let (active, archived) = (i32::from(v1::CustomerStatus::Active), i32::from(v1::CustomerStatus::Archived));
    for (types, statuses, expected) in [
        (vec![], vec![], "ABC"),
        (vec![person], vec![], "AB"),
        (vec![organisation, organisation], vec![], "C"),
        (vec![], vec![archived], "B"),
        (vec![person, organisation], vec![active, archived], "ABC"),
        (vec![person], vec![active], "A"),
        (vec![organisation], vec![archived], ""),
    ] {
        let filter = Some(v1::CustomerFilter { types, statuses });
        let found = page(&office, v1::ListCustomersRequest { filter: filter.clone(), ..list(10, "") }).await;
        let initials: String = names(&found).iter().map(|name| &name[..1]).collect();
        assert_eq!(initials, expected, "{filter:?}");
        let newest = v1::ListCustomersRequest { filter, order_by: v1::CustomerOrderBy::CreatedAtDesc.into(), ..list(10, "") };
        assert_eq!(page(&office, newest).await.customers.len(), expected.len());
    }
}

#[tokio::test]
async fn every_cursor_goes_on_after_its_customer_and_the_last_page_has_no_next() {
    let office = Office::open().await;
    fill(&office, (0..7).map(|number| format!("Anna {number}"))).await;
    let all = page(&office, list(7, "")).await;
    assert_eq!((all.customers.len(), all.cursors.len(), all.next_page_token.as_str()), (7, 7, ""));
    let rest = page(&office, list(10, &all.cursors[2])).await;
    assert_eq!(rest.customers, all.customers[3..]);
    let default = page(&office, v1::ListCustomersRequest::default()).await;
    assert_eq!(default.customers, all.customers);
    let first = page(&office, list(6, "")).await;
    assert_eq!(first.next_page_token, first.cursors[5]);
}

#[tokio::test]
async fn a_name_of_letters_that_grow_when_folded_does_not_end_the_list() {
    let office = Office::open().await;
    // U+FDFA is one character that folds to eighteen.
    fill(&office, (0..3).map(|number| "\u{fdfa}".repeat(199 - number))).await;
    let first = page(&office, list(1, "")).await;
    let rest = page(&office, list(5, &first.next_page_token)).await;
    assert_eq!((first.customers.len(), rest.customers.len()), (1, 2));
}

#[tokio::test]
async fn nobody_is_listed_twice_or_missed_while_others_write() {
    let office = Office::open().await;
    fill(&office, (0..60).map(|number| format!("Client {:02}", number % 20))).await;
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    let mut stay: BTreeSet<String> = BTreeSet::new();
    let mut token = String::new();
    for customer in page(&office, list(100, "")).await.customers {
        stay.insert(customer.id);
    }
    for round in 0.. {
        let found = page(&office, list(7, &token)).await;
        for customer in &found.customers {
            *met.entry(customer.id.clone()).or_default() += 1;
        }
        // New ones before and after the place, and one that was met goes.
        office.customer(&format!("Client {round:02} new")).await;
        office.customer(&format!("A {round}")).await;
        let gone = &found.customers[0];
        let archived = v1::ArchiveCustomerRequest { id: gone.id.clone(), version: gone.version };
        let archived = office.manager().archive_customer(archived).await.unwrap().into_inner().customer.unwrap();
        office.admin().delete_customer(v1::DeleteCustomerRequest { id: archived.id, version: archived.version }).await.unwrap();
        token = found.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert!(met.values().all(|times| *times == 1), "{met:?}");
    let missed: Vec<&String> = stay.iter().filter(|id| !met.contains_key(*id)).collect();
    assert!(missed.is_empty(), "missed: {missed:?}");
}

#[tokio::test]
async fn a_batch_of_lists_answers_each_in_its_place() {
    let office = Office::open().await;
    fill(&office, (0..5).map(|number| format!("Anna {number}"))).await;
    office.created(organisation("SIA Tīrs")).await;
    let organisations = v1::CustomerFilter { types: vec![v1::CustomerType::Organisation.into()], ..Default::default() };
    let requests = vec![list(2, ""), v1::ListCustomersRequest { filter: Some(organisations), ..list(2, "") }, list(3, "")];
    let answers = office
        .manager()
        .batch_list_customers(v1::BatchListCustomersRequest { read_mask: None, omit_cursors: false, requests: requests.clone() })
        .await
        .unwrap()
        .into_inner();
    for (answer, request) in answers.results.into_iter().zip(requests) {
        let alone = page(&office, request).await;
        assert_eq!(answer.result, Some(v1::customers_page_result::Result::Page(alone)));
    }
}

#[tokio::test]
async fn a_page_costs_the_same_however_many_customers_there_are() {
    let office = Office::open().await;
    let cost = async |request: v1::ListCustomersRequest| {
        let before = office.bed.store.examined();
        page(&office, request).await;
        office.bed.store.examined() - before
    };
    let newest = || v1::ListCustomersRequest { order_by: v1::CustomerOrderBy::CreatedAtDesc.into(), ..list(20, "") };
    fill(&office, (0..100).map(|number| format!("Client {number:04}"))).await;
    let few = (cost(list(20, "")).await, cost(newest()).await);
    fill(&office, (100..1_000).map(|number| format!("Client {number:04}"))).await;
    let many = (cost(list(20, "")).await, cost(newest()).await);
    assert_eq!(few, many);
    assert!(many.0 <= 100, "a page of 20 examined {}", many.0);
}

#[tokio::test]
async fn batches_and_searches_answer_with_the_fields_of_a_mask_alone_and_refuse_one_of_others() {
    let office = Office::open().await;
    let anna = office.customer("Anna").await;
    let mask = |path: &str| Some(prost_types::FieldMask { paths: vec!["version".into(), path.into()] });
    let only = v1::Customer { version: anna.version, name: anna.name.clone(), ..Default::default() };
    let get = |path| v1::BatchGetCustomersRequest { ids: vec![anna.id.clone()], read_mask: mask(path) };
    let lists = |path| v1::BatchListCustomersRequest { requests: vec![list(1, "")], read_mask: mask(path), omit_cursors: false };
    let search = |path| v1::SearchCustomersRequest { text: "anna".into(), read_mask: mask(path), ..Default::default() };

    let got = office.manager().batch_get_customers(get("name")).await.unwrap().into_inner().results.remove(0);
    assert_eq!((got.id, got.result), (anna.id.clone(), Some(v1::customer_result::Result::Customer(only.clone()))));
    let listed = office.manager().batch_list_customers(lists("name")).await.unwrap().into_inner().results.remove(0);
    let Some(v1::customers_page_result::Result::Page(page)) = listed.result else { panic!("no page") };
    assert_eq!(page.customers, std::slice::from_ref(&only));
    let found = office.manager().search_customers(search("name")).await.unwrap().into_inner().customers;
    assert_eq!(found, [only]);

    let mut office = office.manager();
    for refused in [
        office.batch_get_customers(get("nmae")).await.unwrap_err(),
        office.batch_list_customers(lists("properties.address")).await.unwrap_err(),
        office.search_customers(search("")).await.unwrap_err(),
    ] {
        assert!(refused.message().contains("is none of the fields: id, version, type, name"), "{}", refused.message());
    }
}
