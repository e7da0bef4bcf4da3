use std::sync::Arc;

use kernel::{AccountId, env::FixedClock, id::ContactId};
use proptest::prelude::*;

use super::*;
use crate::domain::ContactInput;

fn env() -> Env {
    Env::system().with_clock(Arc::new(FixedClock::new(Timestamp::from_micros(1_772_000_000_000_000).unwrap())))
}

fn later() -> Env {
    Env::system().with_clock(Arc::new(FixedClock::new(Timestamp::from_micros(1_772_000_060_000_000).unwrap())))
}

fn input() -> CustomerInput {
    CustomerInput {
        kind: CustomerType::Person,
        name: "Jānis Bērziņš".into(),
        registration_number: String::new(),
        phone: "+371 20 000 001".into(),
        email: "Janis@Example.com".into(),
        properties: vec![property("Brīvības iela 1")],
        contacts: vec![],
    }
}

fn property(street: &str) -> PropertyInput {
    let address =
        kernel::Address { street: street.into(), city: "Rīga".into(), postal_code: "LV-1010".into(), country_code: String::new() };
    PropertyInput { address, ..PropertyInput::default() }
}

fn contact(name: &str) -> ContactInput {
    ContactInput { name: name.into(), phone: "+37120000002".into(), ..ContactInput::default() }
}

fn customer() -> Customer {
    Customer::create(&env(), &input()).unwrap().customer
}

fn archived() -> Customer {
    customer().archive(&env()).unwrap().customer
}

fn manager() -> Actor {
    Actor::Account { account: AccountId::from_uuid(uuid::Uuid::from_u128(1)), employee: None }
}

/// Paths and codes of the broken rules.
fn broken<T: std::fmt::Debug>(outcome: Result<T>) -> Vec<(String, String)> {
    match outcome {
        Err(Error::Invalid(found)) => found.into_iter().map(|v| (v.field, v.code.into_owned())).collect(),
        other => panic!("expected broken rules, not {other:?}"),
    }
}

fn reason<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    match outcome {
        Err(Error::FailedPrecondition { reason, .. }) => reason.into_owned(),
        other => panic!("expected a refusal, not {other:?}"),
    }
}

#[test]
fn a_new_customer_is_active_at_version_1_and_in_one_spelling() {
    let Transition { customer, event } = Customer::create(&env(), &input()).unwrap();
    assert_eq!((customer.version, customer.status, event), (1, CustomerStatus::Active, Some(Event::Created)));
    assert_eq!(customer.phone.as_str(), "+37120000001");
    assert_eq!(customer.email.unwrap().as_str(), "janis@example.com");
    assert_eq!(customer.properties[0].address.country_code, "LV");
    assert_eq!(customer.sort_name, "janis berzins");
}

#[test]
fn every_broken_rule_is_told_at_once_with_its_path() {
    let mut bad = input();
    bad.name = "x".repeat(201);
    bad.phone = "12".into();
    bad.email = "nobody".into();
    bad.registration_number = "40003000000".into();
    bad.properties = vec![property("Fine 1"), property("")];
    bad.properties[1].address.city = "x".repeat(101);
    bad.properties[1].area_m2 = Some(kernel::Decimal::from(100_001));
    bad.contacts = vec![ContactInput { email: "@".into(), ..ContactInput::default() }];
    let expected = [
        ("name", "TOO_LONG"),
        ("registration_number", "NOT_ALLOWED"),
        ("phone", "INVALID_PHONE"),
        ("email", "INVALID_EMAIL"),
        ("properties[1].address.street", "REQUIRED"),
        ("properties[1].address.city", "TOO_LONG"),
        ("properties[1].area_m2", "OUT_OF_RANGE"),
        ("contacts[0].name", "REQUIRED"),
        ("contacts[0].email", "INVALID_EMAIL"),
    ];
    assert_eq!(broken(Customer::create(&env(), &bad)), expected.map(|(path, code)| (path.to_owned(), code.to_owned())));
}

