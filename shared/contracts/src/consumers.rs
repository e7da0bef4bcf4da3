//! Who gets which events: the one table that the services' reactions and the bus's topology are made of.
//!
//! It stands here because every program declares all queues, not only its own: whichever program starts first, an event
//! finds the queue of a consumer that has yet to start.

/// A reaction of a service to events of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumer {
    /// Its name, and its queue's: the service that reacts, and what it follows.
    pub name: &'static str,
    /// The kinds of events it gets: full names of messages in some `events.proto`.
    pub kinds: &'static [&'static str],
}

/// Logins follow employees.
pub const AUTH_EMPLOYEES: Consumer = Consumer {
    name: "auth.employees",
    kinds: &[
        "crm.employee.v1.EmployeeCreated",
        "crm.employee.v1.EmployeeUpdated",
        "crm.employee.v1.EmployeeDeactivated",
        "crm.employee.v1.EmployeeReactivated",
    ],
};

/// Customers' facts follow their orders.
pub const CUSTOMER_ORDERS: Consumer = Consumer {
    name: "customer.orders",
    kinds: &["crm.order.v1.OrderCreated", "crm.order.v1.OrderMoved", "crm.order.v1.OrderCompleted", "crm.order.v1.OrderDeleted"],
};

/// Employees show what became of their logins.
pub const EMPLOYEE_ACCOUNTS: Consumer = Consumer {
    name: "employee.accounts",
    kinds: &[
        "crm.auth.v1.AccountCreated",
        "crm.auth.v1.AccountUpdated",
        "crm.auth.v1.AccountDisabled",
        "crm.auth.v1.AccountEnabled",
        "crm.auth.v1.AccountRoleChanged",
        "crm.auth.v1.AccountProvisionRefused",
    ],
};

/// Orders follow their customers.
pub const ORDER_CUSTOMERS: Consumer = Consumer {
    name: "order.customers",
    kinds: &[
        "crm.customer.v1.CustomerCreated",
        "crm.customer.v1.CustomerUpdated",
        "crm.customer.v1.CustomerArchived",
        "crm.customer.v1.CustomerRestored",
        "crm.customer.v1.CustomerDeleted",
        "crm.customer.v1.CustomerErased",
    ],
};

/// Orders follow their crews.
pub const ORDER_EMPLOYEES: Consumer = Consumer {
    name: "order.employees",
    kinds: &[
        "crm.employee.v1.EmployeeCreated",
        "crm.employee.v1.EmployeeUpdated",
        "crm.employee.v1.EmployeeDeactivated",
        "crm.employee.v1.EmployeeReactivated",
        "crm.employee.v1.EmployeeTimeOffChanged",
    ],
};

/// All of them.
pub const ALL: &[Consumer] = &[AUTH_EMPLOYEES, CUSTOMER_ORDERS, EMPLOYEE_ACCOUNTS, ORDER_CUSTOMERS, ORDER_EMPLOYEES];

#[cfg(test)]
mod tests;
