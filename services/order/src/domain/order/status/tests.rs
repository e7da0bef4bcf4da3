//! The way an order may go.

use super::*;
use crate::domain::examples::{employee, hour, hours, order, somebody, told};

/// An order that came to `status` the regular way.
fn at(status: Status) -> Order {
    let mut order = order(1, hours(9, 12), 1);
    order.assign(Agenda { employee: &employee(1), orders: &[] }, "", hour(1)).unwrap();
    if status == Status::Canceled {
        order.cancel("rain", &somebody(), hour(2)).unwrap();
    }
    if matches!(status, Status::Scheduled | Status::InProgress | Status::Completed) {
        order.schedule(order.period(), &[], hour(2)).unwrap();
    }
    if matches!(status, Status::InProgress | Status::Completed) {
        order.start(hour(9)).unwrap();
    }
    if status == Status::Completed {
        order.complete(hour(12)).unwrap();
    }
    assert_eq!(order.status, status);
    order
}

fn go(order: &mut Order, to: Status) -> Result<OrderEvent> {
    match to {
        Status::Draft => unreachable!("no command leads back to a draft"),
        Status::Scheduled => order.schedule(order.period(), &[], hour(20)).map(|event| event.unwrap_or(OrderEvent::Rescheduled)),
        Status::InProgress => order.start(hour(20)),
        Status::Completed => order.complete(hour(20)),
        Status::Canceled => order.cancel("rain", &somebody(), hour(20)),
    }
}

#[test]
fn an_order_goes_its_way_and_no_other() {
    for from in Status::ALL {
        for to in &Status::ALL[1..] {
            let mut order = at(from);
            let outcome = go(&mut order, *to);
            // Scheduling what is scheduled sets another time, or changes nothing.
            if from.next().contains(to) || (from, *to) == (Status::Scheduled, Status::Scheduled) {
                assert!(outcome.is_ok(), "{from} to {to}");
                assert_eq!(order.status, *to);
                continue;
            }
            let Err(Error::FailedPrecondition { reason, message, details, .. }) = outcome else { panic!("{from} to {to}") };
            assert_eq!(reason, "WRONG_TRANSITION");
            assert!(message.contains(from.as_str()) && message.contains(to.as_str()), "{message}");
            assert!(from.next().iter().all(|next| message.contains(next.as_str())), "{message} says what is allowed");
            assert_eq!((details["from"].as_str(), details["to"].as_str()), (from.as_str(), to.as_str()));
            assert_eq!(order, at(from), "nothing changed");
        }
    }
}

#[test]
fn each_step_is_told_of() {
    let mut order = order(1, hours(9, 12), 1);
    assert_eq!(order.schedule(order.period(), &[], hour(1)).unwrap(), Some(OrderEvent::Scheduled));
    assert_eq!(order.schedule(order.period(), &[], hour(1)).unwrap(), None);
    assert_eq!(order.schedule(hours(10, 13), &[], hour(1)).unwrap(), Some(OrderEvent::Rescheduled));
    order.assign(Agenda { employee: &employee(1), orders: &[] }, "", hour(2)).unwrap();
    assert_eq!(order.start(hour(10)).unwrap(), OrderEvent::Started);
    assert_eq!(order.complete(hour(13)).unwrap(), OrderEvent::Completed);
    assert_eq!((order.started_at, order.completed_at), (Some(hour(10)), Some(hour(13))));
}

#[test]
fn an_order_can_be_started_at_any_time_but_not_without_a_crew() {
    let mut order = order(1, hours(9, 12), 1);
    order.schedule(order.period(), &[], hour(1)).unwrap();
    assert_eq!(told(&order.start(hour(9)).unwrap_err()).0, "CREW_MISSING");
    order.assign(Agenda { employee: &employee(1), orders: &[] }, "", hour(2)).unwrap();
    order.start(hour(3)).unwrap();
    assert!(!order.needs_crew);
}

#[test]
fn an_order_is_never_completed_before_it_was_started() {
    let mut order = at(Status::InProgress);
    order.complete(hour(8)).unwrap();
    assert_eq!(order.completed_at, Some(hour(9)), "the clock of another host was slow");
}

#[test]
fn a_time_given_in_part_keeps_the_length_or_the_start() {
    let order = order(1, hours(9, 12), 1);
    assert_eq!(order.period_with(None, None).unwrap(), hours(9, 12));
    assert_eq!(order.period_with(Some(hour(20)), None).unwrap(), hours(20, 23));
    assert_eq!(order.period_with(None, Some(hour(10))).unwrap(), hours(9, 10));
    assert_eq!(told(&order.period_with(None, Some(hour(9))).unwrap_err()), ("NOT_AFTER_START".into(), "ends_at".into()));
}

#[test]
fn a_cancellation_says_why_when_and_by_whom() {
    let mut order = at(Status::Scheduled);
    for reason in ["", "  ", &"x".repeat(501)] {
        assert_eq!(told(&order.cancel(reason, &somebody(), hour(3)).unwrap_err()).1, "reason");
    }
    order.cancel(" the customer is ill ", &somebody(), hour(3)).unwrap();
    let expected = Cancellation { reason: "the customer is ill".into(), canceled_at: hour(3), canceled_by: somebody() };
    assert_eq!(order.cancellation, Some(expected));
    assert!(!order.needs_crew);
}

#[test]
fn only_drafts_and_canceled_orders_can_be_deleted() {
    for status in Status::ALL {
        match at(status).delete() {
            Ok(event) => assert!(event == OrderEvent::Deleted && matches!(status, Status::Draft | Status::Canceled)),
            Err(error) => assert!(told(&error).0 == "NOT_DELETABLE" && !matches!(status, Status::Draft | Status::Canceled)),
        }
    }
}
