//! Who can do an order, and who can't.

use proptest::prelude::*;

use super::*;
use crate::domain::{
    OrderChanges,
    examples::{employee, employee_id, employee_with, hour, hours, id, order, somebody, told},
};

fn assigned(n: u128, period: Period, employee: &EmployeeCopy) -> Order {
    let mut order = order(n, period, 1);
    order.assign(Agenda { employee, orders: &[] }, "", hour(0)).unwrap();
    order
}

#[test]
fn an_assignment_fills_the_crew() {
    let mut order = order(1, hours(9, 12), 2);
    for n in [1, 2] {
        assert!(order.needs_crew);
        let event = order.assign(Agenda { employee: &employee(n), orders: &[] }, "", hour(1)).unwrap();
        assert_eq!(event, OrderEvent::Assigned { employee: employee_id(n) });
    }
    assert!(!order.needs_crew);
    assert_eq!(order.employee_ids, [employee_id(1), employee_id(2)]);
    assert_eq!(order.assignments[0].employee_name, "Employee 1");
}

#[test]
fn nobody_is_assigned_twice() {
    let mut order = assigned(1, hours(9, 12), &employee(1));
    let error = order.assign(Agenda { employee: &employee(1), orders: &[] }, "", hour(1)).unwrap_err();
    assert_eq!(told(&error), ("ALREADY_ASSIGNED".into(), "employee_id".into()));
}

#[test]
fn more_than_are_needed_may_come_but_not_more_than_twenty() {
    let mut order = order(1, hours(9, 12), 1);
    for n in 1..=20 {
        order.assign(Agenda { employee: &employee(n), orders: &[] }, "", hour(1)).unwrap();
    }
    let error = order.assign(Agenda { employee: &employee(21), orders: &[] }, "", hour(1)).unwrap_err();
    assert_eq!(told(&error), ("CREW_FULL".into(), "employee_id".into()));
}

#[test]
fn an_order_cannot_need_fewer_than_come() {
    let mut order = assigned(1, hours(9, 12), &employee(1));
    order.assign(Agenda { employee: &employee(2), orders: &[] }, "", hour(1)).unwrap();
    let size = |people| OrderChanges { crew_size: Some(CrewSize::new(people).unwrap()), ..OrderChanges::default() };
    order.change(None, size(3), || id(9), hour(1)).unwrap();
    let error = order.change(None, size(1), || id(9), hour(1)).unwrap_err();
    assert_eq!(told(&error), ("CREW_TOO_SMALL".into(), "crew_size".into()));
    order.change(None, size(2), || id(9), hour(1)).unwrap();
}

#[test]
fn crew_sizes_are_one_to_twenty() {
    for people in [0, -1, 21, i32::MAX, i32::MIN] {
        assert_eq!(told(&CrewSize::new(people).unwrap_err()), ("OUT_OF_RANGE".into(), "crew_size".into()));
    }
}

#[test]
fn somebody_inactive_is_refused() {
    let gone = employee_with(1, false, &[]);
    let error = order(1, hours(9, 12), 1).assign(Agenda { employee: &gone, orders: &[] }, "reason", hour(1)).unwrap_err();
    assert_eq!(told(&error), ("EMPLOYEE_INACTIVE".into(), "employee_id".into()));
}

#[test]
fn an_overlap_names_the_order_that_is_in_the_way() {
    let busy = employee(1);
    let others = [assigned(8, hours(13, 15), &busy), assigned(7, hours(11, 13), &busy)];
    let mut order = order(1, hours(9, 14), 1);
    // Nobody can be at two places at once, whatever the reason.
    let outcome = order.assign(Agenda { employee: &busy, orders: &others }, "reason", hour(1));
    let Err(Error::FailedPrecondition { reason, message, details, .. }) = outcome else { panic!("not refused") };
    assert_eq!(reason, "EMPLOYEE_BUSY");
    for told in ["Employee 1", "Customer 1", &hour(11).to_string(), &hour(13).to_string()] {
        assert!(message.contains(told), "{message}");
    }
    assert_eq!(details["order_id"], others[1].id.to_string(), "the first in the way");
    assert_eq!((details["starts_at"].clone(), details["ends_at"].clone()), (hour(11).to_string(), hour(13).to_string()));
}

#[test]
fn only_open_orders_of_the_employee_that_really_overlap_are_in_the_way() {
    let busy = employee(1);
    let mut canceled = assigned(2, hours(9, 12), &busy);
    canceled.cancel("rain", &somebody(), hour(1)).unwrap();
    let others = [
        canceled,
        assigned(3, hours(6, 9), &busy),
        assigned(4, hours(12, 15), &busy),
        assigned(5, hours(9, 12), &employee(2)),
        assigned(1, hours(9, 12), &busy),
    ];
    assert!(order(1, hours(9, 12), 1).assign(Agenda { employee: &busy, orders: &others }, "", hour(1)).is_ok());
}

