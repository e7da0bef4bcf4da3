//! Bad input gets the typed error that names the field, and nothing is written.

use contracts::{
    crm::{
        api::v1::{HistoryQuery, history_result},
        employee::v1::{
            AddTimeOffRequest, AvailabilityWindow, BatchGetEmployeesRequest, BatchListEmployeeHistoryRequest, BatchListEmployeesRequest,
            CreateEmployeeRequest, DeactivateEmployeeRequest, DeleteEmployeePhotoRequest, Employee, EmployeeFilter,
            GetEmployeePhotoRequest, GetEmployeeRequest, ListEmployeesRequest, PutEmployeePhotoRequest, ReactivateEmployeeRequest,
            RemoveTimeOffRequest, SearchEmployeesRequest, UpdateEmployeeRequest, employee_result, employees_page_result,
        },
    },
    error::from_rpc_status,
    google::r#type::Money,
};
use kernel::Error;
use prost_types::Timestamp;

use crate::harness::{World, error, hire, update, violations};

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// One field and one code.
fn one(field: &str, code: &str) -> Vec<(String, String)> {
    vec![(field.to_owned(), code.to_owned())]
}

fn money(currency: &str, units: i64, nanos: i32) -> Option<Money> {
    Some(Money { currency_code: currency.into(), units, nanos })
}

fn window(weekday: i32, start_minute: i32, end_minute: i32) -> AvailabilityWindow {
    AvailabilityWindow { weekday, start_minute, end_minute }
}

/// What is wrong with an employee's fields, each with the field and the code; the same for creating and updating.
fn wrong_fields() -> Vec<(&'static str, CreateEmployeeRequest, &'static str, &'static str)> {
    let good = || hire("Anna", "Ozola", "anna@example.com");
    let long = "ā".repeat(101);
    vec![
        ("first_name", CreateEmployeeRequest { first_name: "  ".into(), ..good() }, "first_name", "REQUIRED"),
        ("first_name", CreateEmployeeRequest { first_name: long.clone(), ..good() }, "first_name", "TOO_LONG"),
        ("last_name", CreateEmployeeRequest { last_name: String::new(), ..good() }, "last_name", "REQUIRED"),
        ("last_name", CreateEmployeeRequest { last_name: "a\u{7}b".into(), ..good() }, "last_name", "CONTROL_CHARACTER"),
        ("phone", CreateEmployeeRequest { phone: String::new(), ..good() }, "phone", "INVALID_PHONE"),
        ("phone", CreateEmployeeRequest { phone: "12".into(), ..good() }, "phone", "INVALID_PHONE"),
        ("email", CreateEmployeeRequest { email: "anna@".into(), ..good() }, "email", "INVALID_EMAIL"),
        ("email", CreateEmployeeRequest { email: format!("{}@example.com", "a".repeat(250)), ..good() }, "email", "INVALID_EMAIL"),
        (
            "hourly_rate",
            CreateEmployeeRequest { hourly_rate: money("eur", 1, 0), ..good() },
            "hourly_rate.currency_code",
            "INVALID_CURRENCY",
        ),
        ("hourly_rate", CreateEmployeeRequest { hourly_rate: money("EUR", -1, 0), ..good() }, "hourly_rate", "NEGATIVE"),
        ("hourly_rate", CreateEmployeeRequest { hourly_rate: money("EUR", 1, 1), ..good() }, "hourly_rate", "TOO_PRECISE"),
        (
            "hourly_rate",
            CreateEmployeeRequest { hourly_rate: money("EUR", 1, 1_000_000_000), ..good() },
            "hourly_rate.nanos",
            "OUT_OF_RANGE",
        ),
        ("hourly_rate", CreateEmployeeRequest { hourly_rate: money("EUR", i64::MAX, 0), ..good() }, "hourly_rate", "OUT_OF_RANGE"),
        ("skills", CreateEmployeeRequest { skills: vec!["a".into(), String::new()], ..good() }, "skills[1]", "REQUIRED"),
        ("skills", CreateEmployeeRequest { skills: vec!["x".repeat(51)], ..good() }, "skills[0]", "TOO_LONG"),
        ("skills", CreateEmployeeRequest { skills: (0..21).map(|n| n.to_string()).collect(), ..good() }, "skills", "TOO_MANY"),
        ("availability", CreateEmployeeRequest { availability: vec![window(0, 0, 1)], ..good() }, "availability[0].weekday", "REQUIRED"),
        (
            "availability",
            CreateEmployeeRequest { availability: vec![window(8, 0, 1)], ..good() },
            "availability[0].weekday",
            "UNKNOWN_VALUE",
        ),
        (
            "availability",
            CreateEmployeeRequest { availability: vec![window(1, 0, 60), window(1, 59, 61)], ..good() },
            "availability[1]",
            "OVERLAPS",
        ),
        (
            "availability",
            CreateEmployeeRequest { availability: vec![window(1, -1, 60)], ..good() },
            "availability[0].start_minute",
            "OUT_OF_RANGE",
        ),
        (
            "availability",
            CreateEmployeeRequest { availability: vec![window(1, 60, 60)], ..good() },
            "availability[0].end_minute",
            "NOT_AFTER_START",
        ),
        ("availability", CreateEmployeeRequest { availability: vec![window(1, 0, 1); 22], ..good() }, "availability", "TOO_MANY"),
    ]
}

