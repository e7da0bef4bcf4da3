//! Changing a place to clean.

use kernel::{CustomerId, Principal, PropertyId, Result};

use super::{Application, CustomerRecord, OFFICE};
use crate::domain::PropertyInput;

/// A place that is to be changed.
#[derive(Debug, Clone)]
pub struct UpdateProperty {
    /// The customer.
    pub customer: CustomerId,
    /// The customer's version that the caller has seen.
    pub version: u64,
    /// The place.
    pub id: PropertyId,
    /// The place as it shall be.
    pub property: PropertyInput,
}

impl Application {
    /// Makes a place what is given. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict);
    /// [`Error::Invalid`](kernel::Error::Invalid) with paths under `property`.
    pub async fn update_property(&self, principal: &Principal, command: &UpdateProperty) -> Result<CustomerRecord> {
        principal.require(OFFICE)?;
        let before = self.load(principal, command.customer, "customer_id").await?;
        before.check_version(command.version)?;
        let transition = before.update_property(&self.env, command.id, &command.property).map_err(|error| error.under("property"))?;
        self.save(principal, &before, transition).await
    }
}
