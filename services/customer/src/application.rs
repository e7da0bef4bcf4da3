//! The use cases, one file each. Every one decides first whether the caller may.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use contracts::{crm::customer::v1, mask::Mask};
use kernel::{CompanyId, CustomerId, Env, Error, Principal, Result, Role};
use store::{CompanyStore, Part, Store};
use uuid::Uuid;

use crate::{
    domain::{Customer, CustomerFacts, Transition},
    messages,
    parts::CustomerParts,
    publishing,
};

mod add_note;
mod add_property;
mod archive_customer;
mod create_customer;
mod delete_customer;
mod erase_customer;
mod get_customers;
mod list_customers;
mod list_history;
mod remove_note;
mod remove_property;
mod restore_customer;
mod search_customers;
mod update_customer;
mod update_property;

pub use add_property::AddProperty;
pub use erase_customer::Erasure;
pub use list_customers::{CustomerFilter, CustomerOrder, ListCustomers};
pub use remove_property::RemoveProperty;
pub use search_customers::{Found, SearchCustomers};
pub use update_customer::UpdateCustomer;
pub use update_property::UpdateProperty;

/// What a caller must be for anything here: of the office.
pub(crate) const OFFICE: Role = Role::Manager;
/// What a caller must be to delete a customer for good.
pub(crate) const DELETION: Role = Role::Admin;

/// What can be done with customers.
#[derive(Clone)]
pub struct Application {
    store: Store,
    env: Env,
    /// The companies that the store is known to know.
    companies: Arc<Mutex<BTreeSet<CompanyId>>>,
}

/// A customer, or what was read of them, as callers see them: with what their orders make known.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerRecord<C = Customer> {
    /// The customer.
    pub customer: C,
    /// What their orders make known.
    pub facts: Part<CustomerFacts>,
}

impl Application {
    /// The use cases on a store.
    #[must_use]
    pub fn new(store: Store, env: Env) -> Self {
        Self { store, env, companies: Arc::default() }
    }

    /// The same use cases at another time, by another chance.
    #[must_use]
    pub fn with_env(&self, env: Env) -> Self {
        Self { env, ..self.clone() }
    }

    fn company(&self, principal: &Principal) -> CompanyStore {
        self.store.company(principal.company)
    }

    /// Makes the store know that this company has customers, so that operators find them without naming it.
    async fn add_company(&self, company: CompanyId) -> Result<()> {
        let known = || self.companies.lock().unwrap_or_else(PoisonError::into_inner);
        if !known().contains(&company) {
            self.store.add_company(company).await?;
            known().insert(company);
        }
        Ok(())
    }

    /// The customer that the input's `field` names.
    async fn load(&self, principal: &Principal, id: CustomerId, field: &'static str) -> Result<Customer> {
        self.company(principal).get(id.uuid()).await?.ok_or_else(|| not_found(id, field))
    }

    /// Keeps what a transition made of `before`, and tells of it. What is not different is not written.
    async fn save(&self, principal: &Principal, before: &Customer, transition: Transition) -> Result<CustomerRecord> {
        let Transition { customer, event } = transition;
        let company = self.company(principal);
        if customer.version != before.version {
            let mut transaction = company.transaction(&principal.actor, customer.updated_at);
            transaction.update(before, &customer);
            if let Some(event) = event {
                transaction.publish(publishing::envelope(&self.env, principal, event, &customer));
            }
            transaction.commit().await?;
        }
        whole(&company, customer).await
    }
}

fn not_found(id: CustomerId, field: &'static str) -> Error {
    Error::NotFound { resource: "customer".into(), id: id.to_string(), field: field.into() }
}

/// A customer with what is known of them.
async fn whole(company: &CompanyStore, customer: Customer) -> Result<CustomerRecord> {
    let facts = company.get(customer.id.uuid()).await?.unwrap_or_else(|| CustomerFacts::none(customer.id));
    Ok(CustomerRecord { customer, facts: Part::Read(facts) })
}

/// What is known of some customers, where it is asked for.
struct Known(Part<HashMap<CustomerId, CustomerFacts>>);

impl Known {
    /// Read in one round trip whatever their number.
    async fn of(company: &CompanyStore, ids: &[CustomerId], mask: Mask<v1::Customer>) -> Result<Self> {
        if !mask.has(messages::FACTS) {
            return Ok(Self(Part::Unread));
        }
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let found = company.get_many::<CustomerFacts>(&ids).await?;
        Ok(Self(Part::Read(found.into_iter().flatten().map(|facts| (facts.id, facts)).collect())))
    }

    fn record(&self, customer: CustomerParts) -> CustomerRecord<CustomerParts> {
        let facts = match &self.0 {
            // A customer deleted between the two reads has none any more.
            Part::Read(known) => Part::Read(known.get(&customer.id).cloned().unwrap_or_else(|| CustomerFacts::none(customer.id))),
            Part::Unread => Part::Unread,
        };
        CustomerRecord { customer, facts }
    }
}
