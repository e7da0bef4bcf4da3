//! The loaders: one for each batch method.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader};
use contracts::crm::{auth::v1 as auth, customer::v1 as customer, employee::v1 as employee, order::v1 as order};
use tonic::Status;

use super::{
    Scope,
    account::Account,
    customer::Customer,
    employee::Employee,
    order::{Order, OrdersQuery},
    value::Connection,
};

/// Accounts by their ids.
pub(super) struct Accounts(pub(super) Arc<Scope>);

/// Customers by their ids.
pub(super) struct Customers(pub(super) Arc<Scope>);

/// Employees by their ids.
pub(super) struct Employees(pub(super) Arc<Scope>);

/// Pages of the orders of employees.
pub(super) struct EmployeeOrders(pub(super) Arc<Scope>);

/// A loader for one request.
#[expect(clippy::disallowed_methods, reason = "as the documentation of async-graphql has it")]
pub(super) fn loader<T>(load: T) -> DataLoader<T> {
    DataLoader::new(load, tokio::spawn)
}

impl Loader<String> for Accounts {
    type Value = Account;
    type Error = Status;

    async fn load(&self, ids: &[String]) -> Result<HashMap<String, Account>, Status> {
        let Scope { app, call } = &*self.0;
        let request = auth::BatchGetAccountsRequest { ids: ids.to_vec(), read_mask: None };
        let results = app.auth.clone().batch_get_accounts(call.request(request)).await?.into_inner().results;
        let found = results.into_iter().filter_map(|result| match result.result {
            Some(auth::account_result::Result::Account(account)) => Some((result.id, account.into())),
            _ => None,
        });
        Ok(found.collect())
    }
}

impl Loader<String> for Customers {
    type Value = Customer;
    type Error = Status;

    async fn load(&self, ids: &[String]) -> Result<HashMap<String, Customer>, Status> {
        let Scope { app, call } = &*self.0;
        let request = customer::BatchGetCustomersRequest { ids: ids.to_vec(), read_mask: None };
        let results = app.customer.clone().batch_get_customers(call.request(request)).await?.into_inner().results;
        let found = results.into_iter().filter_map(|result| match result.result {
            Some(customer::customer_result::Result::Customer(customer)) => Some((result.id, customer.into())),
            _ => None,
        });
        Ok(found.collect())
    }
}

impl Loader<String> for Employees {
    type Value = Employee;
    type Error = Status;

    async fn load(&self, ids: &[String]) -> Result<HashMap<String, Employee>, Status> {
        let Scope { app, call } = &*self.0;
        let request = employee::BatchGetEmployeesRequest { ids: ids.to_vec(), read_mask: None };
        let results = app.employee.clone().batch_get_employees(call.request(request)).await?.into_inner().results;
        let found = results.into_iter().filter_map(|result| match result.result {
            Some(employee::employee_result::Result::Employee(employee)) => Some((result.id, employee.into())),
            _ => None,
        });
        Ok(found.collect())
    }
}

impl Loader<OrdersQuery> for EmployeeOrders {
    type Value = Connection<Order>;
    type Error = Status;

    async fn load(&self, queries: &[OrdersQuery]) -> Result<HashMap<OrdersQuery, Connection<Order>>, Status> {
        let Scope { app, call } = &*self.0;
        let requests = queries.iter().map(OrdersQuery::request).collect();
        let request = order::BatchListOrdersRequest { requests, read_mask: None, omit_cursors: false };
        let results = app.order.clone().batch_list_orders(call.request(request)).await?.into_inner().results;
        let found = queries.iter().zip(results).filter_map(|(query, result)| match result.result {
            Some(order::orders_page_result::Result::Page(page)) => Some((query.clone(), page.into())),
            _ => None,
        });
        Ok(found.collect())
    }
}
