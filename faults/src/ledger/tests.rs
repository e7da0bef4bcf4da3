use super::*;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn event(number: u128) -> EventId {
    EventId::from_uuid(id(number))
}

/// One customer who was renamed once and ordered once, and what is there when nothing went wrong.
fn all_well() -> (Ledger, Snapshot) {
    let mut ledger = Ledger::default();
    ledger.created(id(1), 1, "c1", "Anna");
    ledger.renamed(id(1), 2, "Berta");
    ledger.ordered(id(2), id(1), "o1");
    let of = |number, subject, version, of| Event { id: event(number), subject, version, sent: true, of };
    let there = Snapshot {
        customers: vec![Customer { id: id(1), version: 2, mark: "c1".into(), name: "Berta".into() }],
        copies: HashMap::from([(id(1), (2, "Berta".into()))]),
        orders: vec![Order { id: id(2), version: 1, mark: "o1".into(), customer: id(1), customer_name: "Berta".into() }],
        references: HashMap::from([(id(2), 1)]),
        counts: HashMap::from([(id(1), 1)]),
        events: vec![of(10, id(1), 1, Subject::Customer), of(11, id(1), 2, Subject::Customer), of(12, id(2), 1, Subject::Order)],
        received: BTreeSet::from([event(10), event(11), event(12)]),
    };
    (ledger, there)
}

/// What is told after something was changed of what is there.
fn after<T>(change: impl FnOnce(&mut Ledger, &mut Snapshot) -> T) -> Tally {
    let (mut ledger, mut there) = all_well();
    change(&mut ledger, &mut there);
    ledger.compare(&there)
}

#[test]
fn what_was_acknowledged_and_is_there_with_its_effects_holds() {
    let tally = after(|_, _| ());
    assert!(tally.holds(), "{tally:?}");
    assert_eq!((tally.acknowledged, tally.events), (3, 3));
}

#[test]
fn a_customer_that_is_gone_is_lost_with_every_write_to_it() {
    assert_eq!(after(|_, there| there.customers.clear()).lost, 2);
}

#[test]
fn a_change_that_is_gone_is_lost() {
    let tally = after(|_, there| there.customers[0] = Customer { version: 1, name: "Anna".into(), ..there.customers[0].clone() });
    assert_eq!(tally.lost, 1);
}

#[test]
fn a_change_that_somebody_overwrote_at_its_version_is_lost() {
    assert_eq!(after(|_, there| there.customers[0].name = "Carla".into()).lost, 1);
}

#[test]
fn an_order_that_is_gone_or_another_is_lost() {
    assert_eq!(after(|_, there| there.orders.clear()).lost, 1);
    assert_eq!(after(|_, there| there.orders[0].mark = "o2".into()).lost, 1);
}

#[test]
fn a_write_that_is_there_twice_is_doubled() {
    let customer = after(|_, there| there.customers.push(Customer { id: id(9), ..there.customers[0].clone() }));
    assert_eq!(customer.doubled, 1);
    let order = after(|_, there| {
        there.orders.push(Order { id: id(9), ..there.orders[0].clone() });
        there.counts.insert(id(1), 2);
    });
    assert_eq!(order.doubled, 1);
}

#[test]
fn a_change_that_was_made_twice_is_doubled() {
    let tally = after(|_, there| there.customers[0].version = 3);
    assert_eq!(tally.doubled, 1);
}

#[test]
fn an_order_counted_twice_is_doubled_and_one_not_counted_is_told() {
    assert_eq!(after(|_, there| there.counts.insert(id(1), 2)).doubled, 1);
    assert!(!after(|_, there| there.counts.insert(id(1), 0)).holds());
}

#[test]
fn a_write_without_an_answer_may_be_there_or_not() {
    let absent = after(|ledger, _| ledger.maybe_renamed(id(1), "Carla"));
    assert!(absent.holds(), "{absent:?}");
    let present = after(|ledger, there| {
        ledger.maybe_renamed(id(1), "Carla");
        there.customers[0] = Customer { version: 3, name: "Carla".into(), ..there.customers[0].clone() };
        there.copies.insert(id(1), (3, "Carla".into()));
        there.orders[0].customer_name = "Carla".into();
    });
    assert!(present.holds(), "{present:?}");
}

#[test]
fn an_event_without_its_effect_is_lost() {
    let no_mark = after(|_, there| there.received.remove(&event(12)));
    assert_eq!(no_mark.events_lost, 1);
    let no_state = after(|_, there| there.references.clear());
    assert_eq!(no_state.events_lost, 1);
    let not_sent = after(|_, there| there.events[0].sent = false);
    assert_eq!(not_sent.events_lost, 1);
}

#[test]
fn an_event_that_a_later_one_made_void_needs_no_mark() {
    assert!(after(|_, there| there.received.remove(&event(10))).holds());
}

#[test]
fn a_copy_that_lags_or_differs_is_told() {
    assert!(!after(|_, there| there.copies.insert(id(1), (1, "Anna".into()))).holds());
    assert!(!after(|_, there| there.copies.insert(id(1), (2, "Anna".into()))).holds());
    assert!(!after(|_, there| there.orders[0].customer_name = "Anna".into()).holds());
}
