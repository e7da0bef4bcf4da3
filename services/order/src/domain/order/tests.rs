//! What must hold of an order, whatever is done to it.

use proptest::prelude::*;

use super::*;
use crate::domain::{
    Agenda, CustomerStatus, EmployeeCopy, OrderChanges, OrderEvent, PriceTerms, examples,
    examples::{customer, decimal, employee, employee_with, euros, hour, hours, id, new_order, order, order_of, property, somebody, told},
    price::{Base, Discount},
};

#[test]
fn a_new_order_is_a_draft_that_needs_a_crew() {
    let order = order(1, hours(9, 12), 2);
    assert_eq!((order.status, order.version, order.needs_crew), (Status::Draft, 1, true));
    assert_eq!(order.customer_name, "Customer 1");
    assert_eq!(order.address, property(1).address);
    assert_eq!(order.price.total, euros("100"));
    assert_eq!(order.checklist.iter().map(|item| item.text.as_str()).collect::<Vec<_>>(), ["windows", "floors"]);
}

#[test]
fn every_broken_limit_of_a_new_order_is_named() {
    let mut new = new_order(hours(9, 12), 1);
    new.client_comments = "x".repeat(2_001);
    new.checklist = vec!["ok".into(), String::new(), "x".repeat(201)];
    new.price_terms = PriceTerms::new(Base::Fixed { price: euros("1") }, vec![], Some(Discount::Amount { amount: euros("2") })).unwrap();
    let error = order_of(&customer(1, CustomerStatus::Active, &[1]), 1, new).unwrap_err();
    let fields = "price_terms.discount_amount client_comments checklist[1] checklist[2]";
    assert_eq!(told(&error), ("TOO_LARGE TOO_LONG REQUIRED TOO_LONG".into(), fields.into()));
}

#[test]
fn the_price_follows_the_crew_size() {
    let mut new = new_order(hours(9, 12), 2);
    new.price_terms = PriceTerms::new(Base::PerHour { rate: euros("10"), hours: decimal("3") }, vec![], None).unwrap();
    let mut order = order_of(&customer(1, CustomerStatus::Active, &[1]), 1, new).unwrap();
    assert_eq!(order.price.total, euros("60"));
    let changes = OrderChanges { crew_size: Some(CrewSize::new(4).unwrap()), ..OrderChanges::default() };
    assert_eq!(order.change(None, changes, || id(9), hour(1)).unwrap(), Some(OrderEvent::Updated));
    assert_eq!(order.price.total, euros("120"));
}

#[test]
fn a_smaller_crew_must_not_make_the_discount_too_large() {
    let mut new = new_order(hours(9, 12), 2);
    let discount = Some(Discount::Amount { amount: euros("50") });
    new.price_terms = PriceTerms::new(Base::PerHour { rate: euros("10"), hours: decimal("3") }, vec![], discount).unwrap();
    let mut order = order_of(&customer(1, CustomerStatus::Active, &[1]), 1, new).unwrap();
    let changes = OrderChanges { crew_size: Some(CrewSize::ONE), ..OrderChanges::default() };
    let error = order.change(None, changes, || id(9), hour(1)).unwrap_err();
    assert_eq!(told(&error), ("TOO_LARGE".into(), "price_terms.discount_amount".into()));
}

#[test]
fn nothing_changes_where_everything_is_so_already() {
    let mut order = order(1, hours(9, 12), 1);
    let before = order.clone();
    let changes = OrderChanges {
        service_type: Some(order.service_type),
        crew_size: Some(order.crew_size),
        price_terms: Some(order.price_terms.clone()),
        client_comments: Some("  ".into()),
        checklist: None,
    };
    let place = customer(1, CustomerStatus::Active, &[1]).place(None, None).unwrap();
    assert_eq!(order.change(Some(place), changes, || id(9), hour(1)).unwrap(), None);
    assert_eq!(order, before);
}

#[test]
fn an_order_moves_with_everything_that_is_the_customers() {
    let mut order = order(1, hours(9, 12), 1);
    let other = customer(2, CustomerStatus::Active, &[5]);
    let place = other.place(None, None).unwrap();
    assert_eq!(order.move_to(&other, place, hour(1)).unwrap(), OrderEvent::Moved { previous: examples::customer_id(1) });
    assert_eq!((order.customer_id, order.customer_name.as_str()), (examples::customer_id(2), "Customer 2"));
    assert_eq!((order.property_id, &order.address), (Some(examples::property_id(5)), &property(5).address));
}

