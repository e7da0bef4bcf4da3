//! What happens to an employee, and what others are told of it.

use std::time::Duration;

use contracts::{
    crm::employee::v1::{
        AddTimeOffRequest, AvailabilityWindow, DeactivateEmployeeRequest, Employee, EmployeeCreated, EmployeeStatus, LoginStatus,
        ReactivateEmployeeRequest, RemoveTimeOffRequest, Weekday,
    },
    google::r#type::Money,
    write,
};
use events::decode;
use kernel::{Error, Timestamp};
use prost_types::Timestamp as ProtoTimestamp;

use crate::harness::{World, created, error, hire, update, updated};

fn at(text: &str) -> Option<ProtoTimestamp> {
    Some(write::timestamp(Timestamp::parse("at", text).unwrap()))
}

fn euros(units: i64, nanos: i32) -> Option<Money> {
    Some(Money { currency_code: "EUR".into(), units, nanos })
}

fn window(weekday: Weekday, start_minute: i32, end_minute: i32) -> AvailabilityWindow {
    AvailabilityWindow { weekday: weekday.into(), start_minute, end_minute }
}

#[tokio::test]
async fn a_new_employee_has_what_was_given_and_the_event_tells_all_of_it() {
    let world = World::new().await;
    let mut request = hire(" Jānis ", "Bērziņš", "Janis@Example.com");
    request.phone = "20 012 345".into();
    request.hourly_rate = euros(12, 500_000_000);
    request.skills = vec!["Logi".into(), "Grīdas".into()];
    request.availability = vec![window(Weekday::Tuesday, 0, 60), window(Weekday::Monday, 480, 1020)];
    let employee = created(&mut world.manager(), request).await;

    assert_eq!((employee.first_name.as_str(), employee.last_name.as_str()), ("Jānis", "Bērziņš"));
    assert_eq!((employee.phone.as_str(), employee.email.as_str()), ("+37120012345", "janis@example.com"));
    assert_eq!(employee.hourly_rate, euros(12, 500_000_000));
    assert_eq!(employee.skills, ["Logi", "Grīdas"]);
    assert_eq!(employee.availability, [window(Weekday::Monday, 480, 1020), window(Weekday::Tuesday, 0, 60)]);
    assert_eq!((employee.version, employee.status()), (1, EmployeeStatus::Active));
    assert_eq!(employee.login.as_ref().unwrap().status(), LoginStatus::Pending);
    assert_eq!((employee.created_at, employee.updated_at), (at("2026-03-02T08:00:00Z"), at("2026-03-02T08:00:00Z")));
    assert_eq!(world.get(&employee.id).await, employee);

    let events = world.bed.store.outbox().pending(10).await.unwrap();
    assert_eq!(events.len(), 1);
    let told: EmployeeCreated = decode(&events[0]).unwrap();
    assert_eq!(told.employee, Some(employee.clone()));
    assert_eq!((events[0].subject.to_string(), events[0].company), (employee.id, world.bed.company));
}

#[tokio::test]
async fn an_update_changes_the_fields_of_the_mask_and_no_other() {
    let world = World::new().await;
    let before = world.hire("Anna", "Ozola", "anna@example.com").await;
    world.bed.pass(Duration::from_secs(60));
    let wanted = Employee { last_name: "Liepa".into(), phone: "+37129999999".into(), hourly_rate: euros(15, 0), ..before.clone() };
    let after = updated(&mut world.manager(), wanted, &["last_name", "hourly_rate"]).await;
    let expected =
        Employee { last_name: "Liepa".into(), hourly_rate: euros(15, 0), version: 2, updated_at: at("2026-03-02T08:01:00Z"), ..before };
    assert_eq!(after, expected);
    assert_eq!(world.published().await, [("EmployeeCreated".to_owned(), 1), ("EmployeeUpdated".to_owned(), 2)]);

    let emptied = Employee { hourly_rate: None, email: String::new(), ..after };
    let after = updated(&mut world.manager(), emptied, &["hourly_rate", "email"]).await;
    assert_eq!((after.hourly_rate, after.email.as_str()), (None, ""));
    assert_eq!(after.login.unwrap().status(), LoginStatus::None);
}

#[tokio::test]
async fn an_update_to_the_same_values_makes_no_version_and_tells_nobody() {
    let world = World::new().await;
    let before = world.hire("Anna", "Ozola", "anna@example.com").await;
    world.bed.pass(Duration::from_secs(60));
    let all = ["first_name", "last_name", "phone", "email", "hourly_rate", "skills", "availability"];
    assert_eq!(updated(&mut world.manager(), before.clone(), &all).await, before);
    assert_eq!(world.published().await.len(), 1);
}

#[tokio::test]
async fn of_two_people_who_edit_the_same_employee_the_second_gets_a_conflict_with_the_current_version() {
    let world = World::new().await;
    let seen = world.hire("Anna", "Ozola", "").await;
    let first = updated(&mut world.manager(), Employee { first_name: "Anita".into(), ..seen.clone() }, &["first_name"]).await;
    let second = world.admin().update_employee(update(Employee { first_name: "Anete".into(), ..seen }, &["first_name"])).await;
    match error(second) {
        Error::Conflict { resource, id, current_version } => {
            assert_eq!((resource.as_ref(), id, current_version), ("employee", first.id.clone(), 2));
        }
        other => panic!("{other}"),
    }
    assert_eq!(world.get(&first.id).await.first_name, "Anita");
}

