//! How the domain is kept: collections and the indexes that queries need.

use store::{Collection, Document, Index};
use uuid::Uuid;

use crate::domain::{Customer, CustomerFacts, OrderRef};

/// Everything that this service keeps.
pub const COLLECTIONS: &[&Collection] = &[&CUSTOMERS, &CUSTOMER_FACTS, &ORDER_REFS];

/// What customers are found by: the index of searches.
pub(crate) const TERMS: &str = "terms";

/// Lists always say which types and statuses they want, all where the caller does not mind: four ranges are merged then,
/// and two indexes serve what would otherwise take one for each combination of filters.
static CUSTOMERS: Collection = Collection {
    name: "customers",
    indexes: &[
        Index { name: "by_name", fields: &["type", "status", "sort_name"], unique: false },
        Index { name: "by_creation", fields: &["type", "status", "created_at"], unique: false },
        Index { name: TERMS, fields: &["terms"], unique: false },
    ],
    history: Some("customer"),
    // Derived; and an entry of history has its own time.
    unaudited: &["terms", "sort_name", "created_at", "updated_at"],
};

static CUSTOMER_FACTS: Collection = Collection { name: "customer_facts", indexes: &[], history: None, unaudited: &[] };

static ORDER_REFS: Collection = Collection {
    name: "order_refs",
    indexes: &[Index { name: "by_customer", fields: &["customer_id", "completed_at"], unique: false }],
    history: None,
    unaudited: &[],
};

impl Document for Customer {
    const COLLECTION: &'static Collection = &CUSTOMERS;

    fn id(&self) -> Uuid {
        self.id.uuid()
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl Document for CustomerFacts {
    const COLLECTION: &'static Collection = &CUSTOMER_FACTS;

    fn id(&self) -> Uuid {
        self.id.uuid()
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl Document for OrderRef {
    const COLLECTION: &'static Collection = &ORDER_REFS;

    fn id(&self) -> Uuid {
        self.id.uuid()
    }

    fn version(&self) -> u64 {
        self.version
    }
}
