//! Deleting a customer for good.

use std::collections::BTreeMap;

use kernel::{CustomerId, Error, Principal, Result};
use runtime::retry::retry_conflicts;
use store::Document as _;

use super::{Application, DELETION, not_found};
use crate::{domain::CustomerFacts, publishing};

impl Application {
    /// Deletes an archived customer to whom no order refers; their history stays. For admins.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`]; [`Error::FailedPrecondition`] with the reason `NOT_ARCHIVED` or `HAS_ORDERS`.
    pub async fn delete_customer(&self, principal: &Principal, id: CustomerId, version: u64) -> Result<()> {
        principal.require(DELETION)?;
        // An order of theirs that becomes known at this moment changes the facts: then look again. A conflict over the
        // customer is the caller's, who gave a version.
        let deleted = retry_conflicts(async || match self.try_delete_customer(principal, id, version).await {
            Err(Error::Conflict { resource, id, current_version }) if resource == CustomerFacts::COLLECTION.resource() => {
                Err(Error::Conflict { resource, id, current_version })
            }
            outcome => Ok(outcome),
        });
        deleted.await?
    }

    async fn try_delete_customer(&self, principal: &Principal, id: CustomerId, version: u64) -> Result<()> {
        let company = self.company(principal);
        let customer = self.load(principal, id, "id").await?;
        customer.check_version(version)?;
        customer.check_deletable()?;
        let facts: CustomerFacts = company.get(id.uuid()).await?.ok_or_else(|| not_found(id, "id"))?;
        check_no_orders(&facts)?;
        let mut transaction = company.transaction(&principal.actor, self.env.now());
        transaction.delete(&customer).delete(&facts);
        transaction.publish(publishing::deleted(&self.env, principal, &customer));
        Ok(transaction.commit().await?)
    }
}

fn check_no_orders(facts: &CustomerFacts) -> Result<()> {
    if facts.order_count == 0 {
        return Ok(());
    }
    Err(Error::FailedPrecondition {
        reason: "HAS_ORDERS".into(),
        field: "id".into(),
        message: format!("the customer has {} orders; only one without orders can be deleted", facts.order_count),
        details: BTreeMap::from([("order_count".to_owned(), facts.order_count.to_string())]),
    })
}