#[test]
fn a_time_off_is_overridden_with_a_reason_alone() {
    let away = employee_with(1, true, &[hours(11, 20)]);
    let mut order = order(1, hours(9, 12), 1);
    let agenda = Agenda { employee: &away, orders: &[] };
    let error = order.assign(agenda, " ", hour(1)).unwrap_err();
    assert_eq!(told(&error), ("EMPLOYEE_ON_TIME_OFF".into(), "employee_id".into()));
    assert_eq!(told(&order.assign(agenda, &"x".repeat(501), hour(1)).unwrap_err()).1, "override_reason");
    order.assign(agenda, "agreed by phone", hour(1)).unwrap();
    assert_eq!(order.assignments[0].override_reason, "agreed by phone");
}

#[test]
fn a_reason_is_not_kept_where_none_was_needed() {
    let mut order = order(1, hours(9, 12), 1);
    order.assign(Agenda { employee: &employee_with(1, true, &[hours(12, 20)]), orders: &[] }, "reason", hour(1)).unwrap();
    assert_eq!(order.assignments[0].override_reason, "");
}

#[test]
fn another_time_is_refused_where_somebody_assigned_cannot_come() {
    let (busy, away, gone) = (employee(1), employee_with(1, true, &[hours(20, 22)]), employee_with(1, false, &[]));
    let others = [assigned(7, hours(20, 21), &busy)];
    let cases = [(&busy, &others[..], "EMPLOYEE_BUSY"), (&away, &[][..], "EMPLOYEE_ON_TIME_OFF"), (&gone, &[][..], "EMPLOYEE_INACTIVE")];
    for (employee, orders, reason) in cases {
        let mut order = assigned(1, hours(9, 12), &busy);
        let before = order.clone();
        let error = order.schedule(hours(20, 23), &[Agenda { employee, orders }], hour(1)).unwrap_err();
        assert_eq!(told(&error), (reason.into(), "starts_at".into()));
        assert!(error.to_string().contains("Employee 1"));
        assert_eq!(order, before);
    }
}

#[test]
fn a_reason_goes_with_the_order_to_another_time_and_ends_where_it_is_not_needed() {
    let away = employee_with(1, true, &[hours(9, 20)]);
    let mut order = order(1, hours(9, 12), 1);
    let agenda = Agenda { employee: &away, orders: &[] };
    order.assign(agenda, "agreed", hour(1)).unwrap();
    order.schedule(hours(10, 13), &[agenda], hour(1)).unwrap();
    assert_eq!(order.assignments[0].override_reason, "agreed");
    order.schedule(hours(20, 23), &[agenda], hour(1)).unwrap();
    assert_eq!(order.assignments[0].override_reason, "");
}

#[test]
fn somebody_is_taken_off_unless_they_are_the_last_at_work() {
    let mut order = assigned(1, hours(9, 12), &employee(1));
    assert_eq!(told(&order.unassign(employee_id(2), hour(1)).unwrap_err()), ("NOT_ASSIGNED".into(), "employee_id".into()));
    let event = order.unassign(employee_id(1), hour(1)).unwrap();
    assert_eq!(event, OrderEvent::Unassigned { employee: employee_id(1), reason: UnassignReason::Requested });
    assert!(order.needs_crew);

    let mut order = assigned(1, hours(9, 12), &employee(1));
    order.schedule(order.period(), &[], hour(1)).unwrap();
    order.start(hour(2)).unwrap();
    assert_eq!(told(&order.unassign(employee_id(1), hour(3)).unwrap_err()).0, "LAST_OF_CREW");
    order.assign(Agenda { employee: &employee(2), orders: &[] }, "", hour(3)).unwrap();
    order.unassign(employee_id(1), hour(3)).unwrap();
}

proptest! {
    #[test]
    fn somebody_is_busy_exactly_where_orders_overlap(a in 0_i64..100, m in 1_i64..48, b in 0_i64..100, n in 1_i64..48) {
        let busy = employee(1);
        let others = [assigned(2, hours(b, b + n), &busy)];
        let outcome = order(1, hours(a, a + m), 1).assign(Agenda { employee: &busy, orders: &others }, "", hour(0));
        let overlap = a < b + n && b < a + m;
        prop_assert_eq!(outcome.is_err(), overlap);
    }
}
