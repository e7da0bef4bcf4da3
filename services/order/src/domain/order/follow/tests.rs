//! How orders follow their customers and employees.

use kernel::Address;

use super::*;
use crate::domain::{
    Agenda, FactCopy, Status,
    examples::{customer, employee, employee_id, employee_with, hour, hours, order, property, somebody},
};

/// Customer 1 after a change at `as_of`.
fn changed(as_of: i64, change: impl FnOnce(&mut crate::domain::CustomerFacts)) -> CustomerCopy {
    let mut facts = customer(1, CustomerStatus::Active, &[1]).facts().clone();
    change(&mut facts);
    FactCopy::first(customer(1, CustomerStatus::Active, &[]).uuid(), 2, hour(as_of), facts)
}

fn with_crew(employee: &EmployeeCopy, override_reason: &str) -> Order {
    let mut order = order(1, hours(9, 12), 1);
    order.assign(Agenda { employee, orders: &[] }, override_reason, hour(0)).unwrap();
    order
}

fn changed_employee(n: u128, as_of: i64, change: impl FnOnce(&mut crate::domain::EmployeeFacts)) -> EmployeeCopy {
    let mut facts = employee(n).facts().clone();
    change(&mut facts);
    FactCopy::first(employee(n).uuid(), 2, hour(as_of), facts)
}

fn ended(mut order: Order, status: Status) -> Order {
    if status == Status::Canceled {
        order.cancel("rain", &somebody(), hour(1)).unwrap();
        return order;
    }
    order.schedule(order.period(), &[], hour(1)).unwrap();
    order.start(hour(1)).unwrap();
    if status == Status::Completed {
        order.complete(hour(2)).unwrap();
    }
    order
}

#[test]
fn name_and_phone_follow_whatever_the_status() {
    let renamed = changed(0, |facts| {
        facts.name = "New name".into();
        facts.phone = "+37120000002".into();
    });
    for status in [Status::InProgress, Status::Completed, Status::Canceled] {
        let mut order = ended(with_crew(&employee(1), ""), status);
        assert_eq!(order.follow_customer(&renamed, &somebody(), hour(3)), Some(OrderEvent::Updated));
        assert_eq!((order.customer_name.as_str(), order.customer_phone.as_str()), ("New name", "+37120000002"));
        assert_eq!(order.follow_customer(&renamed, &somebody(), hour(4)), None, "once");
    }
}

#[test]
fn of_an_erased_customer_an_order_keeps_when_by_whom_and_at_what_price() {
    let erased = FactCopy::first(customer(1, CustomerStatus::Active, &[]).uuid(), 2, hour(0), crate::domain::CustomerFacts::erased());
    for status in [Status::InProgress, Status::Completed, Status::Canceled] {
        let before = ended(with_crew(&employee(1), ""), status);
        let mut order = before.clone();
        assert_eq!(order.follow_customer(&erased, &somebody(), hour(3)), Some(OrderEvent::Updated));
        assert_eq!((order.customer_name.as_str(), order.customer_phone.as_str()), ("Erased customer", ""));
        assert_eq!((&order.address, order.property_id, order.access_notes.as_str()), (&Address::default(), None, ""));
        assert!(order.client_comments.is_empty() && order.comments.is_empty() && order.checklist.is_empty());
        assert!(order.cancellation.as_ref().is_none_or(|cancellation| cancellation.reason == "erased"));
        assert_eq!((order.customer_id, order.status, order.period()), (before.customer_id, before.status, before.period()));
        assert_eq!((&order.price, &order.assignments), (&before.price, &before.assignments));
        assert_eq!(order.follow_customer(&erased, &somebody(), hour(4)), None, "once");
    }
    let mut planned = with_crew(&employee(1), "");
    assert_eq!(planned.follow_customer(&erased, &somebody(), hour(3)), Some(OrderEvent::Canceled));
    assert!(erased.takes_orders().is_err());
}

#[test]
fn the_place_follows_until_the_order_has_ended() {
    let moved = changed(0, |facts| facts.properties[0].address.street = "Elizabetes iela 2".into());
    for (status, follows) in [(Status::InProgress, true), (Status::Completed, false), (Status::Canceled, false)] {
        let mut order = ended(with_crew(&employee(1), ""), status);
        assert_eq!(order.follow_customer(&moved, &somebody(), hour(3)).is_some(), follows, "{status}");
        assert_eq!(order.address.street == "Elizabetes iela 2", follows, "{status}");
    }
}

#[test]
fn the_place_stays_where_the_property_is_gone_or_the_address_was_given_by_hand() {
    let mut order = order(1, hours(9, 12), 1);
    let gone = changed(0, |facts| facts.properties.clear());
    assert_eq!(order.follow_customer(&gone, &somebody(), hour(1)), None);
    assert_eq!(order.address, property(1).address);

    let by_hand = Address { street: "By hand 1".into(), ..property(1).address };
    let place = customer(1, CustomerStatus::Active, &[1]).place(None, Some(by_hand.clone())).unwrap();
    order.change(Some(place), crate::domain::OrderChanges::default(), || unreachable!("no items"), hour(1)).unwrap();
    let moved = changed(0, |facts| facts.properties[0].address.street = "Elizabetes iela 2".into());
    assert_eq!(order.follow_customer(&moved, &somebody(), hour(1)), None);
    assert_eq!(order.address, by_hand);
}