#[test]
fn lists_have_their_limits() {
    let many = CustomerInput { properties: vec![property("Iela 1"); 101], contacts: vec![contact("Anna"); 21], ..input() };
    let too_many = [("properties", "TOO_MANY"), ("contacts", "TOO_MANY")].map(|(path, code)| (path.to_owned(), code.to_owned()));
    assert_eq!(broken(Customer::create(&env(), &many)), too_many);

    let most = CustomerInput { properties: vec![property("Iela 1"); 100], contacts: vec![contact("Anna"); 20], ..input() };
    let mut customer = Customer::create(&env(), &most).unwrap().customer;
    assert_eq!(reason(customer.add_property(&env(), env().new_id(), &property("Iela 2"))), "TOO_MANY");

    for _ in 0..200 {
        customer = customer.add_note(&env(), env().new_id(), "note", &manager()).unwrap().customer;
    }
    assert_eq!(reason(customer.add_note(&env(), env().new_id(), "one more", &manager())), "TOO_MANY");
}

#[test]
fn only_an_organisation_has_a_registration_number() {
    let number = || CustomerChange { registration_number: Some("40003000000".into()), ..CustomerChange::default() };
    assert_eq!(broken(customer().update(&env(), &number()))[0].0, "registration_number");

    let organisation = CustomerChange { kind: Some(CustomerType::Organisation), ..number() };
    let organisation = customer().update(&env(), &organisation).unwrap().customer;
    assert_eq!(organisation.registration_number.as_deref(), Some("40003000000"));

    let person = CustomerChange { kind: Some(CustomerType::Person), ..CustomerChange::default() };
    assert_eq!(broken(organisation.update(&env(), &person))[0].0, "registration_number");
}

#[test]
fn an_update_changes_what_is_given_and_nothing_else() {
    let before = customer();
    let change = CustomerChange { name: Some("Анна Петрова".into()), email: Some(String::new()), ..CustomerChange::default() };
    let Transition { customer: after, event } = before.update(&later(), &change).unwrap();
    assert_eq!((after.version, event), (2, Some(Event::Updated)));
    assert_eq!((after.name.as_str(), &after.email, after.sort_name.as_str()), ("Анна Петрова", &None, "анна петрова"));
    assert_eq!((&after.phone, &after.properties, after.created_at), (&before.phone, &before.properties, before.created_at));
    assert!(after.updated_at > before.updated_at);
    assert!(after.terms.contains(&"петрова".to_owned()) && !after.terms.contains(&"berzins".to_owned()));
}

#[test]
fn an_update_that_changes_nothing_makes_no_version_and_no_event() {
    let before = customer();
    let same = CustomerChange { name: Some("  Jānis Bērziņš ".into()), phone: Some("20000001".into()), ..CustomerChange::default() };
    let Transition { customer: after, event } = before.update(&later(), &same).unwrap();
    assert_eq!((after, event), (before.clone(), None));

    let id = before.properties[0].id;
    let Transition { customer: after, event } = before.update_property(&later(), id, &property("Brīvības iela 1")).unwrap();
    assert_eq!((after, event), (before, None));
}

#[test]
fn contacts_keep_their_identifiers_and_new_ones_get_theirs() {
    let with_anna = CustomerChange { contacts: Some(vec![contact("Anna")]), ..CustomerChange::default() };
    let before = customer().update(&env(), &with_anna).unwrap().customer;
    let anna = before.contacts[0].id;

    let renamed = ContactInput { id: Some(anna), ..contact("Anna Liepa") };
    let change = |contacts| CustomerChange { contacts: Some(contacts), ..CustomerChange::default() };
    let after = before.update(&env(), &change(vec![contact("Oļegs"), renamed.clone()])).unwrap().customer;
    assert_eq!(after.contacts.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["Oļegs", "Anna Liepa"]);
    assert_eq!(after.contacts[1].id, anna);
    assert_ne!(after.contacts[0].id, anna);

    let made_up = ContactInput { id: Some(ContactId::from_uuid(uuid::Uuid::from_u128(7))), ..contact("Nobody") };
    match before.update(&env(), &change(vec![renamed.clone(), made_up])) {
        Err(Error::NotFound { resource, field, .. }) => assert_eq!((resource.as_ref(), field.as_ref()), ("contact", "contacts[1].id")),
        other => panic!("{other:?}"),
    }
    assert_eq!(broken(before.update(&env(), &change(vec![renamed.clone(), renamed])))[0], ("contacts[1].id".into(), "DUPLICATE".into()));
}

