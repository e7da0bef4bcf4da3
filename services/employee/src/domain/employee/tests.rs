use kernel::{AccountId, Currency, Decimal, Role};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::{AccountFacts, Refusal, login::Access};

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(1_772_000_000_000_000 + second * 1_000_000).unwrap()
}

fn email(address: &str) -> EmailAddress {
    EmailAddress::parse("email", address).unwrap()
}

fn name(text: &str) -> Name {
    Name::parse("name", text).unwrap()
}

fn profile(address: Option<&str>) -> Profile {
    Profile {
        first_name: name("Jānis"),
        last_name: name("Bērziņš"),
        phone: PhoneNumber::parse("phone", "+37120012345").unwrap(),
        email: address.map(email),
        hourly_rate: Some(Money::parse("hourly_rate", Decimal::new(1_250, 2), Currency::EUR).unwrap()),
        skills: Skills::parse("skills", &["Grīdas"]).unwrap(),
        availability: Availability::default(),
    }
}

fn employee(address: Option<&str>) -> Employee {
    Employee::create(EmployeeId::from_uuid(Uuid::from_u128(7)), profile(address), at(0)).employee
}

fn nothing_heard(employee: &Employee) -> LoginFacts {
    LoginFacts::none(employee.id)
}

fn account(version: u64, address: &str, disabled: bool) -> AccountFacts {
    AccountFacts { id: account_id(), version, role: Role::Employee, email: address.to_owned(), disabled }
}

fn account_id() -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(9))
}

fn refusal(employee_version: u64) -> Refusal {
    Refusal { employee_version, reason: "EMAIL_TAKEN".into(), message: "is in use".into() }
}

fn change_email(address: Option<&str>) -> ProfileChange {
    ProfileChange { email: Some(address.map(email)), ..ProfileChange::default() }
}

fn access() -> Access {
    Access { account_id: account_id(), role: Role::Employee }
}

#[test]
fn a_new_employee_is_active_and_awaits_a_login_only_with_an_email_address() {
    let created = Employee::create(EmployeeId::from_uuid(Uuid::nil()), profile(Some("janis@example.com")), at(0));
    assert_eq!(created.event, Some(Event::Created));
    assert_eq!((created.employee.version, created.employee.status), (1, Status::Active));
    assert_eq!(created.employee.login, Login::Pending);
    assert_eq!(employee(None).login, Login::None);
}

#[test]
fn what_is_derived_follows_the_names_and_skills() {
    let before = employee(Some("janis@example.com"));
    assert_eq!(before.sort_name, "berzins janis");
    assert_eq!(before.skill_keys, ["gridas"]);
    let change = ProfileChange { last_name: Some(name("Ёлкин")), skills: Some(Skills::default()), ..ProfileChange::default() };
    let after = before.update(change, at(1)).unwrap().employee;
    assert_eq!(after.sort_name, "елкин janis");
    assert!(after.skill_keys.is_empty());
    assert!(after.terms.contains(&"елкин".to_owned()) && !after.terms.contains(&"berzins".to_owned()));
    assert_eq!((after.version, after.updated_at, after.created_at), (2, at(1), at(0)));
}

#[test]
fn an_update_to_the_same_values_is_no_change() {
    let employee = employee(Some("janis@example.com"));
    let same = ProfileChange {
        first_name: Some(name("Jānis")),
        email: Some(Some(email("Janis@Example.com"))),
        hourly_rate: Some(employee.hourly_rate),
        ..ProfileChange::default()
    };
    assert_eq!(employee.update(same, at(1)), None);
    assert_eq!(employee.update(ProfileChange::default(), at(1)), None);
    assert_eq!(employee.delete_photo(at(1)), None);
}

#[test]
fn deactivating_and_reactivating_tell_others_and_are_refused_the_second_time() {
    let active = employee(None);
    let wrong = |outcome: Result<Option<Transition>>| match outcome {
        Err(Error::FailedPrecondition { reason, message, .. }) => format!("{reason}: {message}"),
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(active.reactivate(at(1))), "WRONG_TRANSITION: an employee who is ACTIVE can't become ACTIVE");
    let left = active.deactivate(at(1)).unwrap().unwrap();
    assert_eq!((left.event, left.employee.status), (Some(Event::Deactivated), Status::Inactive));
    assert_eq!(wrong(left.employee.deactivate(at(2))), "WRONG_TRANSITION: an employee who is INACTIVE can't become INACTIVE");
    let back = left.employee.reactivate(at(2)).unwrap().unwrap();
    assert_eq!((back.event, back.employee.status), (Some(Event::Reactivated), Status::Active));
}

