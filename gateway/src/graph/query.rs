//! The queries, and what they ask of the services at first.

use async_graphql::{Context, ID, Interface, Object};
use kernel::{Error, Principal};

use super::{
    account::{self, Account, AccountFilter, AccountPages, AccountsById, Role},
    connection::{self, Connection, SearchResult, follow},
    customer::{self, Customer, CustomerFilter, CustomerOrderBy, CustomerPages, CustomerSearch, CustomersById},
    employee::{self, Employee, EmployeeFilter, EmployeeOrderBy, EmployeePages, EmployeeSearch, EmployeesById},
    error::{Field, field_error, found, found_or_null},
    id::{self, Kind},
    order::{Order, OrderFilter, OrderOrderBy, OrderPages, OrdersById, OrdersOf, order_list},
};
use crate::{
    read::{self, Batch, Expand, Plan, Selected, Selection},
    scope::Scope,
};

/// What the operation's root fields ask.
pub(crate) fn plan(scope: &Scope, selection: &Selection) -> Plan {
    let mut plan = Plan::default();
    for field in selection.on("Query", &[]) {
        expand(scope, field, &mut plan);
    }
    plan
}

fn expand(scope: &Scope, field: &Selected, plan: &mut Plan) {
    match field.name.as_str() {
        "me" => scope.viewer().iter().for_each(|principal| Viewer::from(*principal).expand(&field.selection, plan)),
        "node" => match field.argument("id").as_ref().and_then(id::read) {
            Some((Kind::Account, id)) => plan.follow::<AccountsById>(id, &field.selection),
            Some((Kind::Employee, id)) => plan.follow::<EmployeesById>(id, &field.selection),
            Some((Kind::Customer, id)) => plan.follow::<CustomersById>(id, &field.selection),
            Some((Kind::Order, id)) => plan.follow::<OrdersById>(id, &field.selection),
            _ => {}
        },
        "account" => by_id::<AccountsById>(Kind::Account, field, plan),
        "employee" => by_id::<EmployeesById>(Kind::Employee, field, plan),
        "customer" => by_id::<CustomersById>(Kind::Customer, field, plan),
        "order" => by_id::<OrdersById>(Kind::Order, field, plan),
        "accounts" => account::planned(field).iter().for_each(|list| follow::<AccountPages, Account>(plan, field, list)),
        "employees" => employee::planned(field).iter().for_each(|list| follow::<EmployeePages, Employee>(plan, field, list)),
        "customers" => customer::planned(field).iter().for_each(|list| follow::<CustomerPages, Customer>(plan, field, list)),
        "orders" => order_list(field, OrdersOf::All).iter().for_each(|list| follow::<OrderPages, Order>(plan, field, list)),
        "searchEmployees" => {
            employee::planned_search(field).iter().for_each(|search| follow::<EmployeeSearch, Employee>(plan, field, search));
        }
        "searchCustomers" => {
            customer::planned_search(field).iter().for_each(|search| follow::<CustomerSearch, Customer>(plan, field, search));
        }
        _ => {}
    }
}

fn by_id<B: Batch<Key = String, Value: Expand>>(kind: Kind, field: &Selected, plan: &mut Plan) {
    if let Some(id) = field.argument::<ID>("id").and_then(|id| kind.local("id", &id).ok()) {
        plan.follow::<B>(id, &field.selection);
    }
}

async fn get<B: Batch<Key = String>>(ctx: &Context<'_>, kind: Kind, id: &ID) -> Field<B::Value> {
    match kind.local("id", id) {
        Ok(id) => found(read::get::<B>(ctx, id).await),
        Err(error) => Some(Err(field_error(&error))),
    }
}

/// What can be asked. Every field can be null, so that what fails takes nothing else with it.
pub(crate) struct Query;

/// What can be asked. Every field can be null, so that what fails takes nothing else with it.
#[Object]
impl Query {
    /// Who is signed in; null for somebody who isn't.
    async fn me(&self, ctx: &Context<'_>) -> Option<Viewer> {
        read::planned(ctx).await;
        Scope::of(ctx).viewer().map(Viewer::from)
    }

