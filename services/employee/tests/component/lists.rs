//! Lists: their order, filters and pages.

use std::{collections::BTreeSet, time::Duration};

use contracts::crm::employee::v1::{
    DeactivateEmployeeRequest, Employee, EmployeeFilter, EmployeeOrderBy, EmployeeStatus, ListEmployeesRequest, ListEmployeesResponse,
};

use crate::harness::{Client, World, created, hire, updated};

async fn list(client: &mut Client, request: ListEmployeesRequest) -> ListEmployeesResponse {
    client.list_employees(request).await.unwrap().into_inner()
}

fn names(page: &ListEmployeesResponse) -> Vec<String> {
    page.employees.iter().map(|employee| format!("{} {}", employee.first_name, employee.last_name)).collect()
}

fn filtered(statuses: &[EmployeeStatus], skill: &str) -> ListEmployeesRequest {
    let statuses = statuses.iter().map(|status| (*status).into()).collect();
    ListEmployeesRequest { filter: Some(EmployeeFilter { statuses, skill: skill.into() }), ..ListEmployeesRequest::default() }
}

#[tokio::test]
async fn lists_are_by_last_name_then_first_name_whatever_case_and_accents_or_the_newest_first() {
    let world = World::new().await;
    for (first, last) in [("Zane", "Ābele"), ("Anna", "bērziņa"), ("Alise", "Bērziņa"), ("Олег", "Иванов"), ("John", "Adams")]
    {
        world.hire(first, last, "").await;
        world.bed.pass(Duration::from_secs(1));
    }
    let mut manager = world.manager();
    let by_name = list(&mut manager, ListEmployeesRequest::default()).await;
    assert_eq!(names(&by_name), ["Zane Ābele", "John Adams", "Alise Bērziņa", "Anna bērziņa", "Олег Иванов"]);
    assert_eq!((by_name.cursors.len(), by_name.next_page_token.as_str()), (5, ""));

    let order_by = EmployeeOrderBy::CreatedAtDesc.into();
    let newest = list(&mut manager, ListEmployeesRequest { order_by, ..ListEmployeesRequest::default() }).await;
    assert_eq!(names(&newest), ["John Adams", "Олег Иванов", "Alise Bērziņa", "Anna bērziņa", "Zane Ābele"]);
}

#[tokio::test]
async fn a_list_has_only_what_its_filter_says() {
    let world = World::new().await;
    let mut manager = world.manager();
    let with_skills = |first: &str, skills: &[&str]| {
        let mut request = hire(first, "Ozola", "");
        request.skills = skills.iter().map(|skill| (*skill).to_owned()).collect();
        request
    };
    created(&mut manager, with_skills("Anna", &["Logi", "Grīdas"])).await;
    created(&mut manager, with_skills("Baiba", &["grīdas"])).await;
    created(&mut manager, with_skills("Cilda", &["Grīdas un logi"])).await;
    let left = created(&mut manager, with_skills("Dace", &["Grīdas"])).await;
    manager.deactivate_employee(DeactivateEmployeeRequest { id: left.id, version: 1 }).await.unwrap();

    use EmployeeStatus::{Active, Inactive};
    for (statuses, skill, expected) in [
        (&[][..], "", &["Anna", "Baiba", "Cilda", "Dace"][..]),
        (&[Active], "", &["Anna", "Baiba", "Cilda"]),
        (&[Inactive], "", &["Dace"]),
        (&[Active, Inactive, Active], "", &["Anna", "Baiba", "Cilda", "Dace"]),
        (&[], " GRIDAS ", &["Anna", "Baiba", "Dace"]),
        (&[Active], "grīdas", &["Anna", "Baiba"]),
        (&[], "logi", &["Anna"]),
        (&[], "grī", &[]),
    ] {
        for order_by in [EmployeeOrderBy::Name, EmployeeOrderBy::CreatedAtDesc] {
            let request = ListEmployeesRequest { order_by: order_by.into(), ..filtered(statuses, skill) };
            let mut found: Vec<String> = list(&mut manager, request).await.employees.into_iter().map(|e| e.first_name).collect();
            found.sort();
            assert_eq!(found, expected, "{statuses:?} {skill:?}");
        }
    }
}

#[tokio::test]
async fn no_employee_comes_twice_or_is_missed_while_others_write() {
    let world = World::new().await;
    let mut manager = world.manager();
    let mut there = BTreeSet::new();
    for n in 0..25 {
        there.insert(world.hire("Anna", &format!("M{n:02}"), "").await.id);
    }
    let mut seen = Vec::new();
    let mut request = ListEmployeesRequest { page_size: Some(4), ..ListEmployeesRequest::default() };
    for round in 0.. {
        let page = list(&mut manager, request.clone()).await;
        seen.extend(page.employees.iter().map(|employee| employee.id.clone()));
        if page.next_page_token.is_empty() {
            break;
        }
        assert_eq!(page.next_page_token, page.cursors[3]);
        request.page_token = page.next_page_token;
        // Somebody comes before the place and somebody after it; the one at the place changes, but for the name.
        world.hire("New", &format!("A{round}"), "").await;
        world.hire("New", &format!("Z{round}"), "").await;
        let last = page.employees[3].clone();
        updated(&mut manager, Employee { phone: format!("+371200001{round:02}"), ..last }, &["phone"]).await;
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "nobody twice");
    let seen: BTreeSet<String> = seen.into_iter().collect();
    assert!(there.is_subset(&seen), "nobody missed");
}

#[tokio::test]
async fn a_page_goes_on_after_any_item_also_one_that_is_gone_from_the_list() {
    let world = World::new().await;
    let mut manager = world.manager();
    for last in ["Aa", "Bb", "Cc", "Dd"] {
        world.hire("Anna", last, "").await;
    }
    let request = ListEmployeesRequest { page_size: Some(2), ..filtered(&[EmployeeStatus::Active], "") };
    let first = list(&mut manager, request.clone()).await;
    let bb = &first.employees[1];
    manager.deactivate_employee(DeactivateEmployeeRequest { id: bb.id.clone(), version: 1 }).await.unwrap();
    let after = |page_token: &String| ListEmployeesRequest { page_token: page_token.clone(), ..request.clone() };
    assert_eq!(names(&list(&mut manager, after(&first.cursors[1])).await), ["Anna Cc", "Anna Dd"]);
    assert_eq!(names(&list(&mut manager, after(&first.cursors[0])).await), ["Anna Cc", "Anna Dd"]);
}

#[tokio::test]
async fn a_page_costs_the_same_however_long_the_list_is() {
    let world = World::new().await;
    let mut manager = world.manager();
    let request = ListEmployeesRequest { page_size: Some(10), ..filtered(&[EmployeeStatus::Active], "") };
    let mut costs = Vec::new();
    for _ in 0..2 {
        for n in 0..40 {
            world.hire("Anna", &format!("Ozola {n}"), "").await;
        }
        let before = world.bed.store.examined();
        list(&mut manager, request.clone()).await;
        costs.push(world.bed.store.examined() - before);
    }
    assert_eq!(costs[0], costs[1]);
}