#[tokio::test]
async fn wrong_fields_of_a_new_employee_are_named_and_nobody_is_created() {
    let world = World::new().await;
    for (_, request, field, code) in wrong_fields() {
        assert_eq!(violations(error(world.manager().create_employee(request).await)), one(field, code));
    }
    let everything = CreateEmployeeRequest { phone: "1".into(), email: "x".into(), ..CreateEmployeeRequest::default() };
    let named: Vec<String> =
        violations(error(world.manager().create_employee(everything).await)).into_iter().map(|(field, _)| field).collect();
    assert_eq!(named, ["first_name", "last_name", "phone", "email"], "all at once");
    let list = world.manager().list_employees(ListEmployeesRequest::default()).await.unwrap().into_inner();
    assert!(list.employees.is_empty() && world.published().await.is_empty());
}

#[tokio::test]
async fn wrong_fields_of_an_update_are_named_below_the_employee_and_nothing_is_changed() {
    let world = World::new().await;
    let seen = world.hire("Anna", "Ozola", "").await;
    for (path, request, field, code) in wrong_fields() {
        let CreateEmployeeRequest { first_name, last_name, phone, email, hourly_rate, skills, availability } = request;
        let employee = Employee { first_name, last_name, phone, email, hourly_rate, skills, availability, ..seen.clone() };
        let outcome = world.manager().update_employee(update(employee, &[path])).await;
        assert_eq!(violations(error(outcome)), one(&format!("employee.{field}"), code));
    }
    assert_eq!(world.get(&seen.id).await, seen);
}

#[tokio::test]
async fn an_update_needs_a_mask_of_known_fields_an_employee_and_a_version() {
    let world = World::new().await;
    let seen = world.hire("Anna", "Ozola", "").await;
    let mut manager = world.manager();
    for wrong in ["status", "version", "login.status", "*", ""] {
        let outcome = manager.update_employee(update(seen.clone(), &["first_name", wrong])).await;
        assert_eq!(violations(error(outcome)), one("update_mask", "UNKNOWN_FIELD"), "{wrong:?}");
    }
    assert_eq!(violations(error(manager.update_employee(update(seen.clone(), &[])).await)), one("update_mask", "REQUIRED"));
    let no_mask = UpdateEmployeeRequest { employee: Some(seen.clone()), update_mask: None };
    assert_eq!(violations(error(manager.update_employee(no_mask).await)), one("update_mask", "REQUIRED"));
    let no_employee = UpdateEmployeeRequest { employee: None, ..update(seen.clone(), &["phone"]) };
    assert_eq!(violations(error(manager.update_employee(no_employee).await)), one("employee", "REQUIRED"));
    let no_version = update(Employee { version: 0, ..seen.clone() }, &["phone"]);
    assert_eq!(violations(error(manager.update_employee(no_version).await)), one("employee.version", "REQUIRED"));
    let no_id = update(Employee { id: String::new(), ..seen }, &["phone"]);
    assert_eq!(violations(error(manager.update_employee(no_id).await)), one("employee.id", "REQUIRED"));
}

