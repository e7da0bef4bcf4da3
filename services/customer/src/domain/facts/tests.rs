use std::collections::HashMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn customer(number: u8) -> CustomerId {
    CustomerId::from_uuid(Uuid::from_u128(number.into()))
}

fn order(number: u8) -> OrderId {
    OrderId::from_uuid(Uuid::from_u128(1_000 + u128::from(number)))
}

fn at(hour: i64) -> Timestamp {
    Timestamp::from_micros(hour * 3_600_000_000).unwrap()
}

fn state(number: u8, order_version: u64, of: Option<u8>, completed_at: Option<i64>) -> OrderState {
    OrderState { id: order(number), order_version, customer_id: of.map(customer), completed_at: completed_at.map(at) }
}

/// What the reaction does, on maps: see `reactions.rs`.
#[derive(Default)]
struct Model {
    refs: HashMap<OrderId, OrderRef>,
    facts: HashMap<CustomerId, CustomerFacts>,
}

impl Model {
    fn of(customers: u8) -> Self {
        let facts = (0..customers).map(|number| (customer(number), CustomerFacts::none(customer(number)))).collect();
        Self { facts, refs: HashMap::new() }
    }

    fn receive(&mut self, state: OrderState) {
        let before = self.refs.get(&state.id).cloned();
        let Some(after) = OrderRef::follow(before.as_ref(), state) else { return };
        for customer in OrderRef::touched(before.as_ref(), &after) {
            let others = self.refs.values().filter(|other| other.customer_id == Some(customer) && other.id != after.id);
            let others = others.filter_map(|other| other.completed_at).max();
            if let Some(facts) = self.facts.get_mut(&customer) {
                *facts = facts.after(before.as_ref(), &after, others);
            }
        }
        self.refs.insert(after.id, after);
    }

    fn of_customer(&self, number: u8) -> (u32, Option<Timestamp>) {
        let facts = &self.facts[&customer(number)];
        (facts.order_count, facts.last_service_at)
    }
}

#[test]
fn an_order_counts_for_its_customer_from_its_creation_and_a_service_from_its_completion() {
    let mut model = Model::of(1);
    model.receive(state(1, 1, Some(0), None));
    assert_eq!(model.of_customer(0), (1, None));
    model.receive(state(1, 4, Some(0), Some(10)));
    assert_eq!(model.of_customer(0), (1, Some(at(10))));
}

#[test]
fn an_older_completion_does_not_hide_a_newer_one() {
    let mut model = Model::of(1);
    model.receive(state(1, 4, Some(0), Some(10)));
    model.receive(state(2, 4, Some(0), Some(5)));
    assert_eq!(model.of_customer(0), (2, Some(at(10))));
}

#[test]
fn a_moved_order_leaves_one_customer_and_comes_to_the_other_with_its_service() {
    let mut model = Model::of(2);
    model.receive(state(1, 4, Some(0), Some(5)));
    model.receive(state(2, 4, Some(0), Some(10)));
    model.receive(state(2, 5, Some(1), Some(10)));
    assert_eq!(model.of_customer(0), (1, Some(at(5))));
    assert_eq!(model.of_customer(1), (1, Some(at(10))));
}

#[test]
fn a_deleted_order_counts_for_nobody_and_stays_deleted() {
    let mut model = Model::of(1);
    model.receive(state(1, 5, None, None));
    model.receive(state(1, 4, Some(0), Some(10)));
    assert_eq!(model.of_customer(0), (0, None));
}

#[test]
fn the_facts_get_another_version_whenever_a_reference_counts_otherwise() {
    // Also where they look the same after it: else two changes at once could miss each other.
    let mut model = Model::of(1);
    model.receive(state(1, 4, Some(0), Some(10)));
    let before = model.facts[&customer(0)].version;
    model.receive(state(1, 5, Some(0), Some(10)));
    assert_eq!(model.facts[&customer(0)].version, before, "nothing that counts changed");
    model.receive(state(2, 4, Some(0), Some(5)));
    assert_eq!(model.facts[&customer(0)].version, before + 1);
}

/// The life of some orders: for each its states, versions 1, 2, 3 …
fn lives() -> impl Strategy<Value = Vec<OrderState>> {
    let states = prop::collection::vec((prop::option::weighted(0.9, 0_u8..3), prop::option::of(0_i64..50)), 1..6);
    prop::collection::vec(states, 1..6).prop_map(|orders| {
        let numbered = orders.into_iter().zip(1_u8..);
        numbered
            .flat_map(|(states, number)| {
                states.into_iter().zip(1..).map(move |((of, completed), version)| state(number, version, of, completed))
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn the_facts_follow_from_the_newest_state_of_each_order_in_whatever_order_and_however_often_events_come(
        (states, arrivals) in lives().prop_flat_map(|states| {
            let twice: Vec<OrderState> = states.iter().chain(&states).copied().collect();
            (Just(states), Just(twice).prop_shuffle())
        })
    ) {
        let mut model = Model::of(3);
        for state in arrivals {
            model.receive(state);
        }
        let mut newest: HashMap<OrderId, OrderState> = HashMap::new();
        for state in states {
            newest.insert(state.id, state);
        }
        for number in 0..3 {
            let orders: Vec<_> = newest.values().filter(|order| order.customer_id == Some(customer(number))).collect();
            let last = orders.iter().filter_map(|order| order.completed_at).max();
            prop_assert_eq!(model.of_customer(number), (u32::try_from(orders.len()).unwrap(), last));
        }
    }
}
