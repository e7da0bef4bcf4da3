//! Who is found, in which order.

use contracts::crm::customer::v1;
use futures::{StreamExt as _, stream};

use crate::office::{Office, organisation, person, property};

async fn search(office: &Office, text: &str, limit: Option<i32>) -> v1::SearchCustomersResponse {
    let request = v1::SearchCustomersRequest { read_mask: None, text: text.into(), limit, filter: None };
    office.manager().search_customers(request).await.unwrap().into_inner()
}

async fn found(office: &Office, text: &str) -> Vec<String> {
    search(office, text, None).await.customers.into_iter().map(|customer| customer.name).collect()
}

/// An office with customers in three languages.
async fn office() -> Office {
    let office = Office::open().await;
    for (name, phone, email, street) in [
        ("Jānis Bērziņš", "+37126123456", "janis@example.com", "Brīvības iela 10"),
        ("Анна Берёзкина", "+37129876543", "anna.b@example.lv", "Čaka iela 5"),
        ("John Birch", "+442079460958", "", "Elizabetes iela 2"),
        ("Janīna Liepa", "+37122334455", "", "Bērzu gatve 7"),
    ] {
        let request =
            v1::CreateCustomerRequest { phone: phone.into(), email: email.into(), properties: vec![property(street)], ..person(name) };
        office.created(request).await;
    }
    let contact = v1::Contact { name: "Олег Сидоров".into(), phone: "+37128111222".into(), ..Default::default() };
    office
        .created(v1::CreateCustomerRequest { contacts: vec![contact], phone: "+37167000000".into(), ..organisation("SIA Tīrs Nams") })
        .await;
    office
}

#[tokio::test]
async fn customers_are_found_by_the_beginnings_of_words_in_three_languages_without_case_and_accents() {
    let office = office().await;
    for (text, expected) in [
        ("bērziņš", vec!["Jānis Bērziņš"]),
        ("BERZINS", vec!["Jānis Bērziņš"]),
        ("jan", vec!["Janīna Liepa", "Jānis Bērziņš"]),
        ("берез", vec!["Анна Берёзкина"]),
        ("АННА", vec!["Анна Берёзкина"]),
        ("birch", vec!["John Birch"]),
        ("berz", vec!["Janīna Liepa", "Jānis Bērziņš"]),
        ("čaka", vec!["Анна Берёзкина"]),
        ("caka", vec!["Анна Берёзкина"]),
        ("anna.b@example.lv", vec!["Анна Берёзкина"]),
        ("сидор", vec!["SIA Tīrs Nams"]),
        ("40003", vec!["SIA Tīrs Nams"]),
        ("anis", vec![]),
        ("!?", vec![]),
    ] {
        assert_eq!(found(&office, text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn several_words_narrow_in_any_order() {
    let office = office().await;
    assert_eq!(found(&office, "berz jan iela").await, ["Jānis Bērziņš"]);
    assert_eq!(found(&office, "iela 10 BRĪV jānis").await, ["Jānis Bērziņš"]);
    assert_eq!(found(&office, "анна чака").await, Vec::<String>::new(), "scripts are not mixed up");
    assert_eq!(found(&office, "liepa birch").await, Vec::<String>::new());
}

#[tokio::test]
async fn customers_are_found_by_three_or_more_digits_in_a_row_of_their_own_phone_and_of_a_contacts() {
    let office = office().await;
    for (text, expected) in [
        ("26123456", vec!["Jānis Bērziņš"]),
        ("+371 26 123 456", vec!["Jānis Bērziņš"]),
        ("345", vec!["Jānis Bērziņš"]),
        ("7946", vec!["John Birch"]),
        ("8111", vec!["SIA Tīrs Nams"]),
        ("99999", vec![]),
    ] {
        assert_eq!(found(&office, text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn whole_words_come_before_beginnings_and_then_names_by_the_alphabet() {
    let office = Office::open().await;
    for name in ["Annabella Zeme", "Zane Anna", "Anna Berga", "Annamarija Āboltiņa"] {
        office.customer(name).await;
    }
    assert_eq!(found(&office, "anna").await, ["Anna Berga", "Zane Anna", "Annabella Zeme", "Annamarija Āboltiņa"]);
}

#[tokio::test]
async fn filters_narrow_what_is_found() {
    let office = Office::open().await;
    office.customer("Anna Active").await;
    office.archived("Anna Archived").await;
    let filter = Some(v1::CustomerFilter { statuses: vec![v1::CustomerStatus::Archived.into()], ..Default::default() });
    let request = v1::SearchCustomersRequest { read_mask: None, text: "anna".into(), limit: None, filter };
    let found = office.manager().search_customers(request).await.unwrap().into_inner();
    assert_eq!(found.customers.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["Anna Archived"]);
}

#[tokio::test]
async fn an_edit_changes_what_a_customer_is_found_by() {
    let office = Office::open().await;
    let it = office.customer("Anna Liepa").await;
    let edit = v1::UpdateCustomerRequest {
        customer: Some(v1::Customer { name: "Anna Ozola".into(), ..it }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["name".into()] }),
    };
    office.manager().update_customer(edit).await.unwrap();
    assert_eq!(found(&office, "liepa").await, Vec::<String>::new());
    assert_eq!(found(&office, "ozola").await, ["Anna Ozola"]);
}

#[tokio::test]
async fn where_there_are_more_than_asked_for_the_answer_says_so() {
    let office = Office::open().await;
    stream::iter(0..203).for_each_concurrent(32, async |number| drop(office.customer(&format!("Anna {number:03}")).await)).await;
    for (limit, expected, more) in [(None, 20, true), (Some(1), 1, true), (Some(200), 200, true)] {
        let found = search(&office, "anna", limit).await;
        assert_eq!((found.customers.len(), found.more), (expected, more), "{limit:?}");
        assert_eq!(found.customers[0].name, "Anna 000", "the best first");
    }
    office.customer("Olga").await;
    let few = search(&office, "olga", Some(1)).await;
    assert_eq!((few.customers.len(), few.more), (1, false));
}
