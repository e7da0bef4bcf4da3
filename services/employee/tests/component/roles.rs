//! Who may call what: every method of the contract has its row.

use contracts::crm::{
    api::v1::HistoryQuery,
    employee::v1::{
        AddTimeOffRequest, BatchGetEmployeesRequest, BatchListEmployeeHistoryRequest, BatchListEmployeesRequest, DeactivateEmployeeRequest,
        DeleteEmployeePhotoRequest, Employee, GetEmployeePhotoRequest, GetEmployeeRequest, ListEmployeesRequest, PutEmployeePhotoRequest,
        ReactivateEmployeeRequest, RemoveTimeOffRequest, SearchEmployeesRequest, employee_result,
    },
};
use contracts::google::r#type::Money;
use kernel::Error;
use prost_types::Timestamp;
use testkit::matrix;

use crate::{
    harness::{Client, World, created, error, hire, update, updated},
    photos,
};

/// What somebody gets for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// There is no such thing for them.
    NotFound,
    Denied,
    SignedOut,
}

use Outcome::{Denied, Done, NotFound, SignedOut};

/// Who calls.
#[derive(Debug, Clone, Copy)]
enum Who {
    Nobody,
    AnotherCleaner,
    Cleaner,
    Manager,
    Admin,
}

/// The rows: a method, and what the office, the cleaner on their own record, and the cleaner on another's get.
const MATRIX: &[(&str, Outcome, Outcome, Outcome)] = &[
    ("CreateEmployee", Done, Denied, Denied),
    ("GetEmployee", Done, Done, NotFound),
    ("BatchGetEmployees", Done, Done, NotFound),
    ("ListEmployees", Done, Denied, Denied),
    ("BatchListEmployees", Done, Denied, Denied),
    ("SearchEmployees", Done, Denied, Denied),
    ("UpdateEmployee", Done, Done, NotFound),
    ("DeactivateEmployee", Done, Denied, Denied),
    ("ReactivateEmployee", Done, Denied, Denied),
    ("AddTimeOff", Done, Denied, Denied),
    ("RemoveTimeOff", Done, Denied, Denied),
    ("PutEmployeePhoto", Done, Done, NotFound),
    ("GetEmployeePhoto", Done, Done, NotFound),
    ("DeleteEmployeePhoto", Done, Done, NotFound),
    ("BatchListEmployeeHistory", Done, Denied, Denied),
];

/// Calls `method` on `employee`, who has a photo and a time off, at their present version.
async fn call(method: &str, client: &mut Client, employee: &Employee) -> Outcome {
    let id = || employee.id.clone();
    let version = employee.version;
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let outcome = match method {
        "CreateEmployee" => client.create_employee(hire("New", "Person", "")).await.err(),
        "GetEmployee" => client.get_employee(GetEmployeeRequest { id: id() }).await.err(),
        "BatchGetEmployees" => match client.batch_get_employees(BatchGetEmployeesRequest { read_mask: None, ids: vec![id()] }).await {
            Ok(answer) => match answer.into_inner().results.remove(0).result.unwrap() {
                employee_result::Result::Employee(_) => None,
                employee_result::Result::Error(status) => {
                    return outcome_of(&contracts::error::from_rpc_status(&status));
                }
            },
            Err(status) => Some(status),
        },
        "ListEmployees" => client.list_employees(ListEmployeesRequest::default()).await.err(),
        "BatchListEmployees" => client
            .batch_list_employees(BatchListEmployeesRequest {
                read_mask: None,
                omit_cursors: false,
                requests: vec![ListEmployeesRequest::default()],
            })
            .await
            .err(),
        "SearchEmployees" => {
            client.search_employees(SearchEmployeesRequest { text: "anna".into(), ..SearchEmployeesRequest::default() }).await.err()
        }
        "UpdateEmployee" => {
            let changed = Employee { phone: "+37129999999".into(), ..employee.clone() };
            client.update_employee(update(changed, &["phone", "availability"])).await.err()
        }
        "DeactivateEmployee" => client.deactivate_employee(DeactivateEmployeeRequest { id: id(), version }).await.err(),
        "ReactivateEmployee" => client.reactivate_employee(ReactivateEmployeeRequest { id: id(), version }).await.err(),
        "AddTimeOff" => {
            let (starts_at, ends_at) = (at(1_900_000_000), at(1_900_003_600));
            let request = AddTimeOffRequest { employee_id: id(), starts_at, ends_at, reason: String::new(), version };
            client.add_time_off(request).await.err()
        }
        "RemoveTimeOff" => {
            let time_off_id = employee.time_off[0].id.clone();
            client.remove_time_off(RemoveTimeOffRequest { employee_id: id(), time_off_id, version }).await.err()
        }
        "PutEmployeePhoto" => {
            let request = PutEmployeePhotoRequest { employee_id: id(), content: photos::png(8, 8), version };
            client.put_employee_photo(request).await.err()
        }
        "GetEmployeePhoto" => client.get_employee_photo(GetEmployeePhotoRequest { employee_id: id() }).await.err(),
        "DeleteEmployeePhoto" => client.delete_employee_photo(DeleteEmployeePhotoRequest { employee_id: id(), version }).await.err(),
        "BatchListEmployeeHistory" => {
            let query = HistoryQuery { entity_id: id(), page_size: None, page_token: String::new() };
            client.batch_list_employee_history(BatchListEmployeeHistoryRequest { queries: vec![query] }).await.err()
        }
        other => panic!("{other} has no row: say who may call it"),
    };
    outcome.map_or(Done, |status| outcome_of(&contracts::error::from_status(&status)))
}

