//! What changed, from what, to what, by whom, when.

use contracts::crm::api::v1::{HistoryQuery, HistoryResult};
use kernel::{Principal, Result};

use super::{Application, OFFICE};

impl Application {
    /// A page of the history of each customer that is asked for, deleted ones included. For the office.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`](kernel::Error::PermissionDenied).
    pub async fn list_history(&self, principal: &Principal, queries: Vec<HistoryQuery>) -> Result<Vec<HistoryResult>> {
        principal.require(OFFICE)?;
        Ok(runtime::history::batch_list(&self.company(principal), "customer", queries).await)
    }
}
