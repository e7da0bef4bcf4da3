//! The company that a first start adds.

use kernel::{CompanyId, Error, Result};

use super::Application;
use crate::documents::{INSTALLATION, Installation};

impl Application {
    /// The installation's first company. The first start adds it, with the identifier of the settings or a new one; of two
    /// programs that start at once both get the same.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ensure_company(&self) -> Result<CompanyId> {
        let company = self.first_company().await?;
        // Also where an earlier start was interrupted after it had decided on the identifier.
        self.store.add_company(company).await?;
        Ok(company)
    }

    async fn first_company(&self) -> Result<CompanyId> {
        let installation = self.store.company(INSTALLATION);
        if let Some(Installation { company, .. }) = installation.get(Installation::ID).await? {
            return Ok(company);
        }
        let company = self.settings.company.id.unwrap_or_else(|| self.env.new_id());
        let mut transaction = installation.transaction(&Self::service(INSTALLATION).actor, self.env.now());
        transaction.insert(&Installation { id: Installation::ID, company });
        match transaction.commit().await {
            Ok(()) => {
                tracing::info!(%company, "the company was added");
                Ok(company)
            }
            Err(store::Error::Conflict { .. }) => {
                // Another program was first, and there must not be two.
                let first = installation.get::<Installation>(Installation::ID).await?;
                Ok(first.ok_or_else(|| Error::Unavailable("the first company".into()))?.company)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The company that a person means who names `company`, or none where there is only one; `None` where it is unknown.
    pub(super) async fn company_of(&self, company: Option<CompanyId>) -> Result<Option<CompanyId>> {
        let companies = self.store.companies().await?;
        match (company, companies.as_slice()) {
            (Some(company), known) => Ok(known.contains(&company).then_some(company)),
            (None, [only]) => Ok(Some(*only)),
            (None, []) => Ok(None),
            (None, _) => Err(Error::invalid("company_id", "REQUIRED", "must name the company, since there are several")),
        }
    }
}
