//! How the domain is kept: collections, and the indexes that queries need.

use store::{Collection, Document, Index};
use uuid::Uuid;

use crate::domain::{CustomerCopy, EmployeeCopy, FormerOrder, Order};

/// Everything that this service keeps.
pub const COLLECTIONS: &[&Collection] = &[&ORDERS, &FORMER_ORDERS, &CUSTOMERS, &EMPLOYEES];

/// Every list is sorted by start, dates are a range of it, and whatever else a list asks for, the most selective of it
/// leads one of these. Of indexes with as many fields the first serves, so what is more selective stands first. The last
/// two are for fan-outs: an order's id never changes, so that a walk through all orders misses none,
/// even when they get other times meanwhile.
static ORDERS: Collection = Collection {
    name: "orders",
    indexes: &[
        Index { name: "by_customer_and_status", fields: &["customer_id", "status", "starts_at"], unique: false },
        Index { name: "by_employee_and_status", fields: &["employee_ids", "status", "starts_at"], unique: false },
        Index { name: "by_need_and_status", fields: &["needs_crew", "status", "starts_at"], unique: false },
        Index { name: "by_customer", fields: &["customer_id", "starts_at"], unique: false },
        Index { name: "by_employee", fields: &["employee_ids", "starts_at"], unique: false },
        Index { name: "by_status", fields: &["status", "starts_at"], unique: false },
        Index { name: "by_start", fields: &["starts_at"], unique: false },
        Index { name: "all_of_customer", fields: &["customer_id", "id"], unique: false },
        Index { name: "all_of_employee", fields: &["employee_ids", "id"], unique: false },
    ],
    history: Some("order"),
    // Derived of what is told; and an entry of history has its own time.
    unaudited: &["employee_ids", "needs_crew", "created_at", "updated_at"],
};

static FORMER_ORDERS: Collection = Collection {
    name: "former_orders",
    indexes: &[Index { name: "by_customer", fields: &["customer_id", "id"], unique: false }],
    history: None,
    unaudited: &[],
};

static CUSTOMERS: Collection = Collection { name: "customers", indexes: &[], history: None, unaudited: &[] };

static EMPLOYEES: Collection = Collection { name: "employees", indexes: &[], history: None, unaudited: &[] };

/// Whether that collection holds copies of other services' facts, which use cases write only to wait for each other.
pub(crate) fn is_copies(collection: &str) -> bool {
    [&CUSTOMERS, &EMPLOYEES].iter().any(|copies| copies.name == collection)
}

impl Document for Order {
    const COLLECTION: &'static Collection = &ORDERS;

    fn id(&self) -> Uuid {
        self.id.uuid()
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl Document for FormerOrder {
    const COLLECTION: &'static Collection = &FORMER_ORDERS;

    fn id(&self) -> Uuid {
        self.id
    }

    /// It never changes.
    fn version(&self) -> u64 {
        1
    }
}

impl Document for CustomerCopy {
    const COLLECTION: &'static Collection = &CUSTOMERS;

    fn id(&self) -> Uuid {
        self.uuid()
    }

    fn version(&self) -> u64 {
        CustomerCopy::version(self)
    }
}

impl Document for EmployeeCopy {
    const COLLECTION: &'static Collection = &EMPLOYEES;

    fn id(&self) -> Uuid {
        self.uuid()
    }

    fn version(&self) -> u64 {
        EmployeeCopy::version(self)
    }
}
