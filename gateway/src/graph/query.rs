//! The queries, and what they ask of the services at first.

use async_graphql::{Context, ID, Interface};
use kernel::{Error, Principal};

use super::{
    account::{self, Account, AccountFilter, AccountPages, AccountsById, Role},
    connection::{Connection, SearchResult},
    customer::{self, Customer, CustomerFilter, CustomerOrderBy, CustomerPages, CustomerSearch, CustomersById},
    employee::{self, Employee, EmployeeFilter, EmployeeOrderBy, EmployeePages, EmployeeSearch, EmployeesById},
    id::{self, Kind},
    order::{Order, OrderFilter, OrderOrderBy, OrderPages, OrdersById, OrdersOf},
};
use crate::{
    read::{Batch, Calls, Collected, Compiler, EntityId, Link, Value, Wave, Writer, object},
    scope::Scope,
};

/// What can be asked. Every field can be null, so that what fails takes nothing else with it.
pub(crate) struct Query;

/// What can be asked. Every field can be null, so that what fails takes nothing else with it.
#[object]
impl Query {
    /// Who is signed in; null for somebody who isn't.
    fn me(&self, scope: &Scope) -> Option<Viewer> {
        scope.viewer().map(Viewer::from)
    }

    /// Anything that has a global id and is fetched by it: an account, an employee, a customer, an order.
    fn node(&self, #[graphql(desc = "Its global id.")] id: ID) -> NodeLink {
        match id::read(&id) {
            Some((Kind::Account, id)) => NodeLink::Account(Link::to(id)),
            Some((Kind::Employee, id)) => NodeLink::Employee(Link::to(id)),
            Some((Kind::Customer, id)) => NodeLink::Customer(Link::to(id)),
            Some((Kind::Order, id)) => NodeLink::Order(Link::to(id)),
            _ => {
                let error = Error::invalid("id", "INVALID_ID", "must be the global id of an account, an employee, a customer or an order");
                NodeLink::Order(Link::ask(Err(error)))
            }
        }
    }

    /// An account: the viewer's own; any for an admin; for a manager those of employees.
    fn account(&self, #[graphql(desc = "Its id.")] id: ID) -> Link<AccountsById> {
        by_id(Kind::Account, &id)
    }

    /// An employee: any for the office, themselves for a cleaner.
    fn employee(&self, #[graphql(desc = "Their id.")] id: ID) -> Link<EmployeesById> {
        by_id(Kind::Employee, &id)
    }

    /// A customer. For the office.
    fn customer(&self, #[graphql(desc = "Their id.")] id: ID) -> Link<CustomersById> {
        by_id(Kind::Customer, &id)
    }

    /// An order: any for the office, their own for a cleaner.
    fn order(&self, #[graphql(desc = "Its id.")] id: ID) -> Link<OrdersById> {
        by_id(Kind::Order, &id)
    }

    /// Accounts by email. For admins.
    fn accounts(
        &self,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<AccountFilter>,
    ) -> Link<AccountPages, Connection<Account>> {
        Link::ask(Ok(account::list(first, after, filter)))
    }

    /// Employees, by name unless ordered otherwise. For the office.
    fn employees(
        &self,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<EmployeeFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<EmployeeOrderBy>,
    ) -> Link<EmployeePages, Connection<Employee>> {
        Link::ask(Ok(employee::list(first, after, filter, order_by)))
    }

    /// Customers, by name unless ordered otherwise. For the office.
    fn customers(
        &self,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<CustomerFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<CustomerOrderBy>,
    ) -> Link<CustomerPages, Connection<Customer>> {
        Link::ask(Ok(customer::list(first, after, filter, order_by)))
    }

    /// Orders, the earliest first unless ordered otherwise; a cleaner's own only.
    fn orders(
        &self,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<OrderFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<OrderOrderBy>,
    ) -> Link<OrderPages, Connection<Order>> {
        Link::ask(OrdersOf::All.list(first, after, filter, order_by))
    }

    /// Employees by the beginnings of words of name and email and by digits of the telephone number, the best first. For
    /// the office.
    fn search_employees(
        &self,
        #[graphql(desc = "Beginnings of words in any order, or three or more digits of the telephone number. 1 to 200 characters.")]
        text: String,
        #[graphql(desc = "Only these.")] filter: Option<EmployeeFilter>,
        #[graphql(desc = "How many, 1 to 200; 20 where not given.")] limit: Option<i32>,
    ) -> Link<EmployeeSearch, SearchResult<Employee>> {
        Link::ask(Ok(employee::search(text, filter, limit)))
    }

