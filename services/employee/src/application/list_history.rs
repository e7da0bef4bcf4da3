//! What changed, from what, to what, by whom, when.

use contracts::crm::api::v1::{HistoryQuery, HistoryResult};
use kernel::{Principal, Result, Role};

use super::Application;

impl Application {
    /// A page of the history of each employee that is asked for. For the office.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`](kernel::Error::PermissionDenied).
    pub async fn list_history(&self, principal: &Principal, queries: Vec<HistoryQuery>) -> Result<Vec<HistoryResult>> {
        principal.require(Role::Manager)?;
        Ok(runtime::history::batch_list(&self.company(principal), "employee", queries).await)
    }
}