#[test]
fn future_orders_of_an_archived_or_deleted_customer_are_canceled_and_no_others() {
    let cases = [
        (changed(8, |facts| facts.status = CustomerStatus::Archived), "customer was archived"),
        (
            FactCopy::first(customer(1, CustomerStatus::Active, &[]).uuid(), 2, hour(8), crate::domain::CustomerFacts::tombstone()),
            "customer was deleted",
        ),
    ];
    for (gone, reason) in cases {
        let mut future = order(1, hours(9, 12), 1);
        assert_eq!(future.follow_customer(&gone, &somebody(), hour(8)), Some(OrderEvent::Canceled));
        assert_eq!(future.cancellation.as_ref().unwrap().reason, reason);
        assert_eq!(future.customer_name, "Customer 1", "the name stays known");
        assert_eq!(future.follow_customer(&gone, &somebody(), hour(8)), None, "once");

        let mut begun = order(1, hours(8, 12), 1);
        assert_eq!(begun.follow_customer(&gone, &somebody(), hour(8)), None, "it was to begin before that");
        let mut at_work = ended(with_crew(&employee(1), ""), Status::InProgress);
        assert_eq!(at_work.follow_customer(&gone, &somebody(), hour(8)), None, "the crew is there");
    }
}

#[test]
fn another_customers_order_follows_nobody_else() {
    let mut order = order(1, hours(9, 12), 1);
    assert_eq!(order.follow_customer(&customer(2, CustomerStatus::Archived, &[]), &somebody(), hour(1)), None);
    assert_eq!(order.follow_employee(&employee_with(5, false, &[]), hour(1)), None);
}

#[test]
fn the_name_of_an_employee_follows_whatever_the_status() {
    let renamed = changed_employee(1, 0, |facts| facts.name = "Anna Liepa".into());
    for status in [Status::InProgress, Status::Completed, Status::Canceled] {
        let mut order = ended(with_crew(&employee(1), ""), status);
        assert_eq!(order.follow_employee(&renamed, hour(3)), Some(OrderEvent::Updated));
        assert_eq!(order.assignments[0].employee_name, "Anna Liepa");
        assert_eq!(order.follow_employee(&renamed, hour(3)), None, "once");
    }
}

#[test]
fn somebody_deactivated_is_taken_off_future_orders_which_need_a_crew_then() {
    let gone = changed_employee(1, 8, |facts| facts.active = false);
    let mut future = with_crew(&employee(1), "");
    let expected = OrderEvent::Unassigned { employee: employee_id(1), reason: UnassignReason::EmployeeDeactivated };
    assert_eq!(future.follow_employee(&gone, hour(8)), Some(expected));
    assert!(future.needs_crew && future.employee_ids.is_empty());

    for status in [Status::InProgress, Status::Completed, Status::Canceled] {
        assert_eq!(ended(with_crew(&employee(1), ""), status).follow_employee(&gone, hour(8)), None, "{status}");
    }
    let later = changed_employee(1, 9, |facts| facts.active = false);
    assert_eq!(with_crew(&employee(1), "").follow_employee(&later, hour(9)), None, "it was to begin by then");
}

#[test]
fn somebody_on_time_off_is_taken_off_what_overlaps_it_unless_overridden() {
    let away = |from, until| changed_employee(1, 8, |facts| facts.time_off = vec![hours(from, until)]);
    let expected = OrderEvent::Unassigned { employee: employee_id(1), reason: UnassignReason::EmployeeOnTimeOff };
    assert_eq!(with_crew(&employee(1), "").follow_employee(&away(11, 30), hour(8)), Some(expected));
    for (from, until) in [(12, 30), (1, 9)] {
        assert_eq!(with_crew(&employee(1), "").follow_employee(&away(from, until), hour(8)), None, "{from} to {until}");
    }
    let mut overridden = with_crew(&away(9, 12), "agreed");
    assert_eq!(overridden.follow_employee(&away(9, 30), hour(8)), None);
}

#[test]
fn a_time_off_noted_after_the_order_was_over_changes_nothing() {
    let noted = changed_employee(1, 12, |facts| facts.time_off = vec![hours(9, 12)]);
    assert_eq!(with_crew(&employee(1), "").follow_employee(&noted, hour(12)), None);
    let while_at_work = changed_employee(1, 10, |facts| facts.time_off = vec![hours(9, 12)]);
    assert!(with_crew(&employee(1), "").follow_employee(&while_at_work, hour(10)).is_some());
}