/// Calls each method that names an employee, with the identifier and version given; the field that holds the identifier.
async fn each_method_on(world: &World, id: &str, version: u64) -> Vec<(&'static str, Error)> {
    let id = || id.to_owned();
    let mut manager = world.manager();
    let employee = Employee { phone: "+37129999999".into(), id: id(), version, ..Employee::default() };
    let (starts_at, ends_at) = (Some(Timestamp { seconds: 1_800_000_000, nanos: 0 }), Some(Timestamp { seconds: 1_800_003_600, nanos: 0 }));
    let mut errors = vec![
        ("employee.id", error(manager.update_employee(update(employee, &["phone"])).await)),
        ("id", error(manager.deactivate_employee(DeactivateEmployeeRequest { id: id(), version }).await)),
        ("id", error(manager.reactivate_employee(ReactivateEmployeeRequest { id: id(), version }).await)),
        (
            "employee_id",
            error(manager.add_time_off(AddTimeOffRequest { employee_id: id(), starts_at, ends_at, reason: String::new(), version }).await),
        ),
        (
            "employee_id",
            error(manager.remove_time_off(RemoveTimeOffRequest { employee_id: id(), time_off_id: NOBODY.into(), version }).await),
        ),
        (
            "employee_id",
            error(manager.put_employee_photo(PutEmployeePhotoRequest { employee_id: id(), content: "GIF89a".into(), version }).await),
        ),
        ("employee_id", error(manager.delete_employee_photo(DeleteEmployeePhotoRequest { employee_id: id(), version }).await)),
    ];
    if version == 1 {
        errors.push(("id", error(manager.get_employee(GetEmployeeRequest { id: id() }).await)));
        errors.push(("employee_id", error(manager.get_employee_photo(GetEmployeePhotoRequest { employee_id: id() }).await)));
    }
    errors
}

