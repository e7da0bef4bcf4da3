//! Changing a customer's own data.

use kernel::{CustomerId, Principal, Result};

use super::{Application, CustomerRecord, OFFICE};
use crate::domain::CustomerChange;

/// A change that is asked for.
#[derive(Debug, Clone)]
pub struct UpdateCustomer {
    /// The customer.
    pub id: CustomerId,
    /// The version that the caller has seen.
    pub version: u64,
    /// The new values.
    pub change: CustomerChange,
}

impl Application {
    /// Changes the fields that are given. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict),
    /// [`Error::Invalid`](kernel::Error::Invalid) with paths under `customer`.
    pub async fn update_customer(&self, principal: &Principal, command: &UpdateCustomer) -> Result<CustomerRecord> {
        principal.require(OFFICE)?;
        let before = self.load(principal, command.id, "customer.id").await?;
        before.check_version(command.version)?;
        let transition = before.update(&self.env, &command.change).map_err(|error| error.under("customer"))?;
        self.save(principal, &before, transition).await
    }
}