#[test]
fn the_photo_s_version_rises_also_after_it_was_deleted() {
    let (first, photo) = employee(None).put_photo(10, 20, 300, at(1));
    assert_eq!(photo, Photo { version: 1, width: 10, height: 20, size_bytes: 300 });
    assert_eq!((first.employee.photo, first.event), (Some(photo), Some(Event::Updated)));
    let gone = first.employee.delete_photo(at(2)).unwrap().employee;
    assert_eq!(gone.photo, None);
    assert_eq!(gone.put_photo(10, 20, 300, at(3)).1.version, 2);
}

#[test]
fn the_same_picture_again_is_a_new_photo() {
    let first = employee(None).put_photo(10, 20, 300, at(1)).0.employee;
    assert_eq!(first.put_photo(10, 20, 300, at(2)).1.version, 2);
}

#[test]
fn a_cleaner_may_change_the_phone_and_the_availability_only() {
    let phone = PhoneNumber::parse("phone", "+37120000001").unwrap();
    let own = ProfileChange { phone: Some(phone), availability: Some(Availability::default()), ..ProfileChange::default() };
    assert!(own.is_for_cleaners());
    assert!(!change_email(None).is_for_cleaners());
    assert!(!ProfileChange { hourly_rate: Some(None), ..own }.is_for_cleaners());
}

#[test]
fn a_login_goes_from_pending_to_provisioned_to_disabled_and_back() {
    let pending = employee(Some("janis@example.com"));
    let facts = nothing_heard(&pending).with_account(account(1, "janis@example.com", false)).unwrap();
    let provisioned = pending.note_login(&facts, at(1)).unwrap();
    assert_eq!((&provisioned.employee.login, provisioned.event), (&Login::Provisioned(access()), None));
    assert_eq!(provisioned.employee.version, 2);
    assert_eq!(provisioned.employee.note_login(&facts, at(2)), None, "heard twice");

    let facts = facts.with_account(account(2, "janis@example.com", true)).unwrap();
    let disabled = provisioned.employee.note_login(&facts, at(3)).unwrap().employee;
    assert_eq!(disabled.login, Login::Disabled(access()));
    let facts = facts.with_account(account(3, "janis@example.com", false)).unwrap();
    assert_eq!(disabled.note_login(&facts, at(4)).unwrap().employee.login, Login::Provisioned(access()));
}

#[test]
fn an_account_that_only_took_over_a_changed_name_changes_nothing_that_people_see() {
    let pending = employee(Some("janis@example.com"));
    let facts = nothing_heard(&pending).with_account(account(1, "janis@example.com", false)).unwrap();
    let provisioned = pending.note_login(&facts, at(1)).unwrap().employee;
    let facts = facts.with_account(account(2, "janis@example.com", false)).unwrap();
    assert_eq!(provisioned.note_login(&facts, at(2)), None);
}

#[test]
fn a_refused_login_is_asked_for_again_with_another_email_address() {
    let pending = employee(Some("taken@example.com"));
    let facts = nothing_heard(&pending).with_refusal(refusal(1)).unwrap();
    let refused = pending.note_login(&facts, at(1)).unwrap().employee;
    assert!(matches!(&refused.login, Login::Refused { refusal_reason, access: None, .. } if refusal_reason == "EMAIL_TAKEN"));

    let again = refused.update(change_email(Some("free@example.com")), at(2)).unwrap().employee;
    assert_eq!(again.login, Login::Pending);
    assert_eq!(again.note_login(&facts, at(3)), None, "the refusal was of the earlier address");

    let without = refused.update(change_email(None), at(2)).unwrap().employee;
    assert_eq!(without.login, Login::None);
}