#[tokio::test]
async fn an_employee_that_there_is_not_is_not_found_by_the_field_that_named_them() {
    let world = World::new().await;
    for (expected, error) in each_method_on(&world, NOBODY, 1).await {
        match error {
            Error::NotFound { resource, id, field } => {
                assert_eq!((resource.as_ref(), id.as_str(), field.as_ref()), ("employee", NOBODY, expected))
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_no_id_is_invalid_by_the_field_that_held_it() {
    let world = World::new().await;
    for (wrong, code) in [("", "REQUIRED"), ("1", "INVALID_ID"), ("{\"$ne\":null}", "INVALID_ID")] {
        for (field, error) in each_method_on(&world, wrong, 1).await {
            assert_eq!(violations(error), one(field, code), "{wrong:?}");
        }
    }
}

#[tokio::test]
async fn a_stale_version_is_a_conflict_and_a_missing_one_is_invalid() {
    let world = World::new().await;
    let seen = world.hire("Anna", "Ozola", "").await;
    for (_, error) in each_method_on(&world, &seen.id, 7).await {
        assert!(matches!(error, Error::Conflict { current_version: 1, .. }), "{error:?}");
    }
    for (field, error) in each_method_on(&world, &seen.id, 0).await {
        let expected = if field == "employee.id" { "employee.version" } else { "version" };
        assert_eq!(violations(error), one(expected, "REQUIRED"));
    }
    assert_eq!(world.get(&seen.id).await, seen);
}

#[tokio::test]
async fn wrong_times_off_are_refused_by_field() {
    let world = World::new().await;
    let seen = world.hire("Anna", "Ozola", "").await;
    let second = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let good = || AddTimeOffRequest {
        employee_id: seen.id.clone(),
        starts_at: second(1_800_000_000),
        ends_at: second(1_800_003_600),
        reason: String::new(),
        version: 1,
    };
    for (request, field, code) in [
        (AddTimeOffRequest { starts_at: None, ..good() }, "starts_at", "REQUIRED"),
        (AddTimeOffRequest { ends_at: None, ..good() }, "ends_at", "REQUIRED"),
        (AddTimeOffRequest { starts_at: second(-1), ..good() }, "starts_at", "INVALID_TIME"),
        (AddTimeOffRequest { ends_at: second(i64::MAX), ..good() }, "ends_at", "INVALID_TIME"),
        (AddTimeOffRequest { ends_at: Some(Timestamp { seconds: 1_800_003_600, nanos: -1 }), ..good() }, "ends_at", "INVALID_TIME"),
        (AddTimeOffRequest { ends_at: second(1_800_000_000), ..good() }, "ends_at", "NOT_AFTER_START"),
        (AddTimeOffRequest { ends_at: second(1_800_000_000 + 366 * 86_400 + 1), ..good() }, "ends_at", "TOO_LONG"),
        (AddTimeOffRequest { reason: "x".repeat(201), ..good() }, "reason", "TOO_LONG"),
        (AddTimeOffRequest { reason: "a\nb".into(), ..good() }, "reason", "CONTROL_CHARACTER"),
    ] {
        assert_eq!(violations(error(world.manager().add_time_off(request).await)), one(field, code));
    }
    let request = RemoveTimeOffRequest { employee_id: seen.id.clone(), time_off_id: "x".into(), version: 1 };
    assert_eq!(violations(error(world.manager().remove_time_off(request).await)), one("time_off_id", "INVALID_ID"));
    assert_eq!(world.get(&seen.id).await, seen);
}

/// What is wrong with a list that is asked for.
fn wrong_lists() -> Vec<(ListEmployeesRequest, &'static str, &'static str)> {
    let size = |size| ListEmployeesRequest { page_size: Some(size), ..ListEmployeesRequest::default() };
    let filter = |filter| ListEmployeesRequest { filter: Some(filter), ..ListEmployeesRequest::default() };
    vec![
        (size(0), "page_size", "OUT_OF_RANGE"),
        (size(-1), "page_size", "OUT_OF_RANGE"),
        (size(1_000_000_000), "page_size", "OUT_OF_RANGE"),
        (ListEmployeesRequest { page_token: "made up".into(), ..ListEmployeesRequest::default() }, "page_token", "INVALID_TOKEN"),
        (ListEmployeesRequest { page_token: "x".repeat(100_000), ..ListEmployeesRequest::default() }, "page_token", "INVALID_TOKEN"),
        (ListEmployeesRequest { order_by: 99, ..ListEmployeesRequest::default() }, "order_by", "UNKNOWN_VALUE"),
        (filter(EmployeeFilter { statuses: vec![1, 9], skill: String::new() }), "filter.statuses[1]", "UNKNOWN_VALUE"),
        (filter(EmployeeFilter { statuses: vec![0], skill: String::new() }), "filter.statuses[0]", "REQUIRED"),
        (filter(EmployeeFilter { statuses: vec![], skill: "x".repeat(51) }), "filter.skill", "TOO_LONG"),
    ]
}

#[tokio::test]
async fn wrong_lists_are_refused_by_field_alone_and_in_a_batch() {
    let world = World::new().await;
    world.hire("Anna", "Ozola", "").await;
    for (request, field, code) in wrong_lists() {
        assert_eq!(violations(error(world.manager().list_employees(request).await)), one(field, code));
    }
    let good = ListEmployeesRequest::default;
    let requests = wrong_lists().into_iter().flat_map(|(wrong, ..)| [good(), wrong]).collect();
    let results = world
        .manager()
        .batch_list_employees(BatchListEmployeesRequest { read_mask: None, omit_cursors: false, requests })
        .await
        .unwrap()
        .into_inner()
        .results;
    assert_eq!(results.len(), 2 * wrong_lists().len());
    for (pair, (_, field, code)) in results.chunks(2).zip(wrong_lists()) {
        assert!(matches!(&pair[0].result, Some(employees_page_result::Result::Page(page)) if page.employees.len() == 1));
        match &pair[1].result {
            Some(employees_page_result::Result::Error(status)) => assert_eq!(violations(from_rpc_status(status)), one(field, code)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_page_token_of_another_list_is_refused() {
    let world = World::new().await;
    for last in ["Ozola", "Liepa"] {
        world.hire("Anna", last, "").await;
    }
    let mut manager = world.manager();
    let first = ListEmployeesRequest { page_size: Some(1), ..ListEmployeesRequest::default() };
    let page_token = manager.list_employees(first).await.unwrap().into_inner().next_page_token;
    let by_age = ListEmployeesRequest { order_by: 2, page_token: page_token.clone(), ..ListEmployeesRequest::default() };
    assert_eq!(violations(error(manager.list_employees(by_age).await)), one("page_token", "WRONG_LIST"));
    let filter = Some(EmployeeFilter { statuses: vec![2], skill: String::new() });
    let filtered = ListEmployeesRequest { filter, page_token: page_token.clone(), ..ListEmployeesRequest::default() };
    assert_eq!(violations(error(manager.list_employees(filtered).await)), one("page_token", "WRONG_LIST"));
    let elsewhere = ListEmployeesRequest { page_token, ..ListEmployeesRequest::default() };
    assert_eq!(violations(error(world.stranger().list_employees(elsewhere).await)), one("page_token", "WRONG_LIST"));
}

#[tokio::test]
async fn wrong_searches_are_refused_by_field() {
    let world = World::new().await;
    let good = || SearchEmployeesRequest { text: "anna".into(), ..SearchEmployeesRequest::default() };
    for (request, field, code) in [
        (SearchEmployeesRequest { text: " ".into(), ..good() }, "text", "REQUIRED"),
        (SearchEmployeesRequest { text: "a".repeat(201), ..good() }, "text", "TOO_LONG"),
        (SearchEmployeesRequest { limit: Some(0), ..good() }, "limit", "OUT_OF_RANGE"),
        (SearchEmployeesRequest { limit: Some(-1), ..good() }, "limit", "OUT_OF_RANGE"),
        (SearchEmployeesRequest { limit: Some(201), ..good() }, "limit", "OUT_OF_RANGE"),
        (SearchEmployeesRequest { limit: Some(1_000_000_000), ..good() }, "limit", "OUT_OF_RANGE"),
        (
            SearchEmployeesRequest { filter: Some(EmployeeFilter { statuses: vec![7], skill: String::new() }), ..good() },
            "filter.statuses[0]",
            "UNKNOWN_VALUE",
        ),
    ] {
        assert_eq!(violations(error(world.manager().search_employees(request).await)), one(field, code));
    }
}

#[tokio::test]
async fn a_batch_has_1_question_at_least_and_not_too_many() {
    let world = World::new().await;
    let mut manager = world.manager();
    for count in [0, 10_001] {
        let ids = vec![NOBODY.to_owned(); count];
        assert_eq!(
            violations(error(manager.batch_get_employees(BatchGetEmployeesRequest { read_mask: None, ids }).await)),
            one("ids", "OUT_OF_RANGE")
        );
    }
    for count in [0, 1_001] {
        let requests = vec![ListEmployeesRequest::default(); count];
        let outcome = manager.batch_list_employees(BatchListEmployeesRequest { read_mask: None, omit_cursors: false, requests }).await;
        assert_eq!(violations(error(outcome)), one("requests", "OUT_OF_RANGE"));
        let queries = vec![HistoryQuery::default(); count];
        let outcome = manager.batch_list_employee_history(BatchListEmployeeHistoryRequest { queries }).await;
        assert_eq!(violations(error(outcome)), one("queries", "OUT_OF_RANGE"));
    }
}

#[tokio::test]
async fn a_batch_answers_each_id_with_the_employee_or_the_error() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "").await;
    let ids = vec![NOBODY.into(), anna.id.clone(), "x".into(), anna.id.clone()];
    let results = world
        .manager()
        .batch_get_employees(BatchGetEmployeesRequest { read_mask: None, ids: ids.clone() })
        .await
        .unwrap()
        .into_inner()
        .results;
    assert_eq!(results.iter().map(|result| result.id.clone()).collect::<Vec<_>>(), ids);
    let answers: Vec<_> = results.into_iter().map(|result| result.result.unwrap()).collect();
    match &answers[..] {
        [
            employee_result::Result::Error(unknown),
            employee_result::Result::Employee(first),
            employee_result::Result::Error(wrong),
            employee_result::Result::Employee(second),
        ] => {
            assert!(matches!(from_rpc_status(unknown), Error::NotFound { field, .. } if field == "id"));
            assert_eq!(violations(from_rpc_status(wrong)), one("id", "INVALID_ID"));
            assert_eq!((first, second), (&anna, &anna));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn wrong_history_queries_are_refused_each_for_itself() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "").await;
    let good = || HistoryQuery { entity_id: anna.id.clone(), page_size: None, page_token: String::new() };
    let queries = vec![
        good(),
        HistoryQuery { entity_id: "x".into(), ..good() },
        HistoryQuery { page_size: Some(0), ..good() },
        HistoryQuery { page_token: "made up".into(), ..good() },
    ];
    let answer = world.manager().batch_list_employee_history(BatchListEmployeeHistoryRequest { queries }).await.unwrap();
    let results: Vec<_> = answer.into_inner().results.into_iter().map(|result| result.result.unwrap()).collect();
    assert!(matches!(&results[0], history_result::Result::Page(page) if page.entries.len() == 1));
    for (result, field) in results[1..].iter().zip(["entity_id", "page_size", "page_token"]) {
        match result {
            history_result::Result::Error(status) => assert_eq!(violations(from_rpc_status(status))[0].0, field),
            other @ history_result::Result::Page(_) => panic!("{other:?}"),
        }
    }
}
