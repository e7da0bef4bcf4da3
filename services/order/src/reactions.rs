//! What follows here from events of customers and employees.
//!
//! | module | what |
//! |---|---|
//! | `customers`, `employees` | which events, and what is kept of them |
//! | `follower` | the way they have in common |
//!
//! The way of an event: its facts go into the copy, where they are newer than what is there; then every order
//! concerned follows the copy, in batches, each a transaction of its own; then the copy is marked as settled, in one transaction
//! with the mark that the event was received. A crash at any point is made good by the event's redelivery,
//! which finds the copy unsettled and walks again: an order that follows already is read and left alone.
//!
//! Where the facts say that a customer was erased, the orders are forgotten as well as changed: what their history and
//! the outbox hold of before goes in the same transactions, also that of orders which are no longer the customer's.
//!
//! Orders follow the copy, not the event. So an event that comes late, twice or in the wrong order changes nothing; why no order
//! escapes a walk is told at [`copies`](crate::domain::copies).

use std::sync::Arc;

use contracts::consumers;
use events::{Handler, Subscription};
use kernel::{Actor, Env};
use runtime::consumers::subscription;
use store::Store;

use crate::{
    domain::{CustomerFacts, CustomerStatus, EmployeeCopy, EmployeeFacts, Order},
    turns::Turns,
};
use follower::Follower;

mod customers;
mod employees;
mod follower;

/// What is listened for of customers.
pub(crate) const CUSTOMERS: Subscription = subscription(consumers::ORDER_CUSTOMERS);
/// What is listened for of employees.
pub(crate) const EMPLOYEES: Subscription = subscription(consumers::ORDER_EMPLOYEES);

/// Orders follow their customers.
pub(crate) fn customers(store: Store, env: Env, turns: Arc<Turns>) -> Arc<dyn Handler> {
    let follow = Order::follow_customer;
    let erased = |facts: &CustomerFacts| facts.status == CustomerStatus::Erased;
    Arc::new(Follower { consumer: CUSTOMERS.consumer, field: "customer_id", facts: customers::facts, follow, erased, store, env, turns })
}

/// Orders follow their crews.
pub(crate) fn employees(store: Store, env: Env, turns: Arc<Turns>) -> Arc<dyn Handler> {
    let follow = |order: &mut Order, copy: &EmployeeCopy, _: &Actor, at| order.follow_employee(copy, at);
    let erased = |_: &EmployeeFacts| false;
    Arc::new(Follower { consumer: EMPLOYEES.consumer, field: "employee_ids", facts: employees::facts, follow, erased, store, env, turns })
}