#[test]
fn an_order_does_not_move_to_where_it_is_or_to_an_archived_customer() {
    let mut order = order(1, hours(9, 12), 1);
    for (n, status, expected) in [
        (1, CustomerStatus::Active, ("UNCHANGED", "customer_id")),
        (2, CustomerStatus::Archived, ("CUSTOMER_ARCHIVED", "customer_id")),
        (2, CustomerStatus::Deleted, ("customer not found", "customer_id")),
    ] {
        let other = customer(n, status, &[1]);
        let error = order.move_to(&other, other.place(None, None).unwrap(), hour(1)).unwrap_err();
        assert_eq!(told(&error), (expected.0.into(), expected.1.into()));
    }
}

#[test]
fn an_ended_order_can_be_commented_but_not_changed() {
    let mut order = order(1, hours(9, 12), 1);
    order.cancel("rain", &somebody(), hour(1)).unwrap();
    let ended = |outcome: Result<Option<OrderEvent>>| assert_eq!(told(&outcome.unwrap_err()).0, "ORDER_ENDED");
    ended(order.change(None, OrderChanges::default(), || id(9), hour(2)));
    ended(order.set_item_done(order.checklist[0].id, true, &somebody(), hour(2)));
    ended(order.unassign(examples::employee_id(1), hour(2)).map(Some));
    let other = customer(2, CustomerStatus::Active, &[5]);
    ended(order.move_to(&other, other.place(None, None).unwrap(), hour(2)).map(Some));
    assert_eq!(order.comment(id(1), " pity ", &somebody(), hour(2)).unwrap(), OrderEvent::Updated);
    assert_eq!(order.comments[0].text, "pity");
}

#[test]
fn an_order_has_at_most_two_hundred_comments() {
    let mut order = order(1, hours(9, 12), 1);
    for n in 0..200 {
        order.comment(id(n), "text", &somebody(), hour(1)).unwrap();
    }
    assert_eq!(told(&order.comment(id(200), "text", &somebody(), hour(1)).unwrap_err()).0, "TOO_MANY_COMMENTS");
}

#[test]
fn a_stale_version_is_a_conflict_that_carries_the_current_one() {
    let order = order(1, hours(9, 12), 1);
    assert!(order.expect_version(1).is_ok());
    assert!(matches!(order.expect_version(2).unwrap_err(), Error::Conflict { current_version: 1, .. }));
}

#[test]
fn an_order_survives_being_stored() {
    let mut order = order(1, hours(9, 12), 2);
    order.assign(Agenda { employee: &employee(1), orders: &[] }, "", hour(1)).unwrap();
    order.comment(id(1), "text", &somebody(), hour(2)).unwrap();
    order.cancel("rain", &somebody(), hour(3)).unwrap();
    let stored = serde_json::to_value(&order).unwrap();
    assert_eq!(serde_json::from_value::<Order>(stored.clone()).unwrap(), order);
    // What indexes are declared on.
    for field in ["customer_id", "status", "needs_crew", "starts_at", "id"] {
        assert!(!stored[field].is_null() && !stored[field].is_object(), "{field}");
    }
    assert!(stored["employee_ids"].is_array());
}

/// Something that is done to an order.
#[derive(Debug, Clone)]
enum Command {
    Schedule { from: i64, length: i64 },
    Start,
    Complete,
    Cancel,
    Assign { employee: usize, reason: &'static str },
    Unassign { employee: usize },
    Resize { people: i32 },
    Comment,
    Tick { item: usize, done: bool },
    Move { customer: u128 },
    CustomerArchived,
    EmployeeDeactivated { employee: usize },
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        (0_i64..300, 1_i64..168).prop_map(|(from, length)| Command::Schedule { from, length }),
        Just(Command::Start),
        Just(Command::Complete),
        Just(Command::Cancel),
        (0_usize..25, prop_oneof![Just(""), Just("needed")]).prop_map(|(employee, reason)| Command::Assign { employee, reason }),
        (0_usize..25).prop_map(|employee| Command::Unassign { employee }),
        (1_i32..=20).prop_map(|people| Command::Resize { people }),
        Just(Command::Comment),
        (0_usize..2, any::<bool>()).prop_map(|(item, done)| Command::Tick { item, done }),
        (1_u128..4).prop_map(|customer| Command::Move { customer }),
        Just(Command::CustomerArchived),
        (0_usize..25).prop_map(|employee| Command::EmployeeDeactivated { employee }),
    ]
}