    /// Customers by the beginnings of words of name, address and email and by digits of telephone numbers, the best first.
    /// For the office.
    fn search_customers(
        &self,
        #[graphql(desc = "Beginnings of words in any order, or three or more digits of a telephone number. 1 to 200 characters.")]
        text: String,
        #[graphql(desc = "Only these.")] filter: Option<CustomerFilter>,
        #[graphql(desc = "How many, 1 to 200; 20 where not given.")] limit: Option<i32>,
    ) -> Link<CustomerSearch, SearchResult<Customer>> {
        Link::ask(Ok(customer::search(text, filter, limit)))
    }
}

/// What has the identifier that is written in a global id of that kind.
fn by_id<B: Batch<Key = EntityId>>(kind: Kind, id: &ID) -> Link<B> {
    Link::ask(kind.id("id", id))
}

/// Anything that has a global id and is fetched by it.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The global id."))]
pub(crate) enum Node {
    Account(Account),
    Employee(Employee),
    Customer(Customer),
    Order(Order),
}

/// A field whose value is a [`Node`].
pub(crate) enum NodeLink {
    Account(Link<AccountsById>),
    Employee(Link<EmployeesById>),
    Customer(Link<CustomersById>),
    Order(Link<OrdersById>),
}

/// What was selected on a node, for each kind that it may be of.
pub(crate) struct NodePlan {
    account: <Link<AccountsById> as Value>::Plan,
    employee: <Link<EmployeesById> as Value>::Plan,
    customer: <Link<CustomersById> as Value>::Plan,
    order: <Link<OrdersById> as Value>::Plan,
}

impl Value for NodeLink {
    type Plan = NodePlan;
    type Output = Option<async_graphql::Result<Node>>;

    fn plan(field: &Collected<'_>, compiler: &Compiler<'_>) -> NodePlan {
        NodePlan {
            account: <Link<AccountsById> as Value>::plan(field, compiler),
            employee: <Link<EmployeesById> as Value>::plan(field, compiler),
            customer: <Link<CustomersById> as Value>::plan(field, compiler),
            order: <Link<OrdersById> as Value>::plan(field, compiler),
        }
    }

    fn leads(_: &NodePlan) -> bool {
        true
    }

    fn calls(plan: &NodePlan, level: usize, calls: &mut Calls) {
        fn of<B: Batch>(plan: &<Link<B> as Value>::Plan, level: usize) -> Calls
        where
            Link<B>: Value,
        {
            let mut calls = Calls::default();
            Link::<B>::calls(plan, level, &mut calls);
            calls
        }
        calls.add_one_of([
            of::<AccountsById>(&plan.account, level),
            of::<EmployeesById>(&plan.employee, level),
            of::<CustomersById>(&plan.customer, level),
            of::<OrdersById>(&plan.order, level),
        ]);
    }

    fn wants(&self, plan: &NodePlan, wave: &mut Wave<'_>) {
        match self {
            Self::Account(link) => link.wants(&plan.account, wave),
            Self::Employee(link) => link.wants(&plan.employee, wave),
            Self::Customer(link) => link.wants(&plan.customer, wave),
            Self::Order(link) => link.wants(&plan.order, wave),
        }
    }

    fn write<'p>(&self, plan: &'p NodePlan, out: &mut Writer<'p>) {
        match self {
            Self::Account(link) => link.write(&plan.account, out),
            Self::Employee(link) => link.write(&plan.employee, out),
            Self::Customer(link) => link.write(&plan.customer, out),
            Self::Order(link) => link.write(&plan.order, out),
        }
    }

    async fn resolve(self, ctx: &Context<'_>) -> Self::Output {
        match self {
            Self::Account(link) => link.resolve(ctx).await.map(|found| found.map(Node::Account)),
            Self::Employee(link) => link.resolve(ctx).await.map(|found| found.map(Node::Employee)),
            Self::Customer(link) => link.resolve(ctx).await.map(|found| found.map(Node::Customer)),
            Self::Order(link) => link.resolve(ctx).await.map(|found| found.map(Node::Order)),
        }
    }
}

/// Who is signed in.
pub(crate) struct Viewer {
    role: Role,
    account: Option<EntityId>,
    employee: Option<EntityId>,
}

impl From<&Principal> for Viewer {
    fn from(principal: &Principal) -> Self {
        Self {
            role: match principal.role {
                kernel::Role::Employee => Role::Employee,
                kernel::Role::Manager => Role::Manager,
                kernel::Role::Admin => Role::Admin,
            },
            account: principal.account().map(|id| EntityId::from_uuid(id.uuid())),
            employee: principal.employee().map(|id| EntityId::from_uuid(id.uuid())),
        }
    }
}

/// Who is signed in.
#[object]
impl Viewer {
    /// What the account may do, as its access token says.
    fn role(&self) -> Role {
        self.role
    }

    /// The account that signed in.
    fn account(&self) -> Link<AccountsById> {
        self.account.map_or_else(Link::none, Link::to)
    }

    /// The employee whose account it is; null for an account without one.
    fn employee(&self) -> Link<EmployeesById> {
        self.employee.map_or_else(Link::none, Link::to_if_there)
    }
}