    /// Anything that has a global id and is fetched by it: an account, an employee, a customer, an order.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "Its global id.")] id: ID) -> Field<Node> {
        match id::read(&id) {
            Some((Kind::Account, id)) => found(read::get::<AccountsById>(ctx, id).await.map(Node::Account)),
            Some((Kind::Employee, id)) => found(read::get::<EmployeesById>(ctx, id).await.map(Node::Employee)),
            Some((Kind::Customer, id)) => found(read::get::<CustomersById>(ctx, id).await.map(Node::Customer)),
            Some((Kind::Order, id)) => found(read::get::<OrdersById>(ctx, id).await.map(Node::Order)),
            _ => {
                let error = Error::invalid("id", "INVALID_ID", "must be the global id of an account, an employee, a customer or an order");
                Some(Err(field_error(&error)))
            }
        }
    }

    /// An account: the viewer's own; any for an admin; for a manager those of employees.
    async fn account(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Field<Account> {
        get::<AccountsById>(ctx, Kind::Account, &id).await
    }

    /// An employee: any for the office, themselves for a cleaner.
    async fn employee(&self, ctx: &Context<'_>, #[graphql(desc = "Their id.")] id: ID) -> Field<Employee> {
        get::<EmployeesById>(ctx, Kind::Employee, &id).await
    }

    /// A customer. For the office.
    async fn customer(&self, ctx: &Context<'_>, #[graphql(desc = "Their id.")] id: ID) -> Field<Customer> {
        get::<CustomersById>(ctx, Kind::Customer, &id).await
    }

    /// An order: any for the office, their own for a cleaner.
    async fn order(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Field<Order> {
        get::<OrdersById>(ctx, Kind::Order, &id).await
    }

    /// Accounts by email. For admins.
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<AccountFilter>,
    ) -> Field<Connection<Account>> {
        connection::of::<AccountPages, _>(ctx, Ok(account::list(first, after, filter))).await
    }

    /// Employees, by name unless ordered otherwise. For the office.
    async fn employees(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<EmployeeFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<EmployeeOrderBy>,
    ) -> Field<Connection<Employee>> {
        connection::of::<EmployeePages, _>(ctx, Ok(employee::list(first, after, filter, order_by))).await
    }

    /// Customers, by name unless ordered otherwise. For the office.
    async fn customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<CustomerFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<CustomerOrderBy>,
    ) -> Field<Connection<Customer>> {
        connection::of::<CustomerPages, _>(ctx, Ok(customer::list(first, after, filter, order_by))).await
    }

    /// Orders, the earliest first unless ordered otherwise; a cleaner's own only.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where not given.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which to go on.")] after: Option<String>,
        #[graphql(desc = "Only these.")] filter: Option<OrderFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<OrderOrderBy>,
    ) -> Field<Connection<Order>> {
        connection::of::<OrderPages, _>(ctx, OrdersOf::All.list(first, after, filter, order_by)).await
    }

    /// Employees by the beginnings of words of name and email and by digits of the telephone number, the best first. For
    /// the office.
    async fn search_employees(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Beginnings of words in any order, or three or more digits of the telephone number. 1 to 200 characters.")]
        text: String,
        #[graphql(desc = "Only these.")] filter: Option<EmployeeFilter>,
        #[graphql(desc = "How many, 1 to 200; 20 where not given.")] limit: Option<i32>,
    ) -> Field<SearchResult<Employee>> {
        let search = employee::search(text, filter, limit);
        found(read::get::<EmployeeSearch>(ctx, search).await.map(SearchResult::from))
    }

    /// Customers by the beginnings of words of name, address and email and by digits of telephone numbers, the best first.
    /// For the office.
    async fn search_customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Beginnings of words in any order, or three or more digits of a telephone number. 1 to 200 characters.")]
        text: String,
        #[graphql(desc = "Only these.")] filter: Option<CustomerFilter>,
        #[graphql(desc = "How many, 1 to 200; 20 where not given.")] limit: Option<i32>,
    ) -> Field<SearchResult<Customer>> {
        let search = customer::search(text, filter, limit);
        found(read::get::<CustomerSearch>(ctx, search).await.map(SearchResult::from))
    }
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

/// Who is signed in.
pub(crate) struct Viewer {
    role: Role,
    account: Option<String>,
    employee: Option<String>,
}

impl From<&Principal> for Viewer {
    fn from(principal: &Principal) -> Self {
        Self {
            role: match principal.role {
                kernel::Role::Employee => Role::Employee,
                kernel::Role::Manager => Role::Manager,
                kernel::Role::Admin => Role::Admin,
            },
            account: principal.account().map(|id| id.to_string()),
            employee: principal.employee().map(|id| id.to_string()),
        }
    }
}

impl Expand for Viewer {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        for field in selection.on("Viewer", &[]) {
            match (field.name.as_str(), &self.account, &self.employee) {
                ("account", Some(id), _) => plan.follow::<AccountsById>(id.clone(), &field.selection),
                ("employee", _, Some(id)) => plan.follow::<EmployeesById>(id.clone(), &field.selection),
                _ => {}
            }
        }
    }
}

/// Who is signed in.
#[Object]
impl Viewer {
    /// What the account may do, as its access token says.
    async fn role(&self) -> Role {
        self.role
    }

    /// The account that signed in.
    async fn account(&self, ctx: &Context<'_>) -> Field<Account> {
        match &self.account {
            Some(id) => found(read::get::<AccountsById>(ctx, id.clone()).await),
            None => None,
        }
    }

    /// The employee whose account it is; null for an account without one.
    async fn employee(&self, ctx: &Context<'_>) -> Field<Employee> {
        match &self.employee {
            Some(id) => found_or_null(read::get::<EmployeesById>(ctx, id.clone()).await),
            None => None,
        }
    }
}
