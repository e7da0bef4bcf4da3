//! Search in the three languages that names occur in.

use contracts::crm::employee::v1::{DeactivateEmployeeRequest, EmployeeFilter, SearchEmployeesRequest, SearchEmployeesResponse};

use crate::harness::{World, created, hire};

async fn search(world: &World, text: &str, limit: Option<i32>) -> SearchEmployeesResponse {
    let request = SearchEmployeesRequest { read_mask: None, text: text.into(), filter: None, limit };
    world.manager().search_employees(request).await.unwrap().into_inner()
}

async fn found(world: &World, text: &str) -> Vec<String> {
    search(world, text, None).await.employees.into_iter().map(|employee| employee.first_name).collect()
}

async fn staff() -> World {
    let world = World::new().await;
    for (first, last, phone, email) in [
        ("Jānis", "Bērziņš", "+37120012345", "janis.berzins@example.com"),
        ("Алёна", "Йосина", "+37129876543", "alena@example.lv"),
        ("Mary-Ann", "O'Neil", "+442079460123", ""),
        ("Berta", "Kalniņa", "+37126000000", "berta@other.org"),
    ] {
        let mut request = hire(first, last, email);
        request.phone = phone.into();
        created(&mut world.manager(), request).await;
    }
    world
}

#[tokio::test]
async fn people_are_found_by_beginnings_of_words_in_any_order_whatever_case_and_accents() {
    let world = staff().await;
    for (text, expected) in [
        ("janis", &["Jānis"][..]),
        ("JĀN BERZ", &["Jānis"]),
        ("berz jan", &["Jānis"]),
        ("ber", &["Jānis", "Berta"]),
        ("алена", &["Алёна"]),
        ("ИОС ал", &["Алёна"]),
        ("neil", &["Mary-Ann"]),
        ("ann mary", &["Mary-Ann"]),
        ("alena@example", &["Алёна"]),
        ("other.org", &["Berta"]),
        ("anis", &[]),
        ("janis kalnina", &[]),
        ("***", &[]),
    ] {
        assert_eq!(found(&world, text).await, expected, "{text:?}");
    }
}

#[tokio::test]
async fn people_are_found_by_three_digits_in_a_row_of_the_telephone_number() {
    let world = staff().await;
    for (text, expected) in [
        ("345", &["Jānis"][..]),
        ("+371 2001-2345", &["Jānis"]),
        ("98765", &["Алёна"]),
        ("7946", &["Mary-Ann"]),
        ("3712", &["Jānis", "Алёна", "Berta"]),
        ("999", &[]),
    ] {
        let mut found = found(&world, text).await;
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{text:?}");
    }
}

#[tokio::test]
async fn whole_words_come_before_beginnings_and_then_names_decide() {
    let world = World::new().await;
    for (first, last) in [("Annija", "Aa"), ("Anna", "Zz"), ("Anna", "Bb"), ("Annele", "Cc")] {
        world.hire(first, last, "").await;
    }
    let names = |answer: SearchEmployeesResponse| answer.employees.into_iter().map(|e| e.last_name).collect::<Vec<_>>();
    assert_eq!(names(search(&world, "anna", None).await), ["Bb", "Zz"]);
    assert_eq!(names(search(&world, "ann", None).await), ["Aa", "Bb", "Cc", "Zz"]);

    let first = search(&world, "ann", Some(2)).await;
    assert!(first.more);
    assert_eq!(names(first), ["Aa", "Bb"]);
    assert!(!search(&world, "ann", Some(200)).await.more);
}

#[tokio::test]
async fn a_search_keeps_to_its_filter() {
    let world = staff().await;
    let berta = search(&world, "berta", None).await.employees.remove(0);
    world.manager().deactivate_employee(DeactivateEmployeeRequest { id: berta.id, version: 1 }).await.unwrap();
    let request = |statuses: Vec<i32>| SearchEmployeesRequest {
        read_mask: None,
        text: "ber".into(),
        filter: Some(EmployeeFilter { statuses, skill: String::new() }),
        limit: None,
    };
    for (statuses, expected) in [(vec![1], "Jānis"), (vec![2], "Berta")] {
        let found = world.manager().search_employees(request(statuses)).await.unwrap().into_inner().employees;
        assert_eq!(found.iter().map(|e| e.first_name.as_str()).collect::<Vec<_>>(), [expected]);
    }
}

#[tokio::test]
async fn a_changed_name_is_found_at_once_and_the_old_one_no_more() {
    let world = staff().await;
    let mut berta = search(&world, "berta", None).await.employees.remove(0);
    berta.last_name = "Liepiņa".into();
    crate::harness::updated(&mut world.manager(), berta, &["last_name"]).await;
    assert_eq!(found(&world, "liepina").await, ["Berta"]);
    assert!(found(&world, "kalnina").await.is_empty());
}