#[test]
fn places_are_added_changed_and_removed_each_with_an_event() {
    let id = env().new_id();
    let added = customer().add_property(&env(), id, &property("Elizabetes iela 2")).unwrap();
    assert_eq!((added.customer.properties.len(), added.event), (2, Some(Event::Updated)));

    let changed = added.customer.update_property(&env(), id, &property("Tērbatas iela 3")).unwrap();
    assert_eq!(changed.customer.properties[1].address.street, "Tērbatas iela 3");
    assert!(changed.customer.terms.contains(&"terbatas".to_owned()) && !changed.customer.terms.contains(&"elizabetes".to_owned()));

    let removed = changed.customer.remove_property(&env(), id).unwrap();
    assert_eq!((removed.customer.properties.len(), removed.customer.version, removed.event), (1, 4, Some(Event::Updated)));
    assert!(matches!(removed.customer.remove_property(&env(), id), Err(Error::NotFound { .. })));
    assert!(matches!(removed.customer.update_property(&env(), id, &property("X")), Err(Error::NotFound { .. })));
}

#[test]
fn notes_are_the_offices_own_and_no_event() {
    let id = env().new_id();
    let noted = customer().add_note(&later(), id, " Has a dog.\n", &manager()).unwrap();
    assert_eq!((noted.customer.version, noted.event), (2, None));
    assert_eq!((noted.customer.notes[0].text.as_str(), &noted.customer.notes[0].author), ("Has a dog.", &manager()));
    let gone = noted.customer.remove_note(&env(), id).unwrap();
    assert_eq!((gone.customer.notes.len(), gone.event), (0, None));
    assert!(matches!(gone.customer.remove_note(&env(), id), Err(Error::NotFound { .. })));
    assert_eq!(broken(customer().add_note(&env(), id, " ", &manager()))[0].0, "text");
    assert_eq!(broken(customer().add_note(&env(), id, &"x".repeat(2_001), &manager()))[0].0, "text");
}

