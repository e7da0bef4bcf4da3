//! Adding a place to clean.

use kernel::{CustomerId, Principal, PropertyId, Result};

use super::{Application, CustomerRecord, OFFICE};
use crate::domain::PropertyInput;

/// A place that is to be added.
#[derive(Debug, Clone)]
pub struct AddProperty {
    /// The customer.
    pub customer: CustomerId,
    /// The customer's version that the caller has seen.
    pub version: u64,
    /// The place.
    pub property: PropertyInput,
}

impl Application {
    /// Adds a place, and gives its identifier. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict);
    /// [`Error::Invalid`](kernel::Error::Invalid) with paths under `property`;
    /// [`Error::FailedPrecondition`](kernel::Error::FailedPrecondition) with the reason `TOO_MANY`.
    pub async fn add_property(&self, principal: &Principal, command: &AddProperty) -> Result<(CustomerRecord, PropertyId)> {
        principal.require(OFFICE)?;
        let before = self.load(principal, command.customer, "customer_id").await?;
        before.check_version(command.version)?;
        let id = self.env.new_id();
        let transition = before.add_property(&self.env, id, &command.property).map_err(|error| error.under("property"))?;
        Ok((self.save(principal, &before, transition).await?, id))
    }
}
