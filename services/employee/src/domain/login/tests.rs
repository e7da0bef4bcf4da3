use uuid::Uuid;

use super::*;

fn account(n: u128, version: u64) -> AccountFacts {
    let id = AccountId::from_uuid(Uuid::from_u128(n));
    AccountFacts { id, version, role: Role::Employee, email: "anna@example.com".into(), disabled: false }
}

fn refusal(employee_version: u64) -> Refusal {
    Refusal { employee_version, reason: "EMAIL_TAKEN".into(), message: "is in use".into() }
}

fn nothing() -> LoginFacts {
    LoginFacts::none(EmployeeId::from_uuid(Uuid::nil()))
}

#[test]
fn an_older_or_repeated_version_of_an_account_is_no_news() {
    let facts = nothing().with_account(account(1, 2)).unwrap();
    assert_eq!(facts.version, 1);
    assert!(facts.with_account(account(1, 2)).is_none());
    assert!(facts.with_account(account(1, 1)).is_none());
    assert_eq!(facts.with_account(account(1, 3)).unwrap().version, 2);
}

#[test]
fn a_later_account_takes_the_place_of_an_earlier_one() {
    let facts = nothing().with_account(account(2, 1)).unwrap();
    assert!(facts.with_account(account(1, 9)).is_none());
    assert!(facts.with_account(account(3, 1)).is_some());
}

#[test]
fn an_older_or_repeated_refusal_is_no_news() {
    let facts = nothing().with_refusal(refusal(3)).unwrap();
    assert!(facts.with_refusal(refusal(2)).is_none());
    assert!(facts.with_refusal(refusal(3)).is_none());
    assert!(facts.with_refusal(refusal(4)).is_some());
}

#[test]
fn a_login_is_stored_flat() {
    let access = Access { account_id: AccountId::from_uuid(Uuid::nil()), role: Role::Manager };
    let (reason, message) = ("EMAIL_TAKEN".to_owned(), "is in use".to_owned());
    for (login, fields) in [
        (Login::None, vec!["status"]),
        (Login::Pending, vec!["status"]),
        (Login::Provisioned(access), vec!["account_id", "role", "status"]),
        (Login::Disabled(access), vec!["account_id", "role", "status"]),
        (
            Login::Refused { refusal_reason: reason.clone(), refusal_message: message.clone(), access: None },
            vec!["refusal_message", "refusal_reason", "status"],
        ),
        (
            Login::Refused { refusal_reason: reason, refusal_message: message, access: Some(access) },
            vec!["account_id", "refusal_message", "refusal_reason", "role", "status"],
        ),
    ] {
        let stored = serde_json::to_value(&login).unwrap();
        let mut names: Vec<&str> = stored.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, fields);
        assert_eq!(serde_json::from_value::<Login>(stored).unwrap(), login);
    }
}
