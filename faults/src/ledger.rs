//! What was acknowledged, held against what is there.
//!
//! Every write carries a mark of its own, so that one that was made twice is told from two. A write that was answered with an
//! error may be there or not, once at most; one that was acknowledged must be there, once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kernel::EventId;
use uuid::Uuid;

use crate::tally::Tally;

/// What clients were told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    /// The customers whose creation was acknowledged.
    customers: BTreeMap<Uuid, Acknowledged>,
    /// The orders that were acknowledged: the customer and the mark.
    orders: BTreeMap<Uuid, (Uuid, String)>,
    /// How many writes were acknowledged.
    acknowledged: u64,
}

/// What is known of a customer from the answers.
#[derive(Debug, Clone)]
struct Acknowledged {
    mark: String,
    /// The names that were acknowledged, by their versions.
    names: BTreeMap<u64, String>,
    /// The names whose writes had no answer.
    tried: BTreeSet<String>,
}

/// What is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// The customers, in the service that has them.
    pub(crate) customers: Vec<Customer>,
    /// What the order service knows of customers: version and name.
    pub(crate) copies: HashMap<Uuid, (u64, String)>,
    /// The orders, in the service that has them.
    pub(crate) orders: Vec<Order>,
    /// What the customer service knows of orders: the version.
    pub(crate) references: HashMap<Uuid, u64>,
    /// How many orders each customer has, as the customer service counted them.
    pub(crate) counts: HashMap<Uuid, u64>,
    /// The events in the outboxes that somebody consumes.
    pub(crate) events: Vec<Event>,
    /// The events with an inbox mark at their consumer.
    pub(crate) received: BTreeSet<EventId>,
}

/// A customer that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Customer {
    pub(crate) id: Uuid,
    pub(crate) version: u64,
    pub(crate) mark: String,
    pub(crate) name: String,
}

/// An order that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: Uuid,
    pub(crate) version: u64,
    pub(crate) mark: String,
    pub(crate) customer: Uuid,
    /// The customer's name, which follows the customer.
    pub(crate) customer_name: String,
}

/// An event of an outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: EventId,
    pub(crate) subject: Uuid,
    pub(crate) version: u64,
    pub(crate) sent: bool,
    pub(crate) of: Subject,
}

/// What an event is about, and so who consumes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Customer,
    Order,
}

impl Ledger {
    /// A customer was created.
    pub(crate) fn created(&mut self, id: Uuid, version: u64, mark: &str, name: &str) {
        self.acknowledged += 1;
        let names = BTreeMap::from([(version, name.to_owned())]);
        self.customers.insert(id, Acknowledged { mark: mark.to_owned(), names, tried: BTreeSet::new() });
    }

    /// A customer was given another name.
    pub(crate) fn renamed(&mut self, id: Uuid, version: u64, name: &str) {
        self.acknowledged += 1;
        if let Some(customer) = self.customers.get_mut(&id) {
            customer.names.insert(version, name.to_owned());
        }
    }

    /// Nobody knows whether a customer was given another name.
    pub(crate) fn maybe_renamed(&mut self, id: Uuid, name: &str) {
        if let Some(customer) = self.customers.get_mut(&id) {
            customer.tried.insert(name.to_owned());
        }
    }

    /// An order was taken.
    pub(crate) fn ordered(&mut self, id: Uuid, customer: Uuid, mark: &str) {
        self.acknowledged += 1;
        self.orders.insert(id, (customer, mark.to_owned()));
    }

    /// Adds what another client was told.
    pub(crate) fn add(&mut self, other: Self) {
        self.customers.extend(other.customers);
        self.orders.extend(other.orders);
        self.acknowledged += other.acknowledged;
    }

    /// Compares. What is lost and doubled now stays so; what only lags behind is among the events that are lost.
    pub(crate) fn compare(&self, there: &Snapshot) -> Tally {
        let mut tally = Tally { acknowledged: self.acknowledged, events: there.events.len() as u64, ..Tally::default() };
        self.compare_customers(there, &mut tally);
        self.compare_orders(there, &mut tally);
        compare_events(there, &mut tally);
        compare_copies(there, &mut tally);
        tally
    }

    fn compare_customers(&self, there: &Snapshot, tally: &mut Tally) {
        tally.doubled += repeated(there.customers.iter().map(|customer| customer.mark.as_str()));
        let by_id: HashMap<Uuid, &Customer> = there.customers.iter().map(|customer| (customer.id, customer)).collect();
        for (id, told) in &self.customers {
            let Some(customer) = by_id.get(id) else {
                tally.lost += told.names.len() as u64;
                continue;
            };
            let beyond = told.names.range(customer.version + 1..).count() as u64;
            let other = told.names.get(&customer.version).is_some_and(|name| *name != customer.name);
            tally.lost += beyond + u64::from(other || told.mark != customer.mark);
            let latest = told.names.last_key_value().map_or(0, |(version, _)| *version);
            // A client stops after the first write without an answer: that one may be there, and nothing after it.
            let more = customer.version.saturating_sub(latest);
            tally.doubled += more.saturating_sub(told.tried.len() as u64);
            let known = told.names.contains_key(&customer.version) || told.tried.contains(&customer.name);
            tally.require(known, || format!("customer {id} has at version {} a name that nobody gave", customer.version));
        }
    }

    fn compare_orders(&self, there: &Snapshot, tally: &mut Tally) {
        tally.doubled += repeated(there.orders.iter().map(|order| order.mark.as_str()));
        let by_id: HashMap<Uuid, &Order> = there.orders.iter().map(|order| (order.id, order)).collect();
        for (id, (customer, mark)) in &self.orders {
            let whole = by_id.get(id).is_some_and(|order| order.customer == *customer && order.mark == *mark);
            tally.lost += u64::from(!whole);
        }
    }
}

/// How many of these there are more than once, each time beyond the first.
fn repeated<'a>(marks: impl Iterator<Item = &'a str>) -> u64 {
    let mut seen = BTreeSet::new();
    marks.filter(|mark| !seen.insert(*mark)).count() as u64
}

/// Every event has its effect: its consumer knows its subject at its version or a later one, and has either marked the event or
/// passed over it for the later one.
fn compare_events(there: &Snapshot, tally: &mut Tally) {
    for event in &there.events {
        let known = match event.of {
            Subject::Customer => there.copies.get(&event.subject).map(|(version, _)| *version),
            Subject::Order => there.references.get(&event.subject).copied(),
        };
        let known = known.unwrap_or(0);
        let effective = known > event.version || known == event.version && there.received.contains(&event.id);
        tally.events_lost += u64::from(!effective || !event.sent);
    }
}

/// The copies say what the facts say.
fn compare_copies(there: &Snapshot, tally: &mut Tally) {
    for customer in &there.customers {
        let copy = there.copies.get(&customer.id);
        let follows = copy.is_some_and(|(version, name)| *version == customer.version && *name == customer.name);
        tally.require(follows, || format!("the order service knows {copy:?} of customer {} at {}", customer.id, customer.version));
        let orders = there.orders.iter().filter(|order| order.customer == customer.id);
        let counted = there.counts.get(&customer.id).copied().unwrap_or(0);
        let ordered = orders.clone().count() as u64;
        tally.doubled += counted.saturating_sub(ordered);
        tally.require(counted >= ordered, || format!("customer {} has {ordered} orders, {counted} were counted", customer.id));
        for order in orders {
            let follows = order.customer_name == customer.name;
            tally.require(follows, || format!("order {} shows the name {:?}, not {:?}", order.id, order.customer_name, customer.name));
        }
    }
}

#[cfg(test)]
mod tests;