#[tokio::test]
async fn of_many_at_once_exactly_one_gets_through() {
    let world = World::new().await;
    let seen = world.hire("Anna", "Ozola", "").await;
    let edits = (0..8).map(|n| {
        let mut client = world.manager();
        let edit = update(Employee { first_name: format!("Anna {n}"), ..seen.clone() }, &["first_name"]);
        async move { client.update_employee(edit).await.is_ok() }
    });
    let done = futures::future::join_all(edits).await;
    assert_eq!(done.into_iter().filter(|done| *done).count(), 1);
    assert_eq!(world.get(&seen.id).await.version, 2);
}

#[tokio::test]
async fn who_leaves_can_come_back_and_others_hear_of_both() {
    let world = World::new().await;
    let hired = world.hire("Anna", "Ozola", "anna@example.com").await;
    let mut manager = world.manager();
    let leave = |version| DeactivateEmployeeRequest { id: hired.id.clone(), version };
    let back = |version| ReactivateEmployeeRequest { id: hired.id.clone(), version };

    let left = manager.deactivate_employee(leave(1)).await.unwrap().into_inner().employee.unwrap();
    assert_eq!((left.status(), left.version), (EmployeeStatus::Inactive, 2));
    match error(manager.deactivate_employee(leave(2)).await) {
        Error::FailedPrecondition { reason, details, .. } => {
            assert_eq!((reason.as_ref(), details["from"].as_str(), details["to"].as_str()), ("WRONG_TRANSITION", "INACTIVE", "INACTIVE"));
        }
        other => panic!("{other}"),
    }
    let returned = manager.reactivate_employee(back(2)).await.unwrap().into_inner().employee.unwrap();
    assert_eq!((returned.status(), returned.version), (EmployeeStatus::Active, 3));
    let told: Vec<String> = world.published().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(told, ["EmployeeCreated", "EmployeeDeactivated", "EmployeeReactivated"]);
}

#[tokio::test]
async fn times_off_are_kept_by_start_and_taken_back_by_their_id() {
    let world = World::new().await;
    let hired = world.hire("Anna", "Ozola", "").await;
    let mut manager = world.manager();
    let add = |from: &str, until: &str, version| AddTimeOffRequest {
        employee_id: hired.id.clone(),
        starts_at: at(from),
        ends_at: at(until),
        reason: "Atvaļinājums".into(),
        version,
    };
    let summer = manager.add_time_off(add("2026-07-01T00:00:00Z", "2026-07-15T00:00:00Z", 1)).await.unwrap().into_inner();
    let spring = manager.add_time_off(add("2026-04-01T00:00:00Z", "2026-04-02T00:00:00Z", 2)).await.unwrap().into_inner();
    let listed: Vec<String> = spring.employee.unwrap().time_off.into_iter().map(|time_off| time_off.id).collect();
    assert_eq!(listed, [spring.time_off_id.clone(), summer.time_off_id.clone()]);

    match error(manager.add_time_off(add("2026-07-14T00:00:00Z", "2026-07-20T00:00:00Z", 3)).await) {
        Error::FailedPrecondition { reason, details, .. } => {
            assert_eq!((reason.as_ref(), &details["time_off_id"]), ("TIME_OFF_OVERLAPS", &summer.time_off_id));
        }
        other => panic!("{other}"),
    }
    let remove = RemoveTimeOffRequest { employee_id: hired.id.clone(), time_off_id: summer.time_off_id.clone(), version: 3 };
    let left = manager.remove_time_off(remove.clone()).await.unwrap().into_inner().employee.unwrap();
    assert_eq!((left.time_off.len(), left.version), (1, 4));
    let again = RemoveTimeOffRequest { version: 4, ..remove };
    assert!(matches!(error(manager.remove_time_off(again).await), Error::NotFound { field, .. } if field == "time_off_id"));
    let told: Vec<String> = world.published().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(told, ["EmployeeCreated", "EmployeeTimeOffChanged", "EmployeeTimeOffChanged", "EmployeeTimeOffChanged"]);
}

#[tokio::test]
async fn another_company_has_no_way_to_an_employee() {
    let world = World::new().await;
    let hired = world.hire("Anna", "Ozola", "").await;
    let mut stranger = world.stranger();
    let edit = stranger.update_employee(update(Employee { first_name: "X".into(), ..hired.clone() }, &["first_name"])).await;
    assert!(matches!(error(edit), Error::NotFound { .. }));
    let list = stranger.list_employees(contracts::crm::employee::v1::ListEmployeesRequest::default()).await.unwrap();
    assert!(list.into_inner().employees.is_empty());
}

#[tokio::test]
async fn the_use_cases_can_be_done_as_of_another_time() {
    let world = World::new().await;
    let hired = world.hire("Anna", "Ozola", "").await;
    let last_year = Timestamp::parse("at", "2025-03-02T08:00:00Z").unwrap();
    let env = world.bed.env.with_clock(std::sync::Arc::new(kernel::env::FixedClock::new(last_year)));
    let principal = kernel::Principal::service(world.bed.company, "demo");
    let id = hired.id.parse().unwrap();
    let left = world.application.with_env(env).deactivate_employee(&principal, id, 1).await.unwrap();
    assert_eq!(left.updated_at, last_year);
}
