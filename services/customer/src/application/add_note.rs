//! Adding a note.

use kernel::{CustomerId, Principal, Result, id::NoteId};
use runtime::retry::retry_conflicts;

use super::{Application, CustomerRecord, OFFICE};

impl Application {
    /// Adds a note, and gives its identifier. It needs no version, since it overwrites nothing. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound); [`Error::Invalid`](kernel::Error::Invalid) that names `text`;
    /// [`Error::FailedPrecondition`](kernel::Error::FailedPrecondition) with the reason `TOO_MANY`.
    pub async fn add_note(&self, principal: &Principal, customer: CustomerId, text: &str) -> Result<(CustomerRecord, NoteId)> {
        principal.require(OFFICE)?;
        let id = self.env.new_id();
        let record = retry_conflicts(async || {
            let before = self.load(principal, customer, "customer_id").await?;
            let transition = before.add_note(&self.env, id, text, &principal.actor)?;
            self.save(principal, &before, transition).await
        });
        Ok((record.await?, id))
    }
}