#[test]
fn a_refused_change_of_the_email_address_shows_beside_the_account_until_it_is_taken_back() {
    let pending = employee(Some("janis@example.com"));
    let facts = nothing_heard(&pending).with_account(account(1, "janis@example.com", false)).unwrap();
    let provisioned = pending.note_login(&facts, at(1)).unwrap().employee;
    let moved = provisioned.update(change_email(Some("taken@example.com")), at(2)).unwrap().employee;
    assert_eq!(moved.login, Login::Provisioned(access()), "until the answer comes");

    let facts = facts.with_refusal(refusal(moved.version)).unwrap();
    let refused = moved.note_login(&facts, at(3)).unwrap().employee;
    assert!(matches!(refused.login, Login::Refused { access: Some(known), .. } if known == access()));

    let back = refused.update(change_email(Some("janis@example.com")), at(4)).unwrap().employee;
    assert_eq!(back.login, Login::Provisioned(access()));
}

#[test]
fn a_refusal_that_was_overtaken_by_the_account_does_not_show() {
    let pending = employee(Some("janis@example.com"));
    let facts = nothing_heard(&pending).with_account(account(1, "janis@example.com", false)).unwrap();
    let facts = facts.with_refusal(refusal(1)).unwrap();
    assert_eq!(pending.note_login(&facts, at(1)).unwrap().employee.login, Login::Provisioned(access()));
}

#[test]
fn nobody_awaits_a_login_for_somebody_who_has_left() {
    let left = employee(Some("janis@example.com")).deactivate(at(1)).unwrap().unwrap().employee;
    assert_eq!(left.login, Login::None);
    assert_eq!(left.reactivate(at(2)).unwrap().unwrap().employee.login, Login::Pending);
}

#[test]
fn a_stale_version_is_a_conflict_that_carries_the_current_one() {
    let employee = employee(None).put_photo(1, 1, 1, at(1)).0.employee;
    assert!(employee.check_version(2).is_ok());
    for seen in [0, 1, 3] {
        assert!(matches!(employee.check_version(seen), Err(Error::Conflict { current_version: 2, .. })), "{seen}");
    }
}

#[test]
fn a_cleaner_s_view_has_no_rate() {
    assert_eq!(employee(None).without_rate().hourly_rate, None);
}

/// Something that happens to an employee or is heard of their login.
#[derive(Debug, Clone)]
enum Step {
    Email(Option<usize>),
    Deactivate,
    Reactivate,
    Account { version: u64, address: usize, disabled: bool },
    Refusal { versions_ago: u64 },
}

const ADDRESSES: [&str; 3] = ["a@example.com", "b@example.com", "c@example.com"];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        proptest::option::of(0_usize..3).prop_map(Step::Email),
        Just(Step::Deactivate),
        Just(Step::Reactivate),
        (1_u64..9, 0_usize..3, any::<bool>()).prop_map(|(version, address, disabled)| Step::Account { version, address, disabled }),
        (0_u64..4).prop_map(|versions_ago| Step::Refusal { versions_ago }),
    ]
}

proptest! {
    /// What people see is kept by two ways, a change of the employee and something heard; both must come to the same.
    #[test]
    fn the_login_always_follows_from_the_facts_and_the_employee(steps in proptest::collection::vec(step(), 0..40)) {
        let mut employee = employee(Some(ADDRESSES[0]));
        let mut facts = nothing_heard(&employee);
        for step in steps {
            let transition = match step {
                Step::Email(address) => employee.update(change_email(address.map(|n| ADDRESSES[n])), at(1)),
                Step::Deactivate => employee.deactivate(at(1)).ok().flatten(),
                Step::Reactivate => employee.reactivate(at(1)).ok().flatten(),
                Step::Account { version, address, disabled } => {
                    facts = facts.with_account(account(version, ADDRESSES[address], disabled)).unwrap_or(facts);
                    employee.note_login(&facts, at(1))
                }
                Step::Refusal { versions_ago } => {
                    facts = facts.with_refusal(refusal(employee.version.saturating_sub(versions_ago))).unwrap_or(facts);
                    employee.note_login(&facts, at(1))
                }
            };
            if let Some(transition) = transition {
                prop_assert_eq!(transition.employee.version, employee.version + 1);
                employee = transition.employee;
            }
            prop_assert_eq!(employee.note_login(&facts, at(2)), None);
        }
    }
}
