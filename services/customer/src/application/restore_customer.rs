//! Taking an archived customer back.

use kernel::{CustomerId, Principal, Result};

use super::{Application, CustomerRecord, OFFICE};

impl Application {
    /// Takes an archived customer back. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound), [`Error::Conflict`](kernel::Error::Conflict);
    /// [`Error::FailedPrecondition`](kernel::Error::FailedPrecondition) with the reason `WRONG_TRANSITION`.
    pub async fn restore_customer(&self, principal: &Principal, id: CustomerId, version: u64) -> Result<CustomerRecord> {
        principal.require(OFFICE)?;
        let before = self.load(principal, id, "id").await?;
        before.check_version(version)?;
        let transition = before.restore(&self.env)?;
        self.save(principal, &before, transition).await
    }
}