#[test]
fn a_customer_is_archived_and_restored_and_a_wrong_transition_names_both_states() {
    let archived = customer().archive(&env()).unwrap();
    assert_eq!((archived.customer.status, archived.event), (CustomerStatus::Archived, Some(Event::Archived)));
    let restored = archived.customer.restore(&env()).unwrap();
    assert_eq!((restored.customer.status, restored.event), (CustomerStatus::Active, Some(Event::Restored)));
    match archived.customer.archive(&env()) {
        Err(Error::FailedPrecondition { reason, details, .. }) => {
            assert_eq!(reason, "WRONG_TRANSITION");
            assert_eq!((details["from"].as_str(), details["to"].as_str()), ("ARCHIVED", "ARCHIVED"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(reason(customer().restore(&env())), "WRONG_TRANSITION");
}

#[test]
fn only_an_archived_customer_can_be_deleted() {
    assert_eq!(reason(customer().check_deletable()), "NOT_ARCHIVED");
    archived().check_deletable().unwrap();
}

#[test]
fn another_version_than_the_callers_is_a_conflict_that_carries_the_current_one() {
    customer().check_version(1).unwrap();
    for seen in [0, 1, 3] {
        match archived().check_version(seen) {
            Err(Error::Conflict { resource, current_version, .. }) => assert_eq!((resource.as_ref(), current_version), ("customer", 2)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_is_stored_is_read_back_as_it_was() {
    let full = CustomerInput {
        kind: CustomerType::Organisation,
        registration_number: "40003000000".into(),
        properties: vec![PropertyInput { area_m2: Some("45.50".parse().unwrap()), ..property("Iela 1") }],
        contacts: vec![contact("Anna")],
        ..input()
    };
    let customer = Customer::create(&env(), &full).unwrap().customer.add_note(&env(), env().new_id(), "note", &manager()).unwrap().customer;
    let json = serde_json::to_value(&customer).unwrap();
    assert_eq!(
        (&json["type"], &json["status"], &json["properties"][0]["area_m2"]),
        (&"ORGANISATION".into(), &"ACTIVE".into(), &"45.5".into())
    );
    assert_eq!(serde_json::from_value::<Customer>(json).unwrap(), customer);
}

/// A word of a name, in any of the three scripts.
fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Z][a-z]{1,12}", "[ĀČĒĢĪĶĻŅŠŪŽ][a-zāčēģīķļņšūž]{1,12}", "[А-ЯЁ][а-яё]{1,12}"]
}

proptest! {
    #[test]
    fn a_customer_is_found_by_the_beginning_of_any_word_of_their_name_and_address_in_any_order(
        name in prop::collection::vec(word(), 1..4),
        street in prop::collection::vec(prop_oneof![word(), "[0-9]{1,4}"], 1..3),
        cut in 1_usize..6,
    ) {
        let named = CustomerInput { name: name.join(" "), properties: vec![property(&street.join(" "))], ..input() };
        let customer = Customer::create(&env(), &named).unwrap().customer;
        let typed: Vec<String> = street.iter().chain(&name).map(|word| word.chars().take(cut).collect()).collect();
        for typed in [typed.join(" "), typed.join(" ").to_uppercase()] {
            prop_assert!(search::rank(&customer.terms, &search::query(&typed)).is_some(), "{typed:?} in {:?}", customer.terms);
        }
    }

    #[test]
    fn a_customer_is_found_by_any_three_or_more_digits_in_a_row_of_a_phone(
        own in 20_000_000_u32..29_999_999,
        contacts in 20_000_000_u32..29_999_999,
        from in 0_usize..8,
        length in 3_usize..8,
    ) {
        let called = ContactInput { phone: format!("+371{contacts}"), ..contact("Anna") };
        let given = CustomerInput { phone: format!("+371{own}"), contacts: vec![called], ..input() };
        let customer = Customer::create(&env(), &given);
        // Not every number of eight digits is one.
        prop_assume!(customer.is_ok());
        let customer = customer.unwrap().customer;
        for number in [own, contacts] {
            let digits: String = format!("371{number}").chars().skip(from).take(length).collect();
            prop_assert!(search::rank(&customer.terms, &search::query(&digits)).is_some(), "{digits}");
        }
    }

    #[test]
    fn whatever_is_done_the_version_rises_by_one_where_something_is_different(steps in prop::collection::vec(0_u8..7, 1..12)) {
        let mut customer = customer();
        for step in steps {
            let outcome = match step {
                0 => customer.archive(&later()),
                1 => customer.restore(&later()),
                2 => customer.update(&later(), &CustomerChange { name: Some("Anna".into()), ..CustomerChange::default() }),
                3 => customer.update(&later(), &CustomerChange { name: Some("Olga".into()), ..CustomerChange::default() }),
                4 => customer.add_property(&later(), env().new_id(), &property("Iela 9")),
                5 => customer.add_note(&later(), env().new_id(), "note", &manager()),
                _ => customer.update(&later(), &CustomerChange::default()),
            };
            let Ok(Transition { customer: after, event }) = outcome else { continue };
            let different = after != customer;
            prop_assert_eq!(after.version, customer.version + u64::from(different));
            prop_assert!(different || event.is_none());
            customer = after;
        }
    }
}