fn outcome_of(error: &Error) -> Outcome {
    match error {
        Error::NotFound { .. } => NotFound,
        Error::PermissionDenied(_) => Denied,
        Error::Unauthenticated { .. } => SignedOut,
        other => panic!("{other:?}"),
    }
}

/// An employee on whom every method can be called: with a photo and a time off, and away where they are to be taken back.
async fn subject(world: &World, method: &str) -> Employee {
    let mut manager = world.manager();
    let Employee { id, .. } = world.hire("Anna", "Ozola", "").await;
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let (starts_at, ends_at) = (at(1_800_000_000), at(1_800_003_600));
    let request = AddTimeOffRequest { employee_id: id.clone(), starts_at, ends_at, reason: "sick".into(), version: 1 };
    manager.add_time_off(request).await.unwrap();
    manager.put_employee_photo(PutEmployeePhotoRequest { employee_id: id.clone(), content: photos::png(8, 8), version: 2 }).await.unwrap();
    if method == "ReactivateEmployee" {
        manager.deactivate_employee(DeactivateEmployeeRequest { id: id.clone(), version: 3 }).await.unwrap();
    }
    world.get(&id).await
}

#[tokio::test]
async fn every_method_lets_in_whom_it_should_and_nobody_else() {
    let world = World::new().await;
    let callers = [Who::Nobody, Who::AnotherCleaner, Who::Cleaner, Who::Manager, Who::Admin];
    let rows = MATRIX.iter().map(|&(method, office, own, other)| (method, "an employee", [SignedOut, other, own, office, office]));
    matrix::check("crm.employee.v1.EmployeeService", rows, callers, async |method, _, who| {
        let employee = subject(&world, method).await;
        let mut client = match who {
            Who::Nobody => world.nobody(),
            Who::AnotherCleaner => world.cleaner(&world.hire("Ilze", "Liepa", "").await),
            Who::Cleaner => world.cleaner(&employee),
            Who::Manager => world.manager(),
            Who::Admin => world.admin(),
        };
        let outcome = call(method, &mut client, &employee).await;
        if outcome != Done {
            assert_eq!(world.get(&employee.id).await, employee, "{method} by {who:?} changed something");
        }
        outcome
    })
    .await;
}

#[tokio::test]
async fn a_cleaner_changes_nothing_of_their_own_but_phone_and_availability() {
    let world = World::new().await;
    let anna = world.hire("Anna", "Ozola", "anna@example.com").await;
    let mut cleaner = world.cleaner(&anna);
    for field in ["first_name", "last_name", "email", "hourly_rate", "skills"] {
        let wanted = Employee { phone: "+37129999999".into(), ..anna.clone() };
        let outcome = cleaner.update_employee(update(wanted, &["phone", field])).await;
        assert!(matches!(error(outcome), Error::PermissionDenied(_)), "{field}");
    }
    let wanted = Employee { phone: "+37129999999".into(), ..anna.clone() };
    assert_eq!(updated(&mut cleaner, wanted, &["phone", "availability"]).await.phone, "+37129999999");
}

#[tokio::test]
async fn a_cleaner_sees_their_times_off_but_never_the_rate() {
    let world = World::new().await;
    let request = {
        let mut request = hire("Anna", "Ozola", "");
        request.hourly_rate = Some(Money { currency_code: "EUR".into(), units: 12, nanos: 0 });
        request
    };
    let anna = created(&mut world.manager(), request).await;
    assert!(anna.hourly_rate.is_some());
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let (starts_at, ends_at) = (at(1_800_000_000), at(1_800_003_600));
    let time_off = AddTimeOffRequest { employee_id: anna.id.clone(), starts_at, ends_at, reason: "sick".into(), version: 1 };
    world.manager().add_time_off(time_off).await.unwrap();

    let mut cleaner = world.cleaner(&anna);
    let got = cleaner.get_employee(GetEmployeeRequest { id: anna.id.clone() }).await.unwrap().into_inner().employee.unwrap();
    assert_eq!((got.hourly_rate.clone(), got.time_off[0].reason.as_str()), (None, "sick"));
    let batch = BatchGetEmployeesRequest { read_mask: None, ids: vec![anna.id.clone()] };
    match cleaner.batch_get_employees(batch).await.unwrap().into_inner().results.remove(0).result.unwrap() {
        employee_result::Result::Employee(employee) => assert_eq!(employee.hourly_rate, None),
        employee_result::Result::Error(status) => panic!("{status:?}"),
    }
    let wanted = Employee { phone: "+37129999999".into(), ..got };
    let changed = updated(&mut cleaner, wanted, &["phone"]).await;
    assert_eq!(changed.hourly_rate, None);
    let photo = PutEmployeePhotoRequest { employee_id: anna.id.clone(), content: photos::png(8, 8), version: 3 };
    assert_eq!(cleaner.put_employee_photo(photo).await.unwrap().into_inner().employee.unwrap().hourly_rate, None);
    let gone = DeleteEmployeePhotoRequest { employee_id: anna.id.clone(), version: 4 };
    assert_eq!(cleaner.delete_employee_photo(gone).await.unwrap().into_inner().employee.unwrap().hourly_rate, None);

    assert!(world.get(&anna.id).await.hourly_rate.is_some(), "it was not lost by the cleaner's changes");
}
