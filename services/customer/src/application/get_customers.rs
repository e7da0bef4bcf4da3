//! Customers by their identifiers.

use kernel::{CustomerId, Principal, Result};
use uuid::Uuid;

use super::{Application, CustomerRecord, OFFICE, facts, not_found, record};
use crate::domain::Customer;

impl Application {
    /// One customer. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound) that names `id`.
    pub async fn get_customer(&self, principal: &Principal, id: CustomerId) -> Result<CustomerRecord> {
        self.batch_get_customers(principal, &[id]).await?.pop().unwrap_or_else(|| Err(not_found(id, "id")))
    }

    /// An answer for each identifier, in their order. For the office.
    ///
    /// # Errors
    /// For one identifier [`Error::NotFound`](kernel::Error::NotFound) that names `id`.
    pub async fn batch_get_customers(&self, principal: &Principal, ids: &[CustomerId]) -> Result<Vec<Result<CustomerRecord>>> {
        principal.require(OFFICE)?;
        let company = self.company(principal);
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let customers = company.get_many::<Customer>(&uuids).await?;
        let facts = facts(&company, ids).await?;
        let answers = customers.into_iter().zip(ids).map(|(customer, id)| match customer {
            Some(customer) => Ok(record(customer, &facts)),
            None => Err(not_found(*id, "id")),
        });
        Ok(answers.collect())
    }
}
