//! Customers by their identifiers.

use contracts::{crm::customer::v1, mask::Mask};
use kernel::{CustomerId, Principal, Result};
use uuid::Uuid;

use super::{Application, CustomerRecord, Known, OFFICE, not_found, whole};
use crate::parts::CustomerParts;

impl Application {
    /// One customer. For the office.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound) that names `id`.
    pub async fn get_customer(&self, principal: &Principal, id: CustomerId) -> Result<CustomerRecord> {
        principal.require(OFFICE)?;
        whole(&self.company(principal), self.load(principal, id, "id").await?).await
    }

    /// An answer for each identifier, in their order. For the office. No more is read than the mask asks for.
    ///
    /// # Errors
    /// For one identifier [`Error::NotFound`](kernel::Error::NotFound) that names `id`.
    pub async fn batch_get_customers(
        &self,
        principal: &Principal,
        ids: &[CustomerId],
        mask: Mask<v1::Customer>,
    ) -> Result<Vec<Result<CustomerRecord<CustomerParts>>>> {
        principal.require(OFFICE)?;
        let company = self.company(principal);
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let customers = company.only(mask.names()).get_many::<CustomerParts>(&uuids).await?;
        let known = Known::of(&company, ids, mask).await?;
        let answers = customers.into_iter().zip(ids).map(|(customer, id)| match customer {
            Some(customer) => Ok(known.record(customer)),
            None => Err(not_found(*id, "id")),
        });
        Ok(answers.collect())
    }
}
