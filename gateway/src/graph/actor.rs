//! Who did something.

use async_graphql::{Context, Object};
use contracts::crm::api::v1;

use super::{
    account::{Account, AccountsById},
    employee::{Employee, EmployeesById},
    error::{Field, found_or_null},
    scalar::optional,
};
use crate::read::{self, Expand, Plan, Selection};

/// Who did something: a person with an account, or a service on its own account.
#[derive(Clone)]
pub(crate) struct Actor(v1::Actor);

impl Actor {
    /// The actor of a message; a message without one was made by nobody known.
    pub(crate) fn of(actor: Option<&v1::Actor>) -> Self {
        Self(actor.cloned().unwrap_or_default())
    }

    /// Expands an actor that is the field `name` of an object of the type `parent`, on which `selection` was made.
    pub(crate) fn expand_as(&self, name: &str, parent: &str, selection: &Selection, plan: &mut Plan) {
        for field in selection.on(parent, &[]).filter(|field| field.name == name) {
            self.expand(&field.selection, plan);
        }
    }
}

impl Expand for Actor {
    fn expand(&self, selection: &Selection, plan: &mut Plan) {
        for field in selection.on("Actor", &[]) {
            match field.name.as_str() {
                "account" if !self.0.account_id.is_empty() => plan.follow::<AccountsById>(self.0.account_id.clone(), &field.selection),
                "employee" if !self.0.employee_id.is_empty() => plan.follow::<EmployeesById>(self.0.employee_id.clone(), &field.selection),
                _ => {}
            }
        }
    }
}

/// Who did something: a person with an account, or a service on its own account.
#[Object]
impl Actor {
    /// The account; null for a service, and for an account that the viewer may not see.
    async fn account(&self, ctx: &Context<'_>) -> Field<Account> {
        match optional(&self.0.account_id) {
            Some(id) => found_or_null(read::get::<AccountsById>(ctx, id).await),
            None => None,
        }
    }

    /// The employee whose account it is; null where there is none, and where the viewer may not see them.
    async fn employee(&self, ctx: &Context<'_>) -> Field<Employee> {
        match optional(&self.0.employee_id) {
            Some(id) => found_or_null(read::get::<EmployeesById>(ctx, id).await),
            None => None,
        }
    }

    /// The service that acted on its own account: a reaction to an event or an operator's command.
    async fn service(&self) -> Option<String> {
        optional(&self.0.service)
    }
}
