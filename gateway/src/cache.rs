//! What services answered of things, kept for as long as no event says otherwise.
//!
//! - **Whose it is.** An answer is given again only to the viewer it was given to: company, actor and role, all of it.
//! - **What is in it.** It answers a question for the same fields or fewer. Fields that change without an event are never kept:
//!   the batch method of the kind names them.
//! - **How old it may be.** An event takes out everything older than the version that it tells of, and what is being asked for at that
//!   moment: the answer may be older than the event. Nothing that was asked before an event came is kept after it. Where events can't be
//!   seen nothing is kept, and nothing given that was.
//! - **What a viewer wrote they read.** After a command of theirs nothing is given to them that was asked for before its reply.
//! - **In flight.** Who asks what is being asked for by the same viewer waits for that answer.
//!
//! Only things by their ids are kept. Lists and searches are asked anew each time; errors are never kept.

mod table;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;

use events::Watcher;
use kernel::{Envelope, Principal};

use crate::graph::{account::Account, customer::Customer, employee::Employee, order::Order};
pub(crate) use table::{Table, Thing};

/// What services answered of things.
pub(crate) struct Cache {
    pub(crate) accounts: Table<Account>,
    pub(crate) employees: Table<Employee>,
    pub(crate) customers: Table<Customer>,
    pub(crate) orders: Table<Order>,
}

impl Cache {
    /// A cache of at most that many things of each kind. It keeps nothing before it [sees](Watcher::begins) events.
    pub(crate) fn new(things: NonZeroUsize) -> Self {
        Self { accounts: Table::new(things), employees: Table::new(things), customers: Table::new(things), orders: Table::new(things) }
    }

    /// A command of the viewer has ended, whatever came of it.
    pub(crate) fn wrote(&self, viewer: &Principal) {
        self.accounts.wrote(viewer);
        self.employees.wrote(viewer);
        self.customers.wrote(viewer);
        self.orders.wrote(viewer);
    }
}

impl Watcher for Cache {
    fn begins(&self) {
        self.accounts.begins();
        self.employees.begins();
        self.customers.begins();
        self.orders.begins();
    }

    fn sees(&self, event: &Envelope) {
        let (thing, version) = (kernel::Id::from_uuid(event.subject), event.version);
        // `crm.order.v1.OrderAssigned` is an event of the order service, whose things are orders.
        match event.kind.split('.').nth(1) {
            Some("auth") => self.accounts.changed(thing, version),
            Some("employee") => self.employees.changed(thing, version),
            Some("customer") => self.customers.changed(thing, version),
            Some("order") => self.orders.changed(thing, version),
            _ => {}
        }
    }

    fn ends(&self) {
        self.accounts.ends();
        self.employees.ends();
        self.customers.ends();
        self.orders.ends();
    }
}
