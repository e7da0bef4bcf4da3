//! Creating a customer.

use kernel::{Principal, Result};
use store::Part;

use super::{Application, CustomerRecord, OFFICE};
use crate::{
    domain::{Customer, CustomerFacts, CustomerInput, Transition},
    publishing,
};

impl Application {
    /// Creates a customer. For the office.
    ///
    /// # Errors
    /// [`Error::Invalid`](kernel::Error::Invalid) that names every field that breaks a rule.
    pub async fn create_customer(&self, principal: &Principal, input: &CustomerInput) -> Result<CustomerRecord> {
        principal.require(OFFICE)?;
        let Transition { customer, event } = Customer::create(&self.env, input)?;
        let facts = CustomerFacts::none(customer.id);
        self.add_company(principal.company).await?;
        let mut transaction = self.company(principal).transaction(&principal.actor, customer.created_at);
        transaction.insert(&customer).insert(&facts);
        if let Some(event) = event {
            transaction.publish(publishing::envelope(&self.env, principal, event, &customer));
        }
        transaction.commit().await?;
        Ok(CustomerRecord { customer, facts: Part::Read(facts) })
    }
}
