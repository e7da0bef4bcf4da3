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
//! Things are kept by their ids, and pages of lists by what was asked for: a page for as long as no event comes of anything of the kind
//! that it lists. Searches and histories are asked anew each time; errors are never kept.

mod table;
#[cfg(test)]
mod tests;

use std::{num::NonZeroUsize, sync::Arc};

use contracts::crm::{auth, customer, employee, order};
use events::Watcher;
use kernel::{Envelope, PageSize, Principal};

use crate::{
    graph::{account::Account, connection::Page, customer::Customer, employee::Employee, order::Order},
    read::EntityId,
};
pub(crate) use table::{Known, Question, Table};

/// What services answered of things.
pub(crate) struct Cache {
    pub(crate) accounts: Kind<Account, auth::v1::ListAccountsRequest>,
    pub(crate) employees: Kind<Employee, employee::v1::ListEmployeesRequest>,
    pub(crate) customers: Kind<Customer, customer::v1::ListCustomersRequest>,
    pub(crate) orders: Kind<Order, order::v1::ListOrdersRequest>,
}

/// What services answered of things of one kind, and of lists of them.
pub(crate) struct Kind<T, Q> {
    pub(crate) things: Table<EntityId, T>,
    pub(crate) pages: Table<Q, Arc<Page<T>>>,
}

impl<T: Known, Q: Question> Kind<T, Q> {
    fn new(things: NonZeroUsize) -> Self {
        let pages = NonZeroUsize::new(things.get() / PageSize::DEFAULT.get()).unwrap_or(NonZeroUsize::MIN);
        Self { things: Table::new(things), pages: Table::new(pages) }
    }

    fn wrote(&self, viewer: &Principal) {
        self.things.wrote(viewer);
        self.pages.wrote(viewer);
    }

    fn begins(&self) {
        self.things.begins();
        self.pages.begins();
    }

    fn changed(&self, thing: EntityId, version: u64) {
        self.things.changed(&thing, version);
        // It may be on any page now, or on none.
        self.pages.changed_any();
    }

    fn ends(&self) {
        self.things.ends();
        self.pages.ends();
    }
}

impl Cache {
    /// A cache of at most that many things of each kind, and of a page for as many of them as a page has. It keeps nothing before it
    /// [sees](Watcher::begins) events.
    pub(crate) fn new(things: NonZeroUsize) -> Self {
        Self { accounts: Kind::new(things), employees: Kind::new(things), customers: Kind::new(things), orders: Kind::new(things) }
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
