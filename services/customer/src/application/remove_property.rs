//! Removing a place to clean.

use kernel::{CustomerId, Principal, PropertyId, Result};

use super::{Application, CustomerRecord, OFFICE};

/// A place that is to be removed.
#[derive(Debug, Clone, Copy)]
pub struct RemoveProperty {
    /// The customer.
    pub customer: CustomerId,
    /// The customer's version that the caller has seen.
    pub version: u64,
    /// The place.
    pub id: PropertyId,
}

impl Application {
    /// Removes a place; orders keep its address. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict).
    pub async fn remove_property(&self, principal: &Principal, command: &RemoveProperty) -> Result<CustomerRecord> {
        principal.require(OFFICE)?;
        let before = self.load(principal, command.customer, "customer_id").await?;
        before.check_version(command.version)?;
        let transition = before.remove_property(&self.env, command.id)?;
        self.save(principal, &before, transition).await
    }
}
