//! Removing a note.

use kernel::{CustomerId, Principal, Result, id::NoteId};
use runtime::retry::retry_conflicts;

use super::{Application, CustomerRecord, OFFICE};

impl Application {
    /// Removes a note. It needs no version: a note never changes. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound).
    pub async fn remove_note(&self, principal: &Principal, customer: CustomerId, note: NoteId) -> Result<CustomerRecord> {
        principal.require(OFFICE)?;
        let record = retry_conflicts(async || {
            let before = self.load(principal, customer, "customer_id").await?;
            let transition = before.remove_note(&self.env, note)?;
            self.save(principal, &before, transition).await
        });
        record.await
    }
}