/// Twenty-five employees; every fifth is inactive, every seventh is away around noon.
fn staff() -> Vec<EmployeeCopy> {
    let noon = [hours(10, 14)];
    (0..25).map(|n| employee_with(100 + n, n % 5 != 0, if n % 7 == 0 { &noon } else { &[] })).collect()
}

fn run(order: &mut Order, command: &Command, at: Timestamp) -> Result<Option<OrderEvent>> {
    let staff = staff();
    let agendas: Vec<Agenda<'_>> = staff.iter().map(|employee| Agenda { employee, orders: &[] }).collect();
    match *command {
        Command::Schedule { from, length } => order.schedule(hours(from, from + length), &agendas, at),
        Command::Start => order.start(at).map(Some),
        Command::Complete => order.complete(at).map(Some),
        Command::Cancel => order.cancel("rain", &somebody(), at).map(Some),
        Command::Assign { employee, reason } => order.assign(agendas[employee], reason, at).map(Some),
        Command::Unassign { employee } => order.unassign(staff[employee].id(), at).map(Some),
        Command::Resize { people } => {
            let changes = OrderChanges { crew_size: Some(CrewSize::new(people)?), ..OrderChanges::default() };
            order.change(None, changes, || id(9), at)
        }
        Command::Comment => order.comment(id(1), "text", &somebody(), at).map(Some),
        Command::Tick { item, done } => order.set_item_done(order.checklist[item].id, done, &somebody(), at),
        Command::Move { customer: n } => {
            let customer = customer(n, CustomerStatus::Active, &[1]);
            order.move_to(&customer, customer.place(None, None)?, at).map(Some)
        }
        Command::CustomerArchived => Ok(order.follow_customer(&customer(1, CustomerStatus::Archived, &[1]), &somebody(), at)),
        Command::EmployeeDeactivated { employee } => {
            Ok(order.follow_employee(&employee_with(100 + u128::try_from(employee).unwrap(), false, &[]), at))
        }
    }
}

fn assert_sound(order: &Order) {
    let ids: Vec<_> = order.assignments.iter().map(|a| a.employee_id).collect();
    assert_eq!(order.employee_ids, ids);
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len(), "nobody twice");
    assert!(ids.len() <= 20);
    assert_eq!(order.needs_crew, order.status.is_planned() && ids.len() < order.crew_size.people());
    assert!(order.ends_at > order.starts_at && order.ends_at.since(order.starts_at) <= Period::LONGEST_ORDER);
    assert_eq!(order.price, order.price_terms.price(order.crew_size).unwrap());
    assert_eq!(order.cancellation.is_some(), order.status == Status::Canceled);
    assert_eq!(order.completed_at.is_some(), order.status == Status::Completed);
    match order.status {
        Status::Draft | Status::Scheduled => assert_eq!(order.started_at, None),
        Status::InProgress | Status::Completed => assert!(order.started_at.is_some() && !ids.is_empty()),
        Status::Canceled => {}
    }
    assert!(order.completed_at.is_none_or(|completed| order.started_at.is_some_and(|started| started <= completed)));
    assert!(order.checklist.iter().all(|item| item.done_at.is_some() == item.done_by.is_some()));
    assert!(order.created_at <= order.updated_at);
}

proptest! {
    #[test]
    fn any_sequence_of_commands_keeps_the_invariants(commands in proptest::collection::vec(any_command(), 1..60)) {
        let mut order = order(1, hours(9, 12), 3);
        assert_sound(&order);
        for (n, command) in commands.iter().enumerate() {
            let before = order.clone();
            // Clocks of different hosts are not in step.
            let at = hour(i64::try_from(n).unwrap() - i64::from(n % 3 == 0) * 2);
            match run(&mut order, command, at) {
                Ok(Some(_)) => prop_assert_eq!(order.version, before.version + 1, "one change, one version"),
                Ok(None) => prop_assert_eq!(&order, &before, "no event, no change"),
                Err(_) => prop_assert_eq!(&order, &before, "refused, unchanged"),
            }
            let moved_on = order.status == before.status || before.status.next().contains(&order.status);
            prop_assert!(moved_on, "{} to {}", before.status, order.status);
            assert_sound(&order);
        }
    }
}
